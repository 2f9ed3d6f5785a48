"""The same elements in another shape, or in another order of axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import catalogue
from ..errors import ShapeError
from .kinds import Linear
from .primitive import as_shape, primitive


class Reshape(Linear):
    """The same elements in another shape, as `numpy.reshape`.

    Parameters
    ----------
    x : array_like
        Operand.
    shape : int or tuple of int
        New shape with the same number of elements; one length may be -1, which stands for the rest.

    Raises
    ------
    ShapeError
        If the numbers of elements differ.
    """

    def __call__(self, x: Any, shape: int | Sequence[int]) -> Any:
        return self.apply(x, target=as_shape(shape))

    def function(self, x, target):
        return np.reshape(x, target)

    def shape(self, x, target):
        known = int(np.prod([length for length in target if length != -1]))
        size = int(np.prod(x))
        rest = size // known if known else 0
        result = tuple(rest if length == -1 else length for length in target)
        if target.count(-1) > 1 or int(np.prod(result)) != size:
            raise ShapeError(
                f"shape {x} has {size} elements and cannot be reshaped to {target}; use -1 for one "
                "length"
            )
        return result

    def transpose(self, gradient, x, target):
        return reshape_like(gradient, x)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), (3, 2)), {}
        yield (rng.normal(size=(2, 3)), -1), {}
        yield (rng.normal(size=(2, 3, 2)), (2, -1)), {}


reshape = primitive(Reshape, np.reshape)


class ReshapeLike(Linear):
    """The elements of `x` in the shape of `like`."""

    shape_only = (1,)

    def function(self, x, like):
        return np.reshape(x, np.shape(like))

    def shape(self, x, like):
        if np.prod(x) != np.prod(like):
            raise ShapeError(f"shape {x} cannot be reshaped to {like}")
        return like

    def transpose(self, gradient, x, like):
        return reshape_like(gradient, x)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), np.zeros(6)), {}


reshape_like = primitive(ReshapeLike)


class Transpose(Linear):
    """The axes in another order, as `numpy.transpose`.

    Parameters
    ----------
    x : array_like
        Operand.
    axes : tuple of int, optional
        For each axis of the result the axis of `x` that it comes from; reversed where not given.

    Raises
    ------
    ShapeError
        If `axes` is no permutation of the axes of `x`.
    """

    def __call__(self, x: Any, axes: Sequence[int] | None = None) -> Any:
        rank = np.ndim(x)
        order = tuple(range(rank))[::-1] if axes is None else as_shape(axes)
        if sorted(axis % rank if rank else axis for axis in order) != list(range(rank)):
            raise ShapeError(
                f"transpose: axes {order} are no permutation of the {rank} axes of the operand"
            )
        return self.apply(x, axes=tuple(axis % rank for axis in order))

    def function(self, x, axes):
        return np.transpose(x, axes)

    def shape(self, x, axes):
        return tuple(x[axis] for axis in axes)

    def transpose(self, gradient, x, axes):
        return self(gradient, tuple(int(position) for position in np.argsort(axes)))

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=(2, 3, 4)), (1, 2, 0)), {}
        yield (rng.normal(size=(2, 3, 4)), (0, -1, 1)), {}


transpose = primitive(Transpose, np.transpose, np.permute_dims)


@catalogue.stands_for(np.swapaxes)
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Exchange two axes, as `numpy.swapaxes`."""
    order = list(range(np.ndim(x)))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(x, order)


@catalogue.stands_for(np.moveaxis)
def moveaxis(x: Any, source: int, destination: int) -> Any:
    """Move one axis to another place, as `numpy.moveaxis`."""
    rank = np.ndim(x)
    order = [axis for axis in range(rank) if axis != source % rank]
    order.insert(destination % rank, source % rank)
    return transpose(x, order)


class ExpandDims(Linear):
    """Insert axes of length 1, as `numpy.expand_dims`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int
        Where the new axes stand in the result.
    """

    def function(self, x, axis):
        return np.expand_dims(x, axis)

    def shape(self, x, axis):
        return np.expand_dims(np.broadcast_to(0, x), axis).shape

    def transpose(self, gradient, x, axis):
        return squeeze(gradient, axis)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), 1), {}
        yield (rng.normal(size=(2, 3)), (0, -1)), {}


expand_dims = primitive(ExpandDims, np.expand_dims)


class Squeeze(Linear):
    """Remove axes of length 1, as `numpy.squeeze`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Which axes; all of length 1 where not given.
    """

    def __call__(self, x: Any, axis: int | Sequence[int] | None = None) -> Any:
        if axis is None:
            axis = tuple(i for i, length in enumerate(np.shape(x)) if length == 1)
        return self.apply(x, axis=axis)

    def function(self, x, axis):
        return np.squeeze(x, axis)

    def shape(self, x, axis):
        return np.squeeze(np.broadcast_to(0, x), axis).shape

    def transpose(self, gradient, x, axis):
        return expand_dims(gradient, axis)

    def examples(self, rng):
        yield (rng.normal(size=(2, 1, 3)), 1), {}
        yield (rng.normal(size=(1, 3, 1)),), {}


squeeze = primitive(Squeeze, np.squeeze)
