"""Stages: what a plan runs one after the other, on NumPy or as a compiled region.

A stage does in `run` as little as it can, since that is done in each step of a training: what can
be decided once the shapes are known, `CompiledStage` decides when it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import lazy
from ..evaluation import evaluate
from ..primitives.losses import CrossEntropy, cross_entropy
from ..structures import GraphNode, Operator, Variable
from . import cache
from .fused import CrossEntropyPair
from .instructions import Instruction, Value
from .memory import plan as plan_memory
from .memory import unplanned_bytes
from .options import Options
from .placement import Stage
from .regions import ARENA, INPUT, OUTPUT, SUM, Region, Slot, assemble
from .source import HEADER, call_fields, kernel_address, scalars, slot_fields, tables, write
from .updating import Update

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

_Shown = tuple[int, Slot, Any]
"""Where the control block has the address of a value, the memory that it is, and the value."""


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
        self._moved: list[tuple[int, Variable, int]] = []
        self._lay_out()

    def run(self, found: Environment, update: Update | None = None) -> None:
        """Compute the outputs of all instructions, tile by tile, on all threads."""
        held = [self._show(field, slot, found[value]) for field, slot, value in self._tiles]
        for field, slot, value in self._whole:
            if found[value] is not self._shown[field]:
                self._shown[field] = self._show(field, slot, found[value])
        for field, slot, value in self._outputs:
            found[value] = self._show(field, slot, np.empty(value.shape, slot.dtype))
        self._team.run(self.address, self._control, self.threads)
        del held
        if self._careful and any(self._complaints):
            self._complain(found)
        if self._sums:
            if update is not None and update.sums is self.sums:
                total = update.run()
                for field, variable, offset in self._moved:
                    self._shown[field] = variable.value
                    self._control[field] = update.address + offset
            else:
                total = self.sums.sum(axis=0).view(self.record)[0, ...]
            for value, name in self._sums.items():
                found[value] = total[name][()]

    def _show(self, field: int, slot: Slot, array: Any) -> np.ndarray:
        """Tell the region where an array lies; returns the array, which has to live until then."""
        if type(array) is not np.ndarray or not array.flags.c_contiguous:
            array = np.ascontiguousarray(array, slot.dtype)
        self._control[field] = array.__array_interface__["data"][0]
        return array

    def update(self, optimizer: Any, gradients: dict[Variable, Value]) -> Update | None:
        """The optimizer's step as the end of this stage; None if it has not all the gradients."""
        if any(gradients[param] not in self._sums for param in optimizer.params):
            return None
        names = {param: self._sums[gradients[param]] for param in optimizer.params}
        self._moved = [
            (field, value.node, self._starts[names[value.node]])
            for field, _, value in self._whole
            if value.node in names
        ]
        return Update(optimizer, names, self.sums, self.record)

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
        offset = 0
        for slot in region.at(SUM):
            slot.offset = offset
            offset += -(-slot.size * slot.dtype.itemsize // 64) * 64
        self._arena = _aligned(self.threads * self.arena_bytes)
        sums = _aligned(self.threads * offset)
        dtype = next((slot.dtype for slot in region.at(SUM)), np.dtype(np.float32))
        self.sums = sums.view(dtype).reshape(self.threads, -1)
        self._name_sums(offset)
        self._tables, starts = tables(region)
        self._scalars = scalars(region)
        complaints = np.zeros(self.threads, np.int64)
        self._complaints = complaints.data
        self.cycles = np.zeros((self.threads, len(region.calls)), np.int64)
        self._careful = any(call.complains for call, _ in region.calls)
        control = np.zeros(call_fields(region, len(region.calls))[0], np.int64)
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
            "complaints": complaints.ctypes.data,
            "times": self.cycles.ctypes.data,
        }
        control[: len(HEADER)] = [header[name] for name in HEADER]
        self._tiles: list[_Shown] = []
        self._whole: list[_Shown] = []
        self._outputs: list[_Shown] = []
        for position, slot in enumerate(region.slots):
            start, step = slot_fields(position)
            control[start], control[step] = slot.offset, slot.size * slot.dtype.itemsize
            if slot.place in (INPUT, OUTPUT):
                inputs = self._tiles if slot.tiled else self._whole
                shown = inputs if slot.place == INPUT else self._outputs
                shown.append((start, slot, slot.value))
        for position, (begin, call) in enumerate(zip(starts, region.calls, strict=True)):
            control[[*call_fields(region, position)]] = begin, kernel_address(*call)
        self._control = control
        self._shown: dict[int, Any] = dict.fromkeys([field for field, _, _ in self._whole])

    def _name_sums(self, size: int) -> None:
        """Let `record` be what a row of `sums` holds, by names; `_sums` has the name of a value."""
        slots: dict[Any, Slot] = {slot.value: slot for slot in self.region.at(SUM)}
        same = {value: slots[root] for value, root in self.region.aliases.items() if root in slots}
        places = {**slots, **same}
        self._sums = {value: str(number) for number, value in enumerate(places)}
        self._starts = {self._sums[value]: slot.offset for value, slot in places.items()}
        self.record = np.dtype(
            {
                "names": list(self._sums.values()),
                "formats": [(slot.dtype, value.shape) for value, slot in places.items()],
                "offsets": list(self._starts.values()),
                "itemsize": size,
            }
        )


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
