"""Operators: the nodes that apply a primitive to other nodes."""

from __future__ import annotations

from typing import Any

from .. import recording
from ..dtypes import is_differentiable
from ..errors import GraphError, describe
from ..missing import Missing
from .leaves import WeakConstant
from .node import Clock, GraphNode

_NO_PARAMS: dict[str, Any] = {}  # one for all operators that have none


class Operator(GraphNode):
    """A primitive applied to input nodes; the output is computed when the node is built.

    Attributes
    ----------
    primitive : Primitive
        What is computed, and its derivatives.
    inputs : tuple of GraphNode
        The operands.
    params : dict
        The primitive's static arguments, such as the axis of a sum.
    gradient : numpy.ndarray or None
        Derivative of the root with respect to this node, after `backward`.
    scope : str
        The layers that built it, outermost first, such as ``"Sequential/0 Conv2d"``; empty outside
        of layers.
    line : str or None
        The line of the user's code that built it, within `detect_anomaly`.
    """

    __slots__ = (
        "branches",
        "gradient",
        "inputs",
        "line",
        "params",
        "primitive",
        "recording",
        "requires_grad",
        "scope",
    )

    def __init__(
        self, primitive: Any, inputs: tuple[GraphNode, ...], params: dict[str, Any], value: Any
    ) -> None:
        self.primitive = primitive
        self.inputs = inputs
        self.params = params or _NO_PARAMS
        self.value = value
        self.name: str | None = None
        self.gradient: Any = None
        self.tick = Clock.now
        state = recording.thread.state
        self.branches = state.branches
        self.recording = state.recording
        self.scope = state.scope
        self.line = recording.user_line() if state.watching else None
        self.requires_grad = False
        if primitive.differentiable and is_differentiable(value.dtype):
            for node in inputs:
                if node.requires_grad:
                    self.requires_grad = True
                    break

    @property
    def output(self) -> Any:
        if type(self.value) is Missing:
            self.value.refuse()
        return self.value

    @output.setter
    def output(self, data: Any) -> None:
        raise GraphError(
            f"{describe(self)} is computed by {self.primitive.name!r} from its inputs; "
            "put new data in a leaf, then call forward"
        )

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return (
            f"<{type(self).__name__} {self.primitive.name}{name}, shape {self.shape}, {self.dtype}>"
        )


class ScalarOperator(Operator):
    """An operator whose inputs and output are all 0-d: its local derivatives are plain numbers."""

    __slots__ = ()


class BroadcastedOperator(Operator):
    """An operator on arrays."""

    __slots__ = ()


_ALWAYS_SCALAR = (ScalarOperator, WeakConstant)


def make_operator(
    primitive: Any, inputs: tuple[GraphNode, ...], params: dict[str, Any], value: Any
) -> Operator:
    """Build the operator node of the kind that its operands and its value ask for."""
    if value.ndim:
        return BroadcastedOperator(primitive, inputs, params, value)
    for node in inputs:
        if type(node) not in _ALWAYS_SCALAR and node.shape:
            return BroadcastedOperator(primitive, inputs, params, value)
    return ScalarOperator(primitive, inputs, params, value)
