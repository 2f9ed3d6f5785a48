r"""Where the numbers are that a product multiplies: computed once, as one array of integers.

A convolution with the batch last is a sum of rows of numbers times weights. Take one row of the
output, and in it a *run*: neighbouring pixels for which the same taps of the kernel meet the image,
at pixels that are neighbours too. With the batch last all numbers of a run lie next to each other
in memory, for every tap. So it is computed like one row of a matrix product, whatever the stride,
dilation and border are; where the kernel sticks out of the image, a run has fewer taps.

The kernels of `products.py` read all that from an array:

- a header, whose places are the constants below,
- where each band of rows begins among the runs, and where the last one ends,
- the runs, five numbers each: the first pixel that is written, relative to its band; the first
  pixel that is read; the number of pixels; the first tap and the one behind the last,
- the taps, two numbers each: how far the pixel it reads lies behind the run's first pixel, and
  where its weight lies.

Pixels are counted and not numbers, so an array serves any number of images.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ...errors import ShapeError
from ...primitives.windows import Borders, Pair, Windows

ACCUMULATE, BIAS, RELU = 1, 2, 4
"""What a product does besides: begin with the old result, or with a bias; end with the ReLU."""

DENSE, DENSE_INPUT, OVER_IMAGES = 8, 16, 32
"""Which product of a dense layer it is, if any; the last one is a sum over the images."""

# Places in the header. Strides of w count numbers, those of x and y pixels.
GROUPS, ROWS, INNER, FLAGS, BANDS = 0, 1, 2, 3, 4
W_GROUP, W_ROW, W_INNER, X_GROUP, X_INNER, Y_GROUP, Y_ROW = 5, 6, 7, 8, 9, 10, 11
RUNS_AT, CLASSES_AT = 12, 13
HEADER = 14
RUN = 5

Meetings = list[tuple[tuple[int, int], ...]]
"""For each position along an axis the taps that meet something there: pairs (tap, where)."""


def convolution(
    x_shape: Sequence[int],
    w_shape: Sequence[int],
    stride: Pair = (1, 1),
    padding: Borders = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
    bias: bool = False,
    relu: bool = False,
    accumulate: bool = False,
    band: int | None = None,
) -> np.ndarray:
    """Geometry of `conv2d` for `product(w, x, y, bias, geometry, n)`.

    Parameters
    ----------
    x_shape : sequence of int, (C, H, W)
        Shape of one image.
    w_shape : sequence of int, (O, C / groups, kh, kw)
        Shape of the filters.
    stride, padding, dilation, groups
        The parameters of `conv2d`, as it normalises them.
    bias, relu, accumulate : bool, default False
        Begin with the bias; end with the ReLU; add to what `y` holds (and then without bias).
    band : int, optional
        How many rows of the output `product` computes when it is told a band. Then `y` has room
        for just these, (O, band, W'). The last band may have fewer. Default: all rows.
    """
    filters, depth, *kernel = w_shape
    channels, *size = x_shape
    _check_channels(x_shape, w_shape, groups)
    windows = Windows((kernel[0], kernel[1]), stride, padding, dilation)
    counts = windows.counts((size[0], size[1]))
    rows, columns = (_meetings(windows, axis, size[axis], counts[axis]) for axis in (0, 1))
    band = counts[0] if band is None else band
    taps = kernel[0] * kernel[1]
    return _product(
        rows,
        columns,
        size[1],
        kernel[1],
        band,
        {
            GROUPS: groups,
            ROWS: filters // groups,
            INNER: depth,
            FLAGS: _flags(bias, relu, accumulate),
            W_GROUP: filters // groups * depth * taps,
            W_ROW: depth * taps,
            W_INNER: taps,
            X_GROUP: depth * size[0] * size[1],
            X_INNER: size[0] * size[1],
            Y_GROUP: filters // groups * band * counts[1],
            Y_ROW: band * counts[1],
        },
    )


def input_transpose(
    x_shape: Sequence[int],
    w_shape: Sequence[int],
    stride: Pair = (1, 1),
    padding: Borders = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
    bias: bool = False,
    relu: bool = False,
    accumulate: bool = False,
    band: int | None = None,
) -> np.ndarray:
    """Geometry of `conv2d_input_transpose` for `product(w, g, x, bias, geometry, n)`.

    The parameters are those of `convolution`; `x_shape` is the shape of what is computed, `band`
    counts its rows. A pixel of the image sums over the taps of all windows that it was in.
    """
    filters, depth, *kernel = w_shape
    channels, *size = x_shape
    _check_channels(x_shape, w_shape, groups)
    windows = Windows((kernel[0], kernel[1]), stride, padding, dilation)
    counts = windows.counts((size[0], size[1]))
    rows, columns = (
        _transposed(_meetings(windows, axis, size[axis], counts[axis]), size[axis])
        for axis in (0, 1)
    )
    band = size[0] if band is None else band
    taps = kernel[0] * kernel[1]
    return _product(
        rows,
        columns,
        counts[1],
        kernel[1],
        band,
        {
            GROUPS: groups,
            ROWS: depth,
            INNER: filters // groups,
            FLAGS: _flags(bias, relu, accumulate),
            W_GROUP: filters // groups * depth * taps,
            W_ROW: taps,
            W_INNER: depth * taps,
            X_GROUP: filters // groups * counts[0] * counts[1],
            X_INNER: counts[0] * counts[1],
            Y_GROUP: depth * band * size[1],
            Y_ROW: band * size[1],
        },
    )


def filter_transpose(
    x_shape: Sequence[int],
    w_shape: Sequence[int],
    stride: Pair = (1, 1),
    padding: Borders = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> np.ndarray:
    """Geometry of `conv2d_filter_transpose` for `correlate(g, x, dw, geometry, n)`.

    The parameters are those of `convolution`. Runs with the same taps form a class: its taps, of
    all channels, are correlated together.
    """
    filters, depth, *kernel = w_shape
    channels, *size = x_shape
    _check_channels(x_shape, w_shape, groups)
    windows = Windows((kernel[0], kernel[1]), stride, padding, dilation)
    counts = windows.counts((size[0], size[1]))
    rows, columns = (_meetings(windows, axis, size[axis], counts[axis]) for axis in (0, 1))
    runs, classes = _runs(rows, columns, size[1], kernel[1])
    taps, area = kernel[0] * kernel[1], size[0] * size[1]
    classes = [
        [(far + c * area, weight + c * taps) for c in range(depth) for far, weight in entries]
        for entries in classes
    ]
    members = [[run for run in runs if run[4] == number] for number in range(len(classes))]
    runs = [run for group in members for run in group]
    header = {
        GROUPS: groups,
        ROWS: filters // groups,
        BANDS: len(classes),
        W_GROUP: filters // groups * depth * taps,
        W_ROW: depth * taps,
        X_GROUP: depth * area,
        Y_GROUP: filters // groups * counts[0] * counts[1],
        Y_ROW: counts[0] * counts[1],
    }
    starts = np.cumsum([0, *map(len, members)])
    return _assemble(
        header, starts, [(row * counts[1] + y, *run) for row, y, *run in runs], classes
    )


def dense(
    outputs: int, inputs: int, bias: bool = False, relu: bool = False, accumulate: bool = False
) -> np.ndarray:
    """Geometry of a dense layer for `product(w, x, y, bias, geometry, n)`, w of (outputs, inputs).

    x is (inputs, n) and y (outputs, n): one run of one pixel, whose single tap reads all inputs.
    """
    return _assemble(
        {
            GROUPS: 1,
            ROWS: outputs,
            INNER: inputs,
            FLAGS: DENSE | _flags(bias, relu, accumulate),
            BANDS: 1,
            W_ROW: inputs,
            W_INNER: 1,
            X_INNER: 1,
            Y_ROW: 1,
        },
        [0, 1],
        [(0, 0, 1, 0)],
        [[(0, 0)]],
    )


def dense_input(outputs: int, inputs: int, accumulate: bool = False) -> np.ndarray:
    """Geometry of a dense layer's transpose in its input, for `product(w, g, x, ...)`."""
    geometry = dense(inputs, outputs, accumulate=accumulate)
    geometry[[W_ROW, W_INNER]] = 1, inputs
    geometry[FLAGS] = DENSE_INPUT | _flags(False, False, accumulate)
    return geometry


def dense_weights(outputs: int, inputs: int) -> np.ndarray:
    """Geometry of a dense layer's transpose in its weights, for `product(g, x, dw, ...)`."""
    return _assemble(
        {
            GROUPS: 1,
            ROWS: outputs,
            FLAGS: ACCUMULATE | OVER_IMAGES,
            BANDS: 1,
            W_INNER: 1,
            X_INNER: inputs,
            Y_ROW: inputs,
        },
        [0, 1],
        [(0, 0, inputs, 0)],
        [[(0, 0)]],
    )


def _flags(bias: bool, relu: bool, accumulate: bool) -> int:
    return ACCUMULATE * accumulate | BIAS * (bias and not accumulate) | RELU * relu


def _check_channels(x: Sequence[int], w: Sequence[int], groups: int) -> None:
    if x[0] != w[1] * groups or w[0] % groups:
        raise ShapeError(
            f"filters of shape {tuple(w)} in groups={groups} do not fit images of shape {tuple(x)}"
        )


def _meetings(windows: Windows, axis: int, size: int, count: int) -> Meetings:
    """For each output position along an axis, the taps that meet the image, and at which pixel."""
    stride, dilation = windows.stride[axis], windows.dilation[axis]
    before = windows.borders[axis][0]
    met = (
        ((tap, stride * position + dilation * tap - before) for tap in range(windows.kernel[axis]))
        for position in range(count)
    )
    return [tuple((tap, pixel) for tap, pixel in pairs if 0 <= pixel < size) for pairs in met]


def _transposed(meetings: Meetings, size: int) -> Meetings:
    """For each pixel along an axis, the taps that met it, and at which output position."""
    found: list[list[tuple[int, int]]] = [[] for _ in range(size)]
    for position, pairs in enumerate(meetings):
        for tap, pixel in pairs:
            found[pixel].append((tap, position))
    return [tuple(sorted(pairs)) for pairs in found]


def _stretches(meetings: Meetings) -> Iterable[tuple[int, int]]:
    """Split positions where the taps change, or do not all move on by one: pairs (first, end)."""
    first = 0
    for position in range(1, len(meetings) + 1):
        moved = tuple((tap, where + 1) for tap, where in meetings[position - 1])
        if position == len(meetings) or meetings[position] != moved:
            yield first, position
            first = position


def _runs(rows: Meetings, columns: Meetings, width: int, kernel_width: int) -> tuple[list, list]:
    """All runs, as (row, column, first pixel read, pixels, class), and the taps of each class."""
    stretches = list(_stretches(columns))
    classes: dict[tuple, int] = {}
    runs = []
    for row, met in enumerate(rows):
        for first, end in stretches:
            reads = [
                (pixel_row * width + pixel, tap_row * kernel_width + tap)
                for tap_row, pixel_row in met
                for tap, pixel in columns[first]
            ]
            start = reads[0][0] if reads else 0
            taps = tuple((pixel - start, weight) for pixel, weight in reads)
            number = classes.setdefault(taps, len(classes))
            runs.append((row, first, start, end - first, number))
    return runs, list(classes)


def _product(rows, columns, width, kernel_width, band, header) -> np.ndarray:
    runs, classes = _runs(rows, columns, width, kernel_width)
    starts = [
        next((i for i, run in enumerate(runs) if run[0] >= first), len(runs))
        for first in range(0, len(rows), band)
    ]
    header = {**header, BANDS: len(starts)}
    places = [(row % band * len(columns) + y, *run) for row, y, *run in runs]
    return _assemble(header, [*starts, len(runs)], places, classes)


def _assemble(header, starts, runs, classes) -> np.ndarray:
    """Put the parts into one array; runs name their class, the array its taps."""
    runs_at = HEADER + len(starts)
    classes_at = runs_at + RUN * len(runs)
    classes_at += classes_at % 2
    ends = classes_at // 2 + np.cumsum([0, *map(len, classes)])
    geometry = np.zeros(2 * ends[-1], np.int64)
    for place, value in header.items():
        geometry[place] = value
    geometry[[RUNS_AT, CLASSES_AT]] = runs_at, classes_at // 2
    geometry[HEADER:runs_at] = starts
    table = [(*run, ends[number], ends[number + 1]) for *run, number in runs]
    geometry[runs_at : runs_at + RUN * len(runs)] = np.array(table, np.int64).ravel()
    taps = [tap for taps in classes for tap in taps]
    geometry[classes_at:] = np.array(taps, np.int64).ravel()
    return geometry
