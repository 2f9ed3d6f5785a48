"""Indexing and slicing, with NumPy's rules."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import DtypeError, ShapeError
from ..structures import GraphNode
from .broadcasting import cast_like
from .kinds import Linear
from .primitive import primitive
from .shaping import as_axis, reshape


class Slot(NamedTuple):
    """The place of an index array within a key; the array is an operand, and so replayable."""

    number: int


class Getitem(Linear):
    """Part of an array, as ``x[key]``: integers, slices, None, Ellipsis, and arrays of integers or
    booleans.

    The transpose adds the gradient into zeros at the same places, so that an element picked twice
    receives both gradients.

    Parameters
    ----------
    x : array_like
        Operand.
    key : index
        Anything that NumPy accepts between brackets. An index array may be a `Constant`, whose data
        a replay may change.

    Raises
    ------
    IndexingError
        If an index lies outside the array, or there are more indices than axes.
    DtypeError
        If the key is none of the above.
    """

    moves = True

    def __call__(self, x: Any, key: Any) -> Any:
        parts: list[Any] = []
        arrays: list[Any] = []
        for part in key if isinstance(key, tuple) else (key,):
            if isinstance(part, list) and not part:
                part = np.array(part, dtype=int)
            if isinstance(part, GraphNode | np.ndarray | list):
                if (
                    np.asarray(part.value if isinstance(part, GraphNode) else part).dtype.kind
                    not in "biu"
                ):
                    raise DtypeError(
                        f"getitem: an index array holds integers or booleans; got {part!r}"
                    )
                parts.append(Slot(len(arrays)))
                arrays.append(part if isinstance(part, GraphNode) else np.asarray(part))
            elif (
                part is None
                or part is Ellipsis
                or isinstance(part, slice | int | np.integer | bool | np.bool)
            ):
                parts.append(part)
            else:
                raise DtypeError(
                    f"getitem: indices are integers, slices, None, ... or arrays; got {part!r}"
                )
        return self.apply(x, *arrays, key=tuple(parts))

    def function(self, x, *arrays, key):
        return np.asarray(x)[_fill(key, arrays)]

    def shape(self, x, *arrays, key):
        indices = [np.zeros(shape, dtype=int) for shape in arrays]
        return np.broadcast_to(0, x)[_fill(key, indices)].shape

    def transpose(self, gradient, x, *arrays, key):
        return add_at_like(gradient, x, *arrays, key=key)

    def examples(self, rng):
        x = rng.normal(size=(3, 4))
        yield (x, 1), {}
        yield (x, (slice(None), slice(3, 0, -2))), {}
        yield (x, (None, Ellipsis, -1)), {}
        yield (x, np.array([0, 2, 0])), {}
        yield (x, (np.array([[0], [2]]), np.array([1, 1]))), {}
        yield (x, (slice(None), [3, 3, 0])), {}


getitem = primitive(Getitem)


class AddAtLike(Linear):
    """Zeros of the shape of `like`, with `x` added where the key points: indexing, transposed."""

    shape_only = (1,)

    def function(self, x, like, *arrays, key):
        result = np.zeros(np.shape(like), dtype=np.asarray(x).dtype)
        if arrays:
            np.add.at(result, _fill(key, arrays), x)
        else:
            result[_fill(key, arrays)] = x
        return cast_like(result, like)

    def shape(self, x, like, *arrays, key):
        picked = getitem.shape(like, *arrays, key=key)
        if picked != x:
            raise ShapeError(
                f"shape {x} does not fit the {picked} elements that the key picks from {like}"
            )
        return like

    def transpose(self, gradient, x, like, *arrays, key):
        return getitem.apply(gradient, *arrays, key=key)

    def examples(self, rng):
        yield (rng.normal(size=4), np.zeros((3, 4))), {"key": (1,)}
        yield (rng.normal(size=(3, 4)), np.zeros((3, 4)), np.array([0, 2, 0])), {"key": (Slot(0),)}


add_at_like = primitive(AddAtLike)


class TakeAlongAxis(Linear):
    """One element of `x` for each index along an axis, as `numpy.take_along_axis`.

    Parameters
    ----------
    x : array_like
        Operand.
    indices : array_like of int
        Positions along `axis`; has as many axes as `x`, and broadcasts along the other ones.
    axis : int or None
        The axis; None to index the flattened `x`.

    Raises
    ------
    IndexingError
        If an index lies outside the axis.
    """

    moves = True

    def __call__(self, x: Any, indices: Any, axis: int | None = -1) -> Any:
        if axis is None:
            x, axis = reshape(x, -1), 0
        return self.apply(x, indices, axis=as_axis(self.name, axis, x))

    def function(self, x, indices, axis):
        return np.take_along_axis(np.asarray(x), np.asarray(indices), axis)

    def shape(self, x, indices, axis):
        if len(x) != len(indices):
            raise ShapeError(
                f"indices of shape {indices} need as many axes as the operand of shape {x}"
            )
        lengths = np.broadcast_shapes(*[s[:axis] + s[axis + 1 :] for s in (x, indices)])
        return (*lengths[:axis], indices[axis], *lengths[axis:])

    def transpose(self, gradient, x, indices, axis):
        return add_along_axis_like(gradient, x, indices, axis=axis)

    def examples(self, rng):
        yield (rng.normal(size=(3, 4)), rng.integers(0, 4, size=(3, 1))), {"axis": 1}
        yield (rng.normal(size=(3, 4)), rng.integers(0, 3, size=(5, 4))), {"axis": 0}
        yield (rng.normal(size=(1, 4)), rng.integers(0, 4, size=(3, 2))), {"axis": -1}
        yield (rng.normal(size=(3, 4)), rng.integers(0, 4, size=(1, 2))), {"axis": -1}


take_along_axis = primitive(TakeAlongAxis, np.take_along_axis)


class AddAlongAxisLike(Linear):
    """Zeros of the shape of `like`, with `x` added at indices along an axis."""

    shape_only = (1,)

    def function(self, x, like, indices, axis):
        result = np.zeros(np.shape(like), dtype=np.asarray(x).dtype)
        # Where `like` has length 1 it was broadcast, and every element of `x` goes to place 0.
        spans = [slice(np.minimum(*pair)) for pair in zip(np.shape(x), np.shape(like), strict=True)]
        places = list(np.ogrid[tuple(spans)])
        places[axis] = np.broadcast_to(indices, np.shape(x))
        np.add.at(result, tuple(places), x)
        return cast_like(result, like)

    def shape(self, x, like, indices, axis):
        return like

    def transpose(self, gradient, x, like, indices, axis):
        return take_along_axis(gradient, indices, axis)

    def examples(self, rng):
        yield (
            (rng.normal(size=(3, 1)), np.zeros((3, 4)), rng.integers(0, 4, size=(3, 1))),
            {"axis": 1},
        )


add_along_axis_like = primitive(AddAlongAxisLike)


def _fill(key: tuple[Any, ...], arrays: Any) -> tuple[Any, ...]:
    return tuple(arrays[part.number] if isinstance(part, Slot) else part for part in key)
