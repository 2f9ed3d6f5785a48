"""Lowering of max-pooling and its derivative."""

from __future__ import annotations

from ...dispatch import implements
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
