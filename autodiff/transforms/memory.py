"""Checkpointing: compute again on the way back, instead of storing on the way forward."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from .. import recording
from ..catalogue import functions
from ..errors import DtypeError, GraphError, describe
from ..graph import dependents, reverse_sweep
from ..ordering import Order, topological_sort
from ..primitives.kinds import General
from ..structures import (
    Constant,
    GraphNode,
    Operator,
    Variable,
    as_node,
    is_differentiable,
    make_operator,
)
from ..trees import flatten, tree_map, unflatten
from .recorded import Function, View, as_function, forward_sweep

_numbers = itertools.count(-1, -1)


def checkpoint(f: Function) -> Function:
    r"""Make of `f` one operator, which stores none of the values inside it.

    A chain of :math:`n` layers stores :math:`n` values for the reverse sweep. Cut into
    :math:`\sqrt n` checkpoints it stores the values between them, and those inside of one at a
    time, which are computed again: memory grows with :math:`\sqrt n`, for one more forward sweep.

    Parameters
    ----------
    f : callable
        A function from arrays, or trees of them, to one array. It may use variables from outside,
        such as the parameters of a layer. It must give the same result each time: a function that
        draws random numbers is refused when its gradient is computed. Batch normalisation inside
        updates its running statistics once a forward sweep, as without a checkpoint.

    Returns
    -------
    callable
        The same function, differentiable in every mode and to every order. Keyword arguments are
        handed on; a node among them counts as one from outside.

    Raises
    ------
    DtypeError
        If the result of `f` is not one array.
    GraphError
        In the reverse sweep, if `f` gives another result than before.

    References
    ----------
    A. Griewank, A. Walther, "Algorithm 799: revolve", ACM Transactions on Mathematical Software
    26(1), 2000. https://doi.org/10.1145/347837.347846
    """
    f = as_function(f, "checkpoint")

    @functools.wraps(f)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        leaves = flatten(args)
        called = functools.update_wrapper(functools.partial(f, **kwargs), f) if kwargs else f
        primitive = _Checkpoint(called, tree_map(lambda leaf: 0, args), len(leaves))
        run = primitive.run([getattr(leaf, "value", leaf) for leaf in leaves])
        operands = [*leaves, *run.outside]
        if not any(isinstance(operand, GraphNode) for operand in operands):
            return run.result.output
        return make_operator(primitive, tuple(map(as_node, operands)), {}, run.result.value)

    return checkpointed


class _Run:
    """The graph of one run of a function, apart from the graph around it.

    Attributes
    ----------
    result : Operator
        What the function returned.
    order : list of GraphNode
        The operators of this run, sorted; `result` is the last.
    outside : list of GraphNode
        What the function used beside its arguments, and gradients flow to.
    """

    def __init__(self, name: str, f: Function, tree: Any, sources: list[GraphNode]) -> None:
        state, number = recording.thread.state, next(_numbers)
        before = state.recording, state.branches
        state.recording, state.depth = number, state.depth + 1
        try:
            result = f(*unflatten(tree, sources))
            if isinstance(result, dict | list | tuple) or result is None:
                raise DtypeError(f"{name} must return one array; got {describe(result)}")
            self.result = functions["identity"](as_node(result))
        finally:
            state.depth -= 1
            state.recording, state.branches = before
        self.sources = sources
        self.order = Order(
            node
            for node in topological_sort(self.result)
            if isinstance(node, Operator) and node.recording == number
        )
        inside = {*sources, *self.order}
        used = dict.fromkeys(child for node in self.order for child in node.inputs)
        self.outside = [node for node in used if node.requires_grad and node not in inside]


class _Checkpoint(General):
    """One call of a checkpointed function; its operands are the arguments, then what it used."""

    transient = True
    moves = True  # what computes are the operators inside

    def __init__(self, f: Function, tree: Any, count: int) -> None:
        self.name = f"checkpoint({getattr(f, '__name__', 'function')})"
        self.f = f
        self.tree = tree
        self.count = count
        self.autocast_to = recording.thread.state.autocast

    def function(self, *values: Any) -> Any:
        return self.run(values).result.value

    def pull(
        self,
        positions: Sequence[int],
        gradient: Any,
        output: Any,
        operands: Sequence[Any],
        params: dict[str, Any],
    ) -> list[Any]:
        run, view = self._again(output, operands, [gradient])
        targets = [*run.sources, *run.outside]
        needed = dependents(run.order, [targets[position] for position in positions])
        seeds = {run.result: gradient}
        found = reverse_sweep(run.order, seeds, needed, view, keep=set(targets))
        return [found.get(targets[position]) for position in positions]

    def jvp(self, tangents: Sequence[Any], output: Any, *operands: Any, **params: Any) -> Any:
        run, view = self._again(output, operands, tangents)
        targets = zip([*run.sources, *run.outside], tangents, strict=True)
        seeds = {node: tangent for node, tangent in targets if tangent is not None}
        return forward_sweep(run.order, seeds, view, {run.result}).get(run.result)

    def run(self, arguments: Sequence[Any]) -> _Run:
        sources = [_source(argument) for argument in arguments[: self.count]]
        state = recording.thread.state
        before, state.autocast = state.autocast, self.autocast_to
        try:
            return _Run(self.name, self.f, self.tree, sources)
        finally:
            state.autocast = before

    def _again(
        self, output: Any, operands: Sequence[Any], given: Sequence[Any]
    ) -> tuple[_Run, View]:
        state = recording.thread.state
        before, state.repeating = state.repeating, True
        try:
            run = self.run(operands)
        finally:
            state.repeating = before
        if not np.array_equal(run.result.value, getattr(output, "value", output), equal_nan=True):
            raise GraphError(
                f"{self.name} gave another result when it was run again; a checkpointed function "
                "must depend on nothing but its arguments, and draw no random numbers"
            )
        as_nodes = any(isinstance(one, GraphNode) for one in [*operands, *given])
        return run, (lambda node: node) if as_nodes else attrgetter("value")


def _source(argument: Any) -> GraphNode:
    """A node of its own for an argument of the run."""
    if isinstance(argument, GraphNode):
        node = functions["identity"](argument)
        node.requires_grad = is_differentiable(node.dtype)
        return node
    array = np.asarray(argument)
    return Variable(array) if is_differentiable(array.dtype) else Constant(array)
