"""Differences between neighbours, and what is made of them: derivatives and integrals of samples.

Plain Python functions of slicing and arithmetic, so that their derivatives need no rule.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from .. import catalogue
from ..dtypes import is_differentiable
from ..errors import ArgumentError, ShapeError, describe
from .arithmetic import add, multiply, subtract
from .broadcasting import zeros_like
from .comparisons import not_equal
from .indexing import getitem
from .joining import concatenate
from .reductions import sum
from .shaping import as_axes, as_axis, expand_dims, reshape


@catalogue.stands_for(np.diff)
def diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    r"""Differences between neighbours, :math:`y_i = x_{i+1} - x_i`, as `numpy.diff`.

    Parameters
    ----------
    x : array_like
        Operand.
    n : int
        How many times differences are taken.
    axis : int
        The axis.

    Raises
    ------
    ArgumentError
        If `n` is negative.
    ShapeError
        If the axis does not exist.
    """
    if operator.index(n) < 0:
        raise ArgumentError(f"diff: n counts differences, so it is at least 0; got {n}")
    axis = as_axis("diff", axis, x)
    for _ in range(n):
        ahead, behind = (_part(x, axis, span) for span in (slice(1, None), slice(None, -1)))
        x = not_equal(ahead, behind) if ahead.dtype == bool else subtract(ahead, behind)
    return x


@catalogue.stands_for(np.ediff1d)
def ediff1d(x: Any) -> Any:
    """Differences between neighbours of the flattened array, as `numpy.ediff1d`."""
    return diff(reshape(x, -1))


@catalogue.stands_for(np.gradient)
def gradient(x: Any, *spacing: float, axis: int | Sequence[int] | None = None) -> Any:
    r"""Slope of samples along axes, as `numpy.gradient`.

    Inside it is the central difference :math:`(x_{i+1} - x_{i-1})/(2h)`, at the two ends the
    difference to the only neighbour. (The derivative of a function is `ad.grad`.)

    Parameters
    ----------
    x : array_like
        Samples.
    *spacing : float
        The distance :math:`h` between samples: one for all axes, or one for each; 1 if not given.
    axis : int or tuple of int, optional
        Which axes; all where not given.

    Returns
    -------
    array, or tuple of them
        The slopes along each axis; alone if there is only one.

    Raises
    ------
    ShapeError
        If an axis does not exist, or has fewer than two samples.
    ArgumentError
        If there are neither one nor as many spacings as axes, or they are no plain numbers.
    """
    axes = tuple(range(np.ndim(x))) if axis is None else as_axes("gradient", axis, x)
    steps = spacing * len(axes) if len(spacing) == 1 else spacing or (1.0,) * len(axes)
    if len(steps) != len(axes):
        raise ArgumentError(
            f"gradient: {len(spacing)} spacings do not fit {len(axes)} axes; give one, or one each"
        )
    for step in steps:
        if np.ndim(step):
            raise ArgumentError(
                f"gradient: a spacing is a number, that of samples at equal distances; got "
                f"{describe(step)}"
            )
    for i in axes:
        if np.shape(x)[i] < 2:
            raise ShapeError(
                f"gradient: axis {i} of {describe(x)} has fewer than two samples, so no slope"
            )
    slopes = tuple(_slope(x, i, step) for i, step in zip(axes, steps, strict=True))
    return slopes[0] if len(slopes) == 1 else slopes


def _slope(x: Any, axis: int, step: Any) -> Any:
    # Picked by number and not by slice, the neighbours at the ends must be there in a replay too.
    first = expand_dims(subtract(_part(x, axis, 1), _part(x, axis, 0)), axis)
    last = expand_dims(subtract(_part(x, axis, -1), _part(x, axis, -2)), axis)
    inside = subtract(_part(x, axis, slice(2, None)), _part(x, axis, slice(None, -2)))
    return concatenate([first / step, inside / (2.0 * step), last / step], axis)


@catalogue.stands_for(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    r"""Integral of samples by the trapezoidal rule, as `numpy.trapezoid`.

    .. math:: \sum_i (x_{i+1} - x_i) \, (y_i + y_{i+1}) / 2

    Parameters
    ----------
    y : array_like
        Samples.
    x : array_like, optional
        Where they were taken: a vector, or an array that broadcasts with `y`.
    dx : float
        Their distance, where `x` is not given.
    axis : int
        The axis to integrate along.

    Raises
    ------
    ShapeError
        If the axis does not exist, or `x` and `y` do not fit.
    """
    axis = as_axis("trapezoid", axis, y)
    width: Any = dx
    if x is not None and np.ndim(x) == 1:
        width = diff(x)
        behind = np.ndim(y) - axis - 1
        width = expand_dims(width, tuple(range(1, 1 + behind))) if behind else width
    elif x is not None:
        width = diff(x, axis=axis)
    heights = add(_part(y, axis, slice(1, None)), _part(y, axis, slice(None, -1)))
    return sum(multiply(width, heights) / 2.0, axis)


@catalogue.stands_for(np.linspace)
def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True) -> Any:
    """Numbers at equal distances along a new first axis, as `numpy.linspace`.

    Parameters
    ----------
    start, stop : array_like
        The first and the last number.
    num : int
        How many.
    endpoint : bool
        Whether `stop` is one of them.

    Raises
    ------
    ArgumentError
        If `num` is not an integer, or negative.
    """
    if not isinstance(num, Integral) or num < 0:
        raise ArgumentError(f"linspace: num is how many numbers, at least 0; got {num!r}")
    way = subtract(stop, start)
    dtype = way.dtype if is_differentiable(way.dtype) else np.dtype(float)
    steps = np.linspace(0, 1, num, endpoint).astype(dtype).reshape(-1, *[1] * np.ndim(way))
    return add(start, multiply(way, steps))


def _part(x: Any, axis: int, part: int | slice) -> Any:
    return getitem(x, (*[slice(None)] * axis, part))


@catalogue.stands_for(np.logspace)
def logspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0) -> Any:
    """Powers of `base` with exponents at equal distances from `start` to `stop`, along a new first
    axis, as `numpy.logspace`.
    """
    return catalogue.functions["power"](base, linspace(start, stop, num, endpoint))


@catalogue.stands_for(np.geomspace)
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True) -> Any:
    """Numbers at equal ratios along a new first axis, as `numpy.geomspace`.

    Parameters
    ----------
    start, stop : array_like
        The first and the last number, real and of one sign.
    num : int
        How many.
    endpoint : bool
        Whether `stop` is one of them.
    """
    ratio = catalogue.functions["divide"](stop, start)
    way = linspace(zeros_like(ratio), 1.0, num, endpoint)
    return multiply(start, catalogue.functions["power"](ratio, way))
