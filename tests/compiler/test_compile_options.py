"""An idea that is left out changes what a program costs, and nothing that it computes."""

import numpy as np
import pytest
from reported_networks import convolutional, mixed

import autodiff as ad

pytest.importorskip("numba", reason="without Numba there is nothing compiled to leave out")

SETTINGS = [
    {},
    {"fuse": False},
    {"plan_memory": False},
    {"tile": 1},
    {"tile": 3, "fuse": False},
    {"tile": 1000, "plan_memory": False, "fuse": False},
]


def swept(loss, order):
    ad.forward(order)
    ad.backward(order)
    found = [node for node in ad.topological_sort(loss) if isinstance(node, ad.Variable)]
    return [np.array(loss.output), *[np.array(variable.gradient) for variable in found]]


def listed(loss, **settings):
    [stage] = [one for one in ad.compile(loss, **settings).listing().stages if one.buffers]
    return stage


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("build", [lambda: convolutional(10)[0], mixed])
def test_every_setting_gives_the_same_results(build, settings):
    loss = build()
    expected = swept(loss, ad.topological_sort(loss))
    program = ad.compile(loss, **settings)
    for actual, array in zip(swept(loss, program), expected, strict=True):
        np.testing.assert_allclose(actual, array, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("settings", SETTINGS)
def test_steps_of_an_optimizer_and_other_sizes_too(settings):
    values = []
    for compiled in (False, True):
        loss, parameters, images, labels = convolutional(10)
        optimizer = ad.optim.SGD(parameters, lr=0.1, momentum=0.9)
        program = ad.compile(loss, optimizer=optimizer, **settings)
        for n in (10, 7, 10):
            images.output, labels.output = np.ones((n, 1, 12, 12), np.float32), np.arange(n) % 4
            if compiled:
                program.step()
            else:
                order = ad.topological_sort(loss)
                ad.forward(order)
                ad.backward(order)
                optimizer.step()
        values.append([loss.output, *[parameter.output for parameter in parameters]])
    for actual, array in zip(*values, strict=True):
        np.testing.assert_allclose(actual, array, rtol=1e-5, atol=1e-6)


def test_without_fusion_there_are_more_kernels_that_move_more_bytes():
    loss = convolutional()[0]
    fused, separate = ad.compile(loss).listing(), ad.compile(loss, fuse=False).listing()
    assert len(separate.steps) > 2 * len(fused.steps)
    assert separate.bytes_moved > 1.5 * fused.bytes_moved
    kernels = {step.kernel for step in separate.steps}
    assert "bands.convolve_and_pool" not in kernels and "pooling.max_pool" in kernels
    names = [name for name, _ in ad.compile(loss, fuse=False).passes()]
    assert "separate_chains" in names and "fuse_chains" not in names


def test_without_fusion_the_network_is_compiled_all_the_same():
    listing = ad.compile(convolutional()[0], fuse=False).listing()
    # A bias in the shape of images is a view, which NumPy makes.
    assert {step.kernel for step in listing.steps if step.kernel.startswith("NumPy")} == {
        "NumPy bias_like"
    }


def test_without_a_memory_plan_each_value_has_a_place_of_its_own():
    loss = convolutional()[0]
    planned, plain = listed(loss, tile=5), listed(loss, tile=5, plan_memory=False)
    assert plain.arena_bytes == plain.unplanned_bytes == planned.unplanned_bytes
    assert planned.arena_bytes < plain.arena_bytes
    assert [step.kernel for step in planned.steps] == [step.kernel for step in plain.steps]


def test_the_tile_is_at_most_a_share_of_the_batch():
    loss = convolutional(10)[0]
    before = ad.get_num_threads()
    try:
        ad.set_num_threads(2)
        assert "on 2 threads, in tiles of 3 examples" in listed(loss, tile=3).title
        assert "on 2 threads, in tiles of 5 examples" in listed(loss, tile=100).title
        assert "tiles of 10 examples" in str(ad.compile(loss, tile=100).listing(threads=1))
    finally:
        ad.set_num_threads(before)


def test_what_a_listing_adds_up():
    listing = ad.compile(convolutional(10)[0]).listing()
    assert listing.bytes_moved == sum(step.bytes for step in listing.steps) > 0
    assert f"{listing.bytes_moved:,} bytes, {listing.flops:,} floating-point" in str(listing)
    assert listing.arena_bytes == sum(stage.arena_bytes for stage in listing.stages)
    on_numpy = ad.compile(ad.exp(ad.Variable(np.ones(3))).sum()).listing()
    assert on_numpy.arena_bytes == 0 and on_numpy.bytes_moved > 0


def test_a_program_says_what_it_was_compiled_with():
    options = ad.compile(convolutional()[0], fuse=False, tile=8).options
    assert (options.fuse, options.plan_memory, options.tile) == (False, True, 8)


def test_wrong_options_are_refused():
    loss = convolutional()[0]
    for name in ("fuse", "plan_memory"):
        with pytest.raises(ad.DtypeError, match=f"{name} is True or False; got the number 1"):
            ad.compile(loss, **{name: 1})
    with pytest.raises(ad.ArgumentError, match="tile is at least 1; got 0"):
        ad.compile(loss, tile=0)
    for wrong in (2.0, True):
        with pytest.raises(ad.DtypeError, match=f"tile is an integer; got the number {wrong}"):
            ad.compile(loss, tile=wrong)
    with pytest.raises(TypeError):
        ad.compile(loss, [], None, False)
