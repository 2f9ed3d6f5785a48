"""The process that measures one library: told over a pipe what to do next, it else does nothing.

    python -m autodiff.benchmarking.worker <a description of the task, as JSON>

Each line that it reads is a command, each line that it writes is the answer, both JSON. Between
commands it waits for the next line, so that it takes no time from the library whose turn it is.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autodiff.data import DataLoader
from autodiff.lazy import load

from .memory import Growth
from .workloads import Workload

WARM_UP_STEPS, WARM_UP_SECONDS = 20, 3.0
FIRST_STEPS = 3


def walk(
    step: Callable[[Any, Any], Any], loader: Iterable[Any], epochs: int, steps: int
) -> dict[str, Any]:
    """Time some epochs, from shuffling to the last loss read, and the part of it inside `step`."""
    results, inside = [], 0.0
    start = time.perf_counter()
    batches = itertools.chain.from_iterable(itertools.repeat(loader, epochs))
    for images, labels in itertools.islice(batches, steps):
        before = time.perf_counter()
        results.append(step(images, labels))
        inside += time.perf_counter() - before
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "inside": inside, "results": results}


def mean_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Cross-entropy in double precision: what tells whether two libraries infer the same."""
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    logarithms = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-logarithms[np.arange(len(labels)), labels].mean())


class Session:
    """A library with its network and data in memory.

    Parameters
    ----------
    task : dict
        ``module``, ``factory`` and ``options`` of the peer; ``workload``; ``data``, the file of
        images and labels; ``steps`` and ``head``, the numbers of steps that this library and that
        all libraries take.
    """

    def __init__(self, task: dict[str, Any]) -> None:
        start = time.perf_counter()
        self.workload = Workload(**task["workload"])
        self.steps, self.head = task["steps"], task["head"]
        with np.load(task["data"]) as data:
            count = self.workload.images
            self.arrays = data["images"][:count], data["labels"][:count]
        facts = {
            "model": self.workload.model,
            "threads": lambda: task["threads"],
            "image": lambda: self.arrays[0].shape[1:],
            "batch": lambda: self.workload.batch,
        }
        module = load(f"{__package__}.peers.{task['module']}", "this comparison")
        needed = {name: facts[name]() for name in task["needs"]}
        self.peer = getattr(module, task["factory"])(**needed, **task["options"])
        self.ready = time.perf_counter() - start

    def state(self) -> dict[str, Any]:
        """Imports, data and weights are loaded; memory is counted from here."""
        self.growth = Growth()
        return {"start_seconds": self.ready}

    def loader(self, seed: int) -> DataLoader:
        batch = self.workload.batch
        return DataLoader(*self.arrays, batch_size=batch, shuffle=True, seed=seed, drop_last=True)

    def step(self, images: np.ndarray, labels: np.ndarray) -> Any:
        if self.workload.training:
            return self.peer.step(images, labels)
        return self.peer.infer(images), labels

    def warm_up(self) -> dict[str, Any]:
        """A few steps; the first one compiles, where a library does that."""
        start, times = time.perf_counter(), []
        for batch in itertools.islice(itertools.cycle(self.loader(0)), WARM_UP_STEPS):
            times.append(walk(self.step, [batch], 1, 1)["seconds"])
            if len(times) >= FIRST_STEPS and sum(times[1:]) > WARM_UP_SECONDS:
                break
        return {
            "first_step_seconds": times[0],
            "warm_up_steps": len(times),
            "warm_up_seconds": time.perf_counter() - start,
        }

    def epoch(self, seed: int) -> dict[str, Any]:
        """One measurement, from the initial weights."""
        walk(self.step, self.loader(seed), FIRST_STEPS, FIRST_STEPS)
        self.peer.reset()
        gc.collect()
        own_walk = getattr(self.peer, "walk", None) if self.workload.training else None
        timed = (self.loader(seed), self.workload.epochs, self.steps)
        cpu = time.process_time()
        found = own_walk(*timed) if own_walk else walk(self.step, *timed)
        results = found.pop("results")
        if not self.workload.training:
            results = [mean_loss(logits, labels) for logits, labels in results]
        found["share"] = self.steps / self.workload.steps
        found["cpu_seconds"] = time.process_time() - cpu
        found["loss"] = statistics.fmean(results) if results else None
        found["loss_of_head"] = statistics.fmean(results[: self.head]) if results else None
        found["memory"] = self.growth.read()
        return found


def main() -> None:
    """Answer commands until there are none."""
    # What libraries print goes to the error stream; the pipe is for answers alone.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(value: dict[str, Any]) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    try:
        session = Session(json.loads(sys.argv[1]))
        answer(session.state())
        for line in sys.stdin:
            command = json.loads(line)
            answer(getattr(session, command.pop("do"))(**command))
    except Exception as error:
        traceback.print_exc()
        answer({"error": f"{type(error).__name__}: {str(error).strip()}"[:400]})


if __name__ == "__main__":
    main()
