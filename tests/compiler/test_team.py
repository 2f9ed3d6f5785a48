"""The team computes each share once, on as many threads as asked for, whatever happens around."""

import os
import sys
import threading
import time
import warnings

import numpy as np
import pytest

numba = pytest.importorskip("numba", reason="regions are compiled by numba")
from numba import cfunc, types  # noqa: E402

import autodiff as ad  # noqa: E402
from autodiff.compiler import settings, team  # noqa: E402
from autodiff.compiler.atomics import load, pause, replace, store  # noqa: E402

REGION = types.void(types.CPointer(types.int64), types.int64)


@cfunc(REGION)
def count(control, share):
    control[share] += share + 1


@cfunc(REGION)
def meet(control, share):
    """control[2 + share] is 1 where share 0 and 1 were inside at the same time."""
    here = control[0]
    store(here + 8 * share, 1)
    turns = 0
    while load(here + 8 * (1 - share)) == 0 and turns < control[1]:
        pause()
        turns += 1
    control[2 + share] = load(here + 8 * (1 - share))


@cfunc(REGION)
def alone(control, share):
    """Counts, at control[0], the shares; at control[0] + 8, the regions that overlapped."""
    if share == 0 and not replace(control[0] + 16, 0, 1):
        store(control[0] + 8, load(control[0] + 8) + 1)
    for _ in range(control[1]):
        pause()
    seen = load(control[0])
    while not replace(control[0], seen, seen + 1):
        seen = load(control[0])
    if share == 0:
        store(control[0] + 16, 0)


@cfunc(REGION)
def late(control, share):
    """Share 0 waits until another thread has begun share 1, which then works on."""
    if share == 0:
        turns = 0
        while load(control[0]) == 0 and turns < 1_000_000:
            pause()
            turns += 1
        control[3] = load(control[0])
    else:
        store(control[0], 1)
        for _ in range(control[1]):
            pause()
        control[2] = 1


@pytest.fixture(autouse=True)
def setting(monkeypatch):
    monkeypatch.setattr(settings, "_threads", 2)
    yield
    team._team.stop()


def workers():
    return [t for t in threading.enumerate() if t.name.startswith("autodiff-worker-")]


def met():
    """Whether two shares ran at the same time; tried often, as the machine may be busy."""
    for _ in range(20):
        flags = np.zeros(2, np.int64)
        control = np.array([flags.ctypes.data, 1_000_000, 0, 0], np.int64)
        team.run(meet.address, control, 2)
        if control[2:].all():
            return True
    return False


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_each_share_is_computed_once(threads):
    ad.set_num_threads(threads)
    for shares in (*range(9), None):
        control = np.zeros(10, np.int64)
        for _ in range(50):
            team.run(count.address, control, shares)
        expected = np.zeros(10, np.int64)
        numbers = np.arange(threads if shares is None else shares)
        expected[numbers] = 50 * (numbers + 1)
        np.testing.assert_array_equal(control, expected)


def test_two_shares_run_at_the_same_time():
    assert met()


def test_a_run_ends_when_the_last_worker_has_finished():
    shared = 0
    for _ in range(60):
        flag = np.zeros(1, np.int64)
        control = np.array([flag.ctypes.data, 2_000_000, 0, 0], np.int64)  # 50 ms
        team.run(late.address, control, 2)
        assert control[2] == 1
        shared += control[3]
        if shared == 5:
            break
    assert shared


def test_with_one_thread_they_do_not_and_there_is_no_worker():
    ad.set_num_threads(1)
    flags = np.zeros(2, np.int64)
    control = np.array([flags.ctypes.data, 100, 0, 0], np.int64)
    team.run(meet.address, control, 2)
    assert control[2:].tolist() == [0, 1]  # share 1 came later, and found the trace of share 0
    assert workers() == []


def test_never_more_threads_than_asked_for():
    control = np.zeros(8, np.int64)
    for threads in (4, 2, 1, 3):
        ad.set_num_threads(threads)
        team.run(count.address, control, 8)
        assert len(workers()) == threads - 1
        assert all(worker.daemon for worker in workers())


def test_idle_workers_sleep_and_wake():
    ad.set_num_threads(3)
    control = np.zeros(3, np.int64)
    for _ in range(3):
        team.run(count.address, control)
        time.sleep(0.05)
        start = time.process_time()
        time.sleep(0.3)
        assert time.process_time() - start < 0.1
    assert control.tolist() == [3, 6, 9]
    assert met()


def test_around_the_moment_of_falling_asleep_nothing_is_lost():
    control = np.zeros(2, np.int64)
    for gap in np.linspace(0.2, 2.2, 300) * team.PATIENCE:
        end = time.perf_counter() + gap
        while time.perf_counter() < end:
            pass
        team.run(count.address, control)
    assert control.tolist() == [300, 600]
    assert met()


def test_a_job_that_no_worker_takes_is_taken_back():
    team.run(count.address, np.zeros(2, np.int64))
    [(worker, gate)] = team._team.workers
    team._team._words[team.LINE] = team.STOP
    if gate.locked():
        gate.release()
    worker.join()
    team._team._words[team.LINE] = team.IDLE
    control = np.zeros(4, np.int64)
    team.run(count.address, control, 4)
    assert control.tolist() == [1, 2, 3, 4]


def test_several_threads_may_run_regions_and_each_has_the_team_to_itself():
    tally = np.zeros(3, np.int64)
    control = np.array([tally.ctypes.data, 100], np.int64)

    def often():
        for _ in range(200):
            team.run(alone.address, control, 2)

    callers = [threading.Thread(target=often) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert tally.tolist() == [4 * 200 * 2, 0, 0]
    assert len(workers()) == 1


def test_the_setting_may_change_while_other_threads_run():
    control = np.zeros(8, np.int64)
    over = threading.Event()

    def change():
        while not over.is_set():
            for threads in (1, 3, 2):
                ad.set_num_threads(threads)
                time.sleep(0.001)

    changer = threading.Thread(target=change)
    changer.start()
    for _ in range(500):
        team.run(count.address, control, 8)
    over.set()
    changer.join()
    assert control.tolist() == [500 * n for n in range(1, 9)]


def test_a_system_without_more_threads_is_named(monkeypatch):
    start, started = threading.Thread.start, []

    def refuse(thread):
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    ad.set_num_threads(4)
    control = np.zeros(4, np.int64)
    with pytest.warns(
        RuntimeWarning, match=r"of the 4 threads asked for, programs run on 2.*start"
    ):
        team.run(count.address, control)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        team.run(count.address, control)  # said once
    assert control.tolist() == [2, 4, 6, 8]


def test_another_dtype_is_no_control():
    with pytest.raises(TypeError, match="No matching definition"):
        team.run(count.address, np.zeros(2, np.float64))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds no threads")
def test_who_wakes_steps_aside_and_may_then_run_anywhere(monkeypatch):
    asked = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda thread: {0, 1, 5})
    monkeypatch.setattr(os, "sched_setaffinity", lambda thread, cores: asked.append(cores))
    team._step_aside(1)
    assert asked == [{0, 5}, {0, 1, 5}]
    team._step_aside(7)  # where this thread may not run
    team._step_aside(-1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda thread: {3})
    team._step_aside(3)  # there is no other
    assert len(asked) == 2


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds no threads")
def test_where_threads_cannot_be_bound_they_stay(monkeypatch):
    def refuse(thread, cores):
        raise PermissionError("not here")

    monkeypatch.setattr(os, "sched_getaffinity", lambda thread: {0, 1})
    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    team._step_aside(0)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds no threads")
def test_workers_may_run_wherever_the_caller_may():
    ad.set_num_threads(3)
    control = np.zeros(4, np.int64)
    team.run(count.address, control)
    time.sleep(5 * team.PATIENCE)
    team.run(count.address, control)
    for thread, _ in team._team.workers:
        assert os.sched_getaffinity(thread.native_id) == os.sched_getaffinity(0)
    assert team._core() in os.sched_getaffinity(0)


def test_the_board_lies_on_cache_lines():
    for threads in range(1, 6):
        team._team._lay_out(threads)
        assert team._team._address % team.BYTES == 0
        assert len(team._team._board) == threads * team.LINE
    team._team._lay_out(1)


def test_patience_is_about_what_it_says():
    turns = team._turns_of(1e-2)
    board = np.zeros(2 * team.LINE, np.int64)
    times = []
    for _ in range(5):
        board[team.LINE] = team.IDLE
        start = time.perf_counter()
        assert not team._serve(board.ctypes.data, 1, turns)
        times.append(time.perf_counter() - start)
    assert 0.3e-2 < min(times) < 5e-2
    assert board[team.LINE] == team.ASLEEP


@pytest.mark.skipif(sys.platform == "emscripten", reason="no threads")
def test_the_core_can_be_offered_to_others():
    assert team._yield_address() != 0
