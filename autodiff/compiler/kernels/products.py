r"""The products of convolutions and dense layers, for a tile of n examples with the batch last.

`product` computes the layer and its transpose in the input, and for dense layers the one in the
weights; `correlate` is a convolution's transpose in the filters. Which of all the layers it is
stands in the geometry, an array that `geometry.py` computes once: so this is the code for every
kernel size, stride, border, dilation and number of groups, and one that needs no copy of the
windows.

All arrays are flat and contiguous, of one dtype, float32 or float64. Nothing is checked here: the
shapes were when the geometry was made.
"""

from __future__ import annotations

from numba import njit

from .geometry import (
    BANDS,
    DENSE,
    DENSE_INPUT,
    FLAGS,
    GROUPS,
    HEADER,
    INNER,
    OVER_IMAGES,
    ROWS,
    RUN,
    RUNS_AT,
    W_GROUP,
    W_INNER,
    W_ROW,
    X_GROUP,
    X_INNER,
    Y_GROUP,
    Y_ROW,
)
from .single import dense_input_of_one, dense_of_one
from .tiles import MOST_ROWS, correlate_rows, multiply_rows


@njit(nogil=True, cache=True)
def product(w, x, y, bias, geometry, n, band=-1):
    r"""Multiply weights with inputs: a convolution, a dense layer, or the transpose of one.

    .. math:: y_{r, q} = b_r + \sum_{taps} w_{r, tap}\; x_{q + tap}

    for rows r, which are output channels, and places q, which are pixels times examples. Of the
    gradient of a dense layer's weights, :math:`\bar w_{oi} \mathrel{+}= \sum_n g_{on} x_{ni}`, the
    rows are the outputs o, the places the inputs i, and it sums over the examples.

    Parameters
    ----------
    w : array
        The weights as the layer has them, (O, C / groups, kh, kw) or (O, I); for the gradient of
        weights, that of the outputs, (O, n).
    x : array
        What they are multiplied with: (C, H, W, n), or (I, n) for a dense layer; for the gradient
        of weights with the batch first, (n, I).
    y : array
        The result, with the batch last as well. All of it is written.
    bias : array
        (O,); read only if the geometry says so, else of any length.
    geometry : array of int64
        From `convolution`, `input_transpose`, `dense`, `dense_input` or `dense_weights`.
    n : int
        Number of examples.
    band : int, optional
        Where the geometry was made with `band`: which few rows of pixels to compute. `y` has room
        for as many rows as a band has, (O, band, W', n), and the same `y` serves every band: what
        follows, say pooling, then finds it in the nearest cache.
    """
    rows, flags = geometry[ROWS], geometry[FLAGS]
    if n == 1 and flags & DENSE:
        dense_of_one(w, x, y, bias, rows, geometry[INNER], flags)
        return
    if n == 1 and flags & DENSE_INPUT:
        dense_input_of_one(w, x, y, geometry[INNER], rows, flags)
        return
    ws, inner, unit = geometry[W_ROW], geometry[INNER], n
    if flags & OVER_IMAGES:
        ws, inner, unit = n, n, 1
    wi, xi, ys = geometry[W_INNER], geometry[X_INNER] * unit, geometry[Y_ROW] * unit
    blocks = (rows + MOST_ROWS - 1) // MOST_ROWS
    first, last = (0, geometry[BANDS]) if band < 0 else (band, band + 1)
    for group in range(geometry[GROUPS]):
        for number in range(geometry[HEADER + first], geometry[HEADER + last]):
            run = geometry[RUNS_AT] + RUN * number
            y0 = (geometry[run] + group * geometry[Y_GROUP]) * unit
            x0 = (geometry[run + 1] + group * geometry[X_GROUP]) * unit
            length = geometry[run + 2] * unit
            w0, b0 = group * geometry[W_GROUP], group * rows
            # Blocks of nearly the same height: two of 5 rows are faster than 8 and 2.
            for block in range(blocks):
                height = rows // blocks + (block < rows % blocks)
                multiply_rows(
                    height,
                    (w, w0, ws, wi),
                    (x, x0, xi),
                    (y, y0, ys),
                    (bias, b0),
                    (geometry, geometry[run + 3], geometry[run + 4], unit),
                    inner,
                    length,
                    flags,
                )
                w0 += height * ws
                y0 += height * ys
                b0 += height


@njit(nogil=True, cache=True)
def correlate(g, x, dw, geometry, n):
    r"""Add the gradient of a convolution's filters.

    .. math:: \bar w_{r, tap} \mathrel{+}= \sum_q g_{r, q}\; x_{q + tap}

    Parameters
    ----------
    g : array
        Gradient of the convolution's output, (O, H', W', n).
    x : array
        The images, (C, H, W, n).
    dw : array
        (O, C / groups, kh, kw); it is added to.
    geometry : array of int64
        From `filter_transpose`.
    n : int
        Number of examples.
    """
    rows, gs, ws = geometry[ROWS], geometry[Y_ROW] * n, geometry[W_ROW]
    blocks = (rows + MOST_ROWS - 1) // MOST_ROWS
    for group in range(geometry[GROUPS]):
        x0 = group * geometry[X_GROUP] * n
        for number in range(geometry[BANDS]):
            begin = geometry[RUNS_AT] + RUN * geometry[HEADER + number]
            end = geometry[RUNS_AT] + RUN * geometry[HEADER + number + 1]
            g0, w0 = group * geometry[Y_GROUP] * n, group * geometry[W_GROUP]
            for block in range(blocks):
                height = rows // blocks + (block < rows % blocks)
                correlate_rows(
                    height,
                    (g, g0, gs),
                    (x, x0),
                    (dw, w0, ws),
                    (begin, end),
                    (geometry, geometry[begin + 3], geometry[begin + 4], n),
                )
                g0 += height * gs
                w0 += height * ws
