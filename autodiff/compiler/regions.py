"""A region: the kernels of a stage, the memory that they work in, and how tiles lie in it.

A kernel says how each operand must lie in memory: with the batch last, where the examples of a tile
are the lanes of a vector register, or first, as in the user's arrays. Where a value is wanted in a
way that it does not lie in, it is turned, once. That is all there is to the choice of layouts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .backend import (
    FIRST,
    LAST,
    PARTIAL,
    TILE,
    Call,
    Nothing,
    Operand,
    Scratch,
    features,
    is_floating,
    table,
)
from .instructions import Value
from .placement import Stage

ARENA, INPUT, OUTPUT, SUM, NOTHING = "arena", "input", "output", "sum", "nothing"


@dataclass(eq=False)
class Slot:
    """A place in memory that kernels read or write.

    Attributes
    ----------
    place : str
        ``"arena"``, the thread's own memory for one tile; ``"input"`` and ``"output"``, arrays of
        the whole batch or parameters; ``"sum"``, the thread's own sums over the batch.
    size : int
        Elements; of one example, for a tile.
    dtype : numpy.dtype
        Their type.
    value : Value or None
        What it holds.
    tiled : bool
        Whether it grows with the number of examples.
    layout : str
        How a tile lies in it.
    first, last : int
        The first and the last call that uses it.
    offset : int
        Where it begins, in bytes, once memory is planned.
    """

    place: str
    size: int
    dtype: np.dtype
    value: Value | None
    tiled: bool
    layout: str = ""
    first: int = 0
    last: int = 0
    offset: int = 0


@dataclass(eq=False)
class Region:
    """Calls in order, each with the slots of its operands.

    Attributes
    ----------
    calls : list of (Call, list of Slot)
        Kernels, and the memory that each is called with.
    slots : list of Slot
        All memory.
    aliases : dict
        Values that lie where another value lies.
    called : dict
        What to call values that have no name: after what computes them.
    """

    calls: list[tuple[Call, list[Slot]]] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    aliases: dict[Value, Value] = field(default_factory=dict)
    called: dict[Value, str] = field(default_factory=dict)

    def at(self, place: str) -> list[Slot]:
        """The slots in one kind of place."""
        return [slot for slot in self.slots if slot.place == place]


def assemble(stage: Stage, wanted: set[Value], called: dict[Value, str]) -> Region:
    """The region of a stage; `wanted` are the values that are read outside of it."""
    builder = _Builder(stage, wanted)
    builder.region.called = called
    for step, lowered in zip(stage.steps, stage.lowered, strict=True):
        if not lowered.calls:
            builder.alias(step.output, step.inputs[0])
        for call in lowered.calls:
            builder.add(call)
    builder.hand_out()
    return builder.region


class _Builder:
    def __init__(self, stage: Stage, wanted: set[Value]) -> None:
        self.region = Region()
        self._kinds, self._wanted, self._stage = stage.kinds, wanted, stage
        self._made = {value for step in stage.steps for value in step.outputs}
        self._slots: dict[tuple[Value, str], Slot] = {}
        self._alias = self.region.aliases

    def alias(self, value: Value, same: Value) -> None:
        """Let `value` lie where `same` lies."""
        self._alias[value] = self._root(same)

    def add(self, call: Call) -> None:
        """Append a call, after what turns its operands as it wants them."""
        slots = [
            self._slot(operand, position in call.writes)
            if isinstance(operand, Operand)
            else self._scratch(operand)
            for position, operand in enumerate(call.operands)
        ]
        now = len(self.region.calls)
        for slot in slots:
            slot.last = now
            if slot.first < 0:
                slot.first = now
        self.region.calls.append((call, slots))

    def hand_out(self) -> None:
        """Turn tiles that are read outside into arrays of the whole batch."""
        for step in self._stage.steps:
            for value in step.outputs:
                if value in self._wanted and self._kinds[value] == TILE:
                    self._turn(value, self._find(value, LAST), self._new(OUTPUT, value, FIRST))

    def _root(self, value: Value) -> Value:
        return self._alias.get(value, value)

    def _slot(self, operand: Operand, written: bool) -> Slot:
        value, layout = operand.value, operand.layout
        root = self._root(value)
        kind = self._kinds.get(root)
        if kind != TILE:
            inside = root in self._made
            return self._get(root, "", SUM if inside and kind == PARTIAL else INPUT, False)
        if written:
            return self._get(root, layout, ARENA, True)
        return self._find(root, layout)

    def _find(self, value: Value, layout: str) -> Slot:
        """Where a tile lies in this layout; it is turned if it lies in the other one alone."""
        root = self._root(value)
        if features(root) == 1:
            layout = FIRST if root not in self._made else LAST
        if (root, layout) in self._slots:
            return self._slots[root, layout]
        other = FIRST if layout == LAST else LAST
        if root not in self._made and layout == FIRST:
            return self._get(root, FIRST, INPUT, True)
        source = (
            self._slots[root, other]
            if (root, other) in self._slots
            else self._get(root, FIRST, INPUT, True)
        )
        target = self._get(root, layout, ARENA, True)
        self._turn(root, source, target, to_last=layout == LAST)
        return target

    def _turn(self, value: Value, source: Slot, target: Slot, to_last: bool = False) -> None:
        module = "layouts" if is_floating(value) else "views"
        name = f"{module}.batch_last" if to_last else f"{module}.batch_first"
        size = features(value)
        run = table(size, size, 1, size, 0)  # one run of so many numbers: see `layout_geometry`
        call = Call(name, (Operand(value), Operand(value)), run, (1,))
        now = len(self.region.calls)
        for slot in (source, target):
            slot.first = now if slot.first < 0 else slot.first
            slot.last = now
        self.region.calls.append((call, [source, target]))

    def _get(self, value: Value, layout: str, place: str, tiled: bool) -> Slot:
        if (value, layout) not in self._slots:
            slot = self._new(place, value, layout, tiled)
            self._slots[value, layout] = slot
        return self._slots[value, layout]

    def _new(self, place: str, value: Value, layout: str, tiled: bool = True) -> Slot:
        size = features(value) if tiled else value.size
        slot = Slot(place, size, value.dtype, value, tiled, layout, first=-1)
        self.region.slots.append(slot)
        return slot

    def _scratch(self, scratch: Scratch | Nothing) -> Slot:
        size = scratch.features if isinstance(scratch, Scratch) else 0
        slot = Slot(ARENA if size else NOTHING, size, scratch.dtype, None, True, first=-1)
        self.region.slots.append(slot)
        return slot
