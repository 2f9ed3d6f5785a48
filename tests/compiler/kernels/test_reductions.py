"""Sums, maxima and positions over features and over the batch, against NumPy."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="the kernels are compiled by numba")

from autodiff.compiler.kernels.reductions import (
    argmax_features,
    max_features,
    reduce_geometry,
    sum_batch,
    sum_features,
)

SHAPES = [(1, 10, 1), (6, 25, 1), (3, 5, 7), (4, 1, 1), (2, 200, 3)]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
BATCHES = [1, 7, 16, 25, 40]


def values(shape, n, dtype, special=False):
    rng = np.random.default_rng(n)
    x = rng.normal(size=(*shape, n)).astype(dtype)
    if special:
        x = np.round(x)  # so that there are ties
        for value in (np.nan, np.inf, -np.inf):
            x[rng.random(x.shape) < 0.1] = value
    return x


def close(found, x, axes, scale):
    """Whether sums are as near to those of float64 as NumPy's, times four, or 1e-5."""
    exact = x.astype(np.float64).sum(axes) * scale
    largest = abs(exact).max()
    own = abs(x.sum(axes) * x.dtype.type(scale) - exact).max()
    error = abs(found.reshape(exact.shape) - exact).max()
    floor = 1e-5 if x.dtype == np.float32 else 1e-13
    assert error <= max(floor * largest, 4 * own)


@shapes
@dtypes
def test_sums_over_features(guarded, shape, dtype):
    for n in BATCHES:
        x = values(shape, n, dtype)
        y = guarded(np.empty(shape[0] * shape[2] * n, dtype), filled=-77)
        sum_features(guarded(x), y, dtype(0.25), reduce_geometry(*shape), n)
        close(y, x, 1, 0.25)


@shapes
@dtypes
def test_sums_over_the_batch_are_added_to_the_partial(guarded, shape, dtype):
    for n in BATCHES:
        x = values(shape, n, dtype)
        partial = guarded(np.ones(shape[0] * shape[2], dtype))
        sum_batch(guarded(x), partial, dtype(0.25), reduce_geometry(*shape), n)
        close(partial - 1, x, (1, 3), 0.25)


@dtypes
def test_long_sums_lose_few_digits(guarded, dtype):
    x = (1 + np.random.default_rng(0).random((1, 20_000, 1, 40))).astype(dtype)
    geometry = reduce_geometry(1, 20_000)
    y, partial = guarded(np.empty(40, dtype)), guarded(np.zeros(1, dtype))
    sum_features(guarded(x), y, dtype(1), geometry, 40)
    sum_batch(guarded(x), partial, dtype(1), geometry, 40)
    exact = x.astype(np.longdouble)
    for found, axes in ((y, (0, 1, 2)), (partial, None)):
        assert abs(found / exact.sum(axes) - 1).max() <= 16 * np.finfo(dtype).eps


@shapes
@dtypes
@pytest.mark.parametrize("special", [False, True])
@pytest.mark.parametrize(
    "sign, numpys, position", [(1, np.max, np.argmax), (-1, np.min, np.argmin)]
)
def test_extremes_and_their_positions(guarded, shape, dtype, special, sign, numpys, position):
    for n in BATCHES:
        x, geometry = values(shape, n, dtype, special), reduce_geometry(*shape)
        y = guarded(np.empty(shape[0] * shape[2] * n, dtype), filled=-77)
        max_features(guarded(x), y, dtype(sign), geometry, n)
        np.testing.assert_array_equal(y, numpys(x, 1).ravel())
        places = guarded(np.empty(y.size, np.int64), filled=-77)
        argmax_features(guarded(x), places, dtype(sign), geometry, n)
        np.testing.assert_array_equal(places, position(x, 1).ravel())
