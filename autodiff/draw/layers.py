"""Collapse the operators of each layer of a network into one."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from ..structures import Constant, GraphNode, Variable


class Layer(NamedTuple):
    """The operators that a call of a layer recorded, and the parameters that only they use."""

    scope: str
    operators: list[GraphNode]
    leaves: list[GraphNode]


def layers(order: list[GraphNode]) -> list[Layer]:
    """The layers of a sorted graph, in its order.

    An operator knows its layer by its `scope`. To collapse everything with one scope would draw
    circles where a layer is used twice, or where a block uses another in its midst. So operators
    form one group only if they have the same level too: the number of times that the longest path
    to them has changed scope.
    """
    users: dict[GraphNode, list[GraphNode]] = defaultdict(list)
    level: dict[GraphNode, int] = {}
    for node in order:
        level[node] = 0
        for operand in node.inputs:
            users[operand].append(node)
            if operand.inputs:
                step = not scope(node) or scope(operand) != scope(node)
                level[node] = max(level[node], level[operand] + step)
    for node in reversed(order):
        # A weight that is transposed before it is used belongs to the level of its use.
        if scope(node) and users[node] and {scope(user) for user in users[node]} == {scope(node)}:
            level[node] = min(level[user] for user in users[node])
    groups: dict[tuple[str, int], Layer] = {}
    for node in order:
        if scope(node):
            key = scope(node), level[node]
            groups.setdefault(key, Layer(scope(node), [], [])).operators.append(node)
    for node in order:
        if _hidden(node):
            keys = {(scope(user), level[user]) for user in users[node]}
            if len(keys) == 1 and (key := keys.pop()) in groups:
                groups[key].leaves.append(node)
    return list(groups.values())


def scope(node: GraphNode) -> str:
    """The path of the layer whose call recorded `node`; empty outside of layers."""
    return getattr(node, "scope", None) or ""


def _hidden(leaf: GraphNode) -> bool:
    """Whether a layer may hide this leaf: its parameters and numbers, but never the data."""
    return isinstance(leaf, Variable) or (isinstance(leaf, Constant) and not leaf.shape)
