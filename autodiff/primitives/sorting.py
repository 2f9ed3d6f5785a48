"""Choosing elements by their position, and putting them in order of size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import catalogue
from ..errors import ArgumentError
from .flattening import flatten
from .indexing import getitem, take_along_axis
from .kinds import Nondifferentiable
from .primitive import as_shape, primitive
from .reductions import Axis, mean, not_empty, reduced_axes
from .shaping import as_axis, expand_dims, reshape, transpose


@catalogue.stands_for(np.take)
def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """The elements at given positions along an axis, as `numpy.take`.

    Parameters
    ----------
    x : array_like
        Operand.
    indices : array_like of int
        Positions; may be a `Constant`, whose data a replay may change.
    axis : int, optional
        The axis; the flattened array where not given.

    Raises
    ------
    IndexingError
        If an index lies outside the axis.
    ShapeError
        If the axis does not exist.
    """
    if axis is None:
        x, axis = reshape(x, -1), 0
    return getitem(x, (*[slice(None)] * as_axis("take", axis, x), indices))


class Argsort(Nondifferentiable):
    """The positions that put the elements in order along an axis, as `numpy.argsort`.

    Equal elements keep their order.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or None
        The axis; None for the flattened array.
    """

    def __call__(self, x: Any, axis: int | None = -1) -> Any:
        if axis is None:
            x, axis = reshape(x, -1), 0
        return self.apply(x, axis=as_axis(self.name, axis, x))

    def function(self, x, axis):
        return np.argsort(x, axis=axis, stable=True)

    def shape(self, x, axis):
        return x

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=(2, 3)),), {"axis": 0}
        yield (rng.normal(size=(2, 3)),), {"axis": None}


argsort = primitive(Argsort, np.argsort)


@catalogue.stands_for(np.sort)
def sort(x: Any, axis: int | None = -1) -> Any:
    """The elements in ascending order along an axis, as `numpy.sort`.

    Each gradient goes back to where its element came from; equal elements keep their order.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or None
        The axis; None for the flattened array.

    Raises
    ------
    ShapeError
        If the axis does not exist.
    """
    if axis is None:
        x, axis = reshape(x, -1), 0
    return take_along_axis(x, argsort(x, axis), axis)


class Argpartition(Nondifferentiable):
    """The positions that bring the elements numbered `kth` into place, as `numpy.argpartition`.

    Parameters
    ----------
    x : array_like
        Operand.
    kth : int or tuple of int
        Which places of the ascending order are to be right.
    axis : int or None
        The axis; None for the flattened array.
    """

    def __call__(self, x: Any, kth: int | Sequence[int], axis: int | None = -1) -> Any:
        if axis is None:
            x, axis = reshape(x, -1), 0
        return self.apply(x, kth=as_shape(kth, self.name), axis=as_axis(self.name, axis, x))

    def function(self, x, kth, axis):
        return np.argpartition(x, kth, axis)

    def shape(self, x, kth, axis):
        return x

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), 1), {}
        yield (rng.normal(size=(3, 2)), (0, 2)), {"axis": 0}


argpartition = primitive(Argpartition, np.argpartition)


@catalogue.stands_for(np.partition)
def partition(x: Any, kth: int | Sequence[int], axis: int | None = -1) -> Any:
    """The elements numbered `kth` of the ascending order in place, the smaller ones before them and
    the larger ones behind, as `numpy.partition`.

    Parameters
    ----------
    x : array_like
        Operand.
    kth : int or tuple of int
        Which places are to be right.
    axis : int or None
        The axis; None for the flattened array.
    """
    if axis is None:
        x, axis = reshape(x, -1), 0
    return take_along_axis(x, argpartition(x, kth, axis), axis)


class Middle(Nondifferentiable):
    """Positions along the last axis of the two elements in the middle of the ascending order.

    For an odd number of elements it is the same one twice; where there is NaN, it is a NaN.
    """

    def function(self, x):
        self.shape(np.shape(x))
        length = np.shape(x)[-1]
        order = np.argsort(x, axis=-1, stable=True)
        middle = order[..., [(length - 1) // 2, length // 2]]
        last = order[..., -1:]  # where NaN stands, if there is any
        return np.where(np.isnan(np.take_along_axis(np.asarray(x), last, -1)), last, middle)

    def shape(self, x):
        not_empty("median", x, (len(x) - 1,))
        return (*x[:-1], 2)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=4),), {}


middle = primitive(Middle)


@catalogue.stands_for(np.median)
def median(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The element in the middle of the ascending order, as `numpy.median`.

    Of an even number of elements it is the mean of the two in the middle, and each of them gets
    half of the gradient.

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
    ArgumentError
        If there is no axis to reduce.
    """
    axes = reduced_axes("median", axis, x)
    if not axes:
        raise ArgumentError("median: there is no axis along which elements could be in order")
    rest = tuple(i for i in range(np.ndim(x)) if i not in axes)
    line = flatten(transpose(x, rest + axes), len(rest))
    result = mean(take_along_axis(line, middle(line), -1), -1)
    return expand_dims(result, axes) if keepdims else result
