"""Refusing a replay for which Python code would have built another graph."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator

from . import recording
from .errors import AutodiffError, BranchError
from .evaluation import recompute
from .ordering import topological_sort
from .recording import Branch
from .structures import GraphNode, Operator, Variable


def check_decisions(order: list[GraphNode], computed: Iterable[GraphNode] | None = None) -> None:
    """Ask every recorded condition that shaped this graph again.

    Parameters
    ----------
    order : list of GraphNode
        The sorted graph.
    computed : iterable of GraphNode, optional
        Its nodes that have their present value; all of them where not given.

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
    members: set[GraphNode | None] = set(order) if heads else set()
    checked = set()
    for head in heads.values():
        for branch in _chain(head):
            if id(branch) in checked:
                break
            checked.add(id(branch))
            condition = topological_sort(branch.condition)
            if _concerns(branch, condition, members):
                present = members if computed is None else set(computed)
                _ask_again(branch, condition, present)


def blame_decisions(reached: list[GraphNode], error: AutodiffError) -> None:
    """Where a replay fails because Python code would now have decided otherwise, say so instead.

    A sequence with fewer rows than were recorded fails at the first row that is missing, but the
    reason is the loop that counted them.
    """
    try:
        check_decisions(reached)
    except BranchError as decision:
        raise decision from error
    except AutodiffError:
        pass  # a condition that cannot be computed explains nothing


def finish() -> None:
    """End the recording, and let its decisions hold no more than they need.

    Training that builds its graph anew at each step, and decides on the loss between the steps,
    would else hold all steps: each graph remembers a decision about the graph before it, whose
    operators remember a decision about the one before that. So a condition that reaches back into
    an earlier recording is replaced by a copy whose operators remember nothing.
    """
    state = recording.thread.state
    head = state.branches
    if head is not None and state.depth == 0:
        branches = list(_chain(head))
        long: set[GraphNode] = set()
        order = topological_sort([branch.condition for branch in branches])
        for node in order:
            if isinstance(node, Operator):
                earlier = node.recording != head.recording and node.branches is not None
                if earlier or any([child in long for child in node.inputs]):
                    long.add(node)
        copies: dict[GraphNode, Operator] = {}
        for node in order if long else ():
            if isinstance(node, Operator):
                copies[node] = _copy(node, tuple([copies.get(one, one) for one in node.inputs]))
        originals = {copy: weakref.ref(node) for node, copy in copies.items()}
        for branch in branches:
            if branch.condition in long:
                branch.condition, branch.originals = copies[branch.condition], originals
    recording.finish()


def _chain(branch: Branch | None) -> Iterator[Branch]:
    while branch is not None:
        yield branch
        branch = branch.previous


def _copy(node: Operator, inputs: tuple[GraphNode, ...]) -> Operator:
    copy = type(node)(node.primitive, inputs, node.params, node.value)
    copy.name, copy.scope, copy.line = node.name, node.scope, node.line
    copy.recording, copy.branches = node.recording, None
    return copy


def _original(branch: Branch, node: GraphNode) -> GraphNode | None:
    """The node of the user's that this one stands for; None if it is gone."""
    return branch.originals[node]() if node in branch.originals else node


def _ask_again(
    branch: Branch, condition: list[GraphNode], present: set[GraphNode] | set[GraphNode | None]
) -> None:
    for node in condition:
        original = _original(branch, node)
        if node.inputs and original not in present:
            recompute(node)
        elif original is not None and original is not node:
            node.value = original.value
    now = branch.question(branch.condition)
    if now != branch.answer:
        raise BranchError(
            f"{branch.line} decided on the {branch.question.__name__} of "
            f"{branch.condition!r}, which was {branch.answer} when the graph was built "
            f"and is {now} now; build the graph again for this data; where the "
            "decision is about the training and not part of the computation, "
            "ask node.output instead"
        )


def _concerns(branch: Branch, condition: list[GraphNode], members: set[GraphNode | None]) -> bool:
    """Whether a decision may have shaped the graph of `members`.

    One whose condition was computed while the graph was built may have, whatever it was about: a
    gate need not be an operand of the branch that it opened. If a sweep lies between, as where a
    loss is compared to a tolerance between two epochs, the decision was about the sweeps, unless
    it asked for data or operators of this graph.
    """
    operators = [node for node in condition if isinstance(node, Operator)]
    if all([node.recording == branch.recording for node in operators]):
        return True
    return any(
        [_original(branch, node) in members for node in condition if not isinstance(node, Variable)]
    )
