"""Quantiles: numbers between the elements in ascending order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..catalogue import stands_for
from ..errors import ArgumentError, DtypeError
from ..structures import GraphNode
from .flattening import flatten
from .indexing import getitem, take_along_axis
from .kinds import Nondifferentiable
from .primitive import primitive
from .reductions import Axis, not_empty, reduced_axes
from .shaping import expand_dims, moveaxis, transpose

# How far the quantile lies from the lower to the upper of its two neighbours.
METHODS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda part: part,
    "lower": np.zeros_like,
    "higher": np.ceil,
    "midpoint": lambda part: 0.5 * np.ceil(part),
}


class Neighbours(Nondifferentiable):
    """Positions along the last axis of the elements below the quantiles `q`, then of those above.

    With `skip`, NaN is left out; without it, where there is a NaN, it is the quantile.
    """

    def function(self, x, q, skip):
        self.shape(np.shape(x), q, skip)
        order = np.argsort(x, axis=-1, stable=True)
        lower = np.floor(_rank(x, q, skip)).astype(int)
        upper = np.ceil(_rank(x, q, skip)).astype(int)
        return np.take_along_axis(order, np.concatenate([lower, upper], -1), -1)

    def shape(self, x, q, skip):
        not_empty("quantile", x, (len(x) - 1,))
        return (*x[:-1], 2 * len(q))

    def examples(self, rng):
        yield (rng.normal(size=(2, 4)),), {"q": (0.3, 0.6), "skip": False}


neighbours = primitive(Neighbours)


class Share(Nondifferentiable):
    """How far each quantile lies from its lower to its upper neighbour: between 0 and 1."""

    def function(self, x, q, skip, method):
        rank = _rank(x, q, skip)
        part = METHODS[method](rank - np.floor(rank))
        return part.astype(np.asarray(x).dtype if np.asarray(x).dtype.kind == "f" else float)

    def shape(self, x, q, skip, method):
        return (*x[:-1], len(q))

    def examples(self, rng):
        yield (rng.normal(size=(2, 4)),), {"q": (0.3, 0.6), "skip": False, "method": "linear"}


share = primitive(Share)


def _rank(x: Any, q: tuple[float, ...], skip: bool) -> np.ndarray:
    """Where the quantiles stand in the ascending order, in which NaN comes last."""
    x = np.asarray(x)
    holes = np.isnan(x).sum(axis=-1, keepdims=True)
    last = np.maximum(x.shape[-1] - holes, 1) - 1
    rank = last * np.asarray(q)
    return rank if skip else np.where(holes > 0, x.shape[-1] - 1, rank)


@stands_for(np.quantile)
def quantile(
    x: Any, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    """Number below which a share `q` of the elements lies, as `numpy.quantile`.

    Its neighbours in the ascending order share the gradient, as they share the value.

    Parameters
    ----------
    x : array_like
        Operand.
    q : float or sequence of float
        Shares between 0 and 1, through which no gradient flows.
    axis : int or tuple of int, optional
        Axes to reduce; all where not given.
    method : {"linear", "lower", "higher", "midpoint"}
        What the quantile between two elements is.
    keepdims : bool
        Keep those axes, with length 1.

    Returns
    -------
    array or node
        The axis of `q`, if it is a vector, then those of `x` that are left.

    Raises
    ------
    ShapeError
        If an axis does not exist or has no elements.
    ArgumentError
        If a share lies outside, there is no axis, or `method` is another word.
    DtypeError
        If `q` is a node.
    """
    return _quantile("quantile", x, q, axis, method, keepdims, skip=False)


@stands_for(np.percentile)
def percentile(
    x: Any, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    """`quantile` for shares in percent, between 0 and 100, as `numpy.percentile`."""
    return quantile(x, _hundredth("percentile", q), axis, method=method, keepdims=keepdims)


@stands_for(np.nanquantile)
def nanquantile(
    x: Any, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    """`quantile` of what is not NaN, as `numpy.nanquantile`; NaN where nothing is left."""
    return _quantile("nanquantile", x, q, axis, method, keepdims, skip=True)


@stands_for(np.nanpercentile)
def nanpercentile(
    x: Any, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    """`percentile` of what is not NaN, as `numpy.nanpercentile`; NaN where nothing is left."""
    return nanquantile(x, _hundredth("nanpercentile", q), axis, method=method, keepdims=keepdims)


@stands_for(np.nanmedian)
def nanmedian(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Median of what is not NaN, as `numpy.nanmedian`; NaN where nothing is left."""
    return _quantile("nanmedian", x, 0.5, axis, "linear", keepdims, skip=True)


def _hundredth(name: str, q: Any) -> Any:
    return _numbers(name, q) / 100


def _numbers(name: str, q: Any) -> np.ndarray:
    if isinstance(q, GraphNode):
        raise DtypeError(
            f"{name}: the shares q are numbers, fixed when the graph is built; got {q!r}"
        )
    return np.asarray(q, float)


def _quantile(
    name: str, x: Any, q: Any, axis: Axis, method: str, keepdims: bool, skip: bool
) -> Any:
    shares = _numbers(name, q)
    if shares.ndim > 1:
        raise ArgumentError(f"{name}: q is a number or a vector; got shape {shares.shape}")
    if not ((shares >= 0) & (shares <= 1)).all():
        raise ArgumentError(f"{name}: a share lies between 0 and 1, or 0 and 100 percent; got {q}")
    if method not in METHODS:
        raise ArgumentError(f"{name}: method is one of {', '.join(METHODS)}; got {method!r}")
    axes = reduced_axes(name, axis, x)
    if not axes:
        raise ArgumentError(f"{name}: there is no axis along which elements could be in order")
    rest = tuple(i for i in range(np.ndim(x)) if i not in axes)
    line = flatten(transpose(x, rest + axes), len(rest))
    wanted = tuple(shares.ravel().tolist())
    pair = take_along_axis(line, neighbours(line, q=wanted, skip=skip), -1)
    below = getitem(pair, (..., slice(None, len(wanted))))
    above = getitem(pair, (..., slice(len(wanted), None)))
    way = share(line, q=wanted, skip=skip, method=method)
    result = moveaxis(below + (above - below) * way, -1, 0)
    if keepdims:
        result = expand_dims(result, tuple(1 + i for i in axes))
    return result if shares.ndim else getitem(result, 0)
