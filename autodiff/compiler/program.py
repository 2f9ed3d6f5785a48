"""Programs: a sorted graph, compiled.

A program goes wherever the sorted graph goes: ``ad.forward(program)``, ``ad.backward(program)``.
It computes what they compute, and keeps less: of all values only the root's, those that were asked
for and the gradients of the variables exist afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..decisions import check_decisions
from ..errors import DtypeError, GraphError, ProgramError, ShapeError, StaleError, describe
from ..graph import forward, gradients
from ..ordering import Sweepable, as_nodes, topological_sort
from ..structures import Clock, Constant, GraphNode, Leaf, Operator, Variable, WeakConstant
from .explaining import Explained
from .options import Options
from .parts import Part, is_fresh


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
    options : Options
        What it was compiled with.
    """

    def __init__(
        self, root: GraphNode, keep: Sequence[GraphNode], optimizer: Any, options: Options
    ) -> None:
        self.root, self.optimizer, self.options = root, optimizer, options
        self.kept = [root, *keep]
        self.order = topological_sort(self.kept)
        self.variables = [node for node in self.order if isinstance(node, Variable)]
        self._leaves = [
            n for n in self.order if isinstance(n, Leaf) and type(n) is not WeakConstant
        ]
        self._lock = threading.RLock()
        self._forward: Part | None = None
        self._joint: Part | None = None
        self._seeded: Part | None = None
        self._seed: Constant | None = None
        self._differentiates = False
        remembering = [self.order, *self.order]
        self._decides = any(getattr(one, "branches", None) is not None for one in remembering)
        self._ran: Part | None = None
        self._tick = -1
        self._found: list[Any] = []
        pure = all(node.primitive.pure for node in self.order if isinstance(node, Operator))
        # What draws numbers or counts batches may run once for each forward sweep, not twice.
        self._always_joint = not pure and bool(self.variables) and root.requires_grad
        if self._always_joint:
            self._with_gradients()

    def __reduce__(self) -> Any:
        raise ProgramError(
            "a program holds machine code and threads of this process, and can be neither copied "
            "nor pickled; save the parameters with ad.save, and compile the graph again"
        )

    def forward(self) -> Any:
        """Compute the root, and what is to be kept, from the present data of the leaves."""
        with self._lock:
            joint = self._differentiates or self._always_joint
            self._run(self._with_gradients() if joint else self._without_gradients())
            if self._decides:
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
            tick = Clock.now
            found = None if self._decides else part.step(self.optimizer, self.variables)
            if found is None:
                self.forward()
                self.backward()
                self.optimizer.step()
            else:
                self._take(part, found, tick)
                self._hand_out(accumulate=False)
            return self.root.output

    def _hand_out(self, accumulate: bool) -> None:
        """Give each variable its gradient."""
        for variable, new in zip(self.variables, self._found[len(self.kept) :], strict=True):
            if accumulate and variable.gradient is not None:
                new = new + variable.gradient
            variable.gradient = new

    def _run(self, part: Part) -> None:
        tick = Clock.now
        self._take(part, part.run(), tick)

    def _take(self, part: Part, found: list[Any], tick: int) -> None:
        """Keep what a part found; it follows from the data that there were at `tick`."""
        self._ran, self._found, self._tick = part, found, tick
        for node, value in zip(self.kept, found, strict=False):
            if isinstance(node, Operator):
                node.value, node.tick = value, tick

    def _without_gradients(self) -> Part:
        """The part that computes the root alone; built when it is first needed."""
        if self._forward is None:
            if not is_fresh(self.order):
                forward(self.order)
            self._forward = Part(self.order, self.kept, self._leaves, self.options)
        return self._forward

    def _part(self, gradients: bool | None) -> Part:
        """What is computed with gradients or without; if None, with those of a loss."""
        if gradients is None:
            gradients = bool(self.variables) and self.root.requires_grad and not self.root.shape
        joint = gradients or self._always_joint
        return self._with_gradients() if joint else self._without_gradients()

    def _with_gradients(self) -> Part:
        """The part that computes gradients too; built when it is first needed."""
        if self._joint is None:
            self._joint = self._differentiate(None)
        return self._joint

    def _with_seed(self, gradient: Any) -> Part:
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

    def _differentiate(self, seed: Constant | None) -> Part:
        if not self.root.requires_grad:
            raise GraphError(
                f"no gradient can flow from {describe(self.root)}: it depends on no Variable, or "
                "only through operators without a derivative"
            )
        if not is_fresh(self.order):
            forward(self.order)
        found = gradients(self.root, self.variables, seed)
        order = topological_sort([*self.kept, *found])
        leaves = [*self._leaves, *([seed] if seed is not None else [])]
        return Part(order, [*self.kept, *found], leaves, self.options)


def compile(
    root: GraphNode,
    keep: Iterable[GraphNode] = (),
    optimizer: Any = None,
    *,
    fuse: bool = True,
    plan_memory: bool = True,
    tile: int | None = None,
) -> Program:
    """Compile a graph: sort it, differentiate it, and turn it into a fast program.

    Parameters
    ----------
    root : GraphNode
        What is computed, usually the loss.
    keep : iterable of GraphNode, optional
        Other nodes whose outputs are to be valid after each run.
    optimizer : Optimizer, optional
        One of `ad.optim`, for ``program.step()``.
    fuse : bool, optional
        Whether operators that follow each other become one. Without, each is a kernel of its own;
        max-pooling takes the ReLU in front of it along in any case.
    plan_memory : bool, optional
        Whether values share a place in memory where they are not needed at the same time.
    tile : int, optional
        How many examples go through the whole program together. By default as many as the cache
        holds; the size of the batch makes one tile of each thread's share.

    Returns
    -------
    Program
        A drop-in for the sorted graph in `forward` and `backward`.

    Raises
    ------
    GraphError
        If `root` or an entry of `keep` is no node.
    DtypeError
        If `optimizer` is no optimizer, `fuse` or `plan_memory` no bool, or `tile` no integer.
    ArgumentError
        If `tile` is less than 1.

    Notes
    -----
    The last three are there to see what each idea is worth: results are the same, but for
    rounding, and only the time and the memory that they take differ.
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
    return Program(root, kept, optimizer, Options(fuse, plan_memory, tile))
