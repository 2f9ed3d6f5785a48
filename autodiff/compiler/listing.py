"""A program as a listing: what is computed step by step, from which memory into which.

The names of buffers are those in the text of the region (``program.source``), so that the two can
be read side by side.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from .instructions import Shape
from .tables import Column, Table

STEPS = (
    Column("step", right=True),
    Column("kernel"),
    Column("reads -> writes", width=58),
    Column("shape"),
    Column("bytes", right=True),
    Column("flops", right=True),
)
BUFFERS = (
    Column("buffer"),
    Column("shape"),
    Column("dtype"),
    Column("where"),
    Column("bytes", right=True),
    Column("steps", right=True),
)


@dataclass(frozen=True)
class Step:
    """One call of a kernel or of NumPy.

    Attributes
    ----------
    number : int
        Its place among all steps of the program.
    kernel : str
        The kernel, or ``"NumPy "`` and the primitive.
    reads, writes : tuple of str
        Names of buffers.
    shapes : tuple of tuple of int
        Shapes of what it writes, for the whole batch; none for scratch memory.
    bytes : int
        What it reads and writes for the whole batch, each array counted once.
    flops : int or None
        Floating-point operations for the whole batch; None where they are not counted, as in steps
        that compare or move.
    """

    number: int
    kernel: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    shapes: tuple[Shape, ...]
    bytes: int
    flops: int | None


@dataclass(frozen=True)
class Buffer:
    """Memory that a compiled stage works in.

    Attributes
    ----------
    name : str
        Its name in the text of the region.
    shape : tuple of int
        Shape of what it holds: of the whole batch for arrays, of a tile with its batch last or
        first in the arena.
    dtype : str
        Type of its elements.
    where : str
        ``"arena"`` or ``"sums"`` with an offset in bytes, ``"input"``, ``"output"``, or the step
        that made it.
    bytes : int
        Its size; in the arena rounded up to whole cache lines.
    first, last : int
        The steps between which it is in use.
    """

    name: str
    shape: Shape
    dtype: str
    where: str
    bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class StageListing:
    """The steps of a stage, and of a compiled one its memory.

    Attributes
    ----------
    title : str
        How the stage runs.
    steps : list of Step
        In the order in which they run.
    buffers : list of Buffer
        Empty on NumPy.
    arena_bytes, unplanned_bytes, sums_bytes : int
        Bytes for each thread: of the arena as planned, of the same values if none shared its
        place with another, and of the sums over the batch. Zero on NumPy.
    """

    title: str
    steps: list[Step]
    buffers: list[Buffer]
    arena_bytes: int = 0
    unplanned_bytes: int = 0
    sums_bytes: int = 0

    def tables(self) -> Iterator[tuple[str, Table | None]]:
        """Headings, each with its table."""
        rows = [
            (
                step.number,
                step.kernel,
                f"{', '.join(step.reads)} -> {', '.join(step.writes)}",
                " ".join(map(str, step.shapes)),
                step.bytes,
                step.flops,
            )
            for step in self.steps
        ]
        yield self.title, Table(STEPS, rows)
        if self.buffers:
            memory = [
                (
                    buffer.name,
                    buffer.shape,
                    buffer.dtype,
                    buffer.where,
                    buffer.bytes,
                    f"{buffer.first}-{buffer.last}",
                )
                for buffer in self.buffers
            ]
            yield "Its memory:", Table(BUFFERS, memory)
            yield (
                f"For each thread an arena of {self.arena_bytes:,} bytes, "
                f"{self.unplanned_bytes:,} if no two values shared a place, and sums over the "
                f"batch of {self.sums_bytes:,} bytes.",
                None,
            )


@dataclass(frozen=True, repr=False)
class Listing:
    """What a program does for data of given sizes. Print it, or let Jupyter show it.

    Attributes
    ----------
    title : str
        What is computed, and for which data.
    stages : list of StageListing
        In the order in which they run.
    """

    title: str
    stages: list[StageListing]

    @property
    def steps(self) -> list[Step]:
        """The steps of all stages."""
        return [step for stage in self.stages for step in stage.steps]

    @property
    def bytes_moved(self) -> int:
        """What all steps read and write, as if nothing stayed in a cache between two of them."""
        return sum(step.bytes for step in self.steps)

    @property
    def flops(self) -> int:
        """Floating-point operations of all steps in which they are counted."""
        return sum(step.flops or 0 for step in self.steps)

    @property
    def arena_bytes(self) -> int:
        """The arenas of all compiled stages together, for each thread."""
        return sum(stage.arena_bytes for stage in self.stages)

    def __str__(self) -> str:
        parts = [textwrap.fill(self.title, 100)]
        for stage in self.stages:
            for heading, table in stage.tables():
                parts.append(heading if table is None else f"{heading}\n{table}")
        return "\n\n".join([*parts, self._total()])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        parts = [f"<p>{html.escape(self.title)}</p>"]
        for stage in self.stages:
            for heading, table in stage.tables():
                parts.append(f"<p>{html.escape(heading)}</p>")
                parts += [] if table is None else [table.to_html()]
        return "\n".join([*parts, f"<p>{html.escape(self._total())}</p>"])

    def _total(self) -> str:
        stages, steps = len(self.stages), len(self.steps)
        return (
            f"{stages} stage{'s' * (stages != 1)}, {steps} step{'s' * (steps != 1)}: "
            f"{self.bytes_moved:,} bytes, {self.flops:,} floating-point operations."
        )
