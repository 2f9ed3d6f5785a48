"""A listing says what the program does, in the words of its source, and the same everywhere."""

import re

import numpy as np
import pytest
from reported_networks import convolutional, mixed, without_batch

import autodiff as ad
from autodiff.compiler.tables import Column, Table

pytest.importorskip("numba", reason="without Numba there is nothing compiled to list")


@pytest.fixture(scope="module")
def program():
    return ad.compile(convolutional()[0])


def test_every_call_of_the_source_is_a_step_in_its_order(program):
    steps = program.listing().steps
    body = program.source.code.split("    for start in range(first, last, tile):")[1]
    calls = re.findall(r"^        (?:wrong \+= |call_at\()?([\w.]+)[(,] ?(.*)\)$", body, re.M)
    called = [name.replace(".", "_") for name, _ in calls]
    assert [step.kernel.replace(".", "_") for step in steps] == called
    assert [step.number for step in steps] == list(range(1, len(calls) + 1))
    for step, (_, arguments) in zip(steps, calls, strict=True):
        for buffer in (*step.reads, *step.writes):
            assert buffer in arguments.split(", ")


def test_buffers_are_called_after_what_they_hold(program):
    [stage] = program.listing().stages
    names = [re.sub(r"_\d+$", "", buffer.name) for buffer in stage.buffers]
    for expected in ("images", "images_last", "labels", "p0_weight", "conv2d_pool_maxima",
                     "conv2d_pool_code", "dense", "cross_entropy_pair_gradient",
                     "conv2d_filter_transpose"):  # fmt: skip
        assert expected in names, expected
    assert not any(name in ("arena", "sum", "output") for name in names)


def test_operations_and_bytes_are_those_of_the_batch(program):
    n = 10
    forward = program.listing(gradients=False).steps
    operations = [step.flops for step in forward if step.flops is not None]
    assert operations == [2 * n * 3 * 10 * 10 * 9, 2 * n * 4 * 75]
    [dense] = [step for step in forward if step.shapes == ((n, 4),)]
    assert dense.kernel == "products.product"
    assert dense.bytes == 4 * (n * 75 + 4 * 75 + 4 + n * 4)


def test_values_that_live_at_the_same_time_do_not_overlap(program):
    [stage] = program.listing(tile=3, threads=2).stages
    arena = []
    for buffer in stage.buffers:
        if buffer.where.startswith("arena"):
            start = int(buffer.where.removeprefix("arena").replace(",", ""))
            arena.append((buffer, range(start, start + buffer.bytes)))
    assert len(arena) > 5
    for index, (one, there) in enumerate(arena):
        assert there.stop <= stage.arena_bytes
        for other, here in arena[:index]:
            together = one.first <= other.last and other.first <= one.last
            apart = there.stop <= here.start or here.stop <= there.start
            assert apart or not together, (one, other)
    assert stage.unplanned_bytes == sum(buffer.bytes for buffer, _ in arena)
    assert stage.arena_bytes < stage.unplanned_bytes
    assert f"{stage.arena_bytes:,}" in str(program.listing(tile=3, threads=2))
    assert f"{stage.unplanned_bytes:,}" in str(program.listing(tile=3, threads=2))


def test_with_tile_and_threads_given_it_does_not_depend_on_the_machine():
    texts = set()
    before = ad.get_num_threads()
    try:
        for threads in (1, 2, 3):
            ad.set_num_threads(threads)
            program = ad.compile(convolutional()[0])
            assert f"on {threads} thread" in str(program)
            texts.add(str(program.listing(tile=4, threads=2)))
    finally:
        ad.set_num_threads(before)
    assert len(texts) == 1
    [text] = texts
    assert "a batch of 10 on 2 threads, in tiles of 4 examples" in text


def test_to_list_another_tile_changes_nothing(program):
    before, value = str(program), np.array(ad.forward(program))
    program.listing(tile=1, threads=1)
    assert str(program) == before
    np.testing.assert_array_equal(ad.forward(program), value)


def test_stages_on_numpy_are_listed_and_named_across_stages():
    listing = ad.compile(mixed()).listing(tile=3, threads=2)
    kinds = ["compiled" if stage.buffers else "on NumPy" for stage in listing.stages]
    assert {"compiled", "on NumPy"} == set(kinds)
    assert [step.number for step in listing.steps] == list(range(1, len(listing.steps) + 1))
    sums = [step for step in listing.steps if step.kernel == "NumPy cumsum"]
    for stage in listing.stages:
        for buffer in stage.buffers:
            if buffer.where.startswith("step"):
                made = listing.steps[int(buffer.where.split()[1]) - 1]
                assert made.shapes[0] == buffer.shape
                assert made.number < stage.steps[0].number
    assert sums[0].writes == (f"cumsum.{sums[0].number}",)
    assert sums[0].reads[0].startswith("tanh")


def test_without_a_region_numpy_computes_every_step():
    program = ad.compile(without_batch())
    listing = program.listing()
    assert all(step.kernel.startswith("NumPy ") for step in listing.steps)
    [product] = [step for step in listing.steps if step.kernel == "NumPy matmul"]
    assert product.reads == ("a",) and product.flops == 2 * 27 and product.bytes == 2 * 9 * 8
    assert "no region is compiled" in program.source.code.lower()


def test_gradients_are_listed_for_a_loss_unless_told_otherwise(program):
    assert "cross_entropy and its gradients" in program.listing().title
    assert "images (10, 1, 12, 12), labels (10,)" in program.listing().title
    assert len(program.listing(gradients=False).steps) < len(program.listing().steps)
    loss, *_ = convolutional()
    logits = loss.inputs[0]
    assert "gradients" not in ad.compile(logits).listing().title
    with pytest.raises(ad.ShapeError, match="no scalar"):
        ad.compile(logits).listing(gradients=True)


def test_printed_and_shown(program):
    assert str(program) == str(program.listing())
    assert repr(program.listing()) == str(program.listing())
    page = program._repr_html_()
    assert page.count("<table>") == page.count("</table>") == 2
    assert "bands.convolve_and_pool" in page and "-&gt;" in page
    assert max(map(len, str(program.listing(tile=4)).splitlines())) <= 160
    assert repr(program) == (
        "<Program for BroadcastedOperator cross_entropy of shape (), float32; "
        "operators: 10, leaves: 6; print it for its listing>"
    )


def test_sizes_without_a_plan_are_refused_until_the_program_has_run():
    loss, _, images, labels = convolutional()
    program = ad.compile(loss)
    ad.forward(program)
    ad.backward(program)
    images.output, labels.output = images.output[:7], labels.output[:7]
    with pytest.raises(ad.ProgramError, match=r"no plan yet .*images \(7, 1, 12, 12\).*ad.forward"):
        program.listing()
    with pytest.raises(ad.ProgramError, match="no plan yet"):
        program.passes()
    ad.forward(program)
    assert "a batch of 7" in str(program)


@pytest.mark.parametrize("name", ["tile", "threads"])
def test_options_are_checked(program, name):
    with pytest.raises(ad.ArgumentError, match=f"{name} is at least 1; got 0"):
        program.listing(**{name: 0})
    with pytest.raises(ad.DtypeError, match=f"{name} is an integer; got the number 2.0"):
        program.listing(**{name: 2.0})
    with pytest.raises(ad.DtypeError, match=f"{name} is an integer; got the number True"):
        program.listing(**{name: True})


def test_tables_break_long_entries_and_escape_html():
    table = Table((Column("a", width=8), Column("b", right=True)), [("one two three", 1234567)])
    assert str(table).splitlines() == [
        "a                b",
        "one two  1,234,567",
        "three",
    ]
    assert "<td" in table.to_html()
    assert "a &lt; b" in Table((Column("x"),), [("a < b",)]).to_html()
    assert str(Table((Column("x"),), [(None,)])) == "x\n"
