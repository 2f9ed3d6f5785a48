"""What the book and the README say of the results is what was measured."""

import copy
from pathlib import Path

import pytest

from autodiff.benchmarking import Workload, plots, summarise, tables
from autodiff.benchmarking.orders import BALANCED
from autodiff.benchmarking.publication import names
from autodiff.lazy import load

ROOT = Path(__file__).resolve().parents[2]


def one(seconds, loss=2.3, memory=2**20, share=1.0):
    found = {"seconds": seconds, "inside": seconds / 2, "loss": loss, "loss_of_head": loss}
    return found | {"share": share, "memory": {"before": 0, "growth": memory, "reset": True}}


def summarised(rounds, name="reference", **changes):
    described = Workload(name, f"Workload {name}", images=200).describe((1, 28, 28)) | changes
    start = {name: {"first_step_seconds": 0.25} for name in rounds[0]}
    left_out = {"keras": "it is not installed"}
    return summarise(described, {"rounds": rounds, "start": start, "left_out": left_out})


@pytest.fixture
def speed():
    """Ours is ahead in the first workload, and in the second only in time, and not always."""
    clear = [
        {"pytorch": one(4.0), "pytorch_channels_last": one(3.0), "jax": one(8.0, loss=9.0)}
        | {"hips": one(1.0, share=0.05), "autodiff": one(1.0, memory=2**19)}
    ] * 3
    close = [
        {"pytorch": one(2.0), "autodiff": one(ours, memory=3 * 2**20)} for ours in (1.0, 1.5, 2.5)
    ]
    workloads = {"reference": summarised(clear), "report": summarised(close, "report", epochs=100)}
    measure = {"measure": "time", "value": 0.25, "must": 0.5, "aim": 0.3, "at_least": False}
    return {
        "date": "2026-01-02",
        "machine": {"processor": "A processor", "cores": 2, "system": "Linux"},
        "versions": {"numpy": "2.4.6", "autodiff": "0.1.0"},
        "workloads": workloads,
        "compilation": {"autodiff": {"cold": 21.5, "warm": 1.25}},
        "measures": [
            measure | {"meets_must": True, "meets_aim": True},
            measure | {"value": 0.4, "meets_must": True, "meets_aim": False},
            measure | {"value": 0.9, "meets_must": False, "meets_aim": False},
            measure | {"value": None, "meets_must": None, "meets_aim": None},
            measure | {"at_least": True, "meets_must": True, "meets_aim": True},
        ],
    }


def cells(table):
    """The rows of a table without its heads."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.14059, "0.141"), (0.5, "0.500"), (3.3484, "3.35"), (43.96, "44.0"), (1407.23, "1,407")],
)
def test_numbers_have_three_digits(value, text):
    assert tables.number(value) == text


def test_conditions_name_machine_versions_and_date(speed):
    assert tables.conditions(speed) == (
        "Measured on 2026-01-02: A processor, 2 cores, Linux; numpy 2.4.6, autodiff 0.1.0."
    )


def test_the_table_of_a_workload_shows_everybody(speed):
    text = tables.speed(speed["workloads"]["reference"])
    assert text.startswith("Workload reference: 200 images in 2 steps, 35,474 parameters, measured")
    rows = {row[0]: row[1:] for row in cells(text)}
    assert list(rows) == [
        "PyTorch",
        "**PyTorch, channels last**",
        "JAX, jit",
        "HIPS autograd",
        "**autodiff, compiled**",
    ]
    assert rows["PyTorch"][:2] == ["4.00 (4.00 .. 4.00)", "0.250 (0.250 .. 0.250)"]
    assert rows["JAX, jit"][-1] == "does not count: another loss"
    assert rows["HIPS autograd"][0] == "20.0 (20.0 .. 20.0)"
    assert rows["HIPS autograd"][-1] == "scaled up from 5% of the steps"
    assert rows["**autodiff, compiled**"][1:4] == ["", "0.25", "0"]
    assert "Left out: keras, it is not installed." in text


def test_a_workload_says_when_and_in_which_order_it_was_measured(speed):
    older = speed["workloads"]["reference"]
    assert tables.measured(older) == "measured in 3 rounds of an order turned by one place"
    newer = older | {"order": BALANCED, "date": "2026-01-02"}
    assert tables.measured(newer) == "measured on 2026-01-02 in 3 rounds of balanced order"
    assert f"35,474 parameters, {tables.measured(newer)}.\n" in tables.speed(newer)


def test_epochs_that_are_repeated_are_named(speed):
    assert "100 epochs of 200 images" in tables.speed(speed["workloads"]["report"])


def test_the_overview_compares_with_the_best(speed):
    first, second = cells(tables.overview(speed))
    assert first[:4] == ["Workload reference", "200", "1.00", "3.00"]
    assert first[4:] == ["", "", "", "0.333 (0.333 .. 0.333)"]
    assert second[1:4] == ["20,000", "1.50", "2.00"]


def test_measures_say_what_was_met(speed):
    found = cells(tables.measures(speed))
    assert [row[-1] for row in found] == [
        "aim met",
        "must met",
        "not met",
        "not measured",
        "aim met",
    ]
    assert found[0][1:4] == ["0.250", "≤ 0.5", "≤ 0.3"] and found[-1][2] == "≥ 0.5"


def test_first_steps(speed):
    rows = cells(tables.first_steps(speed))
    assert rows[0] == ["PyTorch", "0.250", "", ""]
    assert [row[2:] for row in rows if row[0] == "autodiff, compiled"] == [["21.5", "1.25"]]
    del speed["compilation"]
    assert cells(tables.first_steps(speed))[0] == ["PyTorch", "0.250"]


def test_rows_that_do_not_count_say_how_far_they_are_off(speed):
    [row] = cells(tables.not_counting(speed))
    assert row[:4] == ["Workload reference", "JAX, jit", "2.9e+00", "3 of 3"]
    assert row[4] == "0.125 (0.125 .. 0.125)"


def test_behind_lists_what_is_not_ahead_in_every_round(speed):
    [row] = cells(tables.behind(speed))
    assert row == ["Workload report", "PyTorch", "0.750 (0.500 .. 1.25)", "3.00"]


@pytest.fixture
def growth(speed):
    """The second point is one where the other library is ahead."""
    points = [{"value": 1, **speed["workloads"]["reference"]}]
    slow = [{"pytorch": one(1.0), "autodiff": one(2.0, memory=2**22)}] * 3
    points.append({"value": 1000, **summarised(slow)})
    curve = {"name": "batch", "varied": "images", "date": "2026-01-02", "points": points}
    return {"curves": [curve]}


def test_growth_beside_another_library(growth):
    shown = tables.growth(growth["curves"][0])
    title = "Images, measured on 2026-01-02 in 3 rounds of an order turned by one place.\n"
    assert shown.startswith(title)
    first, second = cells(shown)
    assert first[:4] == ["1", "500", "1,500", "0.333 (0.333 .. 0.333)"]
    assert second == ["1,000", "1,000", "500", "2.00 (2.00 .. 2.00)", "4", "1", "PyTorch"]
    assert cells(tables.growth_behind(growth)) == [["images", "1,000", "1,000"]]


def test_growth_names_a_point_that_does_not_count(growth):
    growth["curves"][0]["points"][1]["against"] = {}
    second = cells(tables.growth(growth["curves"][0]))[1]
    assert second == ["1,000", "", "", "", "", "", "does not count: another loss"]


def test_growth_that_is_nowhere_behind(growth):
    growth["curves"][0]["points"].pop()
    assert cells(tables.growth_behind(growth)) == [["images", "none", "none"]]


@pytest.fixture
def accuracy():
    run = {
        "autodiff": 0.92,
        "pytorch": 0.921,
        "loss_difference": 2e-7,
        "losses": {"autodiff": [2.0, 1.0, 0.5], "pytorch": [2.0, 1.0, 0.5]},
        "test_accuracy": {"autodiff": [0.8, 0.92], "pytorch": [0.8, 0.921]},
    }
    mean = {"autodiff": 0.92, "pytorch": 0.921}
    found = {"learning_rate": 0.01, "runs": [run] * 3, "mean": mean, "difference": -0.001}
    return {"first_steps": 100, "steps_of_a_mean": 60, "optimizers": {"SGD": found, "Adam": found}}


def test_accuracies(accuracy):
    first, _ = cells(tables.accuracies(accuracy))
    assert first == ["SGD, learning rate 0.01", "3", "92.00%", "92.10%", "-0.10", "2e-07"]


def test_overhead_and_precisions():
    spread = {"median": 0.1, "min": 0.05, "max": 0.2}
    report = {"seconds": {"network": {"autodiff": spread, "autograd": spread}}}
    [row] = cells(tables.overhead(report))
    assert row == ["network", "100 (50.0 .. 200)", "100 (50.0 .. 200)", ""]
    found = {"mean_accuracy": 0.91, "difference": 0.001, "activation_bytes": 2**20}
    found |= {"process_growth_bytes": {"median": 2**21}, "epoch_seconds": spread}
    [row] = cells(tables.precisions({"precisions": {"float16": found}}))
    assert row == ["float16", "91.00%", "+0.10", "1.0", "2.0", "0.100 (0.0500 .. 0.200)"]


def test_every_published_result_names_its_script():
    rows = cells(tables.files())
    assert [row[0] for row in rows] == [f"`{name}.json`" for name in names()]
    assert [row[1] for row in rows if not (ROOT / row[1].strip("`")).is_file()] == []
    assert all(row[2].startswith("20") and "cores" in row[3] for row in rows)


@pytest.fixture
def close_figures():
    yield
    load("matplotlib.pyplot", "the test").close("all")


@pytest.mark.usefixtures("close_figures")
def test_speed_is_drawn_from_slow_to_fast(speed):
    [ax] = plots.plot_speed(speed["workloads"]["reference"]).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "HIPS autograd",
        "PyTorch",
        "PyTorch, channels last",
        "autodiff, compiled",
    ]
    assert [text.get_text() for text in ax.texts] == ["20 s", "4 s", "3 s", "1 s"]
    rounds, median = ax.lines[:2]
    assert list(rounds.get_xdata()) == [20.0] * 3 and list(median.get_xdata()) == [20.0]


@pytest.mark.usefixtures("close_figures")
def test_ratios_are_drawn_for_each_workload(speed):
    [ax] = plots.plot_ratios(speed).axes
    assert len(ax.get_yticks()) == 2 and ax.get_xscale() == "log"
    drawn = [float(line.get_xdata()[0]) for line in ax.lines if len(line.get_xdata()) == 1]
    assert drawn == [pytest.approx(1 / 3), 0.75]


def test_a_long_title_takes_two_lines():
    assert plots._broken("Reference network, batches of 100 images") == (
        "Reference network, batches\nof 100 images"
    )
    assert plots._broken("Short") == "Short"


@pytest.mark.usefixtures("close_figures")
def test_a_training_is_drawn_beside_the_other(accuracy):
    left, right = plots.plot_training(copy.deepcopy(accuracy)).axes
    assert len(left.lines) == 4 and len(right.lines) == 12
    assert list(left.lines[0].get_xdata()) == [30.0, 90.0, 150.0]
    assert list(right.lines[0].get_ydata()) == [80.0, 92.0]
