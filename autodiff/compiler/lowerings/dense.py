"""Lowering of matrix products with parameters, and of their derivatives."""

from __future__ import annotations

from ...dispatch import implements
from ...primitives.linear_algebra import Matmul
from ..backend import (
    FIRST,
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
    is_whole,
)
from ..fused import Dense, MatmulNT, MatmulTN
from ..instructions import Instruction, Value
from ..kernels import geometry


@implements(Numba, Dense)
def _dense(primitive: Dense) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        x, w, b = step.inputs
        return _product(step, kinds, x, w, b, step.params["relu"])

    return lower


@implements(Numba, MatmulNT)
def _forward(primitive: MatmulNT) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        x, w = step.inputs
        return _product(step, kinds, x, w, None, False)

    return lower


def _product(
    step: Instruction, kinds: Kinds, x: Value, w: Value, b: Value | None, relu: bool
) -> Lowered | None:
    parameters = [w] if b is None else [w, b]
    if not (are_tiles(kinds, x) and is_whole(kinds, *parameters)):
        return None
    if not is_floating(x, *parameters, step.output):
        return None
    outputs, inputs = w.shape
    call = Call(
        "products.product",
        (
            Operand(w, WHOLE),
            Operand(x),
            Operand(step.output),
            Operand(w if b is None else b, WHOLE),
        ),
        geometry.dense(outputs, inputs, bias=b is not None, relu=relu),
        writes=(2,),
        operations=2 * outputs * inputs,
    )
    return Lowered((TILE,), (call,))


@implements(Numba, Matmul)
def _input(primitive: Matmul) -> Lowering:
    """A tile times a parameter as it lies: the gradient of a dense layer's input, for instance."""

    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        g, w = step.inputs
        if not (len(g.shape) == len(w.shape) == 2 and are_tiles(kinds, g) and is_whole(kinds, w)):
            return None
        if not is_floating(g, w, step.output):
            return None
        outputs, inputs = w.shape
        call = Call(
            "products.product",
            (Operand(w, WHOLE), Operand(g), Operand(step.output), Operand(w, WHOLE)),
            geometry.dense_input(outputs, inputs),
            writes=(2,),
            operations=2 * outputs * inputs,
        )
        return Lowered((TILE,), (call,))

    return lower


@implements(Numba, MatmulTN)
def _weights(primitive: MatmulTN) -> Lowering:
    """The product of two tiles over the batch: the gradient of a dense layer's weights."""

    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        g, x = step.inputs
        if not (are_tiles(kinds, g, x) and is_floating(g, x, step.output)):
            return None
        (_, outputs), (_, inputs) = g.shape, x.shape
        call = Call(
            "products.product",
            (Operand(g), Operand(x, FIRST), Operand(step.output, WHOLE), Operand(g)),
            geometry.dense_weights(outputs, inputs),
            writes=(2,),
            operations=2 * outputs * inputs,
        )
        return Lowered((PARTIAL,), (call,))

    return lower
