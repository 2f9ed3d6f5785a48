"""Sweeps over the graph: sort it, run it forward, run it backward.

The recorded graph is a directed acyclic graph. Sorted so that inputs come before their users, it is
a program: `forward` executes it from first to last, and `backward` from last to first, when the
gradient of a node is complete before it is handed on to the node's inputs.

References
----------
S. Linnainmaa, "Taylor expansion of the accumulated rounding error", BIT 16, 1976.
https://doi.org/10.1007/BF01931367
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from . import recording
from .anomaly import check_gradient
from .catalogue import functions
from .decisions import blame_decisions, check_decisions, finish
from .errors import AutodiffError, BranchError, GraphError, ShapeError, StaleError, describe
from .evaluation import no_autocast, pull, recompute
from .ordering import Order, Sweepable, as_nodes, topological_sort
from .structures import GraphNode, Operator, Variable, as_node


def forward(order: list[GraphNode] | Sweepable) -> Any:
    """Recompute every operator of a sorted graph from the present data of its leaves.

    The result is what building the graph again would give. What Python code decided on while it
    was built is asked again, the lengths that it iterated over included. A size that it read as a
    number, such as ``x.shape[0]``, is part of the graph as that number: use ``mean`` instead of a
    sum divided by it, where the size may change.

    Returns
    -------
    numpy.ndarray
        The value of the last node.

    Raises
    ------
    ShapeError
        If the new data do not fit an operator; the message names the node.
    BranchError
        If a condition that Python code decided on while the graph was built now falls otherwise.
    """
    if isinstance(order, Sweepable):
        finish()
        return order.forward()
    _check_order(order, "forward")
    finish()
    for position, node in enumerate(order):
        if node.inputs:
            try:
                recompute(node)
            except AutodiffError as error:
                blame_decisions(order[:position], error)
                raise
    try:
        check_decisions(order)
    except BranchError:
        order[-1].tick = -1  # what was computed is not to be differentiated either
        raise
    return order[-1].output


def backward(
    order: list[GraphNode] | Sweepable,
    gradient: Any = None,
    accumulate: bool = False,
    *,
    retain_grad: bool = True,
) -> None:
    r"""Compute the gradient of the last node with respect to every node before it.

    With :math:`\bar v = \partial L / \partial v`, each operator :math:`y = f(x_1, \dots, x_n)` adds
    :math:`J_i^T \bar y` to the gradient :math:`\bar x_i` of each of its inputs.

    Parameters
    ----------
    order : list of GraphNode
        A sorted graph, as `topological_sort` returns it.
    gradient : array_like, optional
        Gradient of the last node, of its shape; 1 where that node is a scalar.
    accumulate : bool
        Add to the gradients that the variables have, instead of replacing them.
    retain_grad : bool
        Whether operators keep their gradients too. Without, each is freed as soon as it has been
        handed on, and only variables have one: a training loop needs no more.

    Raises
    ------
    ShapeError
        If the last node is no scalar and `gradient` is missing, or has another shape.
    StaleError
        If a leaf was changed and `forward` has not been called since.
    GraphError
        If no gradient can flow from the last node to any variable.
    """
    if isinstance(order, Sweepable):
        finish()
        return order.backward(gradient, accumulate)
    _check_order(order, "backward")
    finish()
    _check_fresh(order)
    root = order[-1]
    seed = _seed(root, gradient)
    if not root.requires_grad:
        raise GraphError(
            f"no gradient can flow from {describe(root)}: it depends on no Variable, or only "
            "through operators without a derivative; make what should be learned an ad.Variable"
        )
    needed = set()
    for node in order:
        if node.inputs:
            node.gradient = None  # what the sweep before this one found makes room
        if node.requires_grad:
            needed.add(node)
    keep = needed if retain_grad else ()
    found = reverse_sweep(order, {root: seed}, needed, attrgetter("value"), keep)
    for node in needed:
        new = found.get(node)
        if isinstance(node, Variable):  # the user's own: rules hand on views, and one array twice
            new = np.zeros_like(node.value) if new is None else np.array(new)
            if accumulate and node.gradient is not None:
                new += node.gradient
        node.gradient = new


def gradients(
    root: GraphNode, variables: Sequence[GraphNode] | GraphNode, gradient: Any = None
) -> list[GraphNode] | GraphNode:
    """Gradients of `root` with respect to `variables`, as nodes of a graph.

    The result can be sorted, drawn, replayed and differentiated again.

    Parameters
    ----------
    root : GraphNode
        What is differentiated.
    variables : sequence of GraphNode, or one
        The nodes to differentiate with respect to.
    gradient : GraphNode or array_like, optional
        Gradient of `root`, of its shape; 1 where it is a scalar.

    Returns
    -------
    list of GraphNode, or one
        For each variable a node of its shape; zeros where `root` does not depend on it.

    Raises
    ------
    ShapeError
        If `root` is no scalar and `gradient` is missing, or has another shape.
    StaleError
        If a leaf was changed and `forward` has not been called since.
    GraphError
        If one of `variables` is a constant, or depends on constants alone.
    """
    wanted = as_nodes(variables)
    for node in [root, *wanted]:
        if not isinstance(node, GraphNode):
            raise GraphError(f"gradients needs nodes; got {describe(node)}")
    for node in wanted:
        if not node.requires_grad:
            raise GraphError(
                f"no gradient flows to {describe(node)}; to differentiate with respect to it, "
                "make it an ad.Variable"
            )
    order = topological_sort(root)
    _check_fresh(order)
    # A node, lest rules that do not look at the operands return plain arrays.
    seed = as_node(gradient) if gradient is not None else functions["ones_like"](_scalar(root))
    if seed.shape != root.shape:
        raise ShapeError(
            f"the gradient of {describe(root)} must have its shape; got shape {seed.shape}"
        )
    needed = dependents(order, wanted)
    found = reverse_sweep(order, {root: seed}, needed, lambda node: node, keep=set(wanted))
    result = [found[node] if node in found else functions["zeros_like"](node) for node in wanted]
    return result[0] if isinstance(variables, GraphNode) else result


def dependents(order: list[GraphNode], sources: Iterable[GraphNode]) -> set[GraphNode]:
    """The nodes of `order` through which a gradient flows to one of `sources`, these included."""
    found = set(sources)
    for node in order:
        if (
            node.requires_grad
            and node not in found
            and any([child in found for child in node.inputs])
        ):
            found.add(node)
    return found


@no_autocast()
def reverse_sweep(
    order: list[GraphNode],
    seeds: dict[GraphNode, Any],
    needed: set[GraphNode],
    view: Callable[[GraphNode], Any],
    keep: Collection[GraphNode] = (),
    release: bool = False,
) -> dict[GraphNode, Any]:
    """Push `seeds`, gradients of some nodes, back to all nodes in `needed`.

    The rules of the primitives are written in operators that take arrays as well as nodes. So
    `view` alone decides what this sweep computes: with the value of each node it gives numbers,
    with the node itself a graph of gradients.

    When a node's turn comes its gradient is complete, and once handed on it is freed, unless the
    node is a leaf or in `keep`. With `release` the sweep also lets go of the node: it empties
    `order` and `needed` on its way, so that a value is freed when the rules that need it are done,
    unless somebody else holds the node.

    Returns
    -------
    dict of GraphNode to array or GraphNode
        The gradients of the leaves in `needed`, and of the nodes in `keep`.
    """
    found = {node: seed for node, seed in seeds.items() if node in needed}
    watching = recording.thread.state.watching
    seeds.clear()  # a caller's dict that still held the last node would hold the whole graph
    for node in _released(order, needed) if release else reversed(order):
        gradient = found.get(node)
        if gradient is None or not isinstance(node, Operator):
            continue
        if node not in keep:
            del found[node]
        wanted, operands = [], []
        for position, operand in enumerate(node.inputs):
            operands.append(view(operand))
            if operand in needed:
                wanted.append(position)
        shares = pull(node.primitive, wanted, gradient, view(node), operands, node.params)
        if len(shares) != len(wanted):
            raise GraphError(
                f"the derivative rule of {node.primitive.name!r} returned {len(shares)} gradients "
                f"for {len(wanted)} operands; it returns one for each position, None for zero"
            )
        for number, share in enumerate(shares):
            if share is None:
                continue
            position = wanted[number]
            operand = node.inputs[position]
            if getattr(share, "shape", ()) != operand.value.shape:
                raise GraphError(
                    f"the derivative rule of {node.primitive.name!r} returned a gradient of shape "
                    f"{np.shape(share)} for operand {position}, {describe(operand)}"
                )
            if watching:
                check_gradient(share, node, position)
            found[operand] = found[operand] + share if operand in found else share
    return found


def _released(order: list[GraphNode], needed: set[GraphNode]) -> Iterator[GraphNode]:
    """The nodes from last to first, each of them forgotten as it is handed out."""
    while order:
        node = order.pop()
        needed.discard(node)
        yield node


def _scalar(root: GraphNode) -> GraphNode:
    if root.size != 1:
        raise ShapeError(
            f"{describe(root)} is no scalar, so its gradient must be given: pass gradient=, "
            "an array of its shape, or reduce it first, for instance with .sum()"
        )
    return root


def _seed(root: GraphNode, gradient: Any) -> Any:
    if gradient is None:
        return np.ones_like(_scalar(root).value)
    seed = np.asarray(gradient, dtype=root.dtype)
    if seed.shape != root.shape:
        raise ShapeError(
            f"the gradient of {describe(root)} must have its shape; got shape {seed.shape}"
        )
    return seed


def _check_order(order: list[GraphNode], caller: str) -> None:
    """Refuse what is no sorted graph; one that `topological_sort` made needs no further look."""
    if not isinstance(order, list) or not all([isinstance(node, GraphNode) for node in order]):
        raise GraphError(
            f"{caller} takes a sorted graph; got {describe(order)}; "
            "write order = ad.topological_sort(node) first"
        )
    if not order:
        raise GraphError(f"{caller}: an empty list of nodes has nothing to compute")
    if isinstance(order, Order):
        return
    seen: set[GraphNode] = set()
    for node in order:
        if node in seen or not seen.issuperset(node.inputs):
            raise GraphError(
                f"{caller}: this list is no sorted graph, since {describe(node)} occurs twice or "
                "before one of its inputs; use the list that ad.topological_sort returns"
            )
        seen.add(node)


def _check_fresh(order: list[GraphNode]) -> None:
    for node in order:
        for operand in node.inputs:
            if operand.tick > node.tick:
                raise StaleError(
                    f"{describe(operand)} changed after {node!r} was computed from it; "
                    "call ad.forward(order) before ad.backward(order)"
                )
