"""Programs: a sorted graph, compiled.

A program goes wherever the sorted graph goes: ``ad.forward(program)``, ``ad.backward(program)``.
It computes what they compute, and keeps less: of all values only the root's, those that were asked
for and the gradients of the variables exist afterwards.
"""

from __future__ import annotations

import functools
import threading
import warnings
import weakref
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import lazy
from ..decisions import check_decisions
from ..errors import (
    DtypeError,
    GraphError,
    MissingDependencyError,
    ProgramError,
    ShapeError,
    StaleError,
    describe,
)
from ..evaluation import recompute
from ..graph import forward, gradients
from ..missing import Missing
from ..ordering import Order, Sweepable, as_nodes, topological_sort
from ..structures import (
    Clock,
    Constant,
    GraphNode,
    Leaf,
    Operator,
    Variable,
    WeakConstant,
)
from .explaining import Explained
from .instructions import trace
from .passes import FUSING, SIMPLIFYING
from .plan import Plan
from .settings import get_num_threads
from .updating import Update

KEPT_PLANS = 8
"""For so many sizes of the data a program keeps its plans; the oldest goes first."""


class Program(Explained, Sweepable):
    """A compiled graph. Made by `compile`.

    Attributes
    ----------
    root : GraphNode
        What is computed.
    order : list of GraphNode
        The sorted graph that was compiled.
    variables : list of Variable
        The variables that gradients are computed for.
    """

    def __init__(self, root: GraphNode, keep: Sequence[GraphNode], optimizer: Any) -> None:
        self.root, self.optimizer = root, optimizer
        self.kept = [root, *keep]
        self.order = topological_sort(self.kept)
        self.variables = [node for node in self.order if isinstance(node, Variable)]
        self._leaves = [
            n for n in self.order if isinstance(n, Leaf) and type(n) is not WeakConstant
        ]
        self._lock = threading.RLock()
        self._forward: _Part | None = None
        self._joint: _Part | None = None
        self._seeded: _Part | None = None
        self._seed: Constant | None = None
        self._differentiates = False
        self._decides = any(getattr(node, "branches", None) is not None for node in self.order)
        self._ran: _Part | None = None
        self._tick = -1
        self._found: list[Any] = []
        pure = all(node.primitive.pure for node in self.order if isinstance(node, Operator))
        # What draws numbers or counts batches may run once for each forward sweep, not twice.
        self._always_joint = not pure and bool(self.variables) and root.requires_grad
        if self._always_joint:
            self._with_gradients()

    def forward(self) -> Any:
        """Compute the root, and what is to be kept, from the present data of the leaves."""
        with self._lock:
            joint = self._differentiates or self._always_joint
            self._run(self._with_gradients() if joint else self._without_gradients())
            check_decisions(self.order, [*self._leaves, *self.kept])
            return self.root.output

    def backward(self, gradient: Any = None, accumulate: bool = False) -> None:
        """Compute the gradient of the root with respect to every variable."""
        with self._lock:
            if self._ran is None or any([leaf.tick > self._tick for leaf in self._leaves]):
                changed = next((leaf for leaf in self._leaves if leaf.tick > self._tick), self.root)
                raise StaleError(
                    f"{describe(changed)} changed after the program ran; call ad.forward(program) "
                    "before ad.backward(program)"
                )
            part = self._with_seed(gradient) if gradient is not None else self._with_gradients()
            if self._ran is not part:
                if self._always_joint and gradient is not None:
                    raise ProgramError(
                        "this program draws random numbers or updates statistics in its forward "
                        "sweep, so that a gradient for the root must be known by then; multiply "
                        "the loss by it"
                    )
                self._run(part)
            self._differentiates = gradient is None
            self._hand_out(accumulate)

    def step(self) -> Any:
        """Forward, backward and one update of the optimizer; returns the loss.

        Raises
        ------
        ProgramError
            If the program was compiled without an optimizer.
        """
        if self.optimizer is None:
            raise ProgramError(
                "this program has no optimizer; write ad.compile(loss, optimizer=...), or call "
                "optimizer.step() after ad.backward(program)"
            )
        with self._lock:
            self._differentiates = True
            part = self._with_gradients()
            update = None if self._decides else part.update(self.optimizer, self.variables)
            if update is None:
                self.forward()
                self.backward()
                self.optimizer.step()
            else:
                self._run(part, update)
                self._hand_out(accumulate=False)
            return self.root.output

    def _hand_out(self, accumulate: bool) -> None:
        """Give each variable its gradient."""
        for variable, new in zip(self.variables, self._found[len(self.kept) :], strict=True):
            if accumulate and variable.gradient is not None:
                new = new + variable.gradient
            variable.gradient = new

    def _run(self, part: _Part, update: Update | None = None) -> None:
        self._found = part.run(update)
        self._ran, self._tick = part, Clock.now
        for node, value in zip(self.kept, self._found, strict=False):
            if isinstance(node, Operator):
                node.value, node.tick = value, Clock.now

    def _without_gradients(self) -> _Part:
        """The part that computes the root alone; built when it is first needed."""
        if self._forward is None:
            if not _is_fresh(self.order):
                forward(self.order)
            self._forward = _Part(self.order, self.kept, self._leaves)
        return self._forward

    def _part(self, gradients: bool | None) -> _Part:
        """What is computed with gradients or without; if None, with those of a loss."""
        if gradients is None:
            gradients = bool(self.variables) and self.root.requires_grad and not self.root.shape
        joint = gradients or self._always_joint
        return self._with_gradients() if joint else self._without_gradients()

    def _with_gradients(self) -> _Part:
        """The part that computes gradients too; built when it is first needed."""
        if self._joint is None:
            self._joint = self._differentiate(None)
        return self._joint

    def _with_seed(self, gradient: Any) -> _Part:
        seed = np.asarray(gradient, dtype=self.root.dtype)
        if seed.shape != self.root.shape:
            raise ShapeError(
                f"the gradient of {describe(self.root)} must have its shape; got {seed.shape}"
            )
        if self._seeded is None or self._seed is None:
            self._seed = Constant(seed, name="seed")
            self._seeded = self._differentiate(self._seed)
        self._seed.output = seed
        return self._seeded

    def _differentiate(self, seed: Constant | None) -> _Part:
        if not self.root.requires_grad:
            raise GraphError(
                f"no gradient can flow from {describe(self.root)}: it depends on no Variable, or "
                "only through operators without a derivative"
            )
        if not _is_fresh(self.order):
            forward(self.order)
        found = gradients(self.root, self.variables, seed)
        order = topological_sort([*self.kept, *found])
        leaves = [*self._leaves, *([seed] if seed is not None else [])]
        return _Part(order, [*self.kept, *found], leaves)


class _Part:
    """What one kind of sweep computes: its graph, and a plan for each size of the data."""

    def __init__(self, order: Order, results: Sequence[GraphNode], leaves: Sequence[Leaf]) -> None:
        self._order, self._results, self._leaves = order, results, leaves
        self._plans: dict[Any, Plan] = {}
        self._updates: weakref.WeakKeyDictionary[Plan, Update | None] = weakref.WeakKeyDictionary()
        self._shapes = {
            node: Missing(node.shape, node.dtype, describe(node))
            for node in order
            if isinstance(node, Operator)
        }
        self._signature = self._sizes()
        self._plans[self._signature] = self._plan()

    def update(self, optimizer: Any, variables: Sequence[Variable]) -> Update | None:
        """The optimizer's step as a part of the plan for the present data, if it can be one."""
        plan = self._plans.get(self._sizes())
        if plan is None:
            return None
        update = self._updates.get(plan)
        if update is None or not update.fits():
            update = self._updates[plan] = plan.update(optimizer, variables)
        return update if update is not None and update.fits() else None

    def run(self, update: Update | None = None) -> list[Any]:
        """The results for the present data of the leaves."""
        signature = self._sizes()
        plan = self._plans.get(signature)
        if plan is None:
            return self._first(signature)
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
        for change in (*SIMPLIFYING, *(FUSING if _has_kernels() else ())):
            graph = change(graph)
            passes.append((change.__name__, graph))
        return Plan(graph, get_num_threads(), passes)

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
        return get_num_threads(), tuple([(leaf.shape, leaf.dtype) for leaf in self._leaves])

    def _forget(self) -> None:
        """Leave no number in a node that this run did not compute."""
        for node, missing in self._shapes.items():
            node.value = missing


def _is_fresh(order: Sequence[GraphNode]) -> bool:
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


def compile(root: GraphNode, keep: Iterable[GraphNode] = (), optimizer: Any = None) -> Program:
    """Compile a graph: sort it, differentiate it, and turn it into a fast program.

    Parameters
    ----------
    root : GraphNode
        What is computed, usually the loss.
    keep : iterable of GraphNode, optional
        Other nodes whose outputs are to be valid after each run.
    optimizer : Optimizer, optional
        One of `ad.optim`, for ``program.step()``.

    Returns
    -------
    Program
        A drop-in for the sorted graph in `forward` and `backward`.

    Raises
    ------
    GraphError
        If `root` or an entry of `keep` is no node.
    """
    kept = as_nodes(keep)
    for node in [root, *kept]:
        if not isinstance(node, GraphNode):
            raise GraphError(f"compile needs nodes; got {describe(node)}")
    if optimizer is not None and not hasattr(optimizer, "params"):
        raise DtypeError(
            f"optimizer must be one of ad.optim, such as ad.optim.SGD(model.parameters()); "
            f"got {describe(optimizer)}"
        )
    return Program(root, kept, optimizer)
