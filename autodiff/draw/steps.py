"""The sweep step by step: a page of frames, forward node by node, then backward.

The frames are `details` elements, so a reader opens them with mouse or keyboard, and they work
where scripts do not run. Where they do, two buttons lead from frame to frame. Nothing is fetched.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError, GraphError, MissingDependencyError, ShapeError, describe
from ..evaluation import evaluate
from ..structures import GraphNode, Operator
from .dot import Box, Edge, brief, flows, look, title, write
from .picture import accessible, render_svg, short_hash

LIMIT = 30

_SCRIPT = """
document.querySelectorAll(".autodiff-steps:not([data-ready])").forEach(function (box) {
  var frames = Array.from(box.querySelectorAll("details"));
  var bar = box.querySelector("[role=group]"), [back, next] = bar.querySelectorAll("button");
  var at = 0;
  function show(step) {
    at = Math.max(0, Math.min(frames.length - 1, step));
    frames.forEach(function (frame, k) { frame.hidden = k !== at; frame.open = k === at; });
    back.disabled = at === 0;
    next.disabled = at === frames.length - 1;
  }
  back.onclick = function () { show(at - 1); };
  next.onclick = function () { show(at + 1); };
  box.dataset.ready = "yes";
  bar.hidden = false;
  show(0);
});
"""


class Frame(NamedTuple):
    """One step: what happens, in words, and the DOT text of the graph after it."""

    caption: str
    source: str


class StepsPicture:
    """The steps of a sweep. Jupyter shows them; print it to get their number and a hash.

    Attributes
    ----------
    frames : list of Frame
        Caption and DOT text of each step.
    """

    def __init__(self, frames: list[Frame], nodes: int, forward: int, backward: int) -> None:
        self.frames = frames
        self.nodes, self.forward, self.backward = nodes, forward, backward

    @property
    def html(self) -> str:
        """The steps as HTML that stands for itself.

        Raises
        ------
        MissingDependencyError
            If Graphviz is not installed; the message says what to install.
        """
        parts = []
        for number, frame in enumerate(self.frames):
            caption = f"Step {number} of {len(self.frames) - 1}. {frame.caption}"
            parts.append(
                f'<details name="steps-{self._hash()}"{"" if number else " open"}>'
                f"<summary>{html.escape(caption)}</summary>\n"
                f"{accessible(render_svg(frame.source), caption)}</details>"
            )
        return (
            '<div class="autodiff-steps" style="background:white;color:black;padding:0.5em">\n'
            '<div role="group" aria-label="Steps of the sweep" hidden>'
            '<button type="button">Previous step</button> <button type="button">Next step</button>'
            "</div>\n" + "\n".join(parts) + f"\n<script>{_SCRIPT}</script>\n</div>"
        )

    def save(self, path: Any) -> Path:
        """Write the steps to an .html file.

        Raises
        ------
        ArgumentError
            If the path has another ending.
        """
        path = Path(path)
        if path.suffix.lower() != ".html":
            raise ArgumentError(f"the steps of a sweep are saved as .html; got {path.name!r}")
        head = '<meta charset="utf-8"><title>Steps of a sweep</title>'
        path.write_text(
            f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n'
            f"<body>\n{self.html}\n</body></html>\n",
            encoding="utf-8",
        )
        return path

    def __repr__(self) -> str:
        return (
            f"<StepsPicture: {self.nodes} nodes, {self.forward} steps forward, "
            f"{self.backward} backward, DOT {self._hash()}>"
        )

    def _hash(self) -> str:
        return short_hash("".join(frame.caption + frame.source for frame in self.frames))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            return {"text/plain": repr(self), "text/html": self.html}
        except MissingDependencyError as error:
            captions = "\n".join(frame.caption for frame in self.frames)
            return {"text/plain": f"{self!r}\n{error}\n\n{captions}"}

    def _repr_html_(self) -> str | None:
        try:
            return self.html
        except MissingDependencyError:
            return None


def draw_steps(order: list[GraphNode], direction: str) -> StepsPicture:
    """Run both sweeps on copies of the values, and draw the graph after each operator.

    Raises
    ------
    GraphError
        If the graph has more than 30 nodes.
    ShapeError
        If a gradient flows to the last node and it is no scalar.
    """
    if len(order) > LIMIT:
        raise GraphError(
            f"this graph has {len(order)} nodes, and a sweep is drawn step by step up to {LIMIT}: "
            "take a smaller example, or draw it without steps=True"
        )
    root = order[-1]
    if root.requires_grad and root.size != 1:
        raise ShapeError(
            f"{describe(root)} is no scalar, so backward has no gradient to start from; "
            "reduce it first, for instance with .sum()"
        )
    sweep = _Sweep(order)
    forward, backward = sweep.forward(), sweep.backward() if root.requires_grad else []
    return StepsPicture(
        [sweep.frame(direction, *step) for step in [*forward, *backward]],
        nodes=len(order),
        forward=len(forward) - 1,
        backward=len(backward),
    )


_Step = tuple[str, "GraphNode | None", dict, dict, set]


class _Sweep:
    """Both sweeps, with a record of what is known after each operator."""

    def __init__(self, order: list[GraphNode]) -> None:
        self.order = order
        self.called = {node: title(node, position) for position, node in enumerate(order)}
        self.uses = [(node, position) for node in order for position in range(len(node.inputs))]
        self.values: dict[GraphNode, Any] = {n: n.value for n in order if not n.inputs}
        self.gradients: dict[GraphNode, Any] = {}
        self.passed: set[tuple[GraphNode, int]] = set()

    def step(self, caption: str, node: GraphNode | None) -> _Step:
        return caption, node, dict(self.values), dict(self.gradients), set(self.passed)

    def say(self, node: GraphNode) -> str:
        position, _, called = self.called[node].partition(": ")
        return f"{position} ({called})" if called else position

    def forward(self) -> list[_Step]:
        steps = [self.step("Before the sweeps: the leaves hold their data.", None)]
        for node in self.order:
            if isinstance(node, Operator):
                operands = [self.values[operand] for operand in node.inputs]
                self.values[node] = evaluate(node.primitive, operands, node.params, node.inputs)
                sources = " and ".join(map(self.say, node.inputs))
                result = brief(self.values[node])
                caption = f"Forward: node {self.say(node)} computes {result} from {sources}."
                steps.append(self.step(caption, node))
        return steps

    def backward(self) -> list[_Step]:
        root = self.order[-1]
        self.gradients[root] = np.ones_like(self.values[root])
        steps = [self.step(f"Backward: the gradient of node {self.say(root)} is 1.", root)]
        for node in reversed(self.order):
            if not isinstance(node, Operator) or node not in self.gradients:
                continue
            operands = [self.values[operand] for operand in node.inputs]
            said = []
            for position, operand in enumerate(node.inputs):
                if not flows(node, position):
                    continue
                share = node.primitive.vjp(
                    position, self.gradients[node], self.values[node], *operands, **node.params
                )
                if share is None:
                    continue
                known = operand in self.gradients
                total = self.gradients[operand] + share if known else share
                self.gradients[operand] = total
                self.passed.add((node, position))
                sum_so_far = f", which makes {brief(total)}" if known else ""
                said.append(f"{brief(share)} to {self.say(operand)}{sum_so_far}")
            if said:
                caption = f"Backward: node {self.say(node)} passes {'; '.join(said)}."
                steps.append(self.step(caption, node))
        return steps

    def frame(
        self,
        direction: str,
        caption: str,
        now: GraphNode | None,
        values: dict[GraphNode, Any],
        gradients: dict[GraphNode, Any],
        passed: set[tuple[GraphNode, int]],
    ) -> Frame:
        boxes = []
        for position, node in enumerate(self.order):
            lines = [self.called[node], self._line("value", node, values)]
            if node.requires_grad:
                lines.append(self._line("gradient", node, gradients))
            boxes.append(Box(position, tuple(lines), look(node), node is now))
        at = {node: position for position, node in enumerate(self.order)}
        edges = [Edge(at[node.inputs[position]], at[node]) for node, position in self.uses]
        edges += [
            Edge(at[node], at[node.inputs[position]], True, (node, position) not in passed)
            for node, position in self.uses
            if flows(node, position)
        ]
        return Frame(caption, write(boxes, edges, direction, self._size()))

    def _line(self, what: str, node: GraphNode, known: dict[GraphNode, Any]) -> str:
        return f"{what} {brief(known[node]) if node in known else '?'}"

    def _size(self) -> str:
        """One size for all nodes in all frames, so that nothing moves from frame to frame."""
        longest = max(
            [len(called) for called in self.called.values()]
            + [len(self._line("value", node, self.values)) for node in self.values]
            + [len(self._line("gradient", node, self.gradients)) for node in self.gradients]
        )
        return f", fixedsize=true, width={0.6 + 0.09 * longest:.2f}, height=1"
