"""Processes that take turns."""

import gc
import os
import re
import statistics
import time
import weakref
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import autodiff as ad
from autodiff.benchmarking import Workload, measure, worker
from autodiff.benchmarking.orders import BALANCED, turns
from autodiff.benchmarking.participants import PARTICIPANTS, Participant
from autodiff.benchmarking.rounds import Worker, cores, first_steps, steps_of
from autodiff.benchmarking.worker import mean_loss
from autodiff.benchmarking.workloads import LEARNING_RATE
from autodiff.errors import BenchmarkError

LINUX = Path("/proc/self/stat").exists()
SMALL = Workload("small", "Small", images=200, of=1_437)


@pytest.fixture(scope="module")
def digits():
    return ad.data.load_digits(28)[0]


@pytest.fixture
def file(tmp_path, digits):
    images, labels = digits
    np.savez(tmp_path / "data.npz", images=images[:200], labels=labels[:200])
    return tmp_path / "data.npz"


def test_a_measurement_is_the_training_it_claims_to_be(digits):
    found = measure(SMALL, ["autodiff_interpreter"], digits, 2, 1, say=lambda text: None)
    assert [list(one) for one in found["rounds"]] == [["autodiff_interpreter"]] * 2
    for seed, one in enumerate(found["rounds"]):
        model = SMALL.model()
        loader = ad.data.DataLoader(
            digits[0][:200], digits[1][:200], batch_size=100, shuffle=True, seed=seed
        )
        optimizer = ad.optim.SGD(model.parameters(), lr=LEARNING_RATE)
        history = ad.training.fit(model, loader, optimizer=optimizer, progress=False)
        measured = one["autodiff_interpreter"]
        assert measured["loss"] == pytest.approx(statistics.fmean(history.loss), rel=1e-6)
        assert measured["seconds"] >= measured["inside"] > 0


def test_rounds_are_taken_in_balanced_order(digits):
    names = ["autodiff_interpreter", "autodiff_1_thread", "sgemm"]
    found = measure(SMALL, names, digits, 3, 1, say=lambda text: None)
    assert found["order"] == BALANCED
    took_turns = [sorted(one, key=lambda name: one[name]["place"]) for one in found["rounds"]]
    assert took_turns == turns(names, 3)
    assert [list(one) for one in found["rounds"]] == [names] * 3


def test_inference_changes_no_parameter(digits):
    workload = Workload("inference", "Inference", batch=50, images=200, of=200, training=False)
    found = measure(workload, ["autodiff_interpreter"], digits, 2, 1, say=lambda text: None)
    logits = SMALL.model()(digits[0][:200])
    expected = mean_loss(np.asarray(logits.output), digits[1][:200])
    for one in found["rounds"]:
        assert one["autodiff_interpreter"]["loss"] == pytest.approx(expected, rel=1e-5)


def test_garbage_is_collected_before_the_clock_starts(file, monkeypatch):
    one = PARTICIPANTS["autodiff_interpreter"]
    task = {key: getattr(one, key) for key in ("module", "factory", "needs", "options")}
    task |= {"workload": asdict(SMALL), "data": file, "threads": 1, "steps": 2, "head": 2}
    session, left, gone = worker.Session(task), [], []
    session.state()

    class Knot:
        """Refers to itself, so that only a collection removes it."""

        def __init__(self):
            self.own = self
            left.append(weakref.ref(self))

    def walk(*timed):
        gone.append([ref() is None for ref in left])
        return {"seconds": 1.0, "inside": 1.0, "results": [2.3, 2.3]}

    monkeypatch.setattr(session.peer, "reset", Knot)
    monkeypatch.setattr(worker, "walk", walk)
    gc.disable()
    try:
        session.epoch(0)
    finally:
        gc.enable()
    assert gone == [[], [True]]  # the steps that warm up, and those of the epoch


def test_who_is_missing_or_fails_is_left_out_with_the_reason(digits, monkeypatch):
    needs = ("model", "threads", "image", "batch")
    ours = ("autodiff", "autodiff", "numpy", "ours")
    absent = Participant("absent", "", "", "no_such_library", "", "ours", "Autodiff", ())
    broken = Participant("broken", "", *ours, "Autodiff", needs, {"wrong": 1})
    monkeypatch.setitem(PARTICIPANTS, "absent", absent)
    monkeypatch.setitem(PARTICIPANTS, "broken", broken)
    said = []
    names = ["absent", "broken", "autodiff_interpreter"]
    found = measure(SMALL, names, digits, 1, 1, said.append)
    assert list(found["rounds"][0]) == ["autodiff_interpreter"]
    assert found["left_out"]["absent"] == "no_such_library is not installed"
    assert re.match(r"TypeError: .*'wrong'", found["left_out"]["broken"])
    assert any("broken is left out: TypeError" in text for text in said)
    with pytest.raises(BenchmarkError, match="nobody could be measured: absent: no_such_lib"):
        measure(SMALL, ["absent"], digits, 1, 1, said.append)


def state(worker):
    """T where a process is stopped."""
    stat = Path(f"/proc/{worker.process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0]


@pytest.mark.skipif(not LINUX, reason="reads the state of a process where Linux shows it")
def test_a_process_is_stopped_while_it_is_not_its_turn(file):
    worker = Worker(PARTICIPANTS["autodiff_interpreter"], SMALL, file, 1, 1)
    try:
        for _ in range(2):
            deadline = time.monotonic() + 10  # a signal takes a moment to arrive
            while state(worker) != "T":
                assert time.monotonic() < deadline, state(worker)
            worker.ask("warm_up")
    finally:
        worker.stop()
    assert worker.process.poll() is not None


def test_a_process_that_dies_is_reported(file):
    worker = Worker(PARTICIPANTS["autodiff_interpreter"], SMALL, file, 1, 1)
    worker.process.kill()
    worker.process.wait()
    with pytest.raises(BenchmarkError, match="autodiff_interpreter: it ended"):
        worker.ask("warm_up")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system sets no affinity")
def test_cores_are_given_back():
    before = os.sched_getaffinity(0)
    with cores(1):
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


def test_first_steps_with_an_empty_cache_and_a_full_one(digits):
    [[name, times]] = first_steps(SMALL, ["autodiff_interpreter"], digits, 1).items()
    assert name == "autodiff_interpreter" and set(times) == {"cold", "warm"}


def test_a_share_takes_at_least_a_step():
    assert steps_of(PARTICIPANTS["hips"], SMALL) == 1
