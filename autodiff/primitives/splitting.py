"""Cutting an array into a list of parts."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import catalogue
from ..errors import ArgumentError, ShapeError, describe
from .broadcasting import cast_like
from .indexing import getitem
from .kinds import Linear
from .primitive import Shape, as_shape, primitive
from .shaping import as_axis, moveaxis


class Part(Linear):
    """One of several parts of nearly equal length along an axis.

    The lengths are worked out at each execution, so that a replay may change them.

    Parameters
    ----------
    x : array_like
        Operand.
    number, parts : int
        Which part, of how many.
    axis : int
        The axis that is cut.
    equal : bool
        Whether the parts must have the same length.

    Raises
    ------
    ShapeError
        If they cannot have.
    """

    def function(self, x, number, parts, axis, equal):
        return np.asarray(x)[_key(np.shape(x), number, parts, axis, equal)]

    def shape(self, x, number, parts, axis, equal):
        span = _key(x, number, parts, axis, equal)[axis]
        return (*x[:axis], span.stop - span.start, *x[axis + 1 :])

    def transpose(self, gradient, x, number, parts, axis, equal):
        return part_like(gradient, x, number=number, parts=parts, axis=axis, equal=equal)

    def examples(self, rng):
        yield (rng.normal(size=(2, 6)),), {"number": 1, "parts": 3, "axis": 1, "equal": True}
        yield (rng.normal(size=(5, 2)),), {"number": 1, "parts": 3, "axis": 0, "equal": False}


part = primitive(Part)


class PartLike(Linear):
    """Zeros of the shape of `like`, with `x` in the place of a part: the transpose of `part`."""

    shape_only = (1,)

    def function(self, x, like, **cut):
        self.shape(np.shape(x), np.shape(like), **cut)
        result = np.zeros(np.shape(like), np.asarray(x).dtype)
        result[_key(np.shape(like), **cut)] = x
        return cast_like(result, like)

    def shape(self, x, like, **cut):
        if part.shape(like, **cut) != x:
            raise ShapeError(f"shape {x} is not that of a part of {like}")
        return like

    def transpose(self, gradient, x, like, **cut):
        return part(gradient, **cut)

    def examples(self, rng):
        cut = {"number": 1, "parts": 3, "axis": 1, "equal": False}
        yield (rng.normal(size=(2, 2)), np.zeros((2, 5))), cut


part_like = primitive(PartLike)


def _key(x: Shape, number: int, parts: int, axis: int, equal: bool) -> tuple[slice, ...]:
    each, extra = divmod(x[axis], parts)
    if equal and extra:
        raise ShapeError(
            f"axis {axis} of shape {x} cannot be cut into {parts} parts of the same length; "
            "array_split makes the first ones longer"
        )
    start = number * each + min(number, extra)
    return (*[slice(None)] * axis, slice(start, start + each + (number < extra)))


@catalogue.stands_for(np.split)
def split(x: Any, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    """Cut an array along an axis, as `numpy.split`.

    Parameters
    ----------
    x : array_like
        Operand.
    indices_or_sections : int or sequence of int
        A number of parts of the same length, or the positions at which to cut.
    axis : int
        The axis that is cut.

    Returns
    -------
    list
        The parts.

    Raises
    ------
    ShapeError
        If the axis does not exist, or cannot be cut into parts of the same length.
    ArgumentError
        If the number of parts is not a positive integer.
    """
    return _split("split", x, indices_or_sections, axis, equal=True)


@catalogue.stands_for(np.array_split)
def array_split(x: Any, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    """As `split`; parts that cannot have the same length differ by one, the first being longer."""
    return _split("array_split", x, indices_or_sections, axis, equal=False)


@catalogue.stands_for(np.vsplit)
def vsplit(x: Any, indices_or_sections: int | Sequence[int]) -> list[Any]:
    """Cut along the first axis of at least two, as `numpy.vsplit`."""
    return split(_of_rank("vsplit", x, 2), indices_or_sections, 0)


@catalogue.stands_for(np.hsplit)
def hsplit(x: Any, indices_or_sections: int | Sequence[int]) -> list[Any]:
    """Cut along the second axis, or the only one, as `numpy.hsplit`."""
    return split(x, indices_or_sections, 1 if np.ndim(_of_rank("hsplit", x, 1)) > 1 else 0)


@catalogue.stands_for(np.dsplit)
def dsplit(x: Any, indices_or_sections: int | Sequence[int]) -> list[Any]:
    """Cut along the third axis, as `numpy.dsplit`."""
    return split(_of_rank("dsplit", x, 3), indices_or_sections, 2)


def _of_rank(name: str, x: Any, rank: int) -> Any:
    if np.ndim(x) < rank:
        raise ShapeError(f"{name} needs at least {rank} axes; got {describe(x)}")
    return x


def _split(name: str, x: Any, cuts: int | Sequence[int], axis: int, equal: bool) -> list[Any]:
    axis = as_axis(name, axis, x)
    if np.ndim(cuts):
        ends = [*as_shape(tuple(cuts), name), None]  # type: ignore[arg-type]
        spans = [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        return [getitem(x, (*[slice(None)] * axis, span)) for span in spans]
    try:
        parts = operator.index(cuts)  # type: ignore[arg-type]
    except TypeError:
        raise ArgumentError(
            f"{name}: indices_or_sections is a number of parts, or a list of the positions at "
            f"which to cut; got {describe(cuts)}"
        ) from None
    if parts < 1:
        raise ArgumentError(f"{name}: a number of parts is at least 1; got {parts}")
    return [part(x, number=number, parts=parts, axis=axis, equal=equal) for number in range(parts)]


@catalogue.stands_for(np.unstack)
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The parts along an axis, which they lose, as `numpy.unstack`.

    How many there are is a decision of Python code: a replay that would give another number is
    refused.
    """
    rows = moveaxis(x, as_axis("unstack", axis, x), 0)
    return tuple(rows[i] for i in range(len(rows)))
