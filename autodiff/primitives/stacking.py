"""Arrays with more or fewer axes, and joined along them: plain functions of `concatenate`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import catalogue
from ..catalogue import numpy_functions
from ..errors import ArgumentError
from ..structures import GraphNode
from .broadcasting import astype, broadcast_like, broadcast_to
from .joining import _listed, concatenate
from .shaping import as_axis, expand_dims, moveaxis, reshape

numpy_functions[np.astype] = astype


@catalogue.stands_for(np.ravel)
def ravel(x: Any) -> Any:
    """All elements along one axis, row by row, as `numpy.ravel`."""
    return reshape(x, -1)


@catalogue.stands_for()
def full(shape: int | Sequence[int], fill_value: Any, dtype: Any = None) -> Any:
    """An array of a given shape, filled with a value to which gradients flow, as `numpy.full`.

    NumPy looks for a node in the argument `like` of `numpy.full` alone: of a node write
    ``ad.full(shape, node)``, or ``np.full(shape, node, like=node)``.

    Parameters
    ----------
    shape : int or tuple of int
        Shape of the result.
    fill_value : array_like
        What it is filled with; broadcasts to that shape.
    dtype : dtype_like, optional
        Type of the elements; that of `fill_value` where not given.

    Raises
    ------
    ShapeError
        If `fill_value` does not broadcast to the shape.
    """
    filled = broadcast_to(fill_value, shape)
    if dtype is not None:
        filled = astype(filled, dtype)
    return filled if isinstance(filled, GraphNode) else np.array(filled)


def _full_in_memory(
    shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None
) -> Any:
    """`full` as NumPy calls it, with a layout and a place in memory that have no meaning here."""
    return full(shape, fill_value, dtype)


numpy_functions[np.full] = _full_in_memory


@catalogue.stands_for(np.full_like)
def full_like(x: Any, fill_value: Any) -> Any:
    """An array of the shape and dtype of `x`, filled with a value, as `numpy.full_like`.

    Parameters
    ----------
    x : array_like
        Lends its shape and dtype; no gradient flows to it.
    fill_value : array_like
        What it is filled with; broadcasts to that shape.
    """
    return broadcast_like(fill_value, x)


@catalogue.stands_for(np.rollaxis)
def rollaxis(x: Any, axis: int, start: int = 0) -> Any:
    """Move an axis back until it stands before another one, as `numpy.rollaxis`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int
        The axis that is moved.
    start : int
        The axis before which it is put; the number of axes, to put it last.

    Raises
    ------
    ShapeError
        If an axis does not exist.
    """
    source = as_axis("rollaxis", axis, x)
    place = as_axis("rollaxis", start, x, new=start >= 0)
    return moveaxis(x, source, place - (place > source))


@catalogue.stands_for(np.atleast_1d)
def atleast_1d(*arrays: Any) -> Any:
    """A scalar as an array of one axis, all else as it is, as `numpy.atleast_1d`.

    Several arrays give a tuple.
    """
    return _each(arrays, lambda x: reshape(x, -1) if np.ndim(x) == 0 else x)


@catalogue.stands_for(np.atleast_2d)
def atleast_2d(*arrays: Any) -> Any:
    """With at least two axes, new ones in front, as `numpy.atleast_2d`.

    Several arrays give a tuple.
    """
    return _each(arrays, lambda x: expand_dims(x, tuple(range(2 - np.ndim(x)))))


@catalogue.stands_for(np.atleast_3d)
def atleast_3d(*arrays: Any) -> Any:
    """With at least three axes, a vector of N as (1, N, 1) and a matrix as (M, N, 1), as
    `numpy.atleast_3d`. Several arrays give a tuple.
    """
    new = ((0, 1, 2), (0, 2), (2,))
    return _each(arrays, lambda x: expand_dims(x, new[np.ndim(x)]) if np.ndim(x) < 3 else x)


def _each(arrays: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    changed = tuple(change(x if hasattr(x, "dtype") else np.asarray(x)) for x in arrays)
    return changed[0] if len(changed) == 1 else changed


@catalogue.stands_for(np.vstack)
def vstack(arrays: Sequence[Any]) -> Any:
    """Join along the first axis, vectors as rows, as `numpy.vstack`."""
    return concatenate([atleast_2d(x) for x in _listed("vstack", arrays)], 0)


@catalogue.stands_for(np.hstack)
def hstack(arrays: Sequence[Any]) -> Any:
    """Join along the second axis, vectors along their only one, as `numpy.hstack`."""
    parts = [atleast_1d(x) for x in _listed("hstack", arrays)]
    return concatenate(parts, 0 if np.ndim(parts[0]) == 1 else 1)


@catalogue.stands_for(np.dstack)
def dstack(arrays: Sequence[Any]) -> Any:
    """Join along the third axis, as `numpy.dstack`."""
    return concatenate([atleast_3d(x) for x in _listed("dstack", arrays)], 2)


@catalogue.stands_for(np.column_stack)
def column_stack(arrays: Sequence[Any]) -> Any:
    """Join along the second axis, vectors as columns, as `numpy.column_stack`."""
    parts = [reshape(x, (-1, 1)) if np.ndim(x) < 2 else x for x in _listed("column_stack", arrays)]
    return concatenate(parts, 1)


@catalogue.stands_for(np.append)
def append(x: Any, values: Any, axis: int | None = None) -> Any:
    """Join two arrays, as `numpy.append`.

    Parameters
    ----------
    x, values : array_like
        Operands.
    axis : int, optional
        The axis along which they are joined; both are flattened where not given.
    """
    return concatenate([x, values], axis)


@catalogue.stands_for(np.block)
def block(arrays: Any) -> Any:
    """Join arrays in nested lists, the innermost along the last axis, as `numpy.block`.

    Parameters
    ----------
    arrays : array_like or nested list of array_like
        Lists of one depth; each level is joined along the axis before.

    Raises
    ------
    ArgumentError
        If a list is empty, or the lists are not nested to one depth.
    ShapeError
        If shapes do not agree.
    """
    depth, rank = _depth(arrays), max(_ranks(arrays))
    return _joined(arrays, depth, max(depth, rank))


def _depth(arrays: Any) -> int:
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(one) for one in arrays}
    if len(depths) != 1:
        raise ArgumentError("block: the lists are not empty, and nested to one depth everywhere")
    return 1 + depths.pop()


def _ranks(arrays: Any) -> list[int]:
    if not isinstance(arrays, list):
        return [np.ndim(arrays)]
    return [rank for one in arrays for rank in _ranks(one)]


def _joined(arrays: Any, depth: int, rank: int) -> Any:
    if depth == 0:
        return expand_dims(arrays, tuple(range(rank - np.ndim(arrays))))
    return concatenate([_joined(one, depth - 1, rank) for one in arrays], -depth)
