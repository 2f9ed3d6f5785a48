"""From a sorted graph to DOT, the text that Graphviz draws.

Everything in the text follows from the graph: a node is called by its position in the order, so the
same graph always gives the same text, whichever program draws it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..dtypes import epsilon, is_floating
from ..structures import Constant, GraphNode, Operator, ScalarOperator, Variable, weak_number

_LONGEST_NAME = 40

# Kinds differ in outline as well as in colour, so that a print in grey says the same. The colours
# are tints of a palette that colour-blind readers tell apart (Okabe and Ito).
_LOOKS = {
    "Constant": 'shape=note, fillcolor="#d6ebf8", color="#0072b2"',
    "Variable": 'shape=cylinder, fillcolor="#ffe3ad", color="#b35900", penwidth=2, labelloc=b',
    "ScalarOperator": 'shape=ellipse, fillcolor="#ffffff", margin="0.02,0.02"',
    "BroadcastedOperator": 'shape=box, style="filled,rounded", fillcolor="#ffffff"',
    "Layer": 'shape=box3d, margin="0.15,0.1", fillcolor="#e6e6e6"',
}
_REVERSE = 'style=dashed, color="#c1440e", constraint=false'
_LENDS = 'style=dotted, color="#777777"'
_HIDDEN = "style=invis, constraint=false"


class Box(NamedTuple):
    """A node of the picture: its position in the order, its lines of text and its kind."""

    position: int
    lines: tuple[str, ...]
    look: str
    highlight: bool = False


class Edge(NamedTuple):
    """An arrow: solid from an input to its user, dashed (reverse) from a user to its input.

    Dotted from an input that lends nothing but its shape, where that is told apart.
    """

    tail: int
    head: int
    reverse: bool = False
    hidden: bool = False
    lends: bool = False


def write(boxes: Sequence[Box], edges: Sequence[Edge], direction: str, size: str = "") -> str:
    """The DOT text of a picture. `size` holds further attributes for every node."""
    lines = [
        "digraph autodiff {",
        f'  graph [rankdir={direction}, bgcolor="white", ranksep=0.35, nodesep=0.25]',
        '  node [fontname="Helvetica", fontsize=11, style=filled, '
        f'color="#333333", height=0.3{size}]',
        '  edge [arrowsize=0.7, color="#333333"]',
    ]
    for box in boxes:
        label = "\\n".join(map(_escape, box.lines))
        marked = ', penwidth=4, fillcolor="#fff3a0"' if box.highlight else ""
        lines.append(f'  n{box.position} [label="{label}", {_LOOKS[box.look]}{marked}]')
    for edge in edges:
        style = f" [{_HIDDEN if edge.hidden else _REVERSE}]" if edge.reverse else ""
        style = f" [{_LENDS}]" if edge.lends else style
        lines.append(f"  n{edge.tail} -> n{edge.head}{style}")
    return "\n".join([*lines, "}", ""])


def look(node: GraphNode) -> str:
    """The kind of a node, by the name of its class among the structures."""
    if isinstance(node, Variable):
        return "Variable"
    if isinstance(node, Constant):
        return "Constant"
    return "ScalarOperator" if isinstance(node, ScalarOperator) else "BroadcastedOperator"


def title(node: GraphNode, position: int) -> str:
    """Position, name and primitive of a node in one line: ``4: h = tanh``."""
    number = weak_number(node)
    parts = [_cut(node.name)] if node.name else [] if number is None else [repr(number)]
    if isinstance(node, Operator):
        parts.append(node.primitive.name)
    return f"{position}: {' = '.join(parts)}".rstrip(": ")


def flows(node: GraphNode, position: int) -> bool:
    """Whether the gradient of an operator has a share for its operand at `position`."""
    if not isinstance(node, Operator) or not node.requires_grad:
        return False
    partials = getattr(node.primitive, "partials", None)
    return (
        node.inputs[position].requires_grad
        and position not in node.primitive.shape_only
        and (partials is None or partials[position] is not None)
    )


def reverse_uses(order: list[GraphNode]) -> Iterator[tuple[GraphNode, GraphNode]]:
    """Pairs (user, input) along which the gradient of the last node flows, in backward's order."""
    reached = {order[-1]}
    for node in reversed(order):
        if node in reached:
            for position, operand in enumerate(node.inputs):
                if flows(node, position):
                    reached.add(operand)
                    yield node, operand


def brief(value: Any) -> str:
    """An array in a few characters: its elements if they are few, else its least and greatest."""
    array = np.asarray(value)
    if array.size == 0:
        return "empty"
    if array.dtype.kind == "b":
        return str(bool(array.item())) if array.size == 1 else f"{array.sum()} of {array.size} True"
    if array.size <= 3:
        parts = [_number(element, _noise(array)) for element in array.ravel()]
        return parts[0] if array.ndim == 0 else f"[{', '.join(parts)}]"
    if array.dtype.kind == "c":
        return f"modulus {brief(np.abs(array))}"
    known = array[~np.isnan(array)]
    missing = array.size - known.size
    if not known.size:
        return "all nan"
    low, high = (_number(bound, _noise(known)) for bound in (known.min(), known.max()))
    span = f"all {low}" if low == high else f"{low} .. {high}"
    return f"{span}, {missing} nan" if missing else span


def ranges(positions: Iterable[int]) -> str:
    """Positions as a reader writes them: 2, 5-7."""
    runs: list[list[int]] = []
    for position in sorted(positions):
        if runs and runs[-1][-1] == position - 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _number(element: Any, noise: float) -> str:
    number = element.item()
    if isinstance(number, int):
        return str(number)
    if isinstance(number, complex):
        return f"{number:.3g}"
    # What rounding leaves of a zero differs between machines, and would change the picture.
    return "0" if abs(number) <= noise else f"{number:.3g}"


def _noise(array: np.ndarray) -> float:
    if not is_floating(array.dtype):
        return 0.0
    finite = array[np.isfinite(array)].astype(float)
    return 16 * epsilon(array.dtype) * float(np.max(np.abs(finite), initial=0.0))


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."


def _escape(text: str) -> str:
    """Take from a name what DOT would read as an escape, an end of string or an entity."""
    for special, plain in (("\\", "\\\\"), ('"', '\\"'), ("&", "&amp;"), ("\n", " ")):
        text = text.replace(special, plain)
    return text
