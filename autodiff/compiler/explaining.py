"""What a program tells about itself: its listing, its text, its passes and its profile."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from ..errors import describe
from ..ordering import Order
from ..source import Source
from ..structures import Constant, GraphNode, Leaf, Operator
from .describing import list_plan
from .instructions import Graph
from .listing import Listing
from .options import check_count
from .profile import Profile
from .profiling import measure
from .stages import CompiledStage


class Explained(ABC):
    """What every `Program` tells about itself.

    Most methods take `gradients`: whether gradients are computed too. If not given, they are for
    a loss, which is a scalar that depends on variables.
    """

    root: GraphNode
    order: Order
    _forward: Any
    _leaves: list[Leaf]
    _lock: threading.RLock

    @abstractmethod
    def _part(self, gradients: bool | None) -> Any:
        """What is computed with gradients or without."""

    @abstractmethod
    def _run(self, part: Any) -> None:
        """Compute a part from the present data, and keep what it found."""

    @property
    def source(self) -> Source:
        """The text of the program's compiled regions, as it stands in the cache."""
        with self._lock:
            stages = self._part(None).plan().stages
        texts = [stage.text for stage in stages if isinstance(stage, CompiledStage)]
        return Source("\n\n".join(texts) or "# No region is compiled: NumPy computes every step.\n")

    def listing(
        self, gradients: bool | None = None, tile: int | None = None, threads: int | None = None
    ) -> Listing:
        """Each step with its kernel, buffers, shapes, bytes and floating-point operations.

        ``print(program)`` prints it too.

        Parameters
        ----------
        gradients : bool, optional
            Whether to list the program that computes gradients too; by default for a loss.
        tile, threads : int, optional
            Examples in a tile, and threads. By default what the program uses here; given, the same
            listing results on every machine.

        Raises
        ------
        ProgramError
            If the program has not yet run with data of the present sizes.
        ArgumentError, DtypeError
            If `tile` or `threads` is not a positive integer.
        """
        for name, value in (("tile", tile), ("threads", threads)):
            if value is not None:
                check_count(name, value)
        with self._lock:
            part = self._part(gradients)
            return list_plan(self._title(part), part.plan(), tile, threads)

    def passes(self, gradients: bool | None = None) -> list[tuple[str, Graph]]:
        """The graph as it was recorded, then after each pass, with the name of the pass.

        ``for name, graph in program.passes(): ad.draw(graph)`` draws them.

        Raises
        ------
        ProgramError
            If the program has not yet run with data of the present sizes.
        """
        with self._lock:
            return list(self._part(gradients).plan().passes)

    def profile(self, repeat: int = 50, gradients: bool | None = None) -> Profile:
        """Run the program, and time each step.

        Parameters
        ----------
        repeat : int
            How many runs are timed step by step, and as many as usual; the fastest tenth counts.
        gradients : bool, optional
            Whether gradients are computed too; by default for a loss.

        Returns
        -------
        Profile
            Print it for the table; ``profile.plot()`` draws it.

        Raises
        ------
        ArgumentError, DtypeError
            If `repeat` is not a positive integer.
        ProgramError
            If kernels cannot read this processor's clock.

        Notes
        -----
        No variable and no gradient is changed, and the update of an optimizer is not timed. A
        program that draws random numbers or updates statistics does so in each run. The peak is
        measured after the runs; where other work comes and goes, shares of it vary.
        """
        check_count("repeat", repeat)
        dtype = np.float64 if self.root.dtype == np.float64 else np.float32
        with self._lock:
            part = self._part(gradients)
            self._run(part)  # with data of a new size, this makes the plan
            plan = part.plan()
            listing = list_plan(self._title(part), plan, None, None)
            return measure(plan, listing, lambda: self._run(part), repeat, dtype)

    def _title(self, part: Any) -> str:
        root = self.root.name or getattr(self.root, "primitive", self.root).name
        wanted = root if part is self._forward else f"{root} and its gradients"
        data = [f"{n.name or 'data'} {n.shape}" for n in self._leaves if isinstance(n, Constant)]
        return f"Program for {wanted}" + (f", with {', '.join(data)}" if data else "")

    def __str__(self) -> str:
        return str(self.listing())

    def _repr_html_(self) -> str:
        return self.listing()._repr_html_()

    def __repr__(self) -> str:
        operators = sum(isinstance(node, Operator) for node in self.order)
        leaves = sum(isinstance(node, Leaf) for node in self.order)
        return (
            f"<Program for {describe(self.root)}; operators: {operators}, leaves: {leaves}; "
            "print it for its listing>"
        )
