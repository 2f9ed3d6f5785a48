"""Draw the graph as a pass of the compiler leaves it: one box for each instruction.

An operand that lends nothing but its shape is at the tail of a dotted arrow. A stand-in that has
nothing else is left out: what it tells stands in the instruction's own shape.
"""

from __future__ import annotations

from ..draw import Picture, as_picture
from ..draw.dot import Box, Edge, look, write
from ..errors import ArgumentError, GraphError
from .counting import read_by
from .instructions import Graph, Instruction, Value, leaf_name


@as_picture.register
def _picture(
    graph: Graph,
    *,
    values: bool,
    gradients: bool | None,
    dtypes: bool,
    collapse: bool,
    direction: str,
    steps: bool,
    max_nodes: int,
) -> Picture:
    asked = {"values": values, "gradients": gradients, "collapse": collapse, "steps": steps}
    refused = [option for option, value in asked.items() if value]
    if refused:
        raise ArgumentError(
            f"the graph of a compiler's pass has no {refused[0]} to draw, only shapes and dtypes; "
            "ad.draw(program) draws the recorded graph"
        )
    boxes: list[Box] = []
    edges: list[Edge] = []
    place: dict[Value, int] = {}
    for step in graph.instructions:
        for value in read_by(step):
            if value not in place:  # a leaf
                place[value] = len(boxes)
                boxes.append(_leaf(value, len(boxes), graph, dtypes))
        position = len(boxes)
        for index, value in enumerate(step.inputs):
            if value in place:
                lends = index in step.primitive.shape_only
                edges.append(Edge(place[value], position, lends=lends))
        place.update(dict.fromkeys(step.outputs, position))
        boxes.append(_box(step, position, graph, dtypes))
    for value in graph.results:
        if value not in place:
            place[value] = len(boxes)
            boxes.append(_leaf(value, len(boxes), graph, dtypes))
    if len(boxes) > max_nodes:
        raise GraphError(
            f"this picture would have {len(boxes)} nodes, more than max_nodes={max_nodes}; "
            "compile a smaller network to look at its passes"
        )
    about = graph.instructions[-1].primitive.name if graph.instructions else "leaves"
    return Picture(write(boxes, edges, direction), len(boxes), len(edges), 0, about)


def _leaf(value: Value, position: int, graph: Graph, dtypes: bool) -> Box:
    assert value.node is not None
    kind = look(value.node)
    lines = [f"{position}: {leaf_name(value)}", kind, _shape("shape", value, graph, dtypes)]
    return Box(position, tuple(lines), kind)


def _box(step: Instruction, position: int, graph: Graph, dtypes: bool) -> Box:
    named = [value.name for value in step.outputs if value.name]
    lines = [f"{position}: {' = '.join([*named, step.primitive.name])}"]
    if step.params.get("relu"):
        lines[0] += ", relu"
    for start in range(0, len(step.params.get("steps", ())), 3):
        names = [primitive.name for primitive, *_ in step.params["steps"][start : start + 3]]
        lines.append(", ".join(names))
    called = ["shape"] if len(step.outputs) == 1 else step.primitive.outputs
    for name, value in zip(called, step.outputs, strict=True):
        lines.append(_shape(name, value, graph, dtypes))
    scalar = all(value.shape == () for value in (*step.inputs, *step.outputs))
    return Box(position, tuple(lines), "ScalarOperator" if scalar else "BroadcastedOperator")


def _shape(name: str, value: Value, graph: Graph, dtypes: bool) -> str:
    dtype = f", {value.dtype}" if dtypes else ""
    return f"{name} {value.shape}{dtype}{', a result' if value in graph.results else ''}"
