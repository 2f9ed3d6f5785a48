"""The logic of the scripts in benchmarks/."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import autodiff as ad
from autodiff.benchmarking import Workload, summarise
from autodiff.benchmarking.orders import turns
from autodiff.benchmarking.participants import PARTICIPANTS

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield importlib.import_module
    for name in ("speed", "growth", "_keep", "ladder", "_ladder_toys"):
        sys.modules.pop(name, None)


def summarised(seconds, workload="reference", losses=None):
    """A summary of one round, from the time of each."""
    one = {
        name: {"seconds": time, "inside": time / 2, "loss": 2.3, "loss_of_head": 2.3, "share": 1.0}
        | {"memory": {"before": 0, "growth": 100, "reset": True}}
        for name, time in seconds.items()
    }
    for name, loss in (losses or {}).items():
        one[name]["loss"] = loss
    described = Workload(workload, workload).describe((1, 28, 28))
    start = {name: {"first_step_seconds": 0.5} for name in seconds}
    return summarise(described, {"rounds": [one] * 2, "start": start, "left_out": {}})


def test_every_measure_of_speed_names_a_workload(script):
    speed = script("speed")
    names = [workload.name for workload in speed.WORKLOADS]
    assert len(set(names)) == len(names)
    assert {workload for workload, *_ in speed.MEASURES.values()} <= {*names, "threads"}
    for workload in speed.WORKLOADS:
        assert workload.steps >= 50 and workload.images >= workload.batch


def test_verdicts(script):
    speed = script("speed")
    times = {"pytorch": 2.0, "jax": 4.0, "autodiff_interpreter": 2.4, "autodiff": 0.8}
    report = {"workloads": {"reference": summarised(times | {"sgemm": 0.1})}}
    report["threads"] = summarised({"autodiff_1_thread": 1.4, "autodiff": 0.8})
    found = {one["measure"]: one for one in speed.verdicts(report)}

    def verdict(words):
        [one] = [one for measure, one in found.items() if words in measure]
        return one["value"], one["meets_must"], one["meets_aim"]

    assert verdict("batch 100: time / best PyTorch") == (pytest.approx(0.4), True, False)
    assert verdict("the same / best JAX") == (pytest.approx(0.2), True, False)
    assert verdict("the same / best TensorFlow") == (None, None, None)
    assert verdict("NumPy backend") == (pytest.approx(1.2), True, False)
    assert verdict("1 to 2 threads") == (pytest.approx(1.75), True, False)
    assert verdict("peak memory") == (1.0, False, False)
    assert verdict("batch 10 /") == (None, None, None)
    del report["threads"]
    assert speed.verdicts(report)[-1]["value"] is None


def test_who_takes_part_where(script):
    speed = script("speed")
    part = {one.name: speed.participants(one) for one in [*speed.WORKLOADS, speed.THREADS]}
    assert part["threads"] == ["autodiff_1_thread", "autodiff"]
    assert set(part["reference"]) == {*PARTICIPANTS} - {"autodiff_1_thread"}
    layouts = {"pytorch_channels_last", "pytorch_compile_channels_last"}
    for workload in speed.WORKLOADS:
        assert set(speed.EVERYWHERE) <= set(part[workload.name])
        assert (layouts <= set(part[workload.name])) == (workload.network != "mlp")


def test_a_workload_is_entered_in_the_order_of_the_list_and_threads_apart(script):
    speed = script("speed")
    report = {"workloads": {}}
    for name in ("mlp", "threads", "reference", "mlp"):
        [workload] = [one for one in [*speed.WORKLOADS, speed.THREADS] if one.name == name]
        speed.enter(report, workload, {"title": workload.title})
    assert list(report["workloads"]) == ["reference", "mlp"]
    assert report["threads"] == {"title": speed.THREADS.title}


def test_threads_are_measured_in_more_rounds_and_kept(script, tmp_path, monkeypatch, capsys):
    speed = script("speed")
    digits = ad.data.load_digits(28)
    monkeypatch.setattr("autodiff.data.load_mnist", lambda: digits)
    path = tmp_path / "speed.json"
    arguments = ["--rounds", "1", "--threads", "1", "--scale", "0.01", "--no-compilation"]
    arguments += ["--json", str(path)]
    monkeypatch.setattr("sys.argv", ["speed.py", *arguments, "--workloads", "threads"])
    speed.main()
    found = json.loads(path.read_text())
    assert found["workloads"] == {}
    pairs = [sorted(one, key=lambda name: one[name]["place"]) for one in found["threads"]["rounds"]]
    assert pairs == turns(["autodiff_1_thread", "autodiff"], 3)
    only = ["--workloads", "report", "--only", "autodiff_interpreter", "--keep"]
    monkeypatch.setattr("sys.argv", ["speed.py", *arguments, *only])
    speed.main()
    both = json.loads(path.read_text())
    assert both["threads"] == found["threads"] and list(both["workloads"]) == ["report"]
    [measure] = [one for one in both["measures"] if one["measure"].startswith("speed-up")]
    assert measure["value"] > 0
    assert "speed-up from 1 to 2 threads" in capsys.readouterr().out


def test_a_row_that_does_not_count_meets_no_measure(script):
    speed = script("speed")
    times = {"pytorch": 2.0, "jax": 4.0, "autodiff_interpreter": 2.4, "autodiff": 0.1}
    report = summarised(times, losses={"autodiff": 1.0})
    found = speed.verdicts({"workloads": {"reference": report}})
    values = {one["measure"]: one["value"] for one in found}
    numbers = {measure: value for measure, value in values.items() if value is not None}
    assert list(numbers) == ["NumPy backend alone / PyTorch default"]


def test_a_scaled_workload_has_whole_batches(script):
    speed = script("speed")
    for workload in speed.WORKLOADS:
        small = speed.scaled(workload, 0.01)
        assert 1 <= small.steps <= workload.steps and small.images % small.batch == 0


def test_what_was_measured_before_is_kept_only_in_the_same_circumstances(script, tmp_path):
    speed = script("speed")
    here = {"machine": {"cores": 2}, "versions": {"python": "3.11"}, "settings": {"rounds": 7}}
    path = tmp_path / "speed.json"
    assert speed.earlier(here, path) == {}
    before = {**here, "date": "2026-01-01", "workloads": {"mlp": {"rows": []}}}
    path.write_text(json.dumps(before))
    assert speed.earlier(here | {"date": "2026-02-01"}, path) == before
    for key in here:
        with pytest.raises(SystemExit, match=f"has another {key}: .*measure everything anew"):
            speed.earlier(here | {key: {}}, path)


def test_points_of_growth_take_about_equal_work(script):
    growth = script("growth")
    for curve, (_, values, _) in growth.CURVES.items():
        for value in values[:3]:
            workload, image = growth.point(curve, value)
            assert growth.LEAST_STEPS <= workload.steps <= growth.MOST_STEPS
            operations = workload.describe(image)["flops_per_step"] * workload.steps
            assert operations <= growth.OPERATIONS_OF_A_MEASUREMENT * 1.01 or (
                workload.steps == growth.LEAST_STEPS
            )
    images, labels = growth.random_data(3, (1, 28, 28))
    assert images.shape == (3, 1, 28, 28) and images.dtype == np.float32 and len(labels) == 3


def test_curves_that_are_not_measured_anew_are_kept_with_their_date(script, tmp_path, monkeypatch):
    growth, path = script("growth"), tmp_path / "growth.json"
    here = growth.circumstances(["numpy"])

    def run(day, rounds, *arguments):
        def measured(workload, names, data, rounds, threads):
            one = {"seconds": 1.0, "inside": 0.5, "loss": 2.3, "loss_of_head": 2.3, "share": 1.0}
            one["memory"] = {"before": 0, "growth": 100, "reset": True}
            start = {"autodiff": {"first_step_seconds": 0.5}}
            return {"rounds": [{"autodiff": one}] * rounds, "start": start, "left_out": {}}

        today = {**here, "date": day}
        monkeypatch.setattr(growth, "circumstances", lambda packages: dict(today))
        monkeypatch.setattr(growth, "measure", measured)
        command = ["growth", "--json", str(path), "--largest", "2", "--rounds", str(rounds)]
        monkeypatch.setattr(sys, "argv", [*command, *arguments])
        growth.main()
        return json.loads(path.read_text())["curves"]

    def dates(curves):
        return [(curve["name"], curve["date"]) for curve in curves]

    assert dates(run("Monday", 2, "--curves", "batch")) == [("batch", "Monday")]
    found = run("Tuesday", 2, "--curves", "depth", "--keep")
    assert dates(found) == [("batch", "Monday"), ("depth", "Tuesday")]
    found = run("Wednesday", 2, "--curves", "batch", "--keep")
    assert dates(found) == [("batch", "Wednesday"), ("depth", "Tuesday")]
    with pytest.raises(SystemExit, match="has another settings"):
        run("Thursday", 3, "--keep")
    assert dates(run("Friday", 3, "--curves", "depth")) == [("depth", "Friday")]


def test_the_rungs_are_timed_in_rounds_of_balanced_order(script):
    ladder, before = script("ladder"), ad.get_num_threads()
    called = []

    class Options:
        seconds, rounds = 0.0, 4

    def run(title):
        return lambda: called.append((title, ad.get_num_threads()))

    threads = {"a": 1, "b": 2, "c": 1, "d": 3}
    found = ladder.in_rounds({title: (n, run(title)) for title, n in threads.items()}, Options)
    orders = turns(list(threads), 4)
    assert [list(one) for one in found] == orders
    # A call to warm up, and three that are timed.
    assert called == [
        (title, threads[title]) for order in orders for title in order for _ in "0123"
    ]
    assert all(seconds > 0 for one in found for seconds in one.values())
    assert ad.get_num_threads() == before


@pytest.mark.parametrize("name", ["LOOPS", "COMPILED_LOOPS", "TAPS"])
def test_the_toys_of_the_ladder_compute_what_the_library_computes(script, name):
    pytest.importorskip("numba")
    toy = getattr(script("_ladder_toys"), name)
    rng = np.random.default_rng(0)
    x, w = ad.Variable(rng.normal(size=(2, 3, 5, 6))), ad.Variable(rng.normal(size=(4, 3, 3, 2)))
    if name != "TAPS":
        w = ad.Variable(rng.normal(size=(4, 3, 3, 3)))
    found = []
    for y in (toy.convolution(x, w), ad.conv2d(x, w)):
        loss = (y * y).sum()
        ad.backward(ad.topological_sort(loss))
        found.append([y.output, x.gradient, w.gradient])
    assert all(np.allclose(one, other) for one, other in zip(*found, strict=True))


def test_the_ladder_climbs_and_marks_a_wrong_rung(script, capsys):
    pytest.importorskip("numba")
    ladder, toys = script("ladder"), script("_ladder_toys")

    class Wrong(toys.Taps):
        def filter_transpose(self, gradient, x):
            return 2 * super().filter_transpose(gradient, x)

    class Options:
        threads, seconds, rounds = 1, 0.0, 2

    compiled = [(*rung[:2], 2, *rung[3:]) for rung in ladder.RUNGS if rung[4] is not None]
    rungs = [("taps", 1, 2, toys.TAPS, None), ("wrong", 1, 2, Wrong(), None), *compiled]
    for make in (ladder.convolution, ladder.training):
        rows = ladder.climb(rungs, make, 1000, {1: 1e9}, Options)
        assert [row["right"] for row in rows] == [True, False, *[True] * len(compiled)]
        assert rows[0]["bytes_per_image"] > 0 and rows[0]["share_of_peak"] > 0
        assert rows[0]["arena_bytes"] is None
        for row in rows:
            assert len(row["rounds"]) == 2
            assert row["seconds_per_image"]["min"] == min(row["rounds"])
    moved, arenas = ([row[name] for row in rows[2:]] for name in ("bytes_per_image", "arena_bytes"))
    assert moved[0] > moved[1] == moved[2] == moved[3]
    assert arenas[0] > arenas[1] > arenas[2]
    assert capsys.readouterr().out.count("DOES NOT COUNT: another result") == 2
