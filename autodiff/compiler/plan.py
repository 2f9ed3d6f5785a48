"""A plan: a graph with known shapes, as stages that can be run.

A plan holds all that can be decided once the shapes are known, which is everything but the numbers:
which instructions run where, in which order, on which memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from .. import lazy
from ..evaluation import evaluate
from ..primitives.losses import CrossEntropy, cross_entropy
from ..structures import GraphNode, Operator, Variable
from . import cache
from .fused import CrossEntropyPair
from .instructions import Graph, Instruction, Value, output_names
from .memory import plan as plan_memory
from .memory import unplanned_bytes
from .options import Options
from .placement import Stage, place
from .pools import hold
from .regions import ARENA, INPUT, OUTPUT, SUM, Region, Slot, assemble
from .source import HEADER, scalars, slot_fields, table_field, tables, write
from .updating import Update, can_update

CACHE_BYTES = 2 * 1024 * 1024
"""How much memory a tile may take: what a core of today has in its second-level cache, or near it.

Measured on the reference network, 2 MB are better than 1 MB and than half of it on a core with 1 MB
of second-level cache: dense layers read their weights once for each tile, and what does not fit is
read in order, so that the third-level cache can deliver it in time.
"""

LANES = 16
"""A tile of several is a multiple of so many examples: the lanes of the widest vectors."""

_TITLE = "A region of a compiled program: kernels for a tile of a batch."

Environment = dict[Value, Any]


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
        if not can_update(optimizer, variables):
            return None
        gradients = dict(zip(variables, self.graph.results[-len(variables) :], strict=True))
        for stage in self.stages:
            if isinstance(stage, CompiledStage):
                places = [(param, stage.place_of(gradients[param])) for param in optimizer.params]
                if all(place is not None for _, place in places):
                    return Update(optimizer, places, stage.sums)  # type: ignore[arg-type]
        return None


class NumPyStage:
    """Instructions that NumPy executes, one after the other."""

    def __init__(self, stage: Stage) -> None:
        self.steps = stage.steps

    def run(self, found: Environment, update: Update | None = None) -> None:
        """Compute the outputs of each instruction."""
        for step in self.steps:
            self.compute(step, found)

    def compute(self, step: Instruction, found: Environment) -> None:
        """Compute the outputs of one instruction."""
        values = [found[value] for value in step.inputs]
        if len(step.outputs) > 1:
            results = step.primitive.function(*values, **step.params)
            found.update(zip(step.outputs, results, strict=True))
        else:
            operands = _operands(step, values)
            found[step.output] = evaluate(step.primitive, values, step.params, operands)


class CompiledStage:
    """A region, its machine code, and the memory that it works in."""

    def __init__(
        self,
        stage: Stage,
        wanted: set[Value],
        called: dict[Value, str],
        threads: int,
        options: Options,
    ) -> None:
        self.steps, self.options = stage.steps, options
        self.region = region = assemble(stage, wanted, called)
        self.batch = _batch(region)
        self.threads = min(threads, self.batch)
        self.tile = tile_size(region, -(-self.batch // self.threads), options)
        self.text = write(region, _TITLE)
        self.address = cache.load(self.text).region.address
        self._team = lazy.load("autodiff.compiler.team", "compiled programs")
        self._lay_out()

    def run(self, found: Environment, update: Update | None = None) -> None:
        """Compute the outputs of all instructions, tile by tile, on all threads."""
        control, held = self._control, []
        for field, slot in self._inputs:
            array = found[slot.value]  # type: ignore[index]
            if type(array) is not np.ndarray or not array.flags.c_contiguous:
                array = np.ascontiguousarray(array, slot.dtype)
                held.append(array)
            control[field] = array.__array_interface__["data"][0]
        for field, slot in self._outputs:
            array = np.empty(slot.value.shape, slot.dtype)  # type: ignore[union-attr]
            found[slot.value] = array  # type: ignore[index]
            control[field] = array.__array_interface__["data"][0]
        self._team.run(self.address, control, self.threads)
        if self._careful and self._complaints.any():
            self._complain(found)
        if self._sums:
            ours = update is not None and update.sums is self.sums
            total = update.run() if ours and update is not None else self.sums.sum(axis=0)
            for slot in self._sums:
                start = slot.offset // slot.dtype.itemsize
                part = total[start : start + slot.size]
                shape = slot.value.shape  # type: ignore[union-attr]
                found[slot.value] = part.reshape(shape) if shape else part[0]  # type: ignore[index]
        for value, same in self._aliases:
            found[value] = found[same].reshape(value.shape)

    def place_of(self, value: Value) -> int | None:
        """Where a sum over the batch begins in each row of `sums`; None if it is not there."""
        root = self.region.aliases.get(value, value)
        for slot in self._sums:
            if slot.value is root:
                return slot.offset // slot.dtype.itemsize
        return None

    def time_calls(self, timed: bool) -> None:
        """Switch to code that counts the cycles of each call in `cycles`, or back."""
        text = write(self.region, _TITLE, timed=True) if timed else self.text
        self.address = cache.load(text).region.address
        self.cycles[:] = 0

    def _complain(self, found: Environment) -> None:
        """Let the definition of the loss say what is wrong with the labels."""
        for step in self.steps:
            if isinstance(step.primitive, CrossEntropyPair | CrossEntropy):
                logits, labels = step.inputs[:2]
                zeros = np.broadcast_to(np.zeros((), logits.dtype), logits.shape)
                operands = [zeros, found[labels] if labels.node is None else labels.node]
                evaluate(cross_entropy, [zeros, found[labels]], {}, operands)

    def _lay_out(self) -> None:
        region = self.region
        arena = region.at(ARENA)
        self.arena_bytes = plan_memory(arena, self.tile, self.options.plan_memory)
        self.unplanned_bytes = unplanned_bytes(arena, self.tile)
        self._sums = region.at(SUM)
        offset = 0
        for slot in self._sums:
            slot.offset = offset
            offset += -(-slot.size * slot.dtype.itemsize // 64) * 64
        self._arena = _aligned(self.threads * self.arena_bytes)
        dtype = self._sums[0].dtype if self._sums else np.dtype(np.float32)
        sums = _aligned(self.threads * offset)
        self.sums = sums.view(dtype).reshape(self.threads, -1)
        self._tables, starts = tables(region)
        self._scalars = scalars(region)
        self._complaints = np.zeros(self.threads, np.int64)
        self.cycles = np.zeros((self.threads, len(region.calls)), np.int64)
        self._careful = any(call.complains for call, _ in region.calls)
        control = np.zeros(table_field(region, len(region.calls)), np.int64)
        header = {
            "shares": self.threads,
            "batch": self.batch,
            "tile": self.tile,
            "arena": self._arena.ctypes.data,
            "arena_bytes": self.arena_bytes,
            "sums": sums.ctypes.data,
            "sums_bytes": offset,
            "tables": self._tables.ctypes.data,
            "scalars": self._scalars.ctypes.data,
            "complaints": self._complaints.ctypes.data,
            "times": self.cycles.ctypes.data,
        }
        control[: len(HEADER)] = [header[name] for name in HEADER]
        self._inputs: list[tuple[int, Slot]] = []
        self._outputs: list[tuple[int, Slot]] = []
        for position, slot in enumerate(region.slots):
            start, step = slot_fields(position)
            control[start], control[step] = slot.offset, slot.size * slot.dtype.itemsize
            if slot.place == INPUT:
                self._inputs.append((start, slot))
            elif slot.place == OUTPUT:
                self._outputs.append((start, slot))
        for position, begin in enumerate(starts):
            control[table_field(region, position)] = begin
        self._control = control
        held = {slot.value for slot in self._sums}
        self._aliases = [(value, same) for value, same in region.aliases.items() if same in held]


def tile_size(region: Region, share: int, options: Options) -> int:
    """How many examples a tile has: as many as fit in the cache, in tiles of about equal size."""
    if options.tile is not None:
        return min(options.tile, share)
    arena = plan_memory(region.at(ARENA), 64, options.plan_memory)
    fitting = max(LANES, CACHE_BYTES * 64 // max(arena, 1))
    if share <= fitting:
        return share
    tiles = -(-share // fitting)
    return -(-share // tiles // LANES) * LANES


def _batch(region: Region) -> int:
    """The length of the batch that a region works on."""
    for slot in region.slots:
        if slot.tiled and slot.value is not None:
            return slot.value.shape[0]
    raise AssertionError("a region has at least one tile")


def _aligned(size: int) -> np.ndarray:
    """Bytes that begin with a cache line."""
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size]


def _operands(step: Instruction, values: Sequence[Any]) -> list[Any]:
    """What an error message shows of the operands: their nodes, where they have one."""
    return [
        value.node
        if isinstance(value.node, GraphNode) and not isinstance(value.node, Operator)
        else array
        for value, array in zip(step.inputs, values, strict=True)
    ]
