"""The equations of the appendix on mathematics that convolution and pooling obey."""

import itertools

import numpy as np
import pytest
from equations import checks, inner

import autodiff as ad

GEOMETRIES = [(1, 0, 1), (2, 1, 1), (1, 2, 2), (3, 1, 2)]


def rows_of(length, kernel, stride, padding, dilation):
    return (length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def visits(x, w, stride, padding, dilation):
    """The indices of the sum: those of y, w and x, where x is not in the padding."""
    (n, _, height, width), (o, c, k, _) = x.shape, w.shape
    sizes = [rows_of(length, k, stride, padding, dilation) for length in (height, width)]
    ranges = [range(size) for size in (n, o, c, k, k, *sizes)]
    for one, filter_, channel, i, j, r, q in itertools.product(*ranges):
        h, v = stride * r + dilation * i - padding, stride * q + dilation * j - padding
        if 0 <= h < height and 0 <= v < width:
            yield (one, filter_, r, q), (filter_, channel, i, j), (one, channel, h, v)


def images_and_filters(rng):
    return rng.normal(size=(2, 2, 6, 7)), rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3)


@checks("convolution")
def convolution(rng):
    x, w, b = images_and_filters(rng)
    for stride, padding, dilation in GEOMETRIES:
        found = ad.conv2d(x, w, b, stride=stride, padding=padding, dilation=dilation)
        expected = np.zeros(found.shape) + b[:, None, None]
        for at_y, at_w, at_x in visits(x, w, stride, padding, dilation):
            expected[at_y] += w[at_w] * x[at_x]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@checks("size")
def size(rng):
    x, w, _ = images_and_filters(rng)
    for stride, padding, dilation in GEOMETRIES:
        y = ad.conv2d(x, w, stride=stride, padding=padding, dilation=dilation)
        assert y.shape[2:] == tuple(
            rows_of(length, 3, stride, padding, dilation) for length in (6, 7)
        )


def by_definition(rng, stride, padding, dilation):
    """Random images, filters and gradients; what the library finds; what the sums give."""
    x, w, b = images_and_filters(rng)
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    y, pull = ad.vjp(lambda x, w, b: ad.conv2d(x, w, b, **options), x, w, b)
    y_bar = rng.normal(size=y.shape)
    x_bar, w_bar = np.zeros_like(x), np.zeros_like(w)
    for at_y, at_w, at_x in visits(x, w, stride, padding, dilation):
        x_bar[at_x] += y_bar[at_y] * w[at_w]
        w_bar[at_w] += y_bar[at_y] * x[at_x]
    return (x, w, y_bar), pull(y_bar), (x_bar, w_bar, y_bar.sum(axis=(0, 2, 3)))


@checks("inputtranspose")
def inputtranspose(rng):
    for geometry in GEOMETRIES:
        _, found, expected = by_definition(rng, *geometry)
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-12, atol=1e-12)


@checks("filtertranspose")
def filtertranspose(rng):
    for geometry in GEOMETRIES:
        _, found, expected = by_definition(rng, *geometry)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(found[2], expected[2], rtol=1e-12, atol=1e-12)


@checks("trilinear")
def trilinear(rng):
    for stride, padding, dilation in GEOMETRIES:
        (x, w, y_bar), (x_bar, w_bar, _), _ = by_definition(rng, stride, padding, dilation)
        y = ad.conv2d(x, w, stride=stride, padding=padding, dilation=dilation)
        assert inner(x_bar, x) == pytest.approx(inner(y_bar, y), rel=1e-10)
        assert inner(w_bar, w) == pytest.approx(inner(y_bar, y), rel=1e-10)


@checks("pooling")
def pooling(rng):
    x, kernel, stride = rng.permutation(np.arange(9.0)), 3, 2
    rows = rows_of(9, kernel, stride, 0, 1)
    y_bar = rng.normal(size=rows)
    mean, largest = np.zeros(9), np.zeros(9)
    for r in range(rows):
        mean[stride * r : stride * r + kernel] += y_bar[r] / kernel
        largest[stride * r + np.argmax(x[stride * r : stride * r + kernel])] += y_bar[r]
    for function, expected in ((ad.avg_pool2d, mean), (ad.max_pool2d, largest)):
        _, pull = ad.vjp(lambda x, f=function: f(x[None, None, None], (1, 3), (1, 2)), x)
        np.testing.assert_allclose(pull(y_bar[None, None, None])[0], expected, rtol=1e-12)
