"""What a program computes in one kind of sweep, with a plan for each size of the data."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from typing import Any

from .. import lazy
from ..errors import MissingDependencyError, ProgramError, describe
from ..evaluation import recompute
from ..missing import Missing
from ..ordering import Order
from ..structures import Constant, GraphNode, Leaf, Operator, Variable
from .instructions import trace
from .options import Options
from .passes import sequence
from .plan import Plan
from .settings import get_num_threads
from .updating import Update

KEPT_PLANS = 8
"""For so many sizes of the data a program keeps its plans; the oldest goes first."""


class Part:
    """The graph of a sweep, forward or forward and backward, and its plans.

    Parameters
    ----------
    order : list of GraphNode
        The sorted graph, with present values.
    results : sequence of GraphNode
        What is computed; of all other operators no value remains.
    leaves : sequence of Leaf
        Whose sizes may change between runs.
    options : Options
        What it is compiled with.
    """

    def __init__(
        self,
        order: Order,
        results: Sequence[GraphNode],
        leaves: Sequence[Leaf],
        options: Options,
    ) -> None:
        self._order, self._results, self._leaves = order, results, leaves
        self._options = options
        self._plans: dict[Any, Plan] = {}
        self._shapes = {
            node: Missing(node.shape, node.dtype, describe(node))
            for node in order
            if isinstance(node, Operator)
        }
        self._plans[self._sizes()] = self._plan()

    def step(self, optimizer: Any, variables: Sequence[Variable]) -> list[Any] | None:
        """The results, and a step of the optimizer; None if that is no part of the plan."""
        plan = self._plans.get(self._sizes())
        update = None if plan is None else plan.update(optimizer, variables)
        return None if plan is None or update is None else self._follow(plan, update)

    def run(self) -> list[Any]:
        """The results for the present data of the leaves."""
        signature = self._sizes()
        plan = self._plans.get(signature)
        return self._first(signature) if plan is None else self._follow(plan)

    def _follow(self, plan: Plan, update: Update | None = None) -> list[Any]:
        result = plan.run(update)
        self._forget()
        return result

    def _first(self, signature: Any) -> list[Any]:
        """Data of a new size: the interpreter computes them, and so finds out all shapes."""
        for node in self._order:
            if isinstance(node, Operator):
                recompute(node)
        for node in self._shapes:
            self._shapes[node] = Missing(node.shape, node.dtype, describe(node))
        while len(self._plans) >= KEPT_PLANS:
            del self._plans[next(iter(self._plans))]
        self._plans[signature] = self._plan()
        result = [node.value for node in self._results]
        self._forget()
        return result

    def _plan(self) -> Plan:
        graph = trace(self._order, self._results)
        passes = [("trace", graph)]
        for change in sequence(_has_kernels(), self._options.fuse):
            graph = change(graph)
            passes.append((change.__name__, graph))
        return Plan(graph, get_num_threads(), passes, self._options)

    def plan(self) -> Plan:
        """The plan for data of the present sizes.

        Raises
        ------
        ProgramError
            If there is none yet.
        """
        plan = self._plans.get(self._sizes())
        if plan is None:
            sizes = [f"{n.name or n} {n.shape}" for n in self._leaves if isinstance(n, Constant)]
            raise ProgramError(
                f"the program has no plan yet for data of the present sizes: {', '.join(sizes)}; "
                "run it once, with ad.forward(program) and, for gradients, ad.backward(program)"
            )
        return plan

    def _sizes(self) -> Any:
        data = [leaf.value for leaf in self._leaves]
        return get_num_threads(), tuple([(array.shape, array.dtype) for array in data])

    def _forget(self) -> None:
        """Leave no number in a node that this run did not compute."""
        for node, missing in self._shapes.items():
            node.value = missing


def is_fresh(order: Sequence[GraphNode]) -> bool:
    """Whether every operator has the value that follows from the present data."""
    return not any(
        [type(n.value) is Missing or any([i.tick > n.tick for i in n.inputs]) for n in order]
    )


@functools.cache
def _has_kernels() -> bool:
    """Whether Numba is there; its kernels are registered at the first call."""
    try:
        lazy.load("numba", "compiled programs")
    except MissingDependencyError as error:
        warnings.warn(f"{error}; until then programs run on NumPy", RuntimeWarning, stacklevel=2)
        return False
    lazy.load("autodiff.compiler.lowerings", "compiled programs")
    return True
