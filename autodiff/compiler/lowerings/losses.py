"""Lowering of the cross-entropy and its gradient."""

from __future__ import annotations

import math

from ...dispatch import implements
from ...primitives.losses import CrossEntropy, OneHotLike
from ..backend import (
    PARTIAL,
    TILE,
    WHOLE,
    Call,
    Kinds,
    Lowered,
    Lowering,
    Nothing,
    Numba,
    Operand,
    Scratch,
    are_tiles,
    is_floating,
)
from ..fused import CrossEntropyGradient, CrossEntropyPair
from ..instructions import Instruction, Value, is_number
from ..kernels.losses import classes_geometry


@implements(Numba, CrossEntropy)
def _loss(primitive: CrossEntropy) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        logits, labels = step.inputs
        return _lower(logits, labels, None, step.output, None, kinds)

    return lower


@implements(Numba, CrossEntropyGradient)
def _gradient(primitive: CrossEntropyGradient) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        logits, labels, scale = step.inputs
        return _lower(logits, labels, scale, None, step.output, kinds)

    return lower


@implements(Numba, CrossEntropyPair)
def _both(primitive: CrossEntropyPair) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        (logits, labels, scale), (loss, gradient) = step.inputs, step.outputs
        return _lower(logits, labels, scale, loss, gradient, kinds)

    return lower


@implements(Numba, OneHotLike)
def _one_hot(primitive: OneHotLike) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        labels, y = step.inputs[0], step.output
        if not (are_tiles(kinds, labels) and is_floating(y) and len(y.shape) > 1):
            return None
        if labels.dtype.kind not in "iu" or labels.shape != (*y.shape[:1], *y.shape[2:]):
            return None
        call = Call(
            "losses.one_hot",
            (Operand(labels), Operand(y)),
            classes_geometry(y.shape[1], math.prod(y.shape[2:])),
            writes=(1,),
        )
        return Lowered((TILE,), (call,))

    return lower


def _lower(
    logits: Value,
    labels: Value,
    scale: Value | None,
    loss: Value | None,
    gradient: Value | None,
    kinds: Kinds,
) -> Lowered | None:
    if len(logits.shape) < 2 or not (are_tiles(kinds, logits, labels) and is_floating(logits)):
        return None
    if labels.dtype.kind not in "iu" or not (scale is None or is_number(scale)):
        return None
    _, classes, *places = logits.shape
    weight = 0.0 if scale is None else float(scale.node.value)  # type: ignore[union-attr]
    call = Call(
        "losses.softmax_cross_entropy",
        (
            Operand(logits),
            Operand(labels),
            Scratch(1, logits.dtype) if loss is None else Operand(loss, WHOLE),
            Nothing(logits.dtype) if gradient is None else Operand(gradient),
        ),
        classes_geometry(classes, math.prod(places)),
        writes=(2, 3),
        numbers=(1.0 / labels.size, weight),
        complains=True,
    )
    given = [(loss, PARTIAL), (gradient, TILE)]
    return Lowered(tuple([kind for value, kind in given if value is not None]), (call,))
