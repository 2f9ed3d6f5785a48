"""Who counts, what may be concluded, and how it is drawn."""

import pytest

from autodiff.benchmarking import Workload, plot_growth, summarise, summary
from autodiff.lazy import load

SMALL = Workload("small", "Small", images=200, of=1_437)


def made(**losses):
    """A round in which everybody took a second."""
    return {
        name: {"seconds": 1.0, "loss": loss, "loss_of_head": loss, "inside": 0.5, "share": 1.0}
        | {"memory": {"before": 0, "growth": 100, "reset": True}}
        for name, loss in losses.items()
    }


def test_equal_losses_count():
    rounds = [made(pytorch=2.3, jax=2.3001, autodiff=2.2999)] * 2
    assert all(summary.agrees(rounds, name) for name in rounds[0])


def test_another_loss_does_not_count_and_the_others_do():
    rounds = [made(pytorch=2.3, jax=2.3, keras=2.3, autodiff=2.31)]
    counting = [name for name in rounds[0] if summary.agrees(rounds, name)]
    assert counting == ["pytorch", "jax", "keras"]


def test_one_bad_round_is_enough():
    good, bad = made(pytorch=2.3, jax=2.3, autodiff=2.3), made(pytorch=2.3, jax=2.3, autodiff=2.4)
    assert not summary.agrees([good, bad, good], "autodiff")
    assert summary.agrees([good, bad, good], "pytorch")


def test_of_two_that_differ_neither_counts():
    rounds = [made(pytorch=2.3, autodiff=2.31)]
    assert not any(summary.agrees(rounds, name) for name in rounds[0])


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_does_not_count(loss):
    rounds = [made(pytorch=2.3, jax=2.3, autodiff=loss)]
    assert not summary.agrees(rounds, "autodiff") and summary.agrees(rounds, "pytorch")


def test_a_share_is_compared_over_that_share():
    rounds = [made(pytorch=2.0, autodiff=2.0, hips=2.3)]
    rounds[0]["hips"]["share"] = 0.05
    for name in ("pytorch", "autodiff"):
        rounds[0][name]["loss_of_head"] = 2.3
    assert all(summary.agrees(rounds, name) for name in rounds[0])
    rounds[0]["hips"]["loss_of_head"] = 2.0
    assert not summary.agrees(rounds, "hips") and summary.agrees(rounds, "pytorch")


def timed(**seconds):
    """Rounds in which everybody found the same loss, from a list of times for each."""
    rounds = []
    for times in zip(*seconds.values(), strict=True):
        one = made(**dict.fromkeys(seconds, 2.3))
        for name, time in zip(seconds, times, strict=True):
            one[name]["seconds"] = time
        rounds.append(one)
    return rounds


def concluded(rounds):
    start = {name: {"first_step_seconds": 0.1} for name in rounds[0]}
    described = SMALL.describe((1, 28, 28))
    return summarise(described, {"rounds": rounds, "start": start, "left_out": {}})


def test_ratios_are_taken_round_by_round():
    # The machine was slow in the second round; the ratio of the medians would be 10 / 3.
    rounds = timed(autodiff=[1.0, 10.0, 10.0], pytorch=[2.0, 20.0, 3.0])
    assert summary.ratios(rounds, "autodiff", "pytorch") == {
        "median": 0.5,
        "min": 0.5,
        "max": 10 / 3,
    }


def test_the_best_of_a_library_is_its_fastest_that_counts():
    rounds = timed(
        pytorch=[3.0, 3.0],
        pytorch_channels_last=[2.0, 2.2],
        pytorch_compile=[1.0, 1.0],
        jax=[4.0, 4.0],
        autodiff=[1.0, 1.1],
        autodiff_1_thread=[0.1, 0.1],
    )
    for one in rounds:
        one["pytorch_compile"]["loss"] = 9.0
    report = concluded(rounds)
    expected = {"PyTorch": "pytorch_channels_last", "JAX": "jax", "autodiff": "autodiff"}
    assert report["best"] == expected
    assert report["against"]["PyTorch"]["time"]["median"] == pytest.approx(0.5)
    assert set(report["against"]) == {"PyTorch", "JAX"}


def test_a_row_that_does_not_count_is_marked():
    rounds = timed(pytorch=[1.0], jax=[1.0], autodiff=[1.0])
    rounds[0]["jax"]["loss"] = 3.0
    report = concluded(rounds)
    assert {row["name"]: row["counts"] for row in report["rows"]} == {
        "pytorch": True,
        "jax": False,
        "autodiff": True,
    }
    marked = [line for line in summary.table(report).splitlines() if "DOES NOT COUNT" in line]
    assert len(marked) == 1 and "JAX" in marked[0]


def test_where_ours_does_not_count_it_is_compared_with_nobody():
    rounds = timed(pytorch=[1.0], jax=[1.0], autodiff=[0.01])
    rounds[0]["autodiff"]["loss"] = 0.0
    assert concluded(rounds)["against"] == {}


def test_a_share_is_scaled_up():
    rounds = timed(autodiff=[1.0], hips=[1.0])
    rounds[0]["hips"]["share"] = 0.25
    row = concluded(rounds)["rows"][1]
    assert row["seconds"]["median"] == 4.0 and row["ours_to_this"]["median"] == 0.25


def test_the_share_of_the_peak():
    rounds = timed(autodiff=[1.0], sgemm=[0.1])
    report = concluded(rounds)
    done = report["flops_per_step"] * report["steps"] / rounds[0]["autodiff"]["inside"]
    assert report["share_of_peak"]["autodiff"]["median"] == pytest.approx(
        done / report["peak"]["median"]
    )
    assert [row["name"] for row in report["rows"]] == ["autodiff"]


def test_growth_is_drawn_as_a_curve_for_each_library():
    points = []
    for value in (1, 10, 100):
        report = concluded(timed(pytorch=[value / 10], autodiff=[value / 20]))
        points.append({"value": value, **report})
    curves = [{"name": name, "varied": name, "points": points} for name in ("batch", "depth")]
    for what, unit in (("time", "ms a step"), ("memory", "MiB of growth")):
        figure = plot_growth({"curves": curves}, what)
        assert [ax.get_xlabel() for ax in figure.axes] == ["batch", "depth"]
        for ax in figure.axes:
            assert ax.get_ylabel() == unit and ax.get_xscale() == ax.get_yscale() == "log"
            assert [line.get_label() for line in ax.lines] == ["PyTorch", "autodiff"]
            assert all(len(line.get_xdata()) == 3 for line in ax.lines)
        load("matplotlib.pyplot", "the test").close(figure)
    assert figure.axes[0].lines[0].get_ydata()[0] == 100 / 2**20
