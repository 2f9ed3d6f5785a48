"""Lowering of chains of elementwise operators: a kernel is written for each."""

from __future__ import annotations

import hashlib

from ...dispatch import implements
from ..backend import (
    PARTIAL,
    TILE,
    WHOLE,
    Call,
    Kinds,
    Lowered,
    Lowering,
    Numba,
    is_floating,
)
from ..backend import Operand as Argument
from ..fused import Chain
from ..instructions import Instruction, Shape, Value, is_number
from ..kernels.elementwise import Operand, Step, chain_geometry, chain_source


@implements(Numba, Chain)
def _chain(primitive: Chain) -> Lowering:
    return _lower


def _lower(step: Instruction, kinds: Kinds) -> Lowered | None:
    y = step.output
    operands: list[Operand] = []
    shapes: list[Shape] = []
    values: list[Value] = []
    references: list[int | float] = []
    for value in step.inputs:
        if is_number(value):
            references.append(float(value.node.value))  # type: ignore[union-attr]
            continue
        found = _operand(value, y, kinds, f"x{len(operands)}")
        if found is None:
            return None
        operand, shape = found
        references.append(len(operands))
        operands.append(operand)
        shapes.append(shape)
        values.append(value)
    if not any(operand.kind == "tile" for operand in operands):
        return None
    steps = _steps(step, references, len(operands))
    boolean = y.dtype == bool
    if boolean and all(operand.boolean for operand in operands):
        return None  # nothing tells how wide the vectors are
    draft = chain_source("chain", operands, steps, [("y", len(operands) + len(steps) - 1)],
                         ["y"] if boolean else [])  # fmt: skip
    name = _name(steps, draft)
    call = Call(
        name,
        (
            *[
                Argument(value, WHOLE) if operand.kind in ("feature", "scalar") else Argument(value)
                for value, operand in zip(values, operands, strict=True)
            ],
            Argument(y),
        ),
        chain_geometry(y.shape[1:], operands, shapes),
        writes=(len(values),),
        source=draft.replace("def chain(", f"def {name}(", 1),
        operations=len(steps) * max(1, y.size // max(1, y.shape[0])),
    )
    return Lowered((TILE,), (call,))


def _operand(value: Value, y: Value, kinds: Kinds, name: str) -> tuple[Operand, Shape] | None:
    """How an operand of a chain relates to its result, and its features."""
    boolean = value.dtype == bool
    if not boolean and not (is_floating(value) and (y.dtype == bool or value.dtype == y.dtype)):
        return None
    kind = kinds.get(value)
    if kind == TILE:
        if len(value.shape) != len(y.shape):
            return None
        same = value.shape == y.shape
        return Operand(name, "tile" if same else "lanes", boolean), value.shape[1:]
    if kind not in (WHOLE, PARTIAL):
        return None
    shape = value.shape
    if len(shape) == len(y.shape):
        if shape[0] != 1:
            return None
        shape = shape[1:]
    return Operand(name, "scalar" if value.size == 1 else "feature", boolean), shape


def _steps(step: Instruction, references: list[int | float], operands: int) -> list[Step]:
    """The steps of a chain, with numbers in place of the operands that are numbers."""
    count = len(step.inputs)
    return [
        Step(
            primitive.name,
            tuple([references[i] if i < count else i - count + operands for i in positions]),
        )
        for primitive, positions, _ in step.params["steps"]
    ]


def _name(steps: list[Step], text: str) -> str:
    """A name that tells what a chain does, and that another chain does not have."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:4]
    return "_".join([*[step.primitive for step in steps][:4], digest])
