"""The memory plan: where each value of a tile lies in a thread's arena.

A value needs memory from the call that writes it to the last call that reads it. Two values whose
lives do not overlap can share a place. Finding the smallest arena is hard in general; placing the
largest values first, each at the lowest offset where it fits, comes close.

References
----------
Y. Pisarchyk, J. Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020.
https://arxiv.org/abs/2001.03288
"""

from __future__ import annotations

from collections.abc import Sequence

from .regions import Slot

ALIGNMENT = 64
"""Bytes of a cache line; every value begins with one."""


def plan(slots: Sequence[Slot], examples: int, share: bool = True) -> int:
    """Give each slot its offset in an arena for tiles of so many examples.

    With `share`, two whose lives do not overlap may lie in the same place.

    Returns
    -------
    int
        Bytes of the arena.
    """
    placed: list[tuple[int, int, Slot]] = []
    total = 0
    for slot in sorted(slots, key=lambda slot: -slot_bytes(slot, examples)):
        size = slot_bytes(slot, examples)
        offset = 0
        for start, end, other in sorted(placed, key=lambda entry: entry[0]):
            if share and (slot.first > other.last or other.first > slot.last):
                continue
            if offset + size <= start:
                break
            offset = max(offset, end)
        slot.offset = offset
        placed.append((offset, offset + size, slot))
        total = max(total, offset + size)
    return total


def slot_bytes(slot: Slot, examples: int) -> int:
    """Bytes that a slot takes, rounded up to whole cache lines."""
    count = slot.size * (examples if slot.tiled else 1)
    return -(-count * slot.dtype.itemsize // ALIGNMENT) * ALIGNMENT


def unplanned_bytes(slots: Sequence[Slot], examples: int) -> int:
    """Bytes that the slots would take if none shared its place with another."""
    return sum(slot_bytes(slot, examples) for slot in slots)
