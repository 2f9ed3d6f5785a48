"""Compute once what is computed twice, and not at all what nobody reads."""

from __future__ import annotations

from typing import Any

from ...structures import WeakConstant
from ..instructions import Graph, Value, substitute


def merge_common(graph: Graph) -> Graph:
    """Let steps with the same primitive, operands and arguments share one result."""
    first: dict[Any, tuple[Value, ...]] = {}
    other: dict[Value, Value] = {}
    steps = []
    for step in graph.instructions:
        inputs = tuple([_identity(other.get(value, value)) for value in step.inputs])
        key = (step.primitive, inputs, repr(sorted(step.params.items())))
        if step.primitive.pure and key in first:
            other.update(zip(step.outputs, first[key], strict=True))
            continue
        first[key] = step.outputs
        steps.append(step)
    return substitute(Graph(tuple(steps), graph.results), other)


def remove_dead(graph: Graph) -> Graph:
    """Leave out steps that no result depends on, except those that change something."""
    needed = set(graph.results)
    kept = []
    for step in reversed(graph.instructions):
        if not step.primitive.pure or not needed.isdisjoint(step.outputs):
            needed.update(step.inputs)
            kept.append(step)
    return Graph(tuple(reversed(kept)), graph.results)


def _identity(value: Value) -> Any:
    """A number is the same wherever it is written; all else is only itself."""
    if isinstance(value.node, WeakConstant):
        number = value.node.value
        return (type(number), repr(number))
    return value
