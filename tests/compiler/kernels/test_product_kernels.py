"""The compiled products give what the NumPy primitives define, on random geometries."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="the kernels are compiled by numba")

from autodiff import ShapeError
from autodiff.compiler.kernels import geometry, products
from autodiff.primitives.convolution import (
    conv2d,
    conv2d_filter_transpose,
    conv2d_input_transpose,
)

DTYPES = (np.float32, np.float64)
GUARD = 64


def pick(rng, low, high, count=2):
    return tuple(rng.integers(low, high, count).tolist())


def problem(rng, dtype):
    """Random images, filters and parameters, and the convolution's result."""
    groups = int(rng.integers(1, 4))
    depth, height, images = pick(rng, 1, 5, 1)[0], pick(rng, 1, 11, 1)[0], pick(rng, 1, 41, 1)[0]
    params = {
        "stride": pick(rng, 1, 4),
        "padding": (pick(rng, -1, 4), pick(rng, -1, 4)),
        "dilation": pick(rng, 1, 3),
        "groups": groups,
    }
    x = rng.normal(size=(images, groups * depth, *pick(rng, 4, 12))).astype(dtype)
    w = rng.normal(size=(groups * height, depth, *pick(rng, 1, 5))).astype(dtype)
    try:
        return x, w, params, conv2d.function(x, w, **params)
    except ShapeError:
        return problem(rng, dtype)


def last(images):
    """Images (N, C, H, W) as the flat array (C, H, W, N) that kernels take."""
    return np.ascontiguousarray(images.transpose(1, 2, 3, 0)).ravel()


class Guarded:
    """An array to write into, between zones that nobody may touch."""

    def __init__(self, content):
        self.whole = np.full(content.size + 2 * GUARD, np.nan, content.dtype)
        self.array = self.whole[GUARD:-GUARD]
        self.array[...] = content.ravel()

    def check(self, expected):
        assert np.isnan(self.whole[:GUARD]).all() and np.isnan(self.whole[-GUARD:]).all()
        check(self.array, expected)


def check(found, expected):
    bound = 1e-5 if found.dtype == np.float32 else 1e-13
    expected = np.ravel(expected)
    assert np.abs(found - expected).max() <= bound * max(1, np.abs(expected).max())


CASES = [(dtype, seed) for dtype in DTYPES for seed in range(40)]


@pytest.mark.parametrize(("dtype", "seed"), CASES)
def test_convolution(dtype, seed):
    rng = np.random.default_rng(seed)
    x, w, params, expected = problem(rng, dtype)
    bias = rng.normal(size=len(w)).astype(dtype) if seed % 2 else np.empty(0, dtype)
    relu, accumulate = bool(seed & 2), bool(seed & 4)
    old = rng.normal(size=expected.size).astype(dtype)
    y = Guarded(old if accumulate else np.full(expected.size, np.nan, dtype))
    shape = geometry.convolution(
        x.shape[1:], w.shape, **params, bias=seed % 2 == 1, relu=relu, accumulate=accumulate
    )
    products.product(w.ravel(), last(x), y.array, bias, shape, len(x))
    if accumulate:
        expected = last(expected) + old
    else:
        expected = last(expected + (bias[:, None, None] if seed % 2 else 0))
    y.check(np.maximum(expected, 0) if relu else expected)


@pytest.mark.parametrize(("dtype", "seed"), CASES)
def test_transpose_in_the_input(dtype, seed):
    rng = np.random.default_rng(seed)
    x, w, params, result = problem(rng, dtype)
    g = rng.normal(size=result.shape).astype(dtype)
    y = Guarded(np.full(x.size, np.nan, dtype))
    shape = geometry.input_transpose(x.shape[1:], w.shape, **params)
    products.product(w.ravel(), last(g), y.array, np.empty(0, dtype), shape, len(x))
    y.check(last(conv2d_input_transpose.function(g, w, x, **params)))


@pytest.mark.parametrize(("dtype", "seed"), CASES)
def test_transpose_in_the_filter(dtype, seed):
    rng = np.random.default_rng(seed)
    x, w, params, result = problem(rng, dtype)
    g, old = rng.normal(size=result.shape).astype(dtype), rng.normal(size=w.size).astype(dtype)
    dw = Guarded(old)
    shape = geometry.filter_transpose(x.shape[1:], w.shape, **params)
    products.correlate(last(g), last(x), dw.array, shape, len(x))
    dw.check(old + conv2d_filter_transpose.function(x, g, w, **params).ravel())


@pytest.mark.parametrize(("dtype", "seed"), CASES[::4])
@pytest.mark.parametrize("transposed", [False, True])
def test_bands_of_rows(dtype, seed, transposed):
    rng = np.random.default_rng(seed)
    x, w, params, expected = problem(rng, dtype)
    height, source = int(rng.integers(1, 5)), x
    build = geometry.convolution
    if transposed:
        source = rng.normal(size=expected.shape).astype(dtype)
        expected = conv2d_input_transpose.function(source, w, x, **params)
        build = geometry.input_transpose
    shape = build(x.shape[1:], w.shape, **params, band=height)
    rows = expected.transpose(1, 2, 3, 0)
    assert shape[geometry.BANDS] == -(-rows.shape[1] // height)
    for band in range(shape[geometry.BANDS]):
        here = rows[:, band * height : (band + 1) * height]
        y = Guarded(np.full((len(rows), height, *rows.shape[2:]), np.nan, dtype))
        products.product(w.ravel(), last(source), y.array, w[0].ravel()[:0], shape, len(x), band)
        found = y.array.reshape(len(rows), height, -1)
        assert np.isnan(found[:, here.shape[1] :]).all()
        check(found[:, : here.shape[1]].ravel(), here)


@pytest.mark.parametrize(("dtype", "seed"), CASES)
@pytest.mark.parametrize("images", [None, 1])
def test_dense(dtype, seed, images):
    rng = np.random.default_rng(seed)
    some, inputs, outputs = pick(rng, 1, 90, 3)
    images = images or some
    x = rng.normal(size=(images, inputs)).astype(dtype)
    w = rng.normal(size=(outputs, inputs)).astype(dtype)
    g = rng.normal(size=(images, outputs)).astype(dtype)
    bias = rng.normal(size=outputs).astype(dtype)
    x_last, g_last = x.T.copy().ravel(), g.T.copy().ravel()
    relu, accumulate, biased = bool(seed & 1), bool(seed & 2), bool(seed & 4)

    old = g_last if accumulate else np.full_like(g_last, np.nan)
    y, shape = Guarded(old), geometry.dense(outputs, inputs, biased, relu, accumulate)
    products.product(w.ravel(), x_last, y.array, bias if biased else bias[:0], shape, images)
    expected = w @ x.T + (g.T if accumulate else bias[:, None] * biased)
    y.check(np.maximum(expected, 0) if relu else expected)

    old = x_last if accumulate else np.full_like(x_last, np.nan)
    y, shape = Guarded(old), geometry.dense_input(outputs, inputs, accumulate)
    products.product(w.ravel(), g_last, y.array, bias[:0], shape, images)
    y.check(w.T @ g.T + x.T * accumulate)

    dw, shape = Guarded(w), geometry.dense_weights(outputs, inputs)
    products.product(g_last, x.ravel(), dw.array, g_last, shape, images)
    dw.check(w + g.T @ x)


@pytest.mark.parametrize("images", [1, 3, 20])
def test_a_dense_layer_hands_on_what_is_not_a_number(images):
    x, w = np.ones((70, images)), np.ones((3, 70))
    x[69, 0], y = np.nan, np.empty(3 * images)
    shape = geometry.dense(3, 70, relu=True)
    products.product(w.ravel(), x.ravel(), y, y[:0], shape, images)
    expected = np.full((3, images), 70.0)
    expected[:, 0] = np.nan
    np.testing.assert_array_equal(y, expected.ravel())


@pytest.mark.parametrize("special", [np.nan, np.inf])
def test_what_is_not_a_number_reaches_just_what_it_should(special):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(19, 2, 6, 7)), rng.normal(size=(9, 2, 3, 3))
    x[3, 1, 2, 4], params = special, {"padding": ((1, 1), (2, 0))}
    plain = {"stride": (1, 1), "dilation": (1, 1), "groups": 1}
    expected = conv2d.function(x, w, **params, **plain)
    g, y = rng.normal(size=expected.shape), np.empty(expected.size)
    shape = geometry.convolution((2, 6, 7), w.shape, **params)
    products.product(w.ravel(), last(x), y, y[:0], shape, 19)
    np.testing.assert_array_equal(np.isfinite(y), np.isfinite(last(expected)))
    shape = geometry.convolution((2, 6, 7), w.shape, **params, relu=True)
    products.product(w.ravel(), last(x), y, y[:0], shape, 19)
    np.testing.assert_array_equal(np.isnan(y), np.isnan(last(expected)))
    dw, shape = np.zeros(w.size), geometry.filter_transpose((2, 6, 7), w.shape, **params)
    products.correlate(last(g), last(x), dw, shape, 19)
    expected = conv2d_filter_transpose.function(x, g, w, **params, **plain)
    np.testing.assert_array_equal(np.isfinite(dw), np.isfinite(expected.ravel()))


@pytest.mark.parametrize(
    "build", [geometry.convolution, geometry.input_transpose, geometry.filter_transpose]
)
def test_filters_that_do_not_fit_are_refused(build):
    with pytest.raises(ShapeError, match=r"\(4, 2, 3, 3\) in groups=1 do not fit .* \(3, 5, 5\)"):
        build((3, 5, 5), (4, 2, 3, 3))
    with pytest.raises(ShapeError, match="does not fit into an image of 2 x 5"):
        build((2, 2, 5), (4, 2, 3, 3))
