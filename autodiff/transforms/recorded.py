"""A function recorded at a point, and the sweeps over it in both directions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

import numpy as np

from .. import recording
from ..catalogue import functions
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..evaluation import no_autocast, push
from ..graph import dependents, reverse_sweep
from ..ordering import topological_sort
from ..structures import GraphNode, Operator, Variable, as_node, is_differentiable
from ..trees import flatten, leaves_like, tree_map, unflatten

Function = Callable[..., Any]
View = Callable[[GraphNode], Any]


class Recorded:
    """The graph of ``f(*primals)``.

    Derivatives are arrays where this is the outermost transform and all that is given are arrays,
    and nodes otherwise, so that the transform outside can differentiate them.

    Attributes
    ----------
    value : array, node or tree of them
        What `f` returned.
    """

    def __init__(self, f: Function, primals: Sequence[Any]) -> None:
        with _open_transform() as self.outermost:
            sources = [tree_map(_fresh, primal) for primal in primals]
            self.result = f(*sources)
        self.primals = list(primals)
        self.leaves = flatten(sources)
        self.outputs = [as_node(leaf) for leaf in flatten(self.result)]

    @property
    def value(self) -> Any:
        if not self.outermost:
            return self.result
        return unflatten(self.result, [node.output for node in self.outputs])

    def pull(self, *cotangents: Any, release: bool = False) -> tuple[Any, ...]:
        r"""Reverse mode: :math:`J^T \bar y`, a tuple with one tree for each primal.

        With `release` this is the last use of the graph, which is freed on the way.
        """
        whole = len(cotangents) == 1
        cotangent_leaves = leaves_like(self.result, *cotangents) if whole else flatten(cotangents)
        self._check(cotangent_leaves, self.outputs, "gradient", "result")
        view = self._view(cotangent_leaves)
        seeds = self._seeds(cotangent_leaves)
        order = topological_sort(self.outputs)
        if release:
            self.outputs, self.result = [], None
        needed = dependents(order, self.leaves)
        found = reverse_sweep(order, seeds, needed, view, set(self.leaves), release)
        return tuple(unflatten(self.primals, self._or_zeros(self.leaves, found, view)))

    def push(self, *tangents: Any) -> Any:
        r"""Forward mode: :math:`J \dot x`, a tree of the shape of the result."""
        directions = leaves_like(tuple(self.primals), tangents)
        self._check(directions, self.leaves, "tangent", "primal")
        view = self._view(directions)
        seeds = dict(zip(self.leaves, directions, strict=True))
        order = topological_sort(self.outputs)
        found = forward_sweep(order, seeds, view, set(self.outputs))
        return unflatten(self.result, self._or_zeros(self.outputs, found, view))

    def _seeds(self, cotangents: list[Any]) -> dict[GraphNode, Any]:
        """The gradient of each result; one that was returned twice gets both."""
        seeds: dict[GraphNode, Any] = {}
        for output, seed in zip(self.outputs, cotangents, strict=True):
            seeds[output] = seeds[output] + seed if output in seeds else seed
        return seeds

    def _view(self, given: list[Any]) -> View:
        numbers = self.outermost and not any(isinstance(one, GraphNode) for one in given)
        return attrgetter("value") if numbers else lambda node: node

    @staticmethod
    def _or_zeros(nodes: list[GraphNode], found: dict[GraphNode, Any], view: View) -> list[Any]:
        results = [found[n] if n in found else functions["zeros_like"](view(n)) for n in nodes]
        # Rules hand on views, and one array twice; an array handed out is the user's own.
        return [one if isinstance(one, GraphNode) else np.array(one)[()] for one in results]

    @staticmethod
    def _check(given: list[Any], nodes: list[GraphNode], what: str, of: str) -> None:
        """Each given array must have the shape of its node; it is brought to the node's dtype."""
        present = len(given) - sum(one is None for one in given)
        if not present == len(given) == len(nodes):
            raise ArgumentError(
                f"there must be one {what} for each {of}: {len(nodes)} arrays; got {present}"
            )
        for position, (one, node) in enumerate(zip(given, nodes, strict=True)):
            if np.shape(one) != node.shape:
                raise ShapeError(
                    f"the {what} of {of} {position}, {describe(node)}, must have its shape; "
                    f"got shape {np.shape(one)}"
                )
            if not isinstance(one, GraphNode):
                given[position] = np.asarray(one, dtype=node.dtype)


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    r"""The value of `f`, and the function that multiplies a vector by the transposed Jacobian.

    Parameters
    ----------
    f : callable
        A function of arrays or trees.
    *primals : array_like or tree
        The arguments at which `f` is evaluated.

    Returns
    -------
    value : array or tree
        ``f(*primals)``.
    pullback : callable
        From :math:`\bar y`, of the shape of the value, to the tuple of :math:`J_i^T \bar y`, one
        for each argument. It may be called again and again.

    Raises
    ------
    DtypeError
        If a primal is not floating or complex.
    """
    recorded = Recorded(as_function(f, "vjp"), primals)
    return recorded.value, recorded.pull


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    r"""The value of `f` and its derivative along a direction, by one sweep forward.

    Parameters
    ----------
    f : callable
        A function of arrays or trees.
    primals : sequence
        The arguments at which `f` is evaluated.
    tangents : sequence
        The direction :math:`\dot x`, in the shape of `primals`.

    Returns
    -------
    value : array or tree
        ``f(*primals)``.
    tangent : array or tree
        :math:`J \dot x`, of the shape of the value.

    Raises
    ------
    ShapeError
        If a tangent does not have the shape of its primal.
    ArgumentError
        If `primals` or `tangents` is no tuple or list, or they differ in length.
    """
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            raise ArgumentError(
                f"jvp: {name} is a tuple with one entry for each argument, such as (x,); "
                f"got {describe(given)}"
            )
    recorded = Recorded(as_function(f, "jvp"), primals)
    return recorded.value, recorded.push(*tangents)


def as_function(f: Any, transform: str) -> Function:
    """`f` itself.

    Raises
    ------
    DtypeError
        If it cannot be called.
    """
    if not callable(f):
        raise DtypeError(
            f"{transform} takes a function; got {describe(f)}. "
            "Hand it the function itself, f, and not its value, f(x)"
        )
    return f


@no_autocast()
def forward_sweep(
    order: list[GraphNode],
    tangents: dict[GraphNode, Any],
    view: View,
    keep: Collection[GraphNode],
) -> dict[GraphNode, Any]:
    """Push tangents from the leaves to the nodes in `keep`, with views as in `reverse_sweep`.

    A tangent is freed when the last operator that uses it is done, unless its node is in `keep`.
    """
    found = dict(tangents)
    last_user = {child: node for node in order if node.requires_grad for child in node.inputs}
    for node in order:
        if not node.requires_grad or not any([operand in found for operand in node.inputs]):
            continue
        assert isinstance(node, Operator)
        incoming = [found.get(operand) for operand in node.inputs]
        operands = [view(operand) for operand in node.inputs]
        tangent = push(node.primitive, incoming, view(node), operands, node.params)
        if tangent is not None:
            found[node] = tangent
        for operand in node.inputs:
            if last_user[operand] is node and operand not in keep:
                found.pop(operand, None)
    return found


@contextmanager
def _open_transform() -> Iterator[bool]:
    """Note that a transform is recording; tell whether it is the outermost one."""
    state = recording.thread.state
    before = state.branches
    state.depth += 1
    try:
        yield state.depth == 1
    finally:
        state.depth -= 1
        if state.depth == 0:
            state.branches = before


def _fresh(argument: Any) -> GraphNode:
    """A node of its own for an argument, to differentiate with respect to."""
    dtype = argument.dtype if isinstance(argument, GraphNode) else np.asarray(argument).dtype
    if not is_differentiable(dtype):
        raise DtypeError(
            f"cannot differentiate with respect to {describe(argument)}: an argument must be "
            "floating or complex; write 3.0 for 3, convert with .astype(float), or choose other "
            "argnums"
        )
    if not isinstance(argument, GraphNode):
        return Variable(argument)
    node = functions["identity"](argument)
    node.requires_grad = True
    return node
