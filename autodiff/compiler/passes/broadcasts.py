"""Leave repeating to the operators that repeat by themselves.

The rules of differentiation give each gradient the shape of what it belongs to, so that the
gradient of a mean is one number, repeated to a whole batch in memory. An elementwise operator that
reads it beside an operand of full shape would have read the one number as well.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...primitives.broadcasting import BroadcastLike, BroadcastTo
from ...primitives.kinds import Elementwise
from ..instructions import Graph, Instruction, Value


def absorb_broadcasts(graph: Graph) -> Graph:
    """Let elementwise operators read what was repeated, where their result stays the same."""
    small: dict[Value, Value] = {}
    steps = []
    for step in graph.instructions:
        if isinstance(step.primitive, BroadcastLike | BroadcastTo):
            (source, *_) = step.inputs
            if source.dtype == step.output.dtype:
                small[step.output] = small.get(source, source)
        elif isinstance(step.primitive, Elementwise):
            step = _with_small(step, small)
        steps.append(step)
    return Graph(tuple(steps), graph.results)


def _with_small(step: Instruction, small: dict[Value, Value]) -> Instruction:
    inputs = list(step.inputs)
    for position, value in enumerate(inputs):
        if value in small:
            tried = [*inputs[:position], small[value], *inputs[position + 1 :]]
            if np.broadcast_shapes(*[operand.shape for operand in tried]) == step.output.shape:
                inputs = tried
    return replace(step, inputs=tuple(inputs))
