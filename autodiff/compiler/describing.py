"""Make the listing of a plan."""

from __future__ import annotations

from dataclasses import replace

from .backend import LAST
from .counting import operations, read_by
from .instructions import Shape, Value, leaf_name, output_names
from .listing import Buffer, Listing, StageListing, Step
from .memory import plan as plan_memory
from .memory import slot_bytes, unplanned_bytes
from .plan import Plan
from .regions import ARENA, INPUT, NOTHING, OUTPUT, SUM, Region, Slot
from .source import slot_names
from .stages import CompiledStage, NumPyStage, tile_size


def list_plan(title: str, plan: Plan, tile: int | None, threads: int | None) -> Listing:
    """The listing of a plan, for tiles and threads as they are or as they are given."""
    origins: dict[Value, int] = {}
    names = {leaf: leaf_name(leaf) for leaf in plan.leaves}
    stages: list[StageListing] = []
    step = 1
    for number, stage in enumerate(plan.stages, 1):
        listed = (
            _compiled(stage, number, step, origins, tile, threads)
            if isinstance(stage, CompiledStage)
            else _on_numpy(stage, number, step, names)
        )
        stages.append(listed)
        if isinstance(stage, CompiledStage):
            called = slot_names(stage.region)
            handed = [slot for slot in called if slot.place in (OUTPUT, SUM)]
            origins.update({slot.value: step + slot.last for slot in handed if slot.value})
            names.update({slot.value: called[slot] for slot in called if slot.value is not None})
            names.update({v: names[same] for v, same in stage.region.aliases.items()})
        else:
            made = zip(stage.steps, listed.steps, strict=True)
            origins.update({v: done.number for made_by, done in made for v in made_by.outputs})
        step += len(listed.steps)
    return Listing(title, stages)


def _compiled(
    stage: CompiledStage,
    number: int,
    start: int,
    origins: dict[Value, int],
    tile: int | None,
    threads: int | None,
) -> StageListing:
    slots = [replace(slot) for slot in stage.region.slots]  # to plan them anew, and change none
    copied = Region(slots=slots)
    shares = stage.threads if threads is None else min(threads, stage.batch)
    share = -(-stage.batch // shares)
    if tile is None:
        tile = stage.tile if threads is None else tile_size(copied, share, stage.options)
    tile = min(tile, share)
    arena = copied.at(ARENA)
    arena_bytes = plan_memory(arena, tile, stage.options.plan_memory)
    called = slot_names(stage.region)
    steps = []
    for position, (call, used) in enumerate(stage.region.calls):
        real = [slot for slot in used if slot.place != NOTHING]
        written = [used[index] for index in call.writes]
        written.sort(key=lambda slot: slot.value is None)  # scratch memory is mentioned last
        steps.append(
            Step(
                start + position,
                call.kernel,
                tuple(dict.fromkeys(called[slot] for slot in real if slot not in written)),
                tuple(called[slot] for slot in written),
                tuple(slot.value.shape for slot in written if slot.value is not None),
                sum(_bytes(slot, stage.batch) for slot in dict.fromkeys(real)),
                call.operations * stage.batch or None,
            )
        )
    buffers = [
        _buffer(called[original], slot, stage.batch, tile, start, origins)
        for original, slot in zip(stage.region.slots, slots, strict=True)
        if slot.place != NOTHING
    ]
    title = (
        f"Stage {number}, compiled: a batch of {stage.batch} on {shares} "
        f"thread{'s' * (shares > 1)}, in tiles of {tile} examples"
    )
    sums = sum(slot_bytes(slot, 1) for slot in copied.at(SUM))
    return StageListing(title, steps, buffers, arena_bytes, unplanned_bytes(arena, tile), sums)


def _buffer(
    name: str, slot: Slot, batch: int, tile: int, start: int, origins: dict[Value, int]
) -> Buffer:
    where, size = slot.place, _bytes(slot, batch)
    shape: Shape = (slot.size, tile)
    if slot.value is not None:
        tail = slot.value.shape[1:]
        shape = (*tail, tile) if slot.layout == LAST else (tile, *tail)
    if slot.place == ARENA:
        where, size = f"arena {slot.offset:,}", slot_bytes(slot, tile)
    elif slot.value is not None:
        shape = slot.value.shape
    if slot.place == SUM:
        where, size = f"sums {slot.offset:,}", slot_bytes(slot, 1)
    elif slot.place == INPUT and slot.value in origins:
        where = f"step {origins[slot.value]}"
    return Buffer(name, shape, slot.dtype.name, where, size, start + slot.first, start + slot.last)


def _bytes(slot: Slot, batch: int) -> int:
    return slot.size * slot.dtype.itemsize * (batch if slot.tiled else 1)


def _on_numpy(stage: NumPyStage, number: int, start: int, names: dict[Value, str]) -> StageListing:
    steps = []
    for position, step in enumerate(stage.steps, start):
        for value, called in zip(step.outputs, output_names(step), strict=True):
            names[value] = f"{value.name or called}.{position}"
        arrays = dict.fromkeys([*read_by(step), *step.outputs])
        steps.append(
            Step(
                position,
                f"NumPy {step.primitive.name}",
                tuple(dict.fromkeys(names[value] for value in read_by(step))),
                tuple(names[value] for value in step.outputs),
                tuple(value.shape for value in step.outputs),
                sum(value.size * value.dtype.itemsize for value in arrays),
                operations(step),
            )
        )
    return StageListing(f"Stage {number}, on NumPy", steps, [])
