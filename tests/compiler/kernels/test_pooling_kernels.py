"""The pooling kernels do what the primitives do, and touch only the memory that they name."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="the kernels are compiled by numba")

from autodiff.compiler.kernels import pooling as kernels
from autodiff.primitives.maxima import max_pool2d_gather, max_pool2d_scatter
from autodiff.primitives.pooling import (
    avg_pool2d,
    avg_pool2d_transpose,
    max_pool2d,
)
from autodiff.primitives.windows import NO_BORDERS, Windows, batch_last

PLAIN = Windows((2, 2), (2, 2), NO_BORDERS, (1, 1))
WINDOWS = [
    PLAIN,
    Windows((2, 2), (1, 2), NO_BORDERS, (1, 1)),
    Windows((2, 2), (3, 3), NO_BORDERS, (1, 1)),
    Windows((2, 3), (2, 3), NO_BORDERS, (1, 1)),
    Windows((3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1)),
    Windows((3, 2), (2, 1), ((1, 1), (0, 0)), (1, 1)),
    Windows((2, 2), (1, 1), ((1, 1), (1, 1)), (2, 1)),
    Windows((1, 1), (2, 2), NO_BORDERS, (1, 1)),
]
SIZES = [(6, 8), (7, 9)]
BATCHES = [1, 3, 8, 16, 17, 33, 40]
DTYPES = [np.float32, np.float64]

windows_ = pytest.mark.parametrize("windows", WINDOWS, ids=str)
sizes = pytest.mark.parametrize("size", SIZES, ids=str)
dtypes = pytest.mark.parametrize("dtype", DTYPES)


def images(size, n, dtype, special=False, seed=0):
    """Images (n, 2, H, W) with many ties; some are not finite where that is asked for."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-3, 4, (n, 2, *size)).astype(dtype)
    if special:
        for value in (np.nan, np.inf, -np.inf):
            x[rng.random(x.shape) < 0.1] = value
        x[0, 0] = -np.inf
    return x


def flat(x):
    return batch_last(x).ravel()


def back(y, shape):
    n, *rest = shape
    return y.reshape(*rest, n).transpose(3, 0, 1, 2)


def pooled(guarded, x, windows, relu=False):
    geometry = kernels.pool_geometry(x.shape[1], x.shape[2:], windows, relu)
    top = max_pool2d.function(x, windows)
    y = guarded(np.empty(top.size, x.dtype), filled=-77)
    code = guarded(np.empty(top.size, kernels.code_dtype(windows)), filled=99)
    kernels.max_pool(guarded(flat(x)), y, code, geometry, len(x))
    return top, y, code, geometry


@windows_
@sizes
@dtypes
@pytest.mark.parametrize("special", [False, True])
def test_maxima_and_their_gradient(guarded, windows, size, dtype, special):
    for n in BATCHES:
        x = images(size, n, dtype, special, seed=n)
        top, y, code, geometry = pooled(guarded, x, windows)
        np.testing.assert_array_equal(back(y, top.shape), top)
        g = np.random.default_rng(1).integers(1, 9, top.shape).astype(dtype)
        result = guarded(np.empty(x.size, dtype), filled=-77)
        kernels.max_unpool(guarded(flat(g)), code, result, geometry, n)
        expected = max_pool2d_scatter.function(g, x, top, windows)
        np.testing.assert_array_equal(back(result, x.shape), expected)
        t = np.random.default_rng(2).normal(size=x.shape).astype(dtype)
        taken = guarded(np.empty(top.size, dtype), filled=-77)
        kernels.max_gather(guarded(flat(t)), code, taken, geometry, n)
        expected = max_pool2d_gather.function(t, x, top, windows)
        np.testing.assert_array_equal(back(taken, top.shape), expected)


@windows_
@dtypes
def test_relu_in_front_is_done_behind(guarded, windows, dtype):
    for n in (3, 17):
        x = images((7, 9), n, dtype, special=True)
        top, y, code, geometry = pooled(guarded, x, windows, relu=True)
        np.testing.assert_array_equal(back(y, top.shape), np.maximum(top, 0))
        g = np.random.default_rng(1).integers(1, 9, top.shape).astype(dtype)
        result = guarded(np.empty(x.size, dtype))
        kernels.max_unpool(guarded(flat(g)), code, result, geometry, n)
        with np.errstate(invalid="ignore"):
            expected = max_pool2d_scatter.function(np.where(top <= 0, 0, g), x, top, windows)
        np.testing.assert_array_equal(back(result, x.shape), expected)


@windows_
@sizes
@dtypes
def test_bands_of_rows_give_what_whole_images_give(guarded, windows, size, dtype):
    n = 19
    x = images(size, n, dtype, special=True)
    top, y, code, _ = pooled(guarded, x, windows)
    (above, _), _ = windows.borders
    rows = min(windows.extent[0] + windows.stride[0], size[0])
    geometry = kernels.pool_geometry(x.shape[1], size, windows, rows=rows)
    band_y, band_code = guarded(y, filled=5), guarded(code, filled=5)
    for first in range(0, top.shape[2], 2):
        last = min(first + 2, top.shape[2])
        start = min(max(0, first * windows.stride[0] - above), size[0] - rows)
        band = guarded(flat(x[:, :, start : start + rows]))
        kernels.max_pool(band, band_y, band_code, geometry, n, start, first, last)
    np.testing.assert_array_equal(band_y, y)
    np.testing.assert_array_equal(band_code, code)


def test_windows_of_many_taps_have_codes_of_two_bytes(guarded):
    windows = Windows((16, 17), (16, 17), NO_BORDERS, (1, 1))
    x = np.random.default_rng(0).normal(size=(5, 2, 16, 17))
    top, y, code, _ = pooled(guarded, x, windows)
    assert code.dtype == np.uint16
    np.testing.assert_array_equal(back(y, top.shape), top)
    expected = x.reshape(5, 2, -1).argmax(-1)
    np.testing.assert_array_equal(back(code, top.shape)[..., 0, 0], expected)


@windows_
@sizes
@dtypes
def test_means_and_their_transpose(guarded, windows, size, dtype):
    for n in BATCHES:
        if windows.dilation != (1, 1):
            continue
        x = np.random.default_rng(n).normal(size=(n, 2, *size)).astype(dtype)
        mean = avg_pool2d.function(x, windows)
        geometry = kernels.pool_geometry(2, size, windows)
        y = guarded(np.empty(mean.size, dtype), filled=-77)
        kernels.avg_pool(guarded(flat(x)), y, geometry, n)
        tolerance = {"rtol": 0, "atol": 8 * np.finfo(dtype).eps}
        np.testing.assert_allclose(back(y, mean.shape), mean, **tolerance)
        g = np.random.default_rng(1).normal(size=mean.shape).astype(dtype)
        result = guarded(np.empty(x.size, dtype), filled=-77)
        kernels.avg_unpool(guarded(flat(g)), result, geometry, n)
        expected = avg_pool2d_transpose.function(g, x, windows)
        np.testing.assert_allclose(back(result, x.shape), expected, **tolerance)
