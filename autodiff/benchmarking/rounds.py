"""Rounds of processes in turn: all are started, and then exactly one of them runs at any time.

What slows the machine down for a minute slows the neighbours within a round alike; so times are
compared round by round. `orders` says who runs when, such that nobody is always first, or always
after the same other one.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from autodiff.errors import BenchmarkError

from .orders import BALANCED, turns
from .participants import PARTICIPANTS, Participant
from .report import load
from .workloads import Workload

THREADS_OF = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "AUTODIFF_NUM_THREADS",
)
CACHES = ("XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "AUTODIFF_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR")
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "JAX_PLATFORMS": "cpu"}

Say = Callable[[str], None]


class Worker:
    """A process that measures one participant.

    Parameters
    ----------
    participant : Participant
        Whose library it loads.
    workload : Workload
        What is trained.
    data : path
        File with the arrays `images` and `labels`.
    threads : int
        Threads, where the participant does not say.
    head : int
        Steps that all participants take.
    cache : path, optional
        Folder for everything that a library keeps of its compilation, in place of the user's.

    Raises
    ------
    BenchmarkError
        If the process ends, or its library raises; the message is the library's own.
    """

    def __init__(
        self,
        participant: Participant,
        workload: Workload,
        data: Path,
        threads: int,
        head: int,
        cache: Path | None = None,
    ) -> None:
        self.name = participant.name
        threads = participant.threads or threads
        task = {
            "workload": asdict(workload),
            "data": str(data),
            "threads": threads,
            "steps": steps_of(participant, workload),
            "head": head,
            **{key: getattr(participant, key) for key in ("module", "factory", "needs", "options")},
        }
        environment = {**os.environ, **QUIET, **dict.fromkeys(THREADS_OF, str(threads))}
        if cache is not None:
            environment |= {name: str(cache / name.lower()) for name in CACHES}
        command = [sys.executable, "-m", f"{__package__}.worker", json.dumps(task)]
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115, closed by `stop`
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        # Some libraries ask the system how many cores they may use, and take them all.
        with cores(threads):
            self.process = subprocess.Popen(
                command, env=environment, stderr=self.errors, text=True, **pipes
            )
        self.started = self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()  # type: ignore[union-attr]
        if not line.startswith("{"):
            self.errors.seek(0)
            said = self.errors.read().strip().splitlines()
            line = json.dumps({"error": f"it ended: {said[-1] if said else 'without a word'}"})
        found = json.loads(line)
        if "error" in found:
            self.stop()
            raise BenchmarkError(f"{self.name}: {found['error']}")
        self._signal("SIGSTOP")
        return found

    def _signal(self, name: str) -> None:
        """A stopped process takes no time, even if its library leaves threads that spin."""
        if hasattr(signal, name) and self.process.poll() is None:
            self.process.send_signal(getattr(signal, name))

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Send a command, and wait for the answer."""
        self._signal("SIGCONT")
        with contextlib.suppress(BrokenPipeError):  # it has ended, and has left no answer
            self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")  # type: ignore[union-attr]
            self.process.stdin.flush()  # type: ignore[union-attr]
        return self._answer()

    def stop(self) -> None:
        """End the process, also one that is stopped or hangs."""
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        self.process.wait()
        self.errors.close()


@contextlib.contextmanager
def cores(count: int) -> Iterator[None]:
    """What is started here may use `count` cores, where the system can say so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def steps_of(participant: Participant, workload: Workload) -> int:
    """How many of the steps it takes; at least one."""
    return max(1, round(workload.steps * participant.share))


def busy() -> float | None:
    """Seconds for which all cores together have worked; None where Linux is not."""
    try:
        user, nice, system = Path("/proc/stat").read_text().split()[1:4]
    except OSError:
        return None
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def measure(
    workload: Workload,
    names: Sequence[str],
    data: tuple[np.ndarray, np.ndarray],
    rounds: int = 7,
    threads: int = 2,
    say: Say = print,
) -> dict[str, Any]:
    """Measure a workload with several participants.

    Parameters
    ----------
    workload : Workload
        What is trained or inferred.
    names : sequence of str
        Of `PARTICIPANTS`; who is not installed or fails is left out, with the reason.
    data : pair of numpy.ndarray
        Images and labels.
    rounds, threads : int
        Number of measurements of each, and of threads.
    say : callable
        Told about each round.

    Returns
    -------
    dict
        ``start``, what was found before the first round, by name; ``order``, the kind of order in
        which they ran; ``rounds``, what was found in each, by name, with the ``place`` in its
        order; ``left_out``, reasons by name.

    Raises
    ------
    BenchmarkError
        If nobody is left.
    """
    people = {name: PARTICIPANTS[name] for name in names}
    left_out = {name: why for name, one in people.items() if (why := one.missing())}
    people = {name: one for name, one in people.items() if name not in left_out}
    head = min([steps_of(one, workload) for one in people.values()], default=1)
    workers: dict[str, Worker] = {}
    start: dict[str, Any] = {}
    found: list[dict[str, Any]] = []

    def leave_out(name: str, why: BenchmarkError) -> None:
        left_out[name] = str(why).removeprefix(f"{name}: ")
        workers.pop(name, None)
        say(f"  {name} is left out: {left_out[name]}")

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.npz"
        np.savez(file, images=data[0], labels=data[1])
        try:
            for name, one in people.items():
                try:
                    workers[name] = Worker(one, workload, file, threads, head)
                    start[name] = workers[name].started | workers[name].ask("warm_up")
                except BenchmarkError as error:
                    leave_out(name, error)
            _check_somebody(workers, left_out)
            for number, order in enumerate(turns(list(workers), rounds)):
                measured: dict[str, Any] = {}
                for name in order:
                    if name in workers:
                        try:
                            measured[name] = {
                                **turn(workers[name], number),
                                "place": len(measured),
                            }
                        except BenchmarkError as error:
                            leave_out(name, error)
                found.append(measured)
                times = ", ".join(
                    f"{name} {measured[name]['seconds']:.3f}" for name in people if name in measured
                )
                say(f"  round {number + 1}: {times}")
        finally:
            for worker in workers.values():
                worker.stop()
    _check_somebody(workers, left_out)
    kept = [{name: one[name] for name in people if name in workers} for one in found]
    return {"start": start, "order": BALANCED, "rounds": kept, "left_out": left_out}


def _check_somebody(workers: dict[str, Worker], left_out: dict[str, str]) -> None:
    if not workers:
        reasons = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise BenchmarkError(f"nobody could be measured: {reasons}")


def first_steps(
    workload: Workload,
    names: Sequence[str],
    data: tuple[np.ndarray, np.ndarray],
    threads: int = 2,
) -> dict[str, dict[str, float]]:
    """Seconds for the first step, which compiles: with an empty cache, and in a second process.

    Parameters
    ----------
    workload, names, data, threads
        As for `measure`.

    Returns
    -------
    dict
        By name ``cold`` and ``warm``; who cannot take part is missing.
    """
    found: dict[str, dict[str, float]] = {}
    for name in [name for name in names if PARTICIPANTS[name].missing() is None]:
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(BenchmarkError):
            file = Path(folder) / "data.npz"
            np.savez(file, images=data[0], labels=data[1])
            times = {}
            for state in ("cold", "warm"):
                cache = Path(folder) / "cache"
                worker = Worker(PARTICIPANTS[name], workload, file, threads, 1, cache)
                try:
                    times[state] = worker.ask("warm_up")["first_step_seconds"]
                finally:
                    worker.stop()
            found[name] = times
    return found


def turn(worker: Worker, seed: int) -> dict[str, Any]:
    """One measurement, with how busy the machine was before, and with others during it."""
    load_before, before = load(), busy()
    found = worker.ask("epoch", seed=seed)
    after, own = busy(), found.pop("cpu_seconds")
    found["load_before"] = load_before
    if before is not None and after is not None:
        found["others_cpu_seconds"] = round(max(0.0, after - before - own), 2)
    return found
