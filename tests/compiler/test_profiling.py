"""A profile accounts for the whole time, leaves the program as it was, and is honest on peaks."""

import numpy as np
import pytest
from reported_networks import convolutional, mixed, without_batch

import autodiff as ad
from autodiff.compiler.profile import PYTHON, WAITING, Profile, Row
from autodiff.compiler.profiling import measure_peak

pytest.importorskip("numba", reason="without Numba no program has a compiled stage to time")


@pytest.fixture
def threads():
    before = ad.get_num_threads()
    yield ad.set_num_threads
    ad.set_num_threads(before)


@pytest.mark.parametrize("graph", [lambda: convolutional()[0], mixed, without_batch])
@pytest.mark.parametrize("number", [1, 2])
def test_rows_are_the_steps_and_add_up_to_the_run(graph, number, threads):
    threads(number)
    program = ad.compile(graph())
    profile = program.profile(repeat=3)
    steps = [row for row in profile.rows if row.step is not None]
    listed = program.listing().steps
    assert [(row.step, row.kernel) for row in steps] == [(s.number, s.kernel) for s in listed]
    assert profile.rows[-1].kernel == PYTHON
    compiled = any(not step.kernel.startswith("NumPy") for step in listed)
    assert any(row.kernel == WAITING for row in profile.rows) == (compiled and number > 1)
    assert sum(row.share for row in profile.rows) == pytest.approx(1)
    assert sum(row.microseconds for row in profile.rows) == pytest.approx(profile.microseconds)
    assert all(row.microseconds > 0 for row in steps)
    for row, step in zip(steps, listed, strict=True):
        assert (row.gflops is None) == (step.flops is None)
        if step.flops is not None:
            assert row.gflops * row.microseconds == pytest.approx(step.flops / 1e3)
            assert row.peak_share == pytest.approx(row.gflops / profile.peak)
    flops = sum(step.flops or 0 for step in listed)
    assert profile.gflops * profile.untimed == pytest.approx(flops / 1e3)
    assert profile.threads == number


def test_cycles_are_turned_into_the_seconds_of_the_wall_clock(threads):
    # Large enough that kernels take most of the time: a wrong unit would show.
    threads(1)
    profile = ad.compile(convolutional(2000)[0]).profile(repeat=5)
    inside = sum(row.share for row in profile.rows if row.step is not None)
    assert 0.5 < inside < 1.01


def test_kernels_are_called_for_each_tile_of_each_thread(threads):
    threads(2)
    program = ad.compile(convolutional(9)[0])  # tiles of 5: one on each thread
    assert {row.calls for row in program.profile(2).rows if row.step} == {2}
    assert {row.calls for row in ad.compile(without_batch()).profile(2).rows if row.step} == {1}


def test_the_program_is_left_as_it_was():
    loss, parameters, *_ = convolutional()
    program = ad.compile(loss)
    value = ad.forward(program)
    ad.backward(program)
    found = [(p, p.output.copy(), p.gradient) for p in parameters]
    stages = program._part(True).plan().stages
    code = [stage.address for stage in stages]
    program.profile(repeat=2)
    assert program._part(True).plan().stages is stages
    assert [stage.address for stage in stages] == code
    assert not stages[0].cycles.any()
    assert loss.output == value
    for parameter, data, gradient in found:
        np.testing.assert_array_equal(parameter.output, data)
        assert parameter.gradient is gradient
    ad.forward(program)
    assert not stages[0].cycles.any()  # the untimed code counts nothing


def test_the_program_is_left_as_it_was_when_a_run_fails():
    loss, _, _, labels = convolutional()
    program = ad.compile(loss)
    ad.forward(program)
    ad.backward(program)
    stages = program._part(True).plan().stages
    code = [stage.address for stage in stages]
    labels.output = np.full(10, 9)
    with pytest.raises(ad.IndexingError, match="labels must lie in 0 to 3"):
        program.profile(repeat=2)
    assert program._part(True).plan().stages is stages
    assert [stage.address for stage in stages] == code


def test_data_of_a_new_size_are_planned_first():
    loss, _, images, labels = convolutional()
    program = ad.compile(loss)
    images.output, labels.output = images.output[:7], labels.output[:7]
    assert "images (7, 1, 12, 12)" in program.profile(repeat=1).title


def test_the_forward_sweep_alone():
    program = ad.compile(convolutional()[0])
    forward, both = program.profile(2, gradients=False), program.profile(2, gradients=True)
    assert len(forward.rows) < len(both.rows)
    assert "gradients" in both.title and "gradients" not in forward.title


def test_the_peak_is_that_of_a_product():
    assert measure_peak(1, np.float32) > 0.5 * measure_peak(1, np.float64) > 0


@pytest.mark.parametrize(("repeat", "error", "said"), [
    (0, ad.ArgumentError, "repeat is at least 1; got 0"),
    (1.5, ad.DtypeError, "repeat is an integer; got the number 1.5"),
])  # fmt: skip
def test_repeat_is_checked(repeat, error, said):
    with pytest.raises(error, match=said):
        ad.compile(without_batch()).profile(repeat)


# The table and the picture, of a profile made up.


@pytest.fixture
def profile():
    rows = [
        Row(1, "layouts.batch_last", "x_last_2", 6, 10.0, 0.1, None, None),
        Row(2, "products.product", "dense_3", 6, 60.0, 0.6, 80.0, 0.8),
        Row(None, PYTHON, "", None, 30.0, 0.3, None, None),
    ]
    return Profile("Profile of a program", rows, 2, 100.0, 100.0, 96.0, 50.0)


def test_the_table(profile):
    lines = str(profile).splitlines()
    assert lines[0] == "Profile of a program"
    assert lines[2].split("  ")[0] == "step"
    assert lines[3].split() == ["1", "layouts.batch_last", "x_last_2", "6", "10.0", "10.0%"]
    assert lines[4].split() == [
        "2", "products.product", "dense_3", "6", "60.0", "60.0%", "80.0", "80%",
    ]  # fmt: skip
    assert "96 microseconds (100 with each step timed) on 2 threads" in str(profile)
    assert "50.0 GFLOP/s, 50% of the 100.0 GFLOP/s" in str(profile)
    assert repr(profile) == str(profile)
    assert profile.to_dict()["rows"][1]["peak_share"] == 0.8


def test_the_picture_shows_every_row_and_the_peak(profile):
    pytest.importorskip("matplotlib", reason="pictures need Matplotlib")
    figure = profile.plot()
    time, peak = figure.axes
    assert [label.get_text() for label in time.get_yticklabels()] == [
        "1 layouts.batch_last",
        "2 products.product",
        PYTHON,
    ]
    assert sorted(bar.get_width() for bar in time.patches) == [10, 30, 60]
    assert max(bar.get_width() for bar in peak.patches) == pytest.approx(80)
    # In greyscale, what computes and what does not differ by hatching.
    assert {bar.get_hatch() for bar in time.patches} == {None, "///"}
    assert time.yaxis_inverted()
