"""The team and the life of the process: forks, interrupts, the end of Python."""

import os
import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("numba", reason="regions are compiled by numba")

PREAMBLE = """
import atexit, os, signal, sys, threading, time
import numpy as np
from numba import cfunc, types
import autodiff as ad
from autodiff.compiler import team
from autodiff.compiler.atomics import load, pause, store

REGION = types.void(types.CPointer(types.int64), types.int64)

@cfunc(REGION)
def count(control, share):
    control[share] += 1

@cfunc(REGION)
def meet(control, share):
    here = control[0]
    store(here + 8 * share, 1)
    turns = 0
    while load(here + 8 * (1 - share)) == 0 and turns < 1_000_000:
        pause()
        turns += 1
    control[1 + share] = load(here + 8 * (1 - share))

def counts(times=100):
    control = np.zeros(5, np.int64)
    for _ in range(times):
        team.run(count.address, control, 5)
    return (control == times).all()

def met():
    for _ in range(20):
        flags = np.zeros(2, np.int64)
        control = np.array([flags.ctypes.data, 0, 0], np.int64)
        team.run(meet.address, control, 2)
        if control[1:].all():
            return True
    return False

ad.set_num_threads(2)
assert counts() and met()
"""

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")


def run(program):
    """What a process of its own prints; it must end well, in time, and complain of nothing."""
    # From Python 3.12 on, a fork beside any thread, also a test's own, earns a warning.
    warnings = ["-W", "error", "-W", "ignore:This process:DeprecationWarning"]
    done = subprocess.run(
        [sys.executable, *warnings, "-c", PREAMBLE + textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@forks
def test_a_forked_child_has_a_team_of_its_own():
    run("""
        for wait in (0.0, 0.0005, 0.02):  # while the workers wait, and asleep
            for _ in range(5):
                team.run(count.address, np.zeros(2, np.int64))
                time.sleep(wait)
                child = os.fork()
                if child == 0:
                    os._exit(0 if counts() and met() and counts() else 1)
                assert counts() and met()
                assert os.waitpid(child, 0)[1] == 0
    """)


@forks
def test_forks_while_other_threads_run_regions():
    run("""
        over, wrong = threading.Event(), []
        def often():
            while not over.is_set():
                if not counts(10):
                    wrong.append(1)
        callers = [threading.Thread(target=often) for _ in range(2)]
        for caller in callers: caller.start()
        for _ in range(30):
            child = os.fork()
            if child == 0:
                os._exit(0 if counts() else 1)
            assert os.waitpid(child, 0)[1] == 0
        over.set()
        for caller in callers: caller.join()
        assert not wrong and counts() and met()
    """)


@forks
def test_multiprocessing_by_fork_and_in_a_child_of_a_child():
    run("""
        import multiprocessing
        fork = multiprocessing.get_context("fork")
        def child(depth):
            assert counts() and met()
            if depth:
                process = fork.Process(target=child, args=(depth - 1,))
                process.start()
                process.join()
                assert process.exitcode == 0
        def work(n):
            return bool(counts(10))
        child(2)
        with fork.Pool(2) as pool:
            assert pool.map(work, range(20)) == [True] * 20
    """)


@pytest.mark.parametrize("wait", [0, 0.05])
def test_python_ends_while_workers_wait_or_sleep(wait):
    run(f"counts(3); time.sleep({wait})")


def test_python_ends_while_a_thread_runs_regions_and_what_runs_later_still_works():
    printed = run("""
        atexit.unregister(team._team._at_exit)
        atexit.register(lambda: print("later", counts(), threading.active_count()))
        atexit.register(team._team._at_exit)
        threading.Thread(target=lambda: counts(10**9), daemon=True).start()
        time.sleep(0.05)
    """)
    assert printed == "later True 2\n"  # the main thread and the one that runs regions


def test_python_ends_at_once():
    run("counts(3); os._exit(0)")


@pytest.mark.skipif(os.name != "posix", reason="the signal is POSIX's")
def test_an_interrupt_between_steps():
    run("""
        interrupts = 0
        for n in range(40):
            try:
                timer = threading.Timer(0.002 * (n % 5), os.kill, (os.getpid(), signal.SIGINT))
                timer.start()
                while True:
                    ad.set_num_threads(2 + n % 2)
                    counts(10)
            except KeyboardInterrupt:
                interrupts += 1
            timer.join()
            ad.set_num_threads(2)
            assert counts(20)
        assert interrupts == 40 and met()
        assert len(team._team.workers) == 1
    """)
