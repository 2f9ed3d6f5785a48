"""Winograd's convolution of 3 x 3, for a tile of n images with the batch last.

Every square of 4 x 4 outputs becomes 36 numbers, its *points*, and so do the pixels and filters
that it depends on (see `transforms.py`). At each point the sum over the channels is a matrix
product of its own. As many squares are transformed at a time as stay in the cache until their
products are taken. The transforms grow with the channels and the products with their square, so it
is worth it where there are many: `gain` says how much.

All arrays are flat and contiguous, of float32. A tile of few images is left to the kernels of
`products.py`, since the transforms would not fill the vectors. What is not finite spreads farther
than by definition: of a pixel that is infinite or NaN, whole squares of outputs become NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from . import products
from .addresses import address, call_at
from .geometry import ACCUMULATE
from .layouts import batch_first, batch_last, transpose_block
from .pooling import max_pool
from .tiles import MOST_ROWS, multiply_rows
from .transforms import gradients, pixels, sums, transformation, weight_gradients, weights
from .vectors import lanes

SIDE, POINTS = 4, 36
LEAST_IMAGES = 8
LEAST_COLUMNS = 64
"""A matrix product at a point has at least so many columns, of squares times images."""

GOOD_COLUMNS, CACHE_NUMBERS = 96, 2**17
"""It has that many and more, as long as all 36 products together have no more numbers."""

# Places in the geometry. The image is the one that is read, be it a gradient; the rows are the
# channels of the result.
FILTERS, CHANNELS, HEIGHT, WIDTH, TOP, LEFT, HIGH, WIDE, FLAGS, BACK, ROOM, POOL = range(12)
ONE_TAP = 6  # the two zeros from place 12 on are the only tap of a matrix product
LAYOUT = 14  # of filters, as `layouts.py` has it
INSTEAD, MULTIPLY, WHOLE, MAXIMA = range(20, 24)  # where the kernels are that these here call
DIRECT = 24  # from here on the geometry for `products.py`

_pixels, _gradients = transformation(pixels, 6), transformation(gradients, 4)
_weights, _weight_gradients = transformation(weights, 3), transformation(weight_gradients, 6)
_sums = transformation(sums, 6, finish=True)


def gain(filters: int, channels: int, high: int, wide: int) -> float:
    """How many times as fast as by definition: an estimate.

    Its transforms cost each pixel as much as 24 products and each sum as 16: this fits what
    `benchmarks/convolutions.py` measured.
    """
    products, squares = filters * channels, -(-high // SIDE) * -(-wide // SIDE)
    transformed = POINTS * squares * (products + 24 * channels + 16 * filters)
    return 9 * high * wide * products / transformed


def winograd_geometry(
    w_shape: Sequence[int],
    image: Sequence[int],
    corner: Sequence[int],
    result: Sequence[int],
    direct: np.ndarray,
    flags: int = 0,
    back: bool = False,
    correlates: bool = False,
) -> np.ndarray:
    """What the kernels must know.

    Parameters
    ----------
    w_shape : sequence of int, (O, C, 3, 3)
        Shape of the filters.
    image, result : pair of int
        Rows and columns of what is read and of what is written; for `correlate`, of the images
        and of the gradient of the outputs.
    corner : pair of int
        Rows and columns of zeros above and on the left of the image.
    direct : array of int64
        The geometry for `products.py`.
    flags : int
        Of BIAS and RELU.
    back : bool
        Whether the filters are turned round and O is summed over: the transpose in the images.
    correlates : bool
        Whether it is for `correlate`.
    """
    filters, channels = w_shape[:2]
    across = _stride(channels)
    fixed = POINTS * (filters * across + 16)
    columns = LEAST_COLUMNS + 31
    others = (POINTS * (filters + channels) + across) * columns + POINTS * 48
    room = -(-(fixed + max(others, 18 * filters * channels)) // LEAST_IMAGES)
    head = (filters, channels, *image, *corner, *result, flags, back, room, 0)
    layout = (9, 9, 1, 9, 0, 0)
    number = np.float32
    instead = (products.correlate, 3) if correlates else (products.product, 4)
    kernels = address(instead[0], [number] * instead[1]), address(multiply, [number] * 3), 0, 0
    return np.array([*head, 0, 0, *layout, *kernels, *direct], np.int64)


def operations(geometry: np.ndarray) -> int:
    """Multiplications and additions of the matrix products, for one image."""
    squares = -(-geometry[HIGH] // SIDE) * -(-geometry[WIDE] // SIDE)
    return int(2 * POINTS * squares * geometry[FILTERS] * geometry[CHANNELS])


def with_pooling(geometry: np.ndarray, pooling: np.ndarray, codes: np.dtype) -> np.ndarray:
    """The geometry for `product_and_pool`: `pooling` as `pool_geometry` gives it."""
    found, number = np.concatenate([geometry, pooling]), np.float32
    found[POOL] = len(geometry)
    found[WHOLE] = address(product, [number] * 5)
    found[MAXIMA] = address(max_pool, [number, number, codes])
    return found


@njit(nogil=True, inline="always")
def _stride(length):
    """An odd number of cache lines, so that not all rows of a matrix meet in the same places."""
    return ((length + 15) // 16 | 1) * 16


@njit(nogil=True, inline="always")
def _blocks(geometry, n):
    """How many squares an image of the result has, and how many of them are taken at a time."""
    filters, channels = geometry[FILTERS], geometry[CHANNELS]
    across, both = _stride(channels), POINTS * (filters + channels)
    left = geometry[ROOM] * n - POINTS * (filters * across + 16) - POINTS * 48
    fitting = (left // (both + across) - 31) // n
    good = (max(GOOD_COLUMNS, CACHE_NUMBERS // both) + n // 2) // n
    squares = -(-geometry[HIGH] // SIDE) * -(-geometry[WIDE] // SIDE)
    return squares, min(squares, fitting, max(1, good))


@njit(nogil=True, inline="always")
def _transform_filters(w, turned, u, geometry):
    """Filters (O, C, 3, 3) as (points, O, C); `turned` has room for their transpose."""
    filters, channels = geometry[FILTERS], geometry[CHANNELS]
    total, across = filters * channels, _stride(channels)
    step = filters * across + 16
    batch_last(w, turned, geometry[LAYOUT:], total)
    start, down, right = 0, 3 * total, total
    if geometry[BACK]:
        start, down, right = 8 * total, -down, -right
    whole = (0, 9, 0, 9)
    for o in range(filters):
        for c in range(0, channels, lanes(w)):
            place, to = (start + o * channels + c, down, right), (o * across + c, 6 * step, step)
            _weights(turned, place, whole, u, to, whole, channels - c, ())


@njit(nogil=True, inline="always")
def _transform_image(x, v, geometry, size, channels, first, last, stride, n):
    """Squares of pixels as (points, C, squares, n); with the size of a result, of its gradient."""
    height, width = geometry[size], geometry[size + 1]
    top, left = geometry[TOP], geometry[LEFT]
    if size == HIGH:
        top, left = 0, 0
    across, step = (geometry[WIDE] + SIDE - 1) // SIDE, channels * stride + 16
    whole = (0, 9, 0, 9)
    for c in range(channels):
        for square in range(first, last):
            r, s = square // across * SIDE - top, square % across * SIDE - left
            bounds = (-r, height - r, -s, width - s)
            start = ((c * height + r) * width + s) * n
            end = c * stride + (square - first) * n
            for lane in range(0, n, lanes(x)):
                place, to = (start + lane, width * n, n), (end + lane, 6 * step, step)
                if size == HIGH:
                    _gradients(x, place, bounds, v, to, whole, n - lane, ())
                else:
                    _pixels(x, place, bounds, v, to, whole, n - lane, ())


@njit(nogil=True, inline="always")
def _transform_sums(m, y, bias, geometry, rows, first, last, stride, n):
    """From (points, rows, squares, n) to the pixels of the result."""
    high, wide, flags = geometry[HIGH], geometry[WIDE], geometry[FLAGS]
    across, step = (wide + SIDE - 1) // SIDE, rows * stride + 16
    whole = (0, 9, 0, 9)
    for o in range(rows):
        for square in range(first, last):
            r, s = square // across * SIDE, square % across * SIDE
            within = (0, high - r, 0, wide - s)
            start = o * stride + (square - first) * n
            end = ((o * high + r) * wide + s) * n
            for lane in range(0, n, lanes(y)):
                place, to = (start + lane, 6 * step, step), (end + lane, wide * n, n)
                _sums(m, place, whole, y, to, within, n - lane, (bias, o, flags))


@njit(nogil=True, cache=True)
def multiply(w, x, y, geometry, w0, ws, wi, x0, xi, y0, ys, rows, inner, columns, flags):
    """One matrix product; of each operand the first place and the strides."""
    blocks = (rows + MOST_ROWS - 1) // MOST_ROWS
    for block in range(blocks):
        height = rows // blocks + (block < rows % blocks)
        left, right, result = (w, w0, ws, wi), (x, x0, xi), (y, y0, ys)
        tap = (geometry, ONE_TAP, ONE_TAP + 1, 1)
        multiply_rows(height, left, right, result, (w, 0), tap, inner, columns, flags)
        w0 += height * ws
        y0 += height * ys


@njit(nogil=True, cache=True)
def product(w, x, y, bias, scratch, geometry, n):
    """A convolution, or the transpose of one in the images.

    Parameters
    ----------
    w, x, y, bias : array
        As `products.product` has them.
    scratch : array
        geometry[ROOM] numbers for each image.
    geometry : array of int64
        From `winograd_geometry`.
    n : int
        Number of images.
    """
    if n < LEAST_IMAGES:
        call_at(geometry[INSTEAD], w, x, y, bias, geometry[DIRECT:], n, -1)
        return
    rows, inner, across = geometry[FILTERS], geometry[CHANNELS], _stride(geometry[CHANNELS])
    step, ws, wi = rows * across + 16, across, 1
    if geometry[BACK]:
        rows, inner, ws, wi = inner, rows, 1, across
    squares, many = _blocks(geometry, n)
    stride = _stride(many * n)
    step_v, step_m = inner * stride + 16, rows * stride + 16
    u, v = scratch, scratch[POINTS * step :]
    m = v[POINTS * step_v :]
    _transform_filters(w, v, u, geometry)
    for first in range(0, squares, many):
        last = min(first + many, squares)
        _transform_image(x, v, geometry, HEIGHT, inner, first, last, stride, n)
        for point in range(POINTS):
            left, right, result = point * step, point * step_v, point * step_m
            call_at(
                *(geometry[MULTIPLY], u, v, m, geometry, left, ws, wi, right, stride),
                *(result, stride, rows, inner, (last - first) * n, 0),
            )
        _transform_sums(m, y, bias, geometry, rows, first, last, stride, n)


@njit(nogil=True, cache=True)
def product_and_pool(w, x, bias, scratch, images, y, code, geometry, n):
    """Pooled maxima of a convolution, and the taps that were chosen; `images` is what is pooled."""
    call_at(geometry[WHOLE], w, x, images, bias, scratch, geometry, n)
    call_at(geometry[MAXIMA], images, y, code, geometry[geometry[POOL] :], n, 0, 0, -1)


@njit(nogil=True, cache=True)
def correlate(g, x, dw, scratch, geometry, n):
    """Add the gradient of a convolution's filters, as `products.correlate` does.

    At each point it is the product of the outputs' gradient with the transposed pixels, summed over
    squares and images; the way back to 3 x 3 weights is made once, at the end.
    """
    if n < LEAST_IMAGES:
        call_at(geometry[INSTEAD], g, x, dw, geometry[DIRECT:], n)
        return
    filters, channels = geometry[FILTERS], geometry[CHANNELS]
    across, total = _stride(channels), filters * channels
    squares, many = _blocks(geometry, n)
    stride = _stride(many * n)
    step, step_s, step_v = filters * across + 16, filters * stride + 16, channels * stride + 16
    u, s = scratch, scratch[POINTS * step :]
    v = s[POINTS * step_s :]
    turned = v[POINTS * step_v :]
    u[: POINTS * step] = 0
    for first in range(0, squares, many):
        last = min(first + many, squares)
        columns = (last - first) * n
        _transform_image(g, s, geometry, HIGH, filters, first, last, stride, n)
        _transform_image(x, v, geometry, HEIGHT, channels, first, last, stride, n)
        for point in range(POINTS):
            _turn(v[point * step_v :], turned, channels, columns, stride, across)
            left, result = point * step_s, point * step
            call_at(
                *(geometry[MULTIPLY], s, turned, u, geometry, left, stride, 1, 0, across),
                *(result, across, filters, columns, channels, ACCUMULATE),
            )
    whole = (0, 9, 0, 9)
    for o in range(filters):
        for c in range(0, channels, lanes(x)):
            place, to = (o * across + c, 6 * step, step), (o * channels + c, 3 * total, total)
            _weight_gradients(u, place, whole, s, to, whole, channels - c, ())
    found = s[9 * total : 18 * total]
    batch_first(s, found, geometry[LAYOUT:], total)
    for place in range(9 * total):
        dw[place] += found[place]


@njit(nogil=True, inline="always")
def _turn(source, target, rows, columns, stride, across):
    """The transpose of a matrix; strides are those of the rows, before and after."""
    for column in range(0, columns, lanes(source)):
        for row in range(0, rows, lanes(source)):
            at, to = row * stride + column, column * across + row
            sizes = (rows - row, columns - column)
            transpose_block(source, at, stride, target, to, across, sizes[0], sizes[1])
