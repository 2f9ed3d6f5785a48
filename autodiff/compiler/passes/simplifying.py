"""Leave out what changes nothing, now that the shapes are known.

The rules of differentiation are written for any shapes: they sum a gradient down to the shape of
an operand even where it has that shape already, and divide by a count that is a number. A program
is made for shapes that are known, so that such steps can go.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...primitives.broadcasting import (
    BroadcastLike,
    BroadcastTo,
    Identity,
    OnesLike,
    StopGradient,
    SumLike,
    ZerosLike,
)
from ...primitives.reductions import Count
from ...primitives.shaping import Reshape, ReshapeLike, Transpose
from ...primitives.statistics import ExpectLengths
from ...structures import WeakConstant
from ..instructions import Graph, Instruction, Value, is_number, substitute

KEEPING = (BroadcastLike, BroadcastTo, Reshape, ReshapeLike, SumLike)
"""Primitives that return their first operand where it has the shape of the result already."""

PASSING = (ExpectLengths, Identity, StopGradient)
"""Primitives that return their operand; they mattered while it was built and differentiated."""

COUNTING = (Count, OnesLike, ZerosLike)
"""Primitives that read shapes alone."""


def simplify(graph: Graph) -> Graph:
    """Drop steps that return their operand, and compute the numbers that are known already."""
    other: dict[Value, Value] = {}
    makers: dict[Value, Instruction] = {}
    steps = []
    for step in graph.instructions:
        inputs = tuple([other.get(value, value) for value in step.inputs])
        step = Instruction(step.primitive, inputs, step.outputs, step.params)
        same = _same(step, makers)
        if same is None:
            same = _folded(step)
        if same is not None:
            other[step.output] = same
            continue
        makers.update(dict.fromkeys(step.outputs, step))
        steps.append(step)
    return substitute(Graph(tuple(steps), graph.results), other)


def _same(step: Instruction, makers: dict[Value, Instruction]) -> Value | None:
    """The value that a step merely hands on."""
    if isinstance(step.primitive, PASSING):
        return step.inputs[0]
    if len(step.outputs) != 1 or not step.inputs:
        return None
    first = step.inputs[0]
    if isinstance(step.primitive, KEEPING):
        alike = first.shape == step.output.shape and first.dtype == step.output.dtype
        return first if alike else None
    if isinstance(step.primitive, Transpose) and first in makers:
        inner = makers[first]
        if isinstance(inner.primitive, Transpose):
            axes = [inner.params["axes"][axis] for axis in step.params["axes"]]
            return inner.inputs[0] if axes == sorted(axes) else None
    return None


def _folded(step: Instruction) -> Value | None:
    """The number that a step computes from numbers and shapes alone."""
    if len(step.outputs) != 1 or step.output.shape != () or not step.primitive.pure:
        return None
    known = isinstance(step.primitive, COUNTING)
    if not known and not all(is_number(value) for value in step.inputs):
        return None
    operands = [_stand_in(value) for value in step.inputs]
    result: Any = step.primitive.function(*operands, **step.params)
    return Value((), step.output.dtype, WeakConstant(np.asarray(result)[()]))


def _stand_in(value: Value) -> Any:
    """The number itself, or an array of its shape and dtype that takes no memory."""
    if is_number(value):
        return value.node.value  # type: ignore[union-attr]
    return np.broadcast_to(np.zeros((), value.dtype), value.shape)
