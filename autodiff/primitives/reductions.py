"""Reductions: sum, mean, variance, maximum, and the logarithm of a sum of exponentials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import catalogue
from ..errors import ShapeError
from .arithmetic import equal
from .broadcasting import broadcast_like
from .elementary import exp
from .kinds import General, Linear, Nondifferentiable, conjugate
from .primitive import Primitive, Shape, primitive
from .shaping import as_axes, as_axis, expand_dims

Axis = int | Sequence[int] | None


class Reduction(Primitive):
    """What all reductions share: the meaning of `axis` and `keepdims`, and the shape rule."""

    def __call__(self, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
        return self.apply(x, axis=_axes(self.name, axis, x), keepdims=bool(keepdims))

    def shape(self, x: Shape, axis: tuple[int, ...] = (), keepdims: bool = False) -> Shape:
        if keepdims:
            return tuple(1 if i in axis else length for i, length in enumerate(x))
        return tuple(length for i, length in enumerate(x) if i not in axis)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=(2, 3)),), {"axis": 0}
        yield (rng.normal(size=(2, 3, 4)),), {"axis": (0, -1), "keepdims": True}
        yield (np.array(1.5),), {}


class Sum(Reduction, Linear):
    r"""Sum :math:`y = \sum_i x_i` over axes, as `numpy.sum`. Its transpose repeats the gradient.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to sum over; all where not given.
    keepdims : bool
        Keep the summed axes, with length 1.

    Raises
    ------
    ShapeError
        If an axis does not exist.
    """

    def function(self, x, axis, keepdims):
        return np.sum(x, axis=axis, keepdims=keepdims)

    def transpose(self, gradient, x, axis, keepdims):
        return broadcast_like(_with_axes(gradient, axis, keepdims), x)


sum = primitive(Sum, np.sum)


class Count(Nondifferentiable, Reduction):
    """How many elements a reduction of `x` over `axis` takes together, in the dtype of `like`."""

    shape_only = (0, 1)

    def __call__(self, x: Any, axis: Axis = None, like: Any = None) -> Any:
        return self.apply(x, x if like is None else like, axis=_axes(self.name, axis, x))

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

    Raises
    ------
    ShapeError
        If an axis does not exist.
    """

    def function(self, x, axis, keepdims):
        return np.mean(x, axis=axis, keepdims=keepdims)

    def transpose(self, gradient, x, axis, keepdims):
        return broadcast_like(_with_axes(gradient / count(x, axis), axis, keepdims), x)


mean = primitive(Mean, np.mean)


@catalogue.stands_for(np.var)
def var(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Any:
    r"""Variance :math:`\frac{1}{n - d} \sum_i (x_i - \bar x)^2`, as `numpy.var`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to reduce; all where not given.
    ddof : int
        The :math:`d` of the denominator.
    keepdims : bool
        Keep the reduced axes, with length 1.
    """
    deviation = catalogue.functions["subtract"](x, mean(x, axis, keepdims=True))
    if deviation.dtype.kind == "c":
        deviation = catalogue.functions["abs"](deviation)
    squares = catalogue.functions["square"](deviation)
    if ddof == 0:
        return mean(squares, axis, keepdims)
    return sum(squares, axis, keepdims) / (count(squares, axis) - ddof)


@catalogue.stands_for(np.std)
def std(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """Standard deviation, the square root of `var`, as `numpy.std`."""
    return catalogue.functions["sqrt"](var(x, axis, ddof, keepdims))


def _not_empty(name: str, x: Shape, axis: tuple[int, ...]) -> None:
    for i in axis:
        if x[i] == 0:
            raise ShapeError(f"axis {i} of shape {x} has length 0: there is no {name} of nothing")


class Extremum(Reduction, General):
    r"""The largest or smallest element. Elements that tie for it share the gradient evenly."""

    def shape(self, x, axis, keepdims):
        _not_empty(self.name, x, axis)
        return Reduction.shape(self, x, axis, keepdims)

    def vjp(self, position, gradient, output, x, axis, keepdims):
        return self._shares(output, x, axis, keepdims) * _with_axes(gradient, axis, keepdims)

    def jvp(self, tangents, output, x, axis, keepdims):
        return sum(self._shares(output, x, axis, keepdims) * tangents[0], axis, keepdims)

    def _shares(self, output: Any, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
        winners = broadcast_like(equal(x, _with_axes(output, axis, keepdims)), x)
        return winners / sum(winners, axis, keepdims=True)


class Max(Extremum):
    """Largest element over axes, as `numpy.max`. Ties share the gradient evenly, as in
    `torch.amax`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to reduce; all where not given.
    keepdims : bool
        Keep those axes, with length 1.

    Raises
    ------
    ShapeError
        If an axis does not exist or has no elements.
    """

    def function(self, x, axis, keepdims):
        return np.max(x, axis=axis, keepdims=keepdims)


max = primitive(Max, np.max, np.amax)


class Min(Extremum):
    """Smallest element over axes, as `numpy.min`. Ties share the gradient evenly, as in
    `torch.amin`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to reduce; all where not given.
    keepdims : bool
        Keep those axes, with length 1.

    Raises
    ------
    ShapeError
        If an axis does not exist or has no elements.
    """

    def function(self, x, axis, keepdims):
        return np.min(x, axis=axis, keepdims=keepdims)


min = primitive(Min, np.min, np.amin)


class Logsumexp(Reduction, General):
    r"""Logarithm of a sum of exponentials, :math:`y = \ln \sum_i e^{x_i}`, without overflow.

    The maximum :math:`m` is taken out first, :math:`y = m + \ln \sum_i e^{x_i - m}`, so that no
    exponent is positive. The derivative is the softmax, :math:`\partial y / \partial x_i = e^{x_i -
    y}`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to reduce; all where not given.
    keepdims : bool
        Keep those axes, with length 1.

    Raises
    ------
    ShapeError
        If an axis does not exist or has no elements.
    """

    def shape(self, x, axis, keepdims):
        _not_empty(self.name, x, axis)
        return Reduction.shape(self, x, axis, keepdims)

    def function(self, x, axis, keepdims):
        top = np.max(x, axis=axis, keepdims=True)
        top = np.where(np.isfinite(top), top, 0)
        with np.errstate(divide="ignore"):
            total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
        return total if keepdims else np.squeeze(total, axis)[()]

    def vjp(self, position, gradient, output, x, axis, keepdims):
        weights = conjugate(_weights(output, x, axis, keepdims))
        return weights * _with_axes(gradient, axis, keepdims)

    def jvp(self, tangents, output, x, axis, keepdims):
        return sum(_weights(output, x, axis, keepdims) * tangents[0], axis, keepdims)


logsumexp = primitive(Logsumexp)


def _weights(output: Any, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    return exp(x - _with_axes(output, axis, keepdims))


class Position(Nondifferentiable):
    """Where along an axis something is found: integers, so no gradient flows."""

    def __call__(self, x: Any, axis: int | None = None) -> Any:
        if axis is not None:
            axis = as_axis(self.name, axis, x)
        return self.apply(x, axis=axis)

    def shape(self, x, axis):
        _not_empty(self.name, x, tuple(range(len(x))) if axis is None else (axis,))
        return () if axis is None else x[:axis] + x[axis + 1 :]

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=(2, 3)),), {"axis": 1}


class Argmax(Position):
    """Position of the first maximum, as `numpy.argmax`."""

    def function(self, x, axis):
        return np.argmax(x, axis=axis)


argmax = primitive(Argmax, np.argmax)


class Argmin(Position):
    """Position of the first minimum, as `numpy.argmin`."""

    def function(self, x, axis):
        return np.argmin(x, axis=axis)


argmin = primitive(Argmin, np.argmin)


def _with_axes(reduced: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """Give a reduced array its axes back, with length 1."""
    return reduced if keepdims or not axis else expand_dims(reduced, axis=axis)


def _axes(name: str, axis: Axis, x: Any) -> tuple[int, ...]:
    """`axis` as a sorted tuple of axes counted from the front."""
    if axis is None:
        return tuple(range(np.ndim(x)))
    return tuple(sorted(as_axes(name, axis, x)))
