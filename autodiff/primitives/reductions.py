"""Reductions: what they share, and the linear ones, sum and mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ..catalogue import functions
from ..errors import DtypeError, ShapeError, describe
from ..evaluation import in_float32
from .broadcasting import broadcast_like, ones_like
from .kinds import Linear, Nondifferentiable
from .masking import masked
from .primitive import Primitive, Shape, primitive
from .shaping import as_axes, expand_dims

Axis = int | Sequence[int] | None


class Reduction(Primitive):
    """What all reductions share: the meaning of `axis` and `keepdims`, and the shape rule."""

    def __call__(self, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
        if not isinstance(keepdims, bool | int | np.bool_):
            raise DtypeError(f"{self.name}: keepdims is True or False; got {keepdims!r}")
        return self.apply(x, axis=reduced_axes(self.name, axis, x), keepdims=bool(keepdims))

    def shape(self, x: Shape, axis: tuple[int, ...] = (), keepdims: bool = False) -> Shape:
        if keepdims:
            return tuple(1 if i in axis else length for i, length in enumerate(x))
        return tuple(length for i, length in enumerate(x) if i not in axis)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=(2, 3)),), {"axis": 0}
        yield (rng.normal(size=(2, 3, 4)),), {"axis": (0, -1), "keepdims": True}
        yield (np.array(1.5),), {}


class Selection(Reduction):
    """A reduction of chosen elements, by the arguments `initial` and `where`, as NumPy's.

    An element that is left out counts as the `identity` of the reduction: 0 in a sum. `join` is the
    function that takes `initial` into account.
    """

    identity: ClassVar[float]
    join: ClassVar[str]

    def __call__(
        self,
        x: Any,
        axis: Axis = None,
        keepdims: bool = False,
        *,
        initial: Any = None,
        where: Any = True,
    ) -> Any:
        chosen = x if where is True else masked(x, where, fill=self.identity)
        result = super().__call__(chosen, axis, keepdims)
        if initial is None:
            return result
        if np.ndim(initial) > 0:
            raise ShapeError(f"{self.name}: initial is a scalar; got {describe(initial)}")
        return functions[self.join](result, broadcast_like(initial, result))


class Sum(Selection, Linear):
    r"""Sum :math:`y = \sum_i x_i` over axes, as `numpy.sum`. Its transpose repeats the gradient.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to sum over; all where not given.
    keepdims : bool
        Keep the summed axes, with length 1.
    initial : array_like
        A scalar that is added.
    where : array_like
        Which elements are summed; broadcasts to the shape of `x`.

    Raises
    ------
    ShapeError
        If an axis does not exist, or `where` does not fit.
    """

    identity, join = 0, "add"

    def function(self, x, axis, keepdims):
        return np.sum(x, axis=axis, keepdims=keepdims)

    def transpose(self, gradient, x, axis, keepdims):
        return broadcast_like(with_axes(gradient, axis, keepdims), x)


sum = primitive(Sum, np.sum)


class Count(Nondifferentiable, Reduction):
    """How many elements a reduction of `x` over `axis` takes together, in the dtype of `like`."""

    shape_only = (0, 1)

    def __call__(self, x: Any, axis: Axis = None, like: Any = None) -> Any:
        return self.apply(x, x if like is None else like, axis=reduced_axes(self.name, axis, x))

    def function(self, x, like, axis):
        return np.asarray(
            math.prod([np.shape(x)[i] for i in axis]), dtype=getattr(like, "dtype", float)
        )

    def shape(self, x, like, axis):
        return ()

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=(2, 3)),), {"axis": 1}


count = primitive(Count)


class Mean(Reduction, Linear):
    r"""Mean :math:`y = \frac1n \sum_i x_i` over axes, as `numpy.mean`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to average over; all where not given.
    keepdims : bool
        Keep those axes, with length 1.
    where : array_like
        Which elements are averaged; broadcasts to the shape of `x`.

    Raises
    ------
    ShapeError
        If an axis does not exist, or `where` does not fit.
    """

    def __call__(
        self, x: Any, axis: Axis = None, keepdims: bool = False, *, where: Any = True
    ) -> Any:
        if where is True:
            return super().__call__(x, axis, keepdims)
        return in_float32(_mean_of_chosen, x, axis, keepdims, where)

    def function(self, x, axis, keepdims):
        return np.mean(x, axis=axis, keepdims=keepdims)

    def transpose(self, gradient, x, axis, keepdims):
        return broadcast_like(with_axes(gradient / count(x, axis), axis, keepdims), x)


mean = primitive(Mean, np.mean)


def _mean_of_chosen(x: Any, axis: Axis, keepdims: bool, where: Any) -> Any:
    chosen = sum(ones_like(x), axis, keepdims, where=where)
    return functions["divide"](sum(x, axis, keepdims, where=where), chosen)


def not_empty(name: str, x: Shape, axis: tuple[int, ...]) -> None:
    """Refuse to reduce an axis of length 0, for which the reduction has no value."""
    for i in axis:
        if x[i] == 0:
            raise ShapeError(f"axis {i} of shape {x} has length 0: there is no {name} of nothing")


def with_axes(reduced: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """Give a reduced array its axes back, with length 1."""
    return reduced if keepdims or not axis else expand_dims(reduced, axis=axis)


def reduced_axes(name: str, axis: Axis, x: Any) -> tuple[int, ...]:
    """`axis` as a sorted tuple of axes counted from the front."""
    if axis is None:
        return tuple(range(np.ndim(x)))
    return tuple(sorted(as_axes(name, axis, x)))
