"""Sorting a graph, so that every node comes after its inputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from . import recording
from .errors import GraphError, describe
from .structures import GraphNode


class Order(list[GraphNode]):
    """A sorted graph: a list of nodes, inputs before users.

    Nodes are found in it by what they are, not by what they are equal to.

    Attributes
    ----------
    branches : Branch or None
        What Python code had decided when the graph was sorted. That a loop should end, for
        instance, is decided after the last operator was built.
    """

    branches: recording.Branch | None = None

    def __contains__(self, node: object) -> bool:
        return any([node is member for member in self])

    def index(self, node: Any, start: Any = 0, stop: Any = None) -> int:
        """Position of a node."""
        for position in range(len(self))[start:stop]:
            if self[position] is node:
                return position
        raise GraphError(f"{describe(node)} is not in this graph")

    def count(self, node: Any) -> int:
        """1 for a node of this graph, else 0."""
        return int(node in self)


class Sweepable(ABC):
    """What can be swept in place of a sorted graph, such as a compiled program.

    Attributes
    ----------
    order : Order
        The sorted graph.
    """

    order: Order

    @abstractmethod
    def forward(self) -> Any:
        """Compute the root from the present data of the leaves."""

    @abstractmethod
    def backward(self, gradient: Any = None, accumulate: bool = False) -> None:
        """Compute the gradients of the variables."""


def topological_sort(root: GraphNode | Sequence[GraphNode]) -> Order:
    """Sort the graph below `root` so that every node comes after its inputs.

    The search is depth first and keeps its own stack, so that a graph may be deeper than Python's
    recursion limit; each node is expanded once, so the cost is linear in nodes plus edges.

    Parameters
    ----------
    root : GraphNode or sequence of GraphNode
        The node, or nodes, to be computed.

    Returns
    -------
    list of GraphNode
        Every node that `root` depends on, once, inputs first; `root` is the last.

    Raises
    ------
    GraphError
        If `root` is not a node.
    """
    roots = as_nodes(root)
    for node in roots:
        if not isinstance(node, GraphNode):
            raise GraphError(f"topological_sort needs a node; got {describe(node)}")
    order = Order()
    state = recording.thread.state
    if any([getattr(node, "recording", None) == state.recording for node in roots]):
        order.branches = state.branches
    visited: set[GraphNode] = set()
    stack: list[Any] = roots[::-1]
    while stack:
        node = stack.pop()
        if node is None:  # the inputs of the node below it have been sorted
            order.append(stack.pop())
        elif node not in visited:
            visited.add(node)
            if node.inputs:
                stack += (node, None, *node.inputs[::-1])
            else:
                order.append(node)
    return order


def as_nodes(given: Any) -> list[Any]:
    """One node, or an iterable of them, as a list."""
    return list(given) if isinstance(given, Iterable) and not hasattr(given, "shape") else [given]
