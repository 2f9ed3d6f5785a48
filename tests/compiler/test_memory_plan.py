"""The memory plan: what lives at the same time lies in different places, inside the arena."""

import itertools

import agreement
import numpy as np
import pytest

import autodiff as ad
from autodiff.compiler.memory import ALIGNMENT, plan, slot_bytes, unplanned_bytes
from autodiff.compiler.regions import ARENA, Slot

RNG = np.random.default_rng(0)


def slot(size, first, last, dtype=np.float32, tiled=True):
    return Slot(ARENA, size, np.dtype(dtype), None, tiled, first=first, last=last)


def assert_sound(slots, examples, total):
    for one in slots:
        assert one.offset % ALIGNMENT == 0
        assert one.offset >= 0
        assert one.offset + slot_bytes(one, examples) <= total
    for one, other in itertools.combinations(slots, 2):
        alive_together = one.first <= other.last and other.first <= one.last
        apart = (
            one.offset + slot_bytes(one, examples) <= other.offset
            or other.offset + slot_bytes(other, examples) <= one.offset
        )
        assert apart or not alive_together, (one, other)


@pytest.mark.parametrize("seed", range(30))
def test_random_lives_do_not_overlap(seed):
    rng = np.random.default_rng(seed)
    slots = []
    for _ in range(int(rng.integers(1, 40))):
        first = int(rng.integers(0, 30))
        dtype = [np.float32, np.float64, np.uint8, bool][int(rng.integers(4))]
        last, size = first + int(rng.integers(0, 10)), int(rng.integers(0, 500))
        slots.append(slot(size, first, last, dtype, bool(rng.integers(2))))
    examples = int(rng.integers(1, 33))
    total = plan(slots, examples)
    assert_sound(slots, examples, total)
    assert total <= unplanned_bytes(slots, examples)
    busiest = max(
        sum(slot_bytes(one, examples) for one in slots if one.first <= time <= one.last)
        for time in range(41)
    )
    assert total >= busiest


def test_lives_that_follow_each_other_share_a_place():
    slots = [slot(100, 0, 1), slot(100, 2, 3), slot(100, 4, 5)]
    assert plan(slots, 8) == slot_bytes(slots[0], 8)


def test_one_call_does_not_write_where_it_reads():
    slots = [slot(100, 0, 1), slot(100, 1, 2)]
    plan(slots, 8)
    assert slots[0].offset != slots[1].offset


def stages_of(build, data, parameters):
    program = agreement.check(build, data, parameters)
    return agreement.compiled_stages(program)


def network(x, t, w, b, v):
    y = ad.max_pool2d(ad.relu(ad.conv2d(x, w, b, padding=1)), 2)
    y = ad.avg_pool2d(ad.tanh(y * y) + y, 2, 1)
    rows = y.reshape(-1, 3 * 4)
    return ad.cross_entropy(ad.softmax(rows, 1) @ v.T, t) + ad.mean(ad.gelu(rows)), [rows]


def test_the_arena_of_a_network_is_sound():
    pytest.importorskip("numba")
    data = {"x": RNG.normal(size=(9, 1, 6, 6)).astype("f4"), "t": RNG.integers(0, 4, 9)}
    parameters = {"w": RNG.normal(size=(3, 1, 3, 3)), "b": RNG.normal(size=3)}
    parameters["v"] = RNG.normal(size=(4, 12))
    found = stages_of(network, data, {k: array.astype("f4") for k, array in parameters.items()})
    assert found
    for stage in found:
        arena = stage.region.at(ARENA)
        assert_sound(arena, stage.tile, stage.arena_bytes)
        assert stage.arena_bytes < 0.8 * stage.unplanned_bytes
        for number, (call, slots) in enumerate(stage.region.calls):
            for one in slots:
                assert one.place != ARENA or one.first <= number <= one.last, call.kernel
