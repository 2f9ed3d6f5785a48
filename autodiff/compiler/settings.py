"""How many threads a program may use: the one setting.

Programs share their work out to so many threads, and hold the pools of the other libraries that
they call, such as the BLAS behind NumPy's matrix products, to as many (:mod:`.pools`). In order of
precedence:

1. the last ``ad.set_num_threads(n)``;
2. the environment variable ``AUTODIFF_NUM_THREADS``, read when the number is first needed;
3. the number of cores that this process may use.
"""

from __future__ import annotations

import math
import operator
import os
from pathlib import Path

from ..errors import ArgumentError, DtypeError

VARIABLE = "AUTODIFF_NUM_THREADS"

_GROUP = Path("/sys/fs/cgroup")

_threads: int | None = None


def get_num_threads() -> int:
    """The number of threads that programs use.

    Raises
    ------
    ArgumentError
        If it comes from the environment variable ``AUTODIFF_NUM_THREADS``, and that is not a
        positive integer.
    """
    global _threads
    if _threads is None:
        _threads = _from_environment() or usable_cores()
    return _threads


def set_num_threads(n: int) -> None:
    """Let programs use `n` threads: the thread that runs the program, and n - 1 workers.

    Takes effect at the next run of every program, on all threads of this process. More threads
    than cores make programs slower, never wrong. Other libraries keep their own settings, but a
    program that calls them holds them to `n` threads while it runs.

    Raises
    ------
    DtypeError
        If `n` is not an integer.
    ArgumentError
        If `n` is less than 1.
    """
    global _threads
    if isinstance(n, bool):
        raise DtypeError(f"set_num_threads needs an integer, but got {n!r}")
    try:
        number = operator.index(n)
    except TypeError:
        raise DtypeError(f"set_num_threads needs an integer, but got {n!r}") from None
    if number < 1:
        raise ArgumentError(
            f"set_num_threads needs at least one thread, but got {number}; "
            "1 runs everything on the thread that calls"
        )
    _threads = number


def _from_environment() -> int | None:
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArgumentError(
            f"the environment variable {VARIABLE} must be a positive integer, but is {text!r}; "
            "correct it or unset it"
        )
    return int(text)


def usable_cores() -> int:
    """The cores that this process may use, at least 1.

    Those it is bound to, where the system tells, but no more than its control group pays for: a
    container that is granted the time of two cores on a machine of sixty-four sees all of them,
    and sixty-four threads would spend that time waiting for each other.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, math.ceil(min(cores, _granted(_GROUP))))


def _granted(group: Path) -> float:
    """Cores' worth of time that the control group `group` grants; infinite without a limit.

    The files are those of Linux, version 2 and version 1:
    https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files,
    https://docs.kernel.org/scheduler/sched-bwc.html.
    """
    for names in (["cpu.max"], ["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"]):
        try:
            text = " ".join((group / name).read_text(encoding="ascii") for name in names)
            quota, period = map(float, text.replace("max", "inf").split())
        except (OSError, ValueError):
            continue
        if quota > 0 and period > 0:
            return quota / period
    return math.inf
