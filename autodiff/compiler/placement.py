"""Where each instruction runs: on tiles of the batch in a compiled region, or whole on NumPy.

Examples of a batch do not meet until a mean or a sum over the batch. All that happens to an example
before that, and, on the way back, after it, can therefore be done for a few examples at a time,
while they stay in the cache. Such a stretch is a *region*. A sum over the batch ends it for those
who read the sum, since they have to wait for the last tile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..dispatch import kernel
from ..primitives.convolution import Conv2d
from ..primitives.linear_algebra import Matmul
from ..primitives.losses import CrossEntropy
from .backend import PARTIAL, TILE, WHOLE, Lowered, Numba
from .fused import Conv2dBias, Conv2dPool, Dense, MatmulNT
from .instructions import Graph, Instruction, Value, is_data


@dataclass(frozen=True, eq=False)
class Stage:
    """Instructions that run together.

    Attributes
    ----------
    steps : list of Instruction
        In an order in which they can run.
    lowered : list of Lowered
        For each step its kernels; empty for a stage on NumPy.
    kinds : dict
        How each value of a region relates to the batch.
    """

    steps: list[Instruction]
    lowered: list[Lowered]
    kinds: dict[Value, str]

    @property
    def is_region(self) -> bool:
        """Whether this stage is compiled."""
        return bool(self.lowered)


LAYERS = (Conv2d, Conv2dBias, Conv2dPool, CrossEntropy, Dense, Matmul, MatmulNT)
"""Primitives whose first operand has the batch as its first axis, in a network."""


def batch_of(graph: Graph) -> list[Value]:
    """The data whose first axis is the batch, as far as one can tell.

    What a layer is applied to tells the size of the batch, and all data of that length is taken to
    belong to it. Where that is wrong, kernels do not fit and NumPy computes: slower, not wrong.
    """
    makers = graph.makers()

    def source(value: Value) -> Value:
        while value in makers and makers[value].inputs:
            value = makers[value].inputs[0]
        return value

    sizes = [
        found.shape[:1]
        for step in graph.instructions
        if isinstance(step.primitive, LAYERS)
        and is_data(found := source(step.inputs[0]))
        and found.shape
    ]
    if not sizes or sizes[0] == (0,):
        return []
    return [leaf for leaf in graph.leaves() if is_data(leaf) and leaf.shape[:1] == sizes[0]]


def place(graph: Graph) -> list[Stage]:
    """Cut a graph into stages, as few as possible, in turn on NumPy and in regions."""
    batch = batch_of(graph)
    kinds = dict.fromkeys(graph.leaves(), WHOLE) | dict.fromkeys(batch, TILE)
    everywhere = _kinds(graph, kinds)
    remaining = list(graph.instructions)
    ready = set(graph.leaves())
    stages: list[Stage] = []
    while remaining:
        outside = _take(remaining, ready, lambda step: everywhere[step] is None)
        if outside:
            stages.append(Stage(outside, [], {}))
        inside = _region(remaining, ready, everywhere)
        if inside:
            lowered = [_known(everywhere[step]) for step in inside]
            idle = not any([entry.calls for entry in lowered])  # shapes change, and nothing else
            stages.append(Stage(inside, [] if idle else lowered, {} if idle else everywhere.kinds))
    return stages


class _Everywhere(dict[Instruction, "Lowered | None"]):
    """For each instruction its lowering; `kinds` has the kind of each value."""

    kinds: dict[Value, str]


def _kinds(graph: Graph, leaves: dict[Value, str]) -> _Everywhere:
    """Ask each instruction for a lowering, given how its operands relate to the batch."""
    found = _Everywhere()
    values = dict(leaves)
    for step in graph.instructions:
        lowered = None
        if any([values.get(value) in (TILE, PARTIAL) for value in step.inputs]):
            lowered = kernel(Numba, step.primitive)(step, values)
        found[step] = lowered
        if lowered is None:
            values.update(dict.fromkeys(step.outputs, _outside(step, values)))
        else:
            values.update(zip(step.outputs, lowered.kinds, strict=True))
    found.kinds = values
    return found


def _outside(step: Instruction, values: dict[Value, str]) -> str:
    """The kind of what NumPy computes: whole, unless it still has the batch as its first axis."""
    tiles = [value for value in step.inputs if values[value] == TILE]
    length = tiles[0].shape[0] if tiles else None
    keeps = all([value.shape[:1] == (length,) for value in step.outputs])
    return TILE if tiles and keeps else WHOLE


def _take(
    remaining: list[Instruction], ready: set[Value], wanted: Callable[[Instruction], bool]
) -> list[Instruction]:
    """Move the wanted instructions whose operands are ready from `remaining` to a list."""
    taken = []
    for step in list(remaining):
        if wanted(step) and ready.issuperset(step.inputs):
            taken.append(step)
            remaining.remove(step)
            ready.update(step.outputs)
    return taken


def _region(
    remaining: list[Instruction], ready: set[Value], everywhere: _Everywhere
) -> list[Instruction]:
    """The instructions that can run in one region now.

    None reads a sum of the same region, and all its sums have one dtype, to lie in one array.
    """
    taken: list[Instruction] = []
    sums: set[Value] = set()
    dtypes: set[np.dtype] = set()
    inside = set(ready)
    for step in list(remaining):
        lowered = everywhere[step]
        if lowered is None or not inside.issuperset(step.inputs):
            continue
        if lowered.calls and sums.intersection(step.inputs):
            continue  # it has to wait for the last tile
        kinds = zip(step.outputs, lowered.kinds, strict=True)
        partial = [value for value, kind in kinds if kind == PARTIAL]
        found = {value.dtype for value in partial} if lowered.calls else set()
        if len(dtypes | found) > 1:
            continue
        dtypes |= found
        taken.append(step)
        remaining.remove(step)
        inside.update(step.outputs)
        sums.update(partial)
    ready.update(inside)
    return taken


def _known(lowered: Lowered | None) -> Lowered:
    assert lowered is not None
    return lowered
