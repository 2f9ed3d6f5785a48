"""Measure a program step by step.

Compiled stages count the processor's cycles around each call, which costs next to nothing; what a
cycle takes is found by reading the wall clock before and after. The machine's peak is what a large
product of matrices reaches in NumPy's BLAS, one on each thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import lazy
from ..errors import ProgramError
from .listing import Listing
from .plan import Plan
from .pools import hold
from .profile import PYTHON, WAITING, Profile, Row
from .stages import CompiledStage, Environment, NumPyStage
from .updating import Update

SIDE = 512
"""Rows and columns of the matrices whose product is the peak."""

SECONDS = 0.3
"""How long products are timed."""

FASTEST = 10
"""One in so many runs counts: the fastest."""


def measure(
    plan: Plan, listing: Listing, run: Callable[[], object], repeat: int, dtype: Any
) -> Profile:
    """Profile `run`, which runs `plan`, by so many runs as usual and as many that are timed."""
    run()
    untimed = [_seconds(run) for _ in range(repeat)]
    stages = plan.stages
    clocks = [
        _CompiledClock(stage) if isinstance(stage, CompiledStage) else _NumPyClock(stage)
        for stage in stages
    ]
    compiled = [stage for stage in stages if isinstance(stage, CompiledStage)]
    count = lazy.load("autodiff.compiler.kernels.clock", "a profile").count if compiled else _none
    count()
    try:
        for stage in compiled:
            stage.time_calls(True)
        plan.stages = clocks  # type: ignore[assignment]
        run()
        for clock in clocks:
            clock.found.clear()
        begin, first = time.perf_counter(), count()
        timed = [_seconds(run) for _ in range(repeat)]
        ticks, elapsed = count() - first, time.perf_counter() - begin
    finally:
        plan.stages = stages
        for stage in compiled:
            stage.time_calls(False)
    if compiled and ticks <= 0:
        raise ProgramError("this processor has no clock that compiled programs can read")
    # What disturbs a run makes it slower, never faster: so the fastest tell most.
    fastest = -(-repeat // FASTEST)
    best = np.argsort(timed)[:fastest]
    total = float(np.mean(np.array(timed)[best]))
    usual = float(np.mean(np.sort(untimed)[:fastest]))
    tick = elapsed / max(ticks, 1)
    seconds, waiting = [], 0.0
    for clock in clocks:
        mean = np.mean(np.array(clock.found)[best], axis=0)  # (threads, steps)
        if isinstance(clock, _CompiledClock):
            # Between the threads' own times lies what the first to end has to wait.
            sums = np.array(clock.found)[best].sum(axis=2)
            waiting += tick * float(np.mean(sums.max(axis=1) - sums.mean(axis=1)))
            mean = tick * mean
        seconds += mean.mean(axis=0).tolist()
    peak = measure_peak(plan.threads, dtype)
    calls = [count for clock in clocks for count in clock.calls]
    rows = []
    for step, taken, called in zip(listing.steps, seconds, calls, strict=True):
        gflops = None if step.flops is None else step.flops / taken / 1e9
        rows.append(
            Row(
                step.number,
                step.kernel,
                step.writes[0],
                called,
                1e6 * taken,
                taken / total,
                gflops,
                None if gflops is None else gflops / peak,
            )
        )
    if plan.threads > 1 and compiled:
        rows.append(_rest(WAITING, waiting, total))
    rows.append(_rest(PYTHON, total - sum(seconds) - waiting, total))
    flops = sum(step.flops or 0 for step in listing.steps)
    return Profile(
        f"Profile of {repeat} runs. {listing.title}",
        rows,
        plan.threads,
        peak,
        1e6 * total,
        1e6 * usual,
        flops / usual / 1e9,
    )


def measure_peak(threads: int, dtype: Any) -> float:
    """GFLOP/s of large products of matrices, on so many threads at the same time.

    Each thread makes one product after the other, on one core. Its fastest counts: it is over
    before the system takes the core away for other work.
    """
    rng = np.random.default_rng(0)
    a, b = rng.random((2, SIDE, SIDE)).astype(dtype)

    def fastest(y: np.ndarray) -> float:
        end = time.perf_counter() + SECONDS
        times: list[float] = []
        while not times or time.perf_counter() < end:
            times.append(_seconds(lambda: np.matmul(a, b, out=y)))
        return min(times)

    results = [np.empty_like(a) for _ in range(threads)]
    with hold(1):
        if threads == 1:
            found = [fastest(results[0])]
        else:
            futures = lazy.load("concurrent.futures", "a profile")
            with futures.ThreadPoolExecutor(threads) as pool:
                found = list(pool.map(fastest, results))
    return sum(2 * SIDE**3 / seconds / 1e9 for seconds in found)


class _CompiledClock:
    """A compiled stage that keeps the cycles of each run."""

    def __init__(self, stage: CompiledStage) -> None:
        self.stage = stage
        self.found: list[np.ndarray] = []
        batch, shares = stage.batch, stage.threads
        lengths = [batch * (s + 1) // shares - batch * s // shares for s in range(shares)]
        tiles = sum(-(-length // stage.tile) for length in lengths)
        self.calls = [tiles] * len(stage.region.calls)

    def run(self, found: Environment, update: Update | None = None) -> None:
        self.stage.cycles[:] = 0
        self.stage.run(found, update)
        self.found.append(self.stage.cycles.copy())


class _NumPyClock:
    """A stage on NumPy that keeps the seconds of each instruction."""

    def __init__(self, stage: NumPyStage) -> None:
        self.stage = stage
        self.found: list[np.ndarray] = []
        self.calls = [1] * len(stage.steps)

    def run(self, found: Environment, update: Update | None = None) -> None:
        times = []
        for step in self.stage.steps:
            start = time.perf_counter()
            self.stage.compute(step, found)
            times.append(time.perf_counter() - start)
        self.found.append(np.array([times]))


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _rest(name: str, seconds: float, total: float) -> Row:
    return Row(None, name, "", None, 1e6 * seconds, seconds / total, None, None)


def _none() -> int:
    return 0
