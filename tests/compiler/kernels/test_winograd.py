"""Winograd's kernels against the definition, and when the compiler chooses them."""

import numpy as np
import pytest

import autodiff as ad
from autodiff.compiler.kernels import geometry, winograd
from autodiff.compiler.kernels.pooling import pool_geometry
from autodiff.compiler.kernels.transforms import (
    both_ways,
    gradients,
    pixels,
    sums,
    weight_gradients,
    weights,
)
from autodiff.primitives.convolution import (
    conv2d,
    conv2d_filter_transpose,
    conv2d_input_transpose,
)
from autodiff.primitives.windows import Windows

PLAIN = {"stride": (1, 1), "dilation": (1, 1), "groups": 1}
# filters, channels, image, borders, images
CASES = [
    (4, 3, (6, 6), ((0, 0), (0, 0)), 16),
    (9, 17, (7, 10), ((1, 1), (1, 1)), 8),
    (16, 5, (3, 3), ((1, 1), (1, 1)), 33),
    (33, 20, (14, 5), ((2, 0), (1, 3)), 13),
    (1, 40, (9, 8), ((0, 1), (3, 0)), 50),
    (20, 1, (5, 12), ((-1, 0), (0, -1)), 20),
    (24, 32, (8, 8), ((1, 1), (1, 1)), 101),
    (7, 8, (5, 5), ((1, 1), (1, 1)), 7),  # too few images
]


def random(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def last(array):
    return np.ascontiguousarray(array.transpose(1, 2, 3, 0)).ravel()


def scratch(table, images):
    """Just as much as the kernels ask for, and behind it what they must not touch."""
    size = int(table[winograd.ROOM]) * images
    memory = np.full(size + 64, np.nan, np.float32)
    return memory[:size], memory[size:]


def check(found, expected):
    expected = np.ravel(expected)
    assert np.abs(found - expected).max() <= 5e-6 * np.abs(expected).max()


def problem(case):
    rng = np.random.default_rng(0)
    filters, channels, image, borders, images = case
    x, w = random(rng, images, channels, *image), random(rng, filters, channels, 3, 3)
    exact = conv2d.function(x.astype(float), w.astype(float), padding=borders, **PLAIN)
    return rng, x, w, borders, exact


def layout(x, w, borders, exact, direct, flags=0, **which):
    corner, read, written = (borders[0][0], borders[1][0]), x.shape[2:], exact.shape[2:]
    if which.get("back"):
        corner, read, written = (2 - corner[0], 2 - corner[1]), written, read
    return winograd.winograd_geometry(w.shape, read, corner, written, direct, flags, **which)


def test_the_formulas_compute_a_convolution_and_its_transposes():
    rng = np.random.default_rng(0)
    d, w, g = rng.normal(size=(6, 6)), rng.normal(size=(3, 3)), rng.normal(size=(4, 4))
    points = np.array(both_ways(weights, w)) * both_ways(pixels, d)
    windows = np.lib.stride_tricks.sliding_window_view(d, (3, 3))
    np.testing.assert_allclose(both_ways(sums, points), (windows * w).sum((2, 3)), atol=1e-12)
    points = np.array(both_ways(gradients, g)) * both_ways(pixels, d)
    windows = np.lib.stride_tricks.sliding_window_view(d, (4, 4))
    found = both_ways(weight_gradients, points)
    np.testing.assert_allclose(found, (windows * g).sum((2, 3)), atol=1e-12)


@pytest.mark.parametrize("flags", [0, geometry.BIAS, geometry.RELU, geometry.BIAS | geometry.RELU])
@pytest.mark.parametrize("case", CASES)
def test_convolution(case, flags):
    rng, x, w, borders, exact = problem(case)
    bias = random(rng, len(w))
    direct = geometry.convolution(
        x.shape[1:],
        w.shape,
        padding=borders,
        bias=bool(flags & geometry.BIAS),
        relu=bool(flags & geometry.RELU),
    )
    table = layout(x, w, borders, exact, direct, flags)
    room, behind = scratch(table, len(x))
    y = np.full(exact.size + 16, np.nan, np.float32)
    winograd.product(w.ravel(), last(x), y[:-16], bias, room, table, len(x))
    expected = exact + bias[:, None, None] * bool(flags & geometry.BIAS)
    check(y[:-16], last(np.maximum(expected, 0) if flags & geometry.RELU else expected))
    assert np.isnan(behind).all() and np.isnan(y[-16:]).all()


@pytest.mark.parametrize("case", CASES)
def test_transpose_in_the_images(case):
    rng, x, w, borders, exact = problem(case)
    g = random(rng, *exact.shape)
    direct = geometry.input_transpose(x.shape[1:], w.shape, padding=borders)
    table = layout(x, w, borders, exact, direct, back=True)
    room, behind = scratch(table, len(x))
    y = np.full(x.size + 16, np.nan, np.float32)
    winograd.product(w.ravel(), last(g), y[:-16], w.ravel(), room, table, len(x))
    expected = conv2d_input_transpose.function(
        g.astype(float), w.astype(float), x.astype(float), padding=borders, **PLAIN
    )
    check(y[:-16], last(expected))
    assert np.isnan(behind).all() and np.isnan(y[-16:]).all()


@pytest.mark.parametrize("case", CASES)
def test_transpose_in_the_filters_is_added(case):
    rng, x, w, borders, exact = problem(case)
    g = random(rng, *exact.shape)
    direct = geometry.filter_transpose(x.shape[1:], w.shape, padding=borders)
    table = layout(x, w, borders, exact, direct, correlates=True)
    room, behind = scratch(table, len(x))
    dw = w.ravel().copy()
    winograd.correlate(last(g), last(x), dw, room, table, len(x))
    expected = conv2d_filter_transpose.function(
        x.astype(float), g.astype(float), w.astype(float), padding=borders, **PLAIN
    )
    check(dw, expected + w)
    assert np.isnan(behind).all()


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_is_not_hidden(bad):
    rng, x, w, borders, exact = problem((4, 3, (12, 12), ((1, 1), (1, 1)), 16))
    x[3, 1, 5, 6] = bad
    table = layout(
        x, w, borders, exact, geometry.convolution(x.shape[1:], w.shape, padding=borders)
    )
    y = np.empty(exact.size, np.float32)
    winograd.product(w.ravel(), last(x), y, w.ravel(), scratch(table, 16)[0], table, 16)
    finite = np.isfinite(y.reshape(4, 12, 12, 16))
    assert not finite[:, 4:7, 5:8, 3].any()
    finite[:, :, :, 3] = True
    assert finite.all()  # the other images never meet it


@pytest.mark.parametrize("images", [3, 16])
def test_pooling_follows(images):
    rng, x, w, borders, exact = problem((6, 5, (9, 9), ((1, 1), (1, 1)), images))
    bias, windows = random(rng, len(w)), Windows((2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1))
    direct = geometry.convolution(x.shape[1:], w.shape, padding=borders, bias=True)
    table = layout(x, w, borders, exact, direct, geometry.BIAS)
    pooling = pool_geometry(6, (9, 9), windows, relu=True)
    table = winograd.with_pooling(table, pooling, np.dtype(np.uint8))
    room, _ = scratch(table, images)
    y, code = np.empty(6 * 16 * images, np.float32), np.empty(6 * 16 * images, np.uint8)
    images_room = np.empty(exact.size, np.float32)
    winograd.product_and_pool(w.ravel(), last(x), bias, room, images_room, y, code, table, images)
    whole = (exact + bias[:, None, None])[:, :, :8, :8].reshape(images, 6, 4, 2, 4, 2)
    check(y, last(np.maximum(whole.max((3, 5)), 0)))


def network(rng, channels, pooled):
    layers = [ad.nn.Conv2d(channels, channels, 3, padding=1, rng=rng), ad.nn.ReLU()]
    layers += [ad.nn.MaxPool2d(2)] if pooled else []
    layers += [ad.nn.Conv2d(channels, channels, 3, rng=rng), ad.nn.Flatten()]
    return ad.nn.Sequential(*layers)


@pytest.mark.parametrize(("channels", "chosen"), [(16, False), (64, True)])
@pytest.mark.parametrize("pooled", [False, True])
def test_a_program_chooses_by_the_number_of_channels(channels, chosen, pooled):
    rng = np.random.default_rng(0)
    model = network(rng, channels, pooled)
    x = ad.Constant(random(rng, 40, channels, 10, 10))
    loss = ad.mean(ad.square(model(x)))
    ad.backward(ad.topological_sort(loss))
    expected = [parameter.gradient.copy() for parameter in model.parameters()]
    program = ad.compile(loss)
    ad.forward(program)
    ad.backward(program)
    assert ("winograd" in str(program)) is chosen
    for parameter, gradient in zip(model.parameters(), expected, strict=True):
        found, scale = parameter.gradient, np.abs(gradient).max()
        np.testing.assert_allclose(found, gradient, rtol=0, atol=1e-5 * scale)


@pytest.mark.parametrize(
    "change", [{"stride": 2}, {"dilation": 2}, {"groups": 2}, {"dtype": float}]
)
def test_other_convolutions_are_left_alone(change):
    rng, dtype = np.random.default_rng(0), change.pop("dtype", np.float32)
    w = rng.normal(size=(64, 64 // change.get("groups", 1), 3, 3)).astype(dtype)
    x = ad.Constant(rng.normal(size=(16, 64, 8, 8)).astype(dtype))
    program = ad.compile(ad.sum(ad.conv2d(x, ad.Variable(w), **change)))
    assert "products.product" in str(program)
    assert "winograd" not in str(program)
