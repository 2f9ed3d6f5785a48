"""Pooling of tiles of images, batch last: the maxima, where they stood, and means.

Images are flat arrays of shape (C, H, W, n). Each pixel is a run of n numbers, so a vector holds
one pixel of several images, and choosing a maximum is a comparison and a blend for each tap. Where
n is no multiple of the lanes, the last vector of a run overlaps the one before it: what is computed
twice is stored twice, with the same result.

Which tap was chosen is kept in `code`, an array of small unsigned integers in the layout of the
pooled images: tap ``i * kw + j``, or the greatest integer of the dtype where no gradient flows.
That is a quarter of the memory of the maxima, and spares the way back all comparisons of pixels.

ReLU commutes with the maximum, so ReLU in front of pooling is done behind it, on a quarter of the
numbers, and the code of a maximum that is not positive says that nothing flows.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from ...primitives.windows import NO_BORDERS, Pair, Windows
from .masks import both, load_codes, neither, store_codes
from .vectors import (
    add,
    broadcast,
    divide,
    equal,
    lanes,
    less_equal,
    load_part,
    maximum,
    select,
    store_part,
    zeros,
)

TABLES = 15
"""Where the tables of windows start in the geometry."""


def pool_geometry(
    channels: int, size: Pair, windows: Windows, relu: bool = False, rows: int | None = None
) -> np.ndarray:
    """What the kernels must know about images and windows.

    Parameters
    ----------
    channels : int
        Number of channels C.
    size : pair of int
        Rows and columns (H, W) of the images.
    windows : Windows
        Kernel, stride, borders and dilation.
    relu : bool
        Whether ReLU is applied to the maxima.
    rows : int, optional
        How many rows of each channel lie in memory, where only a band of the images does; H where
        not given.

    Returns
    -------
    array of int64, shape (15 + 3 * (H' + W'),)
        C, H, W; rows and columns of the pooled images, H' and W'; columns of the kernel; dilation;
        ReLU; rows in memory; whether windows share no pixel, whether they leave none out, whether
        they are 2 x 2 inside of the image; the code where nothing flows; number of taps. Then for
        each row and column of the result: where its windows start, their first tap in the image,
        and their last + 1.
    """
    counts, kernel = windows.counts(size), windows.kernel
    inside = windows.around(size).borders == NO_BORDERS
    whole = inside and windows.extent == kernel == windows.stride
    whole &= all(s * c == length for s, c, length in zip(windows.stride, counts, size, strict=True))
    memory, nothing = size[0] if rows is None else rows, np.iinfo(code_dtype(windows)).max
    head = (
        *(channels, *size, *counts, kernel[1], *windows.dilation, relu, memory),
        *(windows.disjoint, whole, inside and kernel == (2, 2), nothing, math.prod(kernel)),
    )
    tables = [_reach(windows, axis, count, size[axis]) for axis, count in enumerate(counts)]
    return np.concatenate([head, *tables]).astype(np.int64)


def _reach(windows: Windows, axis: int, count: int, length: int) -> np.ndarray:
    """For each window along one axis its start, its first tap in the image and its last + 1."""
    dilation = windows.dilation[axis]
    starts = np.arange(count) * windows.stride[axis] - windows.borders[axis][0]
    first = np.maximum(0, -(starts // dilation))
    last = np.minimum(windows.kernel[axis], -((starts - length) // dilation))
    return np.stack([starts, first, np.maximum(first, last)], axis=1).ravel()


def code_dtype(windows: Windows) -> np.dtype:
    """The smallest unsigned integers that number the taps of a window and one case more."""
    return np.min_scalar_type(math.prod(windows.kernel))


@njit(nogil=True, inline="always")
def better(best, code, tap, number):
    """Take the pixels of a tap where they are greater, or the first that are not numbers."""
    take = both(neither(less_equal(tap, best)), equal(best, best))
    return select(take, tap, best), select(take, broadcast(tap, number), code)


@njit(nogil=True, cache=True)
def max_pool(x, y, code, geometry, n, above=0, first=0, last=-1):
    """Maxima of windows, and the taps that were chosen.

    Where the numbers of rows are given, only the rows `first` to `last` - 1 of the result are
    computed, from an image or from the band of it that starts at row `above`.

    Parameters
    ----------
    x : array, C * rows * W * n numbers
        Images, or the rows of them from row `above` on.
    y : array, C * H' * W' * n numbers
        The maxima; only the rows in question are written.
    code : array of unsigned integers, as many
        The chosen taps.
    geometry : array
        As `pool_geometry` gives it.
    n : int
        Number of images.
    above, first, last : int, optional
        Row of the images where `x` starts; rows of the result, all where not given.
    """
    W, OH, OW, kw = geometry[2], geometry[3], geometry[4], geometry[5]
    memory, four, size = geometry[9], geometry[12], min(n, lanes(x))
    down, right = geometry[6] * W * n, geometry[7] * n
    for c in range(geometry[0]):
        for r in range(first, last if last >= 0 else geometry[3]):
            row = TABLES + 3 * r
            for q in range(OW):
                column = TABLES + 3 * (OH + q)
                at = ((c * memory + geometry[row] - above) * W + geometry[column]) * n
                to = ((c * OH + r) * OW + q) * n
                for start in range(0, n, lanes(x)):
                    p = max(0, min(start, n - lanes(x)))
                    if four:
                        best, chosen = load_part(x, at + p, size), zeros(x)
                        tap = load_part(x, at + right + p, size)
                        best, chosen = better(best, chosen, tap, 1)
                        tap = load_part(x, at + down + p, size)
                        best, chosen = better(best, chosen, tap, 2)
                        tap = load_part(x, at + down + right + p, size)
                        best, chosen = better(best, chosen, tap, 3)
                    else:
                        # Of pixels that are all minus infinity the first one is chosen, too.
                        i, j = geometry[row + 1], geometry[column + 1]
                        some = i < geometry[row + 2] and j < geometry[column + 2]
                        best = broadcast(x, -np.inf)
                        chosen = broadcast(x, i * kw + j if some else geometry[13])
                        for i in range(geometry[row + 1], geometry[row + 2]):
                            for j in range(geometry[column + 1], geometry[column + 2]):
                                tap = load_part(x, at + p + i * down + j * right, size)
                                best, chosen = better(best, chosen, tap, i * kw + j)
                    if geometry[8]:
                        # What is no number stays chosen, so that its gradient is none either.
                        idle = less_equal(best, zeros(x))
                        chosen = select(idle, broadcast(x, geometry[13]), chosen)
                        best = maximum(best, zeros(x))
                    store_part(y, to + p, best, size)
                    store_codes(code, to + p, chosen, size)


@njit(nogil=True, cache=True)
def max_unpool(g, code, x, geometry, n):
    """Carry gradients back to the chosen pixels: all of `x` is written, with zeros elsewhere.

    Parameters
    ----------
    g : array, C * H' * W' * n numbers
        Gradient of the maxima.
    code : array of unsigned integers, as many
        The taps that `max_pool` chose.
    x : array, C * H * W * n numbers
        Gradient of the images.
    geometry, n
        As in `max_pool`.
    """
    W, OH, OW, kw = geometry[2], geometry[3], geometry[4], geometry[5]
    disjoint, four = geometry[10], geometry[10] and geometry[12]
    down, right, size = geometry[6] * W * n, geometry[7] * n, min(n, lanes(x))
    if not geometry[11]:
        for k in range(geometry[0] * geometry[1] * W * n):
            x[k] = 0
    for c in range(geometry[0]):
        for r in range(OH):
            row = TABLES + 3 * r
            for q in range(OW):
                column = TABLES + 3 * (OH + q)
                at = ((c * geometry[1] + geometry[row]) * W + geometry[column]) * n
                source = ((c * OH + r) * OW + q) * n
                for start in range(0, n, lanes(x)):
                    p, count = start, min(n - start, lanes(x))
                    if disjoint:  # no pixel is added to twice: vectors may overlap
                        p, count = max(0, min(start, n - lanes(x))), size
                    here = load_part(g, source + p, count)
                    chosen = load_codes(code, source + p, here, count)
                    if four:
                        store_part(x, at + p, named(chosen, 0, here), count)
                        store_part(x, at + right + p, named(chosen, 1, here), count)
                        store_part(x, at + down + p, named(chosen, 2, here), count)
                        store_part(x, at + down + right + p, named(chosen, 3, here), count)
                    else:
                        for i in range(geometry[row + 1], geometry[row + 2]):
                            for j in range(geometry[column + 1], geometry[column + 2]):
                                pixel = at + p + i * down + j * right
                                share = named(chosen, i * kw + j, here)
                                if not disjoint:
                                    share = add(share, load_part(x, pixel, count))
                                store_part(x, pixel, share, count)


@njit(nogil=True, inline="always")
def named(code, number, g):
    """Numbers of `g` where the code is this one, and zero elsewhere."""
    return select(equal(code, broadcast(g, number)), g, zeros(g))


@njit(nogil=True, cache=True)
def max_gather(t, code, y, geometry, n):
    """Take from images `t` the pixels that `max_pool` chose elsewhere: the transpose of unpooling.

    Where no code names a pixel the result is zero.
    """
    W, OH, OW, kw = geometry[2], geometry[3], geometry[4], geometry[5]
    down, right, size = geometry[6] * W * n, geometry[7] * n, min(n, lanes(t))
    for c in range(geometry[0]):
        for r in range(OH):
            row = TABLES + 3 * r
            for q in range(OW):
                column = TABLES + 3 * (OH + q)
                at = ((c * geometry[1] + geometry[row]) * W + geometry[column]) * n
                to = ((c * OH + r) * OW + q) * n
                for start in range(0, n, lanes(t)):
                    p = max(0, min(start, n - lanes(t)))
                    result, chosen = zeros(t), load_codes(code, to + p, zeros(t), size)
                    for i in range(geometry[row + 1], geometry[row + 2]):
                        for j in range(geometry[column + 1], geometry[column + 2]):
                            tap = load_part(t, at + p + i * down + j * right, size)
                            here = equal(chosen, broadcast(t, i * kw + j))
                            result = select(here, tap, result)
                    store_part(y, to + p, result, size)


@njit(nogil=True, cache=True)
def avg_pool(x, y, geometry, n):
    """Means of the windows, with zeros outside of the image: x (C, H, W, n), y (C, H', W', n)."""
    W, OH, OW, size = geometry[2], geometry[3], geometry[4], min(n, lanes(x))
    down, right = geometry[6] * W * n, geometry[7] * n
    for c in range(geometry[0]):
        for r in range(OH):
            row = TABLES + 3 * r
            for q in range(OW):
                column = TABLES + 3 * (OH + q)
                at = ((c * geometry[1] + geometry[row]) * W + geometry[column]) * n
                to = ((c * OH + r) * OW + q) * n
                for start in range(0, n, lanes(x)):
                    p, result = max(0, min(start, n - lanes(x))), zeros(x)
                    for i in range(geometry[row + 1], geometry[row + 2]):
                        for j in range(geometry[column + 1], geometry[column + 2]):
                            result = add(result, load_part(x, at + p + i * down + j * right, size))
                    store_part(y, to + p, divide(result, broadcast(x, geometry[14])), size)


@njit(nogil=True, cache=True)
def avg_unpool(g, x, geometry, n):
    """Give each pixel of a window an equal share of its gradient: the transpose of `avg_pool`."""
    W, OH, OW = geometry[2], geometry[3], geometry[4]
    down, right = geometry[6] * W * n, geometry[7] * n
    for k in range(geometry[0] * geometry[1] * W * n):
        x[k] = 0
    for c in range(geometry[0]):
        for r in range(OH):
            row = TABLES + 3 * r
            for q in range(OW):
                column = TABLES + 3 * (OH + q)
                at = ((c * geometry[1] + geometry[row]) * W + geometry[column]) * n
                source = ((c * OH + r) * OW + q) * n
                for p in range(0, n, lanes(x)):
                    here = load_part(g, source + p, n - p)
                    share = divide(here, broadcast(x, geometry[14]))
                    for i in range(geometry[row + 1], geometry[row + 2]):
                        for j in range(geometry[column + 1], geometry[column + 2]):
                            pixel = at + p + i * down + j * right
                            old = load_part(x, pixel, n - p)
                            store_part(x, pixel, add(old, share), n - p)
