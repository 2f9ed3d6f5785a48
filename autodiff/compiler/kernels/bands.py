"""Convolution and pooling, band by band.

A convolution writes more numbers than any other operator, and pooling reads them once and keeps a
quarter. Here only the rows that one row of the pooled images needs are computed at a time, into a
scratch that stays in the first-level cache; the images themselves are never stored.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .addresses import address, call_at
from .pooling import max_pool
from .products import product

HEADER = 5


def band_geometry(
    convolution: np.ndarray,
    pooling: np.ndarray,
    rows: int,
    stride: int,
    dtypes: tuple[np.dtype, np.dtype],
) -> np.ndarray:
    """The geometries of both in one array, and where their kernels are.

    Parameters
    ----------
    convolution, pooling : array of int64
        As `geometry.convolution` (with ``band``) and `pooling.pool_geometry` (with ``rows``) give
        them.
    rows : int
        Rows of the pooled images.
    stride : int
        Rows of the convolution for each.
    dtypes : pair of dtype
        Those of the images and of the chosen taps.
    """
    numbers, codes = dtypes
    kernels = address(product, [numbers] * 4), address(max_pool, [numbers, numbers, codes])
    begin = HEADER + len(convolution)
    header = np.array([begin, rows, stride, *kernels], np.int64)
    return np.concatenate([header, convolution, pooling])


@njit(nogil=True, cache=True)
def convolve_and_pool(w, x, bias, scratch, y, code, geometry, n):
    """Pooled maxima of a convolution, and the taps that were chosen.

    Parameters
    ----------
    w, x, bias : arrays
        Filters, images (C, H, W, n) and bias.
    scratch : array
        Room for the rows of the convolution that one pooled row needs.
    y, code : arrays
        The maxima, and the chosen taps.
    geometry : array
        As `band_geometry` gives it.
    n : int
        Number of images.
    """
    convolution, pooling = geometry[HEADER:], geometry[geometry[0] :]
    stride, product, max_pool = geometry[2:5]
    for row in range(geometry[1]):
        call_at(product, w, x, scratch, bias, convolution, n, row)
        call_at(max_pool, scratch, y, code, pooling, n, row * stride, row, row + 1)
