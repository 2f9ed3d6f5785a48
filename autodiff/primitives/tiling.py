"""Repeating whole arrays, or their elements one by one."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import catalogue
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from .broadcasting import cast_like
from .flattening import flatten
from .kinds import Linear
from .primitive import Shape, as_shape, primitive
from .shaping import as_axis, expand_dims, reshape
from .sorting import take
from .statistics import expect_lengths


class Tile(Linear):
    """The array several times side by side, as `numpy.tile`. Its transpose adds the copies up.

    Parameters
    ----------
    x : array_like
        Operand.
    reps : int or tuple of int
        How often along each axis, counted from the last one.

    Raises
    ------
    ArgumentError
        If one of them is negative.
    """

    def __call__(self, x: Any, reps: int | Sequence[int]) -> Any:
        counts = as_shape(reps, "tile")
        if min(counts, default=0) < 0:
            raise ArgumentError(f"tile: a number of repetitions is at least 0; got {reps}")
        return self.apply(x, reps=counts)

    def function(self, x, reps):
        return np.tile(x, reps)

    def shape(self, x, reps):
        return tuple(math.prod(pair) for pair in _aligned(x, reps))

    def transpose(self, gradient, x, reps):
        return sum_tiles(gradient, x, reps=reps)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), 2), {}
        yield (rng.normal(size=3), (2, 2)), {}
        yield (rng.normal(size=(2, 1, 3)), (3, 1)), {}


tile = primitive(Tile, np.tile)


class SumTiles(Linear):
    """The sum of the copies of `like` that `x` consists of: the transpose of `tile`."""

    shape_only = (1,)

    def function(self, x, like, reps):
        self.shape(np.shape(x), np.shape(like), reps)
        pairs = _aligned(np.shape(like), reps)
        parts = np.reshape(x, [length for pair in pairs for length in pair])
        total = np.sum(parts, axis=tuple(range(0, 2 * len(pairs), 2)))
        return cast_like(np.reshape(total, np.shape(like)), like)

    def shape(self, x, like, reps):
        if tile.shape(like, reps) != x:
            raise ShapeError(f"shape {x} does not consist of tiles of shape {like}")
        return like

    def transpose(self, gradient, x, like, reps):
        return tile(gradient, reps)

    def examples(self, rng):
        yield (rng.normal(size=(2, 6)), np.zeros((2, 3))), {"reps": (2,)}
        yield (rng.normal(size=(4, 3)), np.zeros(3)), {"reps": (4, 1)}


sum_tiles = primitive(SumTiles)


def _aligned(x: Shape, reps: tuple[int, ...]) -> list[tuple[int, int]]:
    """For each axis of the result the number of copies, and the length of one."""
    rank = max(len(x), len(reps))
    counts, lengths = ((1,) * (rank - len(part)) + part for part in (reps, x))
    return list(zip(counts, lengths, strict=True))


@catalogue.stands_for(np.repeat)
def repeat(x: Any, repeats: int | Sequence[int], axis: int | None = None) -> Any:
    """Each element several times in a row, as `numpy.repeat`.

    Parameters
    ----------
    x : array_like
        Operand.
    repeats : int or sequence of int
        How often: one number for all elements, or one for each place along the axis.
    axis : int, optional
        The axis; the flattened array where not given.

    Raises
    ------
    ShapeError
        If the axis does not exist, or has another length than `repeats`.
    ArgumentError
        If a number of repetitions is negative.
    """
    if axis is None:
        x, axis = reshape(x, -1), 0
    axis = as_axis("repeat", axis, x)
    counts = np.asarray(repeats)
    if counts.dtype.kind not in "iu":
        raise DtypeError(f"repeat: a number of repetitions is an integer; got {repeats!r}")
    if counts.ndim > 1 or (counts < 0).any():
        raise ArgumentError(
            f"repeat: repeats is one number of at least 0, or a list of them; got {repeats!r}"
        )
    if counts.size == 1:
        # Beside each element its copies, and then both axes made one.
        rank = np.ndim(x)
        copies = [1] * (rank + 1)
        copies[axis + 1] = operator.index(counts.item())
        spread = tile(expand_dims(x, axis + 1), copies)
        return flatten(spread, axis, axis + 1)
    if np.shape(x)[axis] != len(counts):
        raise ShapeError(
            f"repeat: {len(counts)} numbers of repetitions were given, so axis {axis} must have "
            f"length {len(counts)}; got {describe(x)}"
        )
    places = np.repeat(np.arange(len(counts)), counts)
    return take(expect_lengths(x, {axis: len(counts)}), places, axis)
