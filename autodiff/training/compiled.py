"""Training by a compiled program: when it pays, and what a step of it is."""

from __future__ import annotations

import importlib.util
import math
from typing import Any

import numpy as np

from ..compiler import compile
from ..errors import ArgumentError
from ..optim import Optimizer
from .recorded import Recorded

FEWEST_BATCHES = 100
"""Fewer batches are over before a program is compiled, or has been read from its cache."""


def pays(wanted: bool | None, batches: int, precision: str | None = None) -> bool:
    """Whether so many batches are to be computed by a compiled program.

    The answer depends on nothing that is measured, so that the same training gives the same
    numbers each time.

    Parameters
    ----------
    wanted : bool or None
        What the user says; None leaves it to us.
    batches : int
        How many batches there will be in all.
    precision : str, optional
        Half type of mixed precision.

    Raises
    ------
    ArgumentError
        If `wanted` is something else, or True in mixed precision: kernels do not compute in halves.
    """
    if wanted not in (None, True, False):
        raise ArgumentError(f"compile is True, False or None; got {wanted!r}")
    if wanted and precision is not None:
        raise ArgumentError(
            f"compile=True and precision={precision!r} exclude each other: compiled programs "
            "compute in float32 and float64; leave out one of them"
        )
    if wanted is not None:
        return bool(wanted)
    there = importlib.util.find_spec("numba") is not None
    return there and precision is None and batches >= FEWEST_BATCHES


class CompiledStep:
    """Forward, backward and the update of the parameters, in one program.

    Made while the graph is fresh from its recording, before the parameters are changed: dropout
    and the statistics of a batch so take part in each step once.
    """

    def __init__(self, recorded: Recorded, optimizer: Optimizer) -> None:
        self._recorded, self._params = recorded, optimizer.params
        self._program: Any = compile(recorded.loss, [recorded.logits], optimizer)

    def __call__(self, images: np.ndarray, labels: np.ndarray) -> float:
        """Learn from a batch; returns its loss. One that is not finite changes no parameter."""
        before = [parameter.value for parameter in self._params]
        self._recorded.put(images, labels)
        value = float(self._program.step())
        if not math.isfinite(value):
            for parameter, array in zip(self._params, before, strict=True):
                parameter.output = array
        return value
