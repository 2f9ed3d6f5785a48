"""What a program is compiled with: each idea of the compiler can be left out, to see its worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError, DtypeError, describe


@dataclass(frozen=True)
class Options:
    """How a graph becomes a program. The results are the same whatever is chosen.

    Attributes
    ----------
    fuse : bool
        Whether operators are fused; otherwise each that has a kernel is a call of its own.
    plan_memory : bool
        Whether values that are not needed at the same time may share a place in memory; otherwise
        each has one of its own.
    tile : int or None
        How many examples go through a region together, and at most a thread's share of the batch;
        None for as many as fit in the cache.

    Raises
    ------
    DtypeError
        If `fuse` or `plan_memory` is no bool, or `tile` neither an integer nor None.
    ArgumentError
        If `tile` is less than 1.
    """

    fuse: bool = True
    plan_memory: bool = True
    tile: int | None = None

    def __post_init__(self) -> None:
        for name in ("fuse", "plan_memory"):
            value = getattr(self, name)
            if not isinstance(value, bool):
                raise DtypeError(f"{name} is True or False; got {describe(value)}")
        if self.tile is not None:
            check_count("tile", self.tile)


def check_count(name: str, value: Any) -> None:
    """Refuse what is no positive integer, calling it by its name.

    Raises
    ------
    DtypeError
        If it is no integer.
    ArgumentError
        If it is less than 1.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise DtypeError(f"{name} is an integer; got {describe(value)}")
    if value < 1:
        raise ArgumentError(f"{name} is at least 1; got {value}")
