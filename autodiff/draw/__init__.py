"""Draw the sorted graph with Graphviz, whole, by layers, or as the steps of a sweep."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ..errors import ArgumentError, GraphError, describe
from ..ordering import Sweepable, topological_sort
from ..structures import GraphNode, Variable
from .dot import Box, Edge, brief, look, ranges, reverse_uses, title, write
from .layers import layers
from .picture import Picture
from .steps import StepsPicture, draw_steps

__all__ = ["Picture", "StepsPicture", "draw"]


def draw(
    graph: Any,
    *,
    values: bool = False,
    gradients: bool | None = None,
    dtypes: bool = False,
    collapse: bool | str = False,
    direction: str = "TB",
    steps: bool = False,
    max_nodes: int = 500,
) -> Picture | StepsPicture:
    """Draw a graph as `topological_sort` sorts it.

    Each node shows its position in the order, its name, its kind and its shape. Data are drawn as
    notes, parameters as cylinders, scalar operators as ellipses, other operators as rounded boxes,
    collapsed layers as blocks. Solid arrows lead from inputs to users, dashed ones back along the
    flow of the gradient.

    Parameters
    ----------
    graph : GraphNode, sequence of GraphNode, program or graph of a compiler's pass
        The root of a graph, several roots, a sorted graph, or a program, whose sorted graph is
        drawn. Of ``program.passes()`` each graph can be drawn too.
    values : bool
        Show the value of each node, shortened to its elements or to its least and greatest.
    gradients : bool, optional
        Show the gradient of each node, and where it flows. If not given, show where it flows once
        `backward` has run.
    dtypes : bool
        Show the dtype of each node.
    collapse : bool or "layer"
        Draw each layer of a network as one node.
    direction : {"TB", "LR"}
        From top to bottom, or from left to right.
    steps : bool
        Draw the forward and the backward sweep step by step, for a small graph.
    max_nodes : int
        Refuse to draw more nodes than this: nobody could read them.

    Returns
    -------
    Picture or StepsPicture
        Shown by Jupyter; ``save(path)`` writes it to a file.

    Raises
    ------
    GraphError
        If `graph` is no node and no sequence of nodes, or has more than `max_nodes` nodes.
    ArgumentError
        If an option has a value that is not listed here.
    """
    if collapse not in (False, True, "layer"):
        raise ArgumentError(f"collapse is False, True or 'layer'; got {collapse!r}")
    if direction not in ("TB", "LR"):
        raise ArgumentError(f"direction is 'TB' or 'LR'; got {direction!r}")
    return as_picture(
        graph,
        values=values,
        gradients=gradients,
        dtypes=dtypes,
        collapse=bool(collapse),
        direction=direction,
        steps=steps,
        max_nodes=max_nodes,
    )


@functools.singledispatch
def as_picture(
    graph: Any,
    *,
    values: bool,
    gradients: bool | None,
    dtypes: bool,
    collapse: bool,
    direction: str,
    steps: bool,
    max_nodes: int,
) -> Picture | StepsPicture:
    """`draw` for one kind of graph; what is no graph of nodes registers its own."""
    order = _sorted(graph)
    if steps:
        if collapse:
            raise ArgumentError("the steps of a sweep are those of its nodes: drop collapse")
        return draw_steps(order, direction)
    position = {node: index for index, node in enumerate(order)}
    box_of = dict(position)
    boxes = {}
    for layer in layers(order) if collapse else []:
        last = layer.operators[-1]
        members = [*layer.operators, *layer.leaves]
        box_of.update(dict.fromkeys(members, position[last]))
        lines = [
            f"{ranges(position[node] for node in members)}: {layer.scope}",
            "Layer: " + _several([node.primitive.name for node in layer.operators]),  # type: ignore[attr-defined]
            *_facts(last, values, bool(gradients), dtypes),
        ]
        if count := sum(leaf.size for leaf in layer.leaves if isinstance(leaf, Variable)):
            lines.append(f"{count} parameters")
        boxes[position[last]] = Box(position[last], tuple(lines), "Layer")
    if len(set(box_of.values())) > max_nodes:
        raise GraphError(_too_large(len(set(box_of.values())), max_nodes, collapse))
    for node, index in position.items():
        if box_of[node] == index and index not in boxes:
            kind = look(node)
            facts = _facts(node, values, bool(gradients), dtypes)
            boxes[index] = Box(index, (title(node, index), kind, *facts), kind)
    edges = [
        Edge(box_of[operand], box_of[node])
        for node in order
        for operand in node.inputs
        if operand in box_of
    ]
    if gradients or (gradients is None and getattr(order[-1], "gradient", None) is not None):
        edges += [
            Edge(box_of[user], box_of[operand], True) for user, operand in reverse_uses(order)
        ]
    if collapse:
        edges = [edge for edge in dict.fromkeys(edges) if edge.tail != edge.head]
    backward = sum(edge.reverse for edge in edges)
    return Picture(
        write([boxes[index] for index in sorted(boxes)], edges, direction),
        nodes=len(boxes),
        edges=len(edges) - backward,
        reverse_edges=backward,
        about=title(order[-1], position[order[-1]]).partition(": ")[2] or look(order[-1]),
    )


@as_picture.register
def _(graph: Sweepable, **options: Any) -> Picture | StepsPicture:
    return as_picture(graph.order, **options)


def _sorted(graph: Any) -> list[GraphNode]:
    """`graph` itself if it is a sorted graph, else sorted."""
    if isinstance(graph, GraphNode):
        return topological_sort(graph)
    nodes = list(graph) if isinstance(graph, Sequence) and not isinstance(graph, str) else []
    if not nodes or not all(isinstance(node, GraphNode) for node in nodes):
        raise GraphError(
            "draw needs a node, or the list that ad.topological_sort returns; "
            f"got {describe(graph)}"
        )
    seen: set[GraphNode] = set()
    for node in nodes:
        if node in seen or not seen.issuperset(node.inputs):
            return topological_sort(nodes)
        seen.add(node)
    return nodes


def _facts(node: GraphNode, values: bool, gradients: bool, dtypes: bool) -> list[str]:
    lines = [f"shape {node.shape}" + (f", {node.dtype}" if dtypes else "")]
    if values:
        lines.append(f"value {brief(node.output)}")
    gradient = getattr(node, "gradient", None)
    if gradients and gradient is not None:
        lines.append(f"gradient {brief(gradient)}")
    return lines


def _several(names: list[str]) -> str:
    return ", ".join(names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"])


def _too_large(count: int, limit: int, collapsed: bool) -> str:
    remedy = (
        "its layers are collapsed already: draw the graph of a part of it"
        if collapsed
        else "collapse the layers of a network with collapse='layer', or draw a part of it"
    )
    return f"this picture would have {count} nodes, more than max_nodes={limit}; {remedy}"
