"""The threads that run a compiled region together.

A training step of a small network takes half a millisecond. Handing work to a waiting Python
thread takes a tenth of that and more, and Numba's own parallel loops do not survive a fork (under
OpenMP) or two threads that enter them together (under its work queue). So here is a small team:
the thread that calls, and workers that wait in compiled code, outside Python's lock.

**Mailboxes.** Each worker has one word of memory, on a cache line of its own, and all that happens
between it and the caller is a change of that word, each one atomic::

    IDLE   -> JOB       the caller leaves a job
    JOB    -> BUSY      the worker takes it ...
    BUSY   -> IDLE      ... and has done it
    JOB    -> ASLEEP    the caller, done with its own work first, takes the job back and does it
    IDLE   -> ASLEEP    the worker has waited PATIENCE in vain, and goes back to Python to sleep
    ASLEEP -> JOB       the caller leaves a job, and has opened the worker's gate
    ASLEEP -> IDLE      the worker is awake
    any    -> STOP      the worker ends

That an untaken job is taken back means that a region always ends: it waits for no thread that has
not begun, be it asleep, without a core on a busy machine, or gone.

**Shares.** A region is cut into numbered shares, and the result depends on their number alone, not
on who computes them. Thread t of T computes the shares t, t + T, t + 2T, ...
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import os
import threading
import time
import warnings

import numpy as np
from llvmlite import binding
from numba import njit

from .atomics import call_region, call_yield, load, pause, replace, store
from .settings import get_num_threads

# How long a worker waits for the next job before it sleeps: longer than what lies between two
# steps of a training loop, short beside a step that waits for a disk.
PATIENCE = 1e-3

IDLE, JOB, BUSY, ASLEEP, STOP = range(5)

# A line of the board is 128 bytes: processors fetch 64, often in pairs. Line 0 describes the job,
# line t is the mailbox of worker t.
LINE = 16
BYTES = 8 * LINE
REGION, CONTROL, SHARES, THREADS, YIELD, CORE = 0, 8, 16, 24, 32, 40

# Turns of the caller's loop before it offers its core to whoever has none.
_TURNS = 2000


@njit("void(int64, int64)", nogil=True, cache=True)
def _compute(board, thread):
    """The shares of one thread."""
    share = thread
    while share < load(board + SHARES):
        call_region(load(board + REGION), load(board + CONTROL), share)
        share += load(board + THREADS)


@njit("boolean(int64, int64, int64)", nogil=True, cache=True)
def _serve(board, thread, turns):
    """A worker's life outside Python; True at its end, False to sleep."""
    box = board + thread * BYTES
    waited = 0
    while True:
        state = load(box)
        if state == JOB:
            if replace(box, JOB, BUSY):
                _compute(board, thread)
                store(box, IDLE)
                waited = 0
        elif state == ASLEEP:
            replace(box, ASLEEP, IDLE)
        elif state == STOP:
            return True
        elif waited < turns:
            pause()
            waited += 1
        elif replace(box, IDLE, ASLEEP):
            return False


@njit("void(int64, int64, int64, int64[::1], int64)", nogil=True, cache=True)
def _run(board, threads, region, control, shares):
    """Share a region out to `threads` threads, this one included, and return when all is done."""
    threads = min(threads, shares)
    store(board + REGION, region)
    store(board + CONTROL, control.ctypes.data)
    store(board + SHARES, shares)
    store(board + THREADS, threads)
    for thread in range(1, threads):
        store(board + thread * BYTES, JOB)
    _compute(board, 0)
    for thread in range(threads - 1, 0, -1):
        if replace(board + thread * BYTES, JOB, ASLEEP):
            _compute(board, thread)
    for thread in range(1, threads):
        turns = 0
        while load(board + thread * BYTES) == BUSY:
            pause()
            turns += 1
            if turns > _TURNS and load(board + YIELD):
                call_yield(load(board + YIELD))


class Team:
    """The process's threads for compiled regions; there is one, which `run` uses.

    Attributes
    ----------
    workers : list of (Thread, Lock)
        The worker threads, and the gate before each: a lock that the worker acquires to sleep, and
        that is released to wake it.
    """

    def __init__(self) -> None:
        self.workers: list[tuple[threading.Thread, threading.Lock]] = []
        self._size = 1  # the threads asked for; fewer where the system starts no more
        self._closed = False
        # One region at a time. A finalizer or a signal handler may run a program amid another's
        # Python code, on the same thread, hence reentrant.
        self._lock = threading.RLock()
        self._lay_out(1)

    def run(self, region: int, control: np.ndarray, shares: int | None = None) -> None:
        """Compute the shares 0, ..., shares - 1 of a region, and return when all are done.

        Parameters
        ----------
        region : int
            Address of a compiled function ``void region(int64 *control, int64 share)`` that
            does not need Python's lock, for instance ``numba.cfunc(...).address``.
        control : ndarray
            What every share is given: int64, contiguous; most often addresses and sizes.
        shares : int, optional
            By default the number of threads, `get_num_threads()`.

        Notes
        -----
        Several threads may call; one region runs at a time, and the others wait.
        """
        threads = get_num_threads()
        with self._lock:
            if threads != self._size:
                self._resize(threads)
            self._wake()
            present = len(self.workers) + 1
            _run(self._address, present, region, control, threads if shares is None else shares)

    def stop(self) -> None:
        """End the workers, and wait until they are gone; the next `run` starts new ones."""
        with self._lock:
            for number in range(1, len(self.workers) + 1):
                self._words[number * LINE] = STOP
            self._wake()
            for thread, _ in self.workers:
                thread.join()
            self.workers, self._size = [], 1
            self._lay_out(1)

    def _wake(self) -> None:
        """Open the gates of those who sleep, or are to end."""
        for number, (_, gate) in enumerate(self.workers, 1):
            if self._words[number * LINE] >= ASLEEP and gate.locked():
                self._words[CORE // 8] = _core()
                gate.release()

    def _resize(self, threads: int) -> None:
        self.stop()
        if self._closed:
            return
        self._lay_out(threads)
        for number in range(1, threads):
            gate = threading.Lock()
            gate.acquire()
            thread = threading.Thread(
                target=_work,
                args=(self._board, self._address, number, gate),
                name=f"autodiff-worker-{number}",
                daemon=True,
            )
            try:
                thread.start()
            except RuntimeError as error:
                warnings.warn(
                    f"of the {threads} threads asked for, programs run on {number}, for the "
                    f"system starts no more ({error}); ad.set_num_threads({number}) says so too, "
                    "and ends this warning",
                    RuntimeWarning,
                    stacklevel=3,
                )
                break
            self.workers.append((thread, gate))
        self._size = threads

    def _lay_out(self, threads: int) -> None:
        """A new board: it begins on a line, and workers of an older one cannot reach it."""
        words = np.zeros((threads + 1) * LINE, np.int64)
        start = -words.ctypes.data % BYTES // 8
        self._board = words[start : start + threads * LINE]
        self._address = self._board.ctypes.data
        self._words = memoryview(self._board.data)
        self._words[YIELD // 8] = _yield_address()
        self._words[CORE // 8] = _core()

    def _before_fork(self) -> None:
        # A fork copies only the thread that calls it. So let no worker and no region be there when
        # it happens, and the lock be in known hands: then in both processes all is as after
        # `stop`, and both may run programs, on all threads.
        self._lock.acquire()
        self.stop()

    def _after_fork(self) -> None:
        self._lock.release()

    def _at_exit(self) -> None:
        """Python ends: no thread may be left that would ask for its lock, and none may start."""
        with self._lock:
            self.stop()
            self._closed = True


def _work(board: np.ndarray, address: int, thread: int, gate: threading.Lock) -> None:
    """A worker's life; it holds `board`, so that the memory it waits on stays."""
    turns = _turns_of(PATIENCE)
    _step_aside(int(board[CORE // 8]))
    while not _serve(address, thread, turns):
        gate.acquire()
        _step_aside(int(board[CORE // 8]))


def _step_aside(core: int) -> None:
    """Let this thread run on another core than the one that is taken, and then where it may.

    Who is woken often finds itself on the core of the thread that woke it and goes on computing
    there. The system parts the two, but only after tens of steps.
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    allowed = os.sched_getaffinity(0)
    if core in allowed and len(allowed) > 1:
        with contextlib.suppress(OSError):  # a sandbox may forbid it
            os.sched_setaffinity(0, allowed - {core})
            os.sched_setaffinity(0, allowed)


@functools.cache
def _turns_of(seconds: float) -> int:
    """How many turns a worker's waiting loop makes in this time, on this machine."""
    board, turns = np.zeros(2 * LINE, np.int64), 1000
    times = []
    for _ in range(5):
        board[LINE] = IDLE
        start = time.perf_counter()
        _serve(board.ctypes.data, 1, turns)
        times.append(time.perf_counter() - start)
    return int(seconds / min(times) * turns)


@functools.cache
def _yield_address() -> int:
    """The system's function that offers the core to another thread; 0 where there is none."""
    symbols = ("sched_yield", "SwitchToThread")  # POSIX, Windows
    return next(filter(None, map(binding.address_of_symbol, symbols)), 0)


def _core() -> int:
    """The core that this thread runs on; -1 where the system does not tell."""
    address = binding.address_of_symbol("sched_getcpu")
    return ctypes.CFUNCTYPE(ctypes.c_int)(address)() if address else -1


_team = Team()
run = _team.run

atexit.register(_team._at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_team._before_fork,
        after_in_parent=_team._after_fork,
        after_in_child=_team._after_fork,
    )
