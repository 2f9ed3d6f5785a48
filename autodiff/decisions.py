"""Refusing a replay for which Python code would have built another graph."""

from __future__ import annotations

from . import recording
from .errors import BranchError
from .evaluation import recompute
from .ordering import topological_sort
from .structures import GraphNode, Operator, Variable


def check_decisions(order: list[GraphNode]) -> None:
    """Ask every recorded condition that shaped this graph again.

    Raises
    ------
    BranchError
        If one now falls otherwise.
    """
    heads = {
        id(head): head
        for remembers in (order, *order)
        if (head := getattr(remembers, "branches", None)) is not None
    }
    members: set[GraphNode] = set(order) if heads else set()
    checked = set()
    for head in heads.values():
        branch: recording.Branch | None = head
        while branch is not None and id(branch) not in checked:
            checked.add(id(branch))
            condition = topological_sort(branch.condition)
            if _concerns(branch, condition, members):
                for node in condition:
                    if node.inputs and node not in members:
                        recompute(node)
                now = branch.question(branch.condition)
                if now != branch.answer:
                    raise BranchError(
                        f"{branch.line} decided on the {branch.question.__name__} of "
                        f"{branch.condition!r}, which was {branch.answer} when the graph was built "
                        f"and is {now} now; build the graph again for this data; where the "
                        "decision is about the training and not part of the computation, "
                        "ask node.output instead"
                    )
            branch = branch.previous


def _concerns(
    branch: recording.Branch, condition: list[GraphNode], members: set[GraphNode]
) -> bool:
    """Whether a decision may have shaped the graph of `members`.

    One whose condition was computed while the graph was built may have, whatever it was about: a
    gate need not be an operand of the branch that it opened. If a sweep lies between, as where a
    loss is compared to a tolerance between two epochs, the decision was about the sweeps, unless
    it asked for data or operators of this graph.
    """
    operators = [node for node in condition if isinstance(node, Operator)]
    if all([node.recording == branch.recording for node in operators]):
        return True
    return any([node in members for node in condition if not isinstance(node, Variable)])
