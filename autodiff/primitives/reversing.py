"""The same elements in reverse order, or rotated."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import catalogue
from ..errors import ArgumentError, DtypeError, ShapeError
from .indexing import getitem
from .kinds import Linear
from .primitive import primitive
from .shaping import as_axes, swapaxes


@catalogue.stands_for(np.flip)
def flip(x: Any, axis: int | Sequence[int] | None = None) -> Any:
    """Reverse the order of the elements along axes, as `numpy.flip`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Which axes; all where not given.

    Raises
    ------
    ShapeError
        If an axis does not exist.
    """
    rank = np.ndim(x)
    axes = range(rank) if axis is None else as_axes("flip", axis, x)
    return getitem(x, tuple(slice(None, None, -1 if i in axes else None) for i in range(rank)))


@catalogue.stands_for(np.flipud)
def flipud(x: Any) -> Any:
    """Reverse the first axis, as `numpy.flipud`."""
    return flip(x, 0)


@catalogue.stands_for(np.fliplr)
def fliplr(x: Any) -> Any:
    """Reverse the second axis, as `numpy.fliplr`."""
    return flip(x, 1)


@catalogue.stands_for(np.rot90)
def rot90(x: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Any:
    """Rotate by `k` quarter turns in the plane of two axes, as `numpy.rot90`.

    Parameters
    ----------
    x : array_like
        Operand.
    k : int
        How many quarter turns, from the first of the axes to the second.
    axes : pair of int
        The plane.

    Raises
    ------
    ArgumentError
        If `axes` are not two different ones.
    ShapeError
        If an axis does not exist.
    """
    plane = as_axes("rot90", tuple(axes), x)
    if len(plane) != 2:
        raise ArgumentError(f"rot90: a plane has two axes; got {axes}")
    first, second = plane
    turns = operator.index(k) % 4
    if turns == 0:
        return getitem(x, Ellipsis)
    if turns == 2:
        return flip(x, plane)
    return swapaxes(flip(x, second if turns == 1 else first), first, second)


class Roll(Linear):
    """Shift the elements along axes, those that fall off coming in at the other end.

    As `numpy.roll`; its transpose shifts back.

    Parameters
    ----------
    x : array_like
        Operand.
    shift : int or tuple of int
        By how many places; one number for each axis, or one for all.
    axis : int or tuple of int, optional
        Which axes; where not given, the flattened array is shifted, and gets its shape back.

    Raises
    ------
    ShapeError
        If an axis does not exist, or there are not as many shifts as axes.
    """

    def __call__(
        self, x: Any, shift: int | Sequence[int], axis: int | Sequence[int] | None = None
    ) -> Any:
        try:
            shifts = tuple(
                operator.index(one) for one in (shift if isinstance(shift, Sequence) else [shift])
            )
        except TypeError:
            raise DtypeError(f"roll: a shift is an integer; got {shift!r}") from None
        axes = None if axis is None else as_axes(self.name, axis, x)
        if axes is not None and len(shifts) == 1:
            shifts *= len(axes)
        if len(shifts) != (1 if axes is None else len(axes)):
            raise ShapeError(f"roll: {shift} does not give a shift for each axis of {axis}")
        return self.apply(x, shift=shifts, axis=axes)

    def function(self, x, shift, axis):
        return np.roll(x, shift[0] if axis is None else shift, axis)

    def shape(self, x, shift, axis):
        return x

    def transpose(self, gradient, x, shift, axis):
        return self.apply(gradient, shift=tuple(-one for one in shift), axis=axis)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), 1), {}
        yield (rng.normal(size=(2, 3)), -4), {"axis": 1}
        yield (rng.normal(size=(2, 3)), (1, 2), (0, 1)), {}


roll = primitive(Roll, np.roll)
