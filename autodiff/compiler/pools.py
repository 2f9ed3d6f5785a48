"""Hold the threads of other libraries to ours while a program runs.

A program's NumPy steps may call a BLAS, which has threads of its own, and these wait for work in a
loop just as ours do. On two cores, two threads of each take turns, and a product can take ten times
as long as on one thread. Our own kernels use no library's threads, nor Numba's.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from .. import lazy
from .settings import get_num_threads

_lock = threading.RLock()
_holding: set[hold] = set()
_lowered: list[tuple[Any, int, int]] = []  # pool, its threads before, and as lowered by us
_known: tuple[int, list[Any]] = (0, [])  # modules loaded at the last search; the pools it found


class hold:
    """Within ``with hold(n):``, no BLAS in this process uses more than n threads.

    A pool that has fewer keeps them: what the user has set lower stays. When the last of
    overlapping holds, also on other threads, is left, each pool gets back the number that it had,
    unless somebody else has changed it meanwhile.

    Parameters
    ----------
    threads : int, optional
        By default `get_num_threads()`.

    Notes
    -----
    The numbers belong to the process, so they hold for other threads too. Costs some microseconds;
    a millisecond where modules were imported since the last time, as they may bring a BLAS.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads

    def __enter__(self) -> None:
        threads = get_num_threads() if self.threads is None else self.threads
        with _lock:
            _holding.add(self)
            for pool in _pools():
                before = pool.num_threads or 1
                if before > threads:
                    _lowered.append((pool, before, threads))
                    pool.set_num_threads(threads)

    def __exit__(self, *exception: object) -> None:
        with _lock:
            _holding.discard(self)
            if not _holding:
                _restore()


def _restore() -> None:
    while _lowered:
        pool, before, lowered = _lowered.pop()
        if pool.num_threads == lowered:
            pool.set_num_threads(before)


def _after_fork() -> None:
    """In the child, the threads that held are gone, and one of them may have had the lock."""
    global _lock
    _lock = threading.RLock()
    _holding.clear()
    _restore()


def _pools() -> list[Any]:
    """The controllers of all BLAS libraries in this process."""
    global _known
    if _known[0] != len(sys.modules):
        threadpoolctl = lazy.load("threadpoolctl", "holding BLAS to a number of threads")
        found = threadpoolctl.ThreadpoolController().select(user_api="blas")
        _known = len(sys.modules), found.lib_controllers
    return _known[1]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
