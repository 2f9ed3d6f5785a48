"""The same elements in another shape, or in another order of axes."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import catalogue
from ..errors import ArgumentError, DtypeError, ShapeError, describe, with_operands
from .kinds import Linear
from .primitive import as_shape, primitive


def as_axis(name: str, axis: Any, x: Any, new: int = 0) -> int:
    """`axis` counted from the front, for the function `name` of `x`, which adds `new` axes."""
    rank = np.ndim(x) + new
    try:
        place = operator.index(axis)
    except TypeError:
        raise DtypeError(f"{name}: an axis is an integer; got {axis!r}") from None
    if -rank <= place < rank:
        return place % rank
    there = f"there are {rank}, numbered from 0" if rank else "a scalar has none"
    message = f"axis {axis} does not exist; {there}"
    raise ShapeError(with_operands(name, ShapeError(message), [x]))


def as_axes(name: str, axis: Any, x: Any, new: int = 0) -> tuple[int, ...]:
    """`axis`, one or a sequence of them, as a tuple of axes counted from the front."""
    listed = axis if isinstance(axis, Sequence) else (axis,)
    axes = tuple(as_axis(name, one, x, new) for one in listed)
    if len(set(axes)) != len(axes):
        raise ArgumentError(f"{name}: {axis!r} names an axis twice")
    return axes


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

    moves = True

    def __call__(self, x: Any, shape: int | Sequence[int]) -> Any:
        target = as_shape(shape, "reshape")
        if min(target, default=0) < -1 or target.count(-1) > 1:
            raise ShapeError(f"reshape: one length may be -1, the others at least 0; got {target}")
        return self.apply(x, target=target)

    def function(self, x, target):
        return np.reshape(x, target)

    def shape(self, x, target):
        known = int(np.prod([length for length in target if length != -1]))
        size = int(np.prod(x))
        rest = size // known if known else 0
        result = tuple(rest if length == -1 else length for length in target)
        if int(np.prod(result)) != size:
            raise ShapeError(
                f"shape {x} has {size} elements and cannot be reshaped to {target}; write -1 for "
                "the length that follows from the others"
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

    moves = True
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

    moves = True

    def __call__(self, x: Any, axes: Sequence[int] | None = None) -> Any:
        rank = np.ndim(x)
        order = tuple(range(rank))[::-1] if axes is None else as_axes(self.name, axes, x)
        if len(order) != rank:
            raise ShapeError(f"transpose: {axes} is no order of all {rank} axes of {describe(x)}")
        return self.apply(x, axes=order)

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
    first, second = [as_axis("swapaxes", axis, x) for axis in (axis1, axis2)]
    order[first], order[second] = second, first
    return transpose(x, order)


@catalogue.stands_for(np.moveaxis)
def moveaxis(x: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Any:
    """Move axes to other places, as `numpy.moveaxis`."""
    rank = np.ndim(x)
    sources, places = [as_axes("moveaxis", axes, x) for axes in (source, destination)]
    if len(sources) != len(places):
        raise ArgumentError(
            f"moveaxis: source {source} and destination {destination} must name as many axes"
        )
    order = [axis for axis in range(rank) if axis not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return transpose(x, order)


class ExpandDims(Linear):
    """Insert axes of length 1, as `numpy.expand_dims`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int
        Where the new axes stand in the result.

    Raises
    ------
    ShapeError
        If there is no such place in the result.
    """

    moves = True

    def __call__(self, x: Any, axis: int | Sequence[int]) -> Any:
        new = len(axis) if isinstance(axis, Sequence) else 1
        return self.apply(x, axis=as_axes(self.name, axis, x, new))

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

    Raises
    ------
    ShapeError
        If such an axis does not exist or has another length.
    """

    moves = True

    def __call__(self, x: Any, axis: int | Sequence[int] | None = None) -> Any:
        axes = _ones(np.shape(x)) if axis is None else as_axes(self.name, axis, x)
        return self.apply(x, axis=axes, every=axis is None)

    def function(self, x, axis, every):
        self.shape(np.shape(x), axis, every)
        return np.squeeze(x, axis)

    def shape(self, x, axis, every):
        for i in axis:
            if x[i] != 1:
                raise ShapeError(f"axis {i} of shape {x} has length {x[i]}; only 1 can be removed")
        if every and axis != _ones(x):
            raise ShapeError(
                f"the graph was recorded removing axes {axis}, all of length 1 at the time; in "
                f"shape {x} these are {_ones(x)}: name the axes, as in squeeze(x, axis=0)"
            )
        return tuple(length for i, length in enumerate(x) if i not in axis)

    def transpose(self, gradient, x, axis, every):
        return expand_dims(gradient, axis)

    def examples(self, rng):
        yield (rng.normal(size=(2, 1, 3)), 1), {}
        yield (rng.normal(size=(1, 3, 1)),), {}


squeeze = primitive(Squeeze, np.squeeze)


def _ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(i for i, length in enumerate(shape) if length == 1)
