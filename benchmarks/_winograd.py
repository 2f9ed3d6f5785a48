"""What `convolutions.py` compares the compiler's kernels with: im2col, and squares of 2 x 2.

Both with the batch last, one tile of images at a time, as the compiler's kernels.
"""

import numpy as np
from numba import njit

from autodiff.compiler.kernels.layouts import batch_last
from autodiff.compiler.kernels.tiles import MOST_ROWS, multiply_rows
from autodiff.compiler.kernels.transforms import transformation
from autodiff.compiler.kernels.vectors import lanes, load_part, store_part, zeros

COLUMNS_NUMBERS = 2**17  # a matrix of windows of half a megabyte stays in the second-level cache


class Im2col:
    """A convolution that keeps the size of its images, and its gradients, by matrix products."""

    def __init__(self, channels, side, size, n):
        self.channels, self.side, self.size, self.n = channels, side, size, n
        self.pixels = max(-(-48 // n), COLUMNS_NUMBERS // (channels * size**2 * n))
        self.columns = np.empty(channels * size**2 * self.pixels * n, np.float32)

    def blocks(self, x):
        """The matrix of windows, block by block; and from which column to which."""
        for first in range(0, self.side**2, self.pixels):
            last = min(first + self.pixels, self.side**2)
            copy_windows(x, self.columns, self.channels, self.side, self.size, first, last, self.n)
            width = (last - first) * self.n
            rows = self.channels * self.size**2
            yield self.columns[: rows * width].reshape(rows, -1), first * self.n, last * self.n

    def copy(self, x):
        for _ in self.blocks(x):
            pass

    def product(self, w, x, y):
        """Filters as (O, C k k); the transpose in the images has its filters turned round."""
        y = y.reshape(len(w), -1)
        for columns, first, last in self.blocks(x):
            np.matmul(w, columns, out=y[:, first:last])

    def correlate(self, g, x, dw):
        g = g.reshape(len(dw), -1)
        for columns, first, last in self.blocks(x):
            dw += g[:, first:last] @ columns.T


@njit(nogil=True, cache=True)
def copy_windows(x, columns, channels, side, size, first, last, n):
    """The windows of some pixels, as (C k k, pixels n)."""
    to, border = 0, size // 2
    for c in range(channels):
        for i in range(size):
            for j in range(size):
                for pixel in range(first, last):
                    r, s = pixel // side + i - border, pixel % side + j - border
                    at = ((c * side + r) * side + s) * n
                    inside = 0 <= r < side and 0 <= s < side
                    for lane in range(0, n, lanes(x)):
                        pixels = load_part(x, at + lane, n - lane) if inside else zeros(x)
                        store_part(columns, to + lane, pixels, n - lane)
                    to += n


def pixels_2(a, b, c, d):
    return a - c, b + c, c - b, b - d


def sums_2(a, b, c, d):
    return a + b + c, b - c - d


def weights_2(a, b, c):
    even, odd = (a + c) * 0.5, b * 0.5
    return a, even + odd, even - odd, c


_pixels, _sums = transformation(pixels_2, 4), transformation(sums_2, 4)
_weights = transformation(weights_2, 3)
NO_TAP = np.zeros(2, np.int64)
LAYOUT = np.array([9, 9, 1, 9, 0])


@njit(nogil=True, cache=True)
def stride_of(length):
    return ((length + 15) // 16 | 1) * 16


def scratch_of_squares(filters, channels, n):
    """How many squares of 2 x 2 outputs are taken at a time, and the memory for it."""
    many = max(96, 2**17 // (16 * (filters + channels))) // n
    size = filters * stride_of(channels) + (filters + channels) * stride_of(many * n) + 64
    return many, np.empty(16 * size + 9 * filters * channels, np.float32)


@njit(nogil=True, cache=True)
def product_in_squares(w, x, y, scratch, filters, channels, side, many, n, layout, tap):
    """Winograd's convolution with 16 points for 2 x 2 outputs; compare `kernels/winograd.py`."""
    across, stride = stride_of(channels), stride_of(many * n)
    wide, total = (side + 1) // 2, filters * channels
    step, step_v, step_m = filters * across + 16, channels * stride + 16, filters * stride + 16
    turned, u = scratch, scratch[9 * total :]
    v = u[16 * step :]
    m = v[16 * step_v :]
    whole = (0, 9, 0, 9)
    batch_last(w, turned, layout, total)
    for o in range(filters):
        for c in range(0, channels, lanes(w)):
            place, to = (o * channels + c, 3 * total, total), (o * across + c, 4 * step, step)
            _weights(turned, place, whole, u, to, whole, channels - c, ())
    for first in range(0, wide * wide, many):
        last = min(first + many, wide * wide)
        for c in range(channels):
            for square in range(first, last):
                r, s = square // wide * 2 - 1, square % wide * 2 - 1
                start, end = ((c * side + r) * side + s) * n, c * stride + (square - first) * n
                bounds = (-r, side - r, -s, side - s)
                for lane in range(0, n, lanes(x)):
                    place, to = (start + lane, side * n, n), (end + lane, 4 * step_v, step_v)
                    _pixels(x, place, bounds, v, to, whole, n - lane, ())
        for point in range(16):
            blocks, o = (filters + MOST_ROWS - 1) // MOST_ROWS, 0
            for block in range(blocks):
                height = filters // blocks + (block < filters % blocks)
                left = (u, point * step + o * across, across, 1)
                right = (v, point * step_v, stride)
                result = (m, point * step_m + o * stride, stride)
                columns = (last - first) * n
                multiply_rows(
                    height, left, right, result, (w, 0), (tap, 0, 1, 1), channels, columns, 0
                )
                o += height
        for o in range(filters):
            for square in range(first, last):
                r, s = square // wide * 2, square % wide * 2
                start, end = o * stride + (square - first) * n, ((o * side + r) * side + s) * n
                within = (0, side - r, 0, side - s)
                for lane in range(0, n, lanes(y)):
                    place, to = (start + lane, 4 * step_m, step_m), (end + lane, side * n, n)
                    _sums(m, place, whole, y, to, within, n - lane, ())
