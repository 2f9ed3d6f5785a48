"""Lowering of sums and maxima, over features and over the batch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...dispatch import implements
from ...primitives.broadcasting import SumLike
from ...primitives.extrema import Argmax, Argmin, Max, Min
from ...primitives.reductions import Mean, Sum
from ..backend import (
    PARTIAL,
    TILE,
    WHOLE,
    Call,
    Kinds,
    Lowered,
    Lowering,
    Numba,
    Operand,
    are_tiles,
    is_floating,
)
from ..instructions import Instruction, Shape, Value
from ..kernels.reductions import reduce_geometry


@implements(Numba, Sum)
def _sum(primitive: Sum) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        if len(step.inputs) > 1:
            return None  # one that leaves elements out
        return _summed(step, kinds, step.params["axis"], 1.0)

    return lower


@implements(Numba, Mean)
def _mean(primitive: Mean) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        axes = step.params["axis"]
        count = math.prod([step.inputs[0].shape[axis] for axis in axes])
        return _summed(step, kinds, axes, 1.0 / count) if count else None

    return lower


@implements(Numba, SumLike)
def _sum_like(primitive: SumLike) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        x, like = step.inputs[0].shape, step.output.shape
        surplus = len(x) - len(like)
        axes = [*range(surplus)]
        axes += [
            surplus + axis
            for axis, length in enumerate(like)
            if length == 1 and x[surplus + axis] != 1
        ]
        return _summed(step, kinds, axes, 1.0)

    return lower


def _summed(step: Instruction, kinds: Kinds, axes: Sequence[int], scale: float) -> Lowered | None:
    x, y = step.inputs[0], step.output
    if not (are_tiles(kinds, x) and is_floating(x, y)):
        return None
    over_batch = 0 in axes
    lengths = _lengths(x.shape, [axis for axis in axes if axis])
    if lengths is None:
        return None
    name = "reductions.sum_batch" if over_batch else "reductions.sum_features"
    call = Call(
        name,
        (Operand(x), Operand(y, WHOLE) if over_batch else Operand(y)),
        reduce_geometry(*lengths),
        writes=(1,),
        numbers=(scale,),
    )
    return Lowered((PARTIAL if over_batch else TILE,), (call,))


def _extreme_features(
    kernel: str, x: Value, y: Value, lengths: tuple[int, int, int], sign: float
) -> Lowered:
    """A kernel that looks for the greatest number of each example; with `sign` -1, the least."""
    geometry = reduce_geometry(*lengths)
    call = Call(kernel, (Operand(x), Operand(y)), geometry, writes=(1,), numbers=(sign,))
    return Lowered((TILE,), (call,))


def _extremum(sign: float) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        x, y = step.inputs[0], step.output
        axes = step.params["axis"]
        if len(step.inputs) > 1 or not (are_tiles(kinds, x) and is_floating(x, y)) or 0 in axes:
            return None
        lengths = _lengths(x.shape, axes)
        if lengths is None:
            return None
        return _extreme_features("reductions.max_features", x, y, lengths, sign)

    return lower


@implements(Numba, Max)
def _max(primitive: Max) -> Lowering:
    return _extremum(1.0)


@implements(Numba, Min)
def _min(primitive: Min) -> Lowering:
    return _extremum(-1.0)


def _position(sign: float) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        x, y, axis = step.inputs[0], step.output, step.params["axis"]
        if not (are_tiles(kinds, x) and is_floating(x)) or axis in (None, 0):
            return None
        lengths = math.prod(x.shape[1:axis]), x.shape[axis], math.prod(x.shape[axis + 1 :])
        if lengths[1] >= 2**24:
            return None  # positions are counted in vectors of float32
        return _extreme_features("reductions.argmax_features", x, y, lengths, sign)

    return lower


@implements(Numba, Argmax)
def _argmax(primitive: Argmax) -> Lowering:
    return _position(1.0)


@implements(Numba, Argmin)
def _argmin(primitive: Argmin) -> Lowering:
    return _position(-1.0)


def _lengths(shape: Shape, axes: Sequence[int]) -> tuple[int, int, int] | None:
    """Numbers of features before, in and behind reduced axes that follow each other."""
    reduced = sorted(axes)
    if not reduced:
        return math.prod(shape[1:]), 1, 1
    first, last = reduced[0], reduced[-1]
    between = [axis for axis in range(first, last + 1) if axis not in reduced]
    if any(shape[axis] != 1 for axis in between):
        return None
    return (
        math.prod(shape[1:first]),
        math.prod(shape[first : last + 1]),
        math.prod(shape[last + 1 :]),
    )
