"""The transposes between the user's layout and the tiles', for every shape of an example."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="the kernels are compiled by numba")

from numba.core.errors import TypingError

from autodiff.compiler.kernels.layouts import (
    batch_first,
    batch_last,
    layout_geometry,
)

dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@dtypes
@pytest.mark.parametrize("shape", [(1,), (3,), (16,), (84,), (3, 5, 7), (1, 28, 28)], ids=str)
def test_there_and_back(guarded, shape, dtype):
    rng = np.random.default_rng(0)
    geometry = layout_geometry(shape)
    for n in range(1, 41):
        x = rng.normal(size=(n, *shape)).astype(dtype)
        tile, again = (guarded(np.empty(x.size, dtype), filled=-77) for _ in range(2))
        batch_last(guarded(x), tile, geometry, n)
        np.testing.assert_array_equal(tile.reshape(-1, n), x.reshape(n, -1).T)
        batch_first(tile, again, geometry, n)
        np.testing.assert_array_equal(again.reshape(x.shape), x)


@dtypes
@pytest.mark.parametrize("borders", [((1, 1), (1, 1)), ((2, 0), (0, 3))])
def test_into_images_with_borders_and_back(guarded, borders, dtype):
    rng = np.random.default_rng(0)
    geometry = layout_geometry((2, 7, 19), borders)
    for n in (1, 5, 16, 21):
        x = rng.normal(size=(n, 2, 7, 19)).astype(dtype)
        expected = np.pad(x.transpose(1, 2, 3, 0), ((0, 0), *borders, (0, 0)))
        tile = guarded(np.empty(expected.size, dtype), filled=np.nan)
        batch_last(guarded(x), tile, geometry, n)
        np.testing.assert_array_equal(tile.reshape(expected.shape), expected)
        again = guarded(np.empty(x.size, dtype), filled=-77)
        batch_first(tile, again, geometry, n)
        np.testing.assert_array_equal(again.reshape(x.shape), x)


def test_two_dtypes_are_refused():
    with pytest.raises(TypingError, match="transpose_block needs vectors of one dtype"):
        batch_last(np.ones(4, np.float32), np.ones(4), layout_geometry((2,)), 2)
