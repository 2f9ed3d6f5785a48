"""Lowering of pooling and its derivatives."""

from __future__ import annotations

from ...dispatch import implements
from ...primitives.pooling import AvgPool2d, AvgPool2dTranspose
from ..backend import TILE, Call, Kinds, Lowered, Lowering, Numba, Operand, are_tiles, is_floating
from ..fused import MaxPoolCode, MaxUnpool
from ..instructions import Instruction
from ..kernels.pooling import pool_geometry


@implements(Numba, MaxPoolCode)
def _pool(primitive: MaxPoolCode) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        (x,), (y, code) = step.inputs, step.outputs
        if not (are_tiles(kinds, x) and is_floating(x, y)):
            return None
        _, channels, height, width = x.shape
        call = Call(
            "pooling.max_pool",
            (Operand(x), Operand(y), Operand(code)),
            pool_geometry(channels, (height, width), step.params["windows"], step.params["relu"]),
            writes=(1, 2),
        )
        return Lowered((TILE, TILE), (call,))

    return lower


@implements(Numba, MaxUnpool)
def _unpool(primitive: MaxUnpool) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        g, code, _ = step.inputs
        if not (are_tiles(kinds, g, code) and is_floating(g, step.output)):
            return None
        _, channels, height, width = step.output.shape
        call = Call(
            "pooling.max_unpool",
            (Operand(g), Operand(code), Operand(step.output)),
            pool_geometry(channels, (height, width), step.params["windows"]),
            writes=(2,),
        )
        return Lowered((TILE,), (call,))

    return lower


@implements(Numba, AvgPool2d)
def _average(primitive: AvgPool2d) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        (x,), y = step.inputs, step.output
        if not (are_tiles(kinds, x) and is_floating(x, y)):
            return None
        _, channels, height, width = x.shape
        call = Call(
            "pooling.avg_pool",
            (Operand(x), Operand(y)),
            pool_geometry(channels, (height, width), step.params["windows"]),
            writes=(1,),
        )
        return Lowered((TILE,), (call,))

    return lower


@implements(Numba, AvgPool2dTranspose)
def _average_back(primitive: AvgPool2dTranspose) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        g, x = step.inputs[0], step.output
        if not (are_tiles(kinds, g) and is_floating(g, x)):
            return None
        _, channels, height, width = x.shape
        call = Call(
            "pooling.avg_unpool",
            (Operand(g), Operand(x)),
            pool_geometry(channels, (height, width), step.params["windows"]),
            writes=(1,),
        )
        return Lowered((TILE,), (call,))

    return lower
