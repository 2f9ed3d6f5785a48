"""Lowering of operators that change the shape alone: the numbers stay where they are."""

from __future__ import annotations

from ...dispatch import implements
from ...primitives.bias import BiasLike
from ...primitives.broadcasting import Identity
from ...primitives.flattening import Flatten
from ...primitives.shaping import ExpandDims, Reshape, ReshapeLike, Squeeze
from ..backend import PARTIAL, TILE, Kinds, Lowered, Lowering, Numba, is_floating
from ..instructions import Instruction


def _same_memory(step: Instruction, kinds: Kinds) -> Lowered | None:
    """The output is the operand in another shape; of a tile, the batch has to stay the first."""
    (operand, *_), kind = step.inputs, kinds.get(step.inputs[0])
    if operand.dtype != step.output.dtype or not (
        is_floating(operand) or operand.dtype.kind in "biu"
    ):
        return None
    if kind == TILE and operand.shape[:1] == step.output.shape[:1]:
        return Lowered((TILE,))
    return Lowered((PARTIAL,)) if kind == PARTIAL else None


for _primitive in (ExpandDims, Flatten, Identity, Reshape, ReshapeLike, Squeeze):

    @implements(Numba, _primitive)
    def _alias(primitive: object) -> Lowering:
        return _same_memory


@implements(Numba, BiasLike)
def _bias(primitive: BiasLike) -> Lowering:
    return _same_memory
