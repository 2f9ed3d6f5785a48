"""Rows copied by the team are the rows that NumPy takes, whatever the array is."""

import subprocess
import sys

import numpy as np
import pytest

import autodiff as ad
from autodiff.compiler import gathering
from autodiff.data import DataLoader


@pytest.fixture(autouse=True)
def restore_threads():
    before = ad.get_num_threads()
    yield
    ad.set_num_threads(before)


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.bool_, np.complex128])
@pytest.mark.parametrize("shape", [(300, 1, 28, 28), (300, 1001), (70_000,)])
@pytest.mark.parametrize("count", [1, 2, 101, 30_000])
def test_rows_are_those_of_numpy(threads, dtype, shape, count):
    rng = np.random.default_rng(0)
    array = rng.integers(0, 2, shape).astype(dtype)
    index = rng.integers(0, shape[0], min(count, 3000) if len(shape) > 1 else count)
    ad.set_num_threads(threads)
    found = gathering.take(array, index)
    assert found.dtype == array.dtype and found.flags.c_contiguous
    np.testing.assert_array_equal(found, array[index])


def test_the_team_is_asked_where_there_is_enough_to_copy(monkeypatch):
    calls = []
    run = gathering.team.run
    monkeypatch.setattr(gathering.team, "run", lambda *a: (calls.append(a[2]), run(*a)))
    array = np.zeros((100, 1024), np.float32)
    ad.set_num_threads(2)
    gathering.take(array, np.arange(15))
    assert not calls
    gathering.take(array, np.arange(16))
    assert calls == [2]
    ad.set_num_threads(1)
    gathering.take(array, np.arange(100))
    assert calls == [2]


@pytest.mark.parametrize(
    "change",
    [lambda a: a[:, ::2], lambda a: a.T.copy().T, lambda a: a.astype(object), lambda a: a[::-1]],
    ids=["strided", "transposed", "objects", "reversed"],
)
def test_what_is_not_plain_memory_is_left_to_numpy(change, monkeypatch):
    monkeypatch.setattr(gathering.team, "run", None)
    array = change(np.arange(200_000.0).reshape(400, 500))
    index = np.random.default_rng(1).permutation(400)
    ad.set_num_threads(2)
    np.testing.assert_array_equal(gathering.take(array, index), array[index])


def test_a_single_row_with_the_stride_of_a_larger_array():
    ad.set_num_threads(2)
    array = np.arange(3000 * 2000, dtype=np.float32).reshape(3000, 2000)[::1500][:1]
    assert array.flags.c_contiguous and array.strides[0] > array.nbytes
    found = gathering.take(array, np.zeros(20, np.int64))
    np.testing.assert_array_equal(found, np.repeat(array, 20, axis=0))


def test_no_rows_and_empty_rows():
    ad.set_num_threads(2)
    assert gathering.take(np.zeros((5, 7)), np.arange(0)).shape == (0, 7)
    assert gathering.take(np.zeros((5, 0)), np.arange(3)).shape == (3, 0)


def test_a_loader_gives_the_same_batches():
    images = np.random.default_rng(0).random((1000, 1, 28, 28), np.float32)
    labels = np.arange(1000)
    ad.set_num_threads(2)
    batches = list(DataLoader(images, labels, batch_size=300, shuffle=True, seed=3))
    order = np.random.default_rng(3).permutation(1000)
    assert [len(t) for _, t in batches] == [300, 300, 300, 100]
    np.testing.assert_array_equal(np.concatenate([t for _, t in batches]), order)
    np.testing.assert_array_equal(np.concatenate([x for x, _ in batches]), images[order])


def test_a_loader_alone_loads_no_compiler():
    code = (
        "import sys, numpy as np, autodiff as ad\n"
        "list(ad.data.DataLoader(np.zeros((100, 4096)), batch_size=50, shuffle=True, seed=0))\n"
        "print('numba' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
