"""A plan: a graph with known shapes, as stages that can be run.

A plan holds all that can be decided once the shapes are known, which is everything but the numbers:
which instructions run where, in which order, on which memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from ..structures import Variable
from .instructions import Graph, Value, output_names
from .options import Options
from .placement import place
from .pools import hold
from .stages import CompiledStage, Environment, NumPyStage
from .updating import Update, can_update


class Plan:
    """Stages that compute the results of a graph.

    Parameters
    ----------
    graph : Graph
        What is to be computed, after all passes.
    threads : int
        How many threads share the batch.
    passes : list of (str, Graph)
        The graphs that led to it, each with the name of the pass that made it.
    options : Options
        What it is compiled with.
    """

    def __init__(
        self,
        graph: Graph,
        threads: int,
        passes: Sequence[tuple[str, Graph]],
        options: Options,
    ) -> None:
        self.graph, self.threads, self.passes = graph, threads, list(passes)
        self.leaves = graph.leaves()
        stages = place(graph)
        read = [set(graph.results)]
        for stage in reversed(stages):
            read.append(read[-1].union(*[step.inputs for step in stage.steps]))
        called: dict[Value, str] = {}
        for step in graph.instructions:
            called.update(zip(step.outputs, output_names(step), strict=True))
        self.stages = [
            CompiledStage(stage, later, called, threads, options)
            if stage.is_region
            else NumPyStage(stage)
            for stage, later in zip(stages, reversed(read[:-1]), strict=True)
        ]
        self._update: Update | None = None
        self._mixed = any(not stage.is_region for stage in stages)

    def run(self, update: Update | None = None) -> list[Any]:
        """Compute the results from the present data of the leaves, and update parameters."""
        found: Environment = {leaf: leaf.node.value for leaf in self.leaves}  # type: ignore[union-attr]
        # Where NumPy works between regions, the threads of its BLAS and ours share the cores.
        with hold() if self._mixed else nullcontext():
            for stage in self.stages:
                stage.run(found, update)
        return [found[value] for value in self.graph.results]

    def update(self, optimizer: Any, variables: Sequence[Variable]) -> Update | None:
        """The optimizer's step as a part of this plan; None where it cannot be one.

        The last results of the graph are the gradients of `variables`.
        """
        if self._update is None or not self._update.fits():
            self._update = self._made(optimizer, variables)
        return self._update

    def _made(self, optimizer: Any, variables: Sequence[Variable]) -> Update | None:
        if not can_update(optimizer, variables):
            return None
        gradients = dict(zip(variables, self.graph.results[-len(variables) :], strict=True))
        for stage in self.stages:
            if isinstance(stage, CompiledStage):
                update = stage.update(optimizer, gradients)
                if update is not None and update.fits():
                    return update
        return None
