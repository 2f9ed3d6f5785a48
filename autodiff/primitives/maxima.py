"""Where the maxima of windows stand: the two linear halves of the derivative of max-pooling.

`max_pool2d_scatter` carries gradients back to the pixels that were chosen, `max_pool2d_gather`
carries tangents forward from them. Each is the transpose of the other, so that together they are
closed under differentiation.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import ShapeError
from .broadcasting import cast_like
from .image_arguments import check_axes
from .kinds import Linear
from .primitive import Shape, primitive
from .windows import NO_BORDERS, Windows, batch_first, batch_last, extend, remove


class MaxPool2dScatter(Linear):
    """Put each number of `g` where `max_pool2d` of `x` found its maximum, and zero elsewhere.

    Linear in `g`; where the maxima stand is locally constant. Cost: that of the pooling's gradient.

    Parameters
    ----------
    g : array_like, shape (N, C, H', W')
        Gradient of the pooled images.
    x : array_like, shape (N, C, H, W)
        Images.
    y : array_like, shape (N, C, H', W')
        The pooled images.
    windows : Windows
        Those of the pooling.

    Raises
    ------
    ShapeError
        If `g` or `y` do not have the shape of the pooled images.
    """

    def function(self, g, x, y, windows):
        self.shape(np.shape(g), np.shape(x), np.shape(y), windows)
        windows = windows.around(np.shape(x)[2:])
        shares, padded = batch_last(g), windows.padded(np.shape(x)[2:])
        result = np.zeros((len(shares), *padded, shares.shape[3]), shares.dtype)
        for target, chosen in zip(windows.taps(result), chosen_taps(x, y, windows), strict=True):
            if windows.disjoint:
                _select(shares, chosen, out=target)
            else:
                target += _select(shares, chosen)
        return cast_like(batch_first(remove(result, windows.borders)), x)

    def shape(self, g, x, y, windows):
        check_shape(g, pooled_shape(x, windows))
        check_shape(y, g)
        return x

    def transpose(self, gradient, g, x, y, windows):
        return max_pool2d_gather(gradient, x, y, windows=windows)

    def examples(self, rng):
        for x, y, windows in _examples(rng):
            yield (rng.normal(size=y.shape), x, y), {"windows": windows}


class MaxPool2dGather(Linear):
    """Take from `t` the pixels where `max_pool2d` of `x` found its maxima.

    Parameters
    ----------
    t : array_like, shape (N, C, H, W)
        Tangent of the images.
    x : array_like, shape (N, C, H, W)
        Images.
    y : array_like, shape (N, C, H', W')
        The pooled images.
    windows : Windows
        Those of the pooling.

    Raises
    ------
    ShapeError
        If `t` does not have the shape of the images, or `y` not that of the pooled images.
    """

    def function(self, t, x, y, windows):
        self.shape(np.shape(t), np.shape(x), np.shape(y), windows)
        windows = windows.around(np.shape(x)[2:])
        tangents = batch_last(t, windows.borders)
        pairs = zip(windows.taps(tangents), chosen_taps(x, y, windows), strict=True)
        total = functools.reduce(np.add, [_select(tap, chosen) for tap, chosen in pairs])
        return cast_like(batch_first(total), y)

    def shape(self, t, x, y, windows):
        check_shape(t, x)
        check_shape(y, pooled_shape(x, windows))
        return y

    def transpose(self, gradient, t, x, y, windows):
        return max_pool2d_scatter(gradient, x, y, windows=windows)

    def examples(self, rng):
        for x, y, windows in _examples(rng):
            yield (rng.normal(size=x.shape), x, y), {"windows": windows}


max_pool2d_scatter = primitive(MaxPool2dScatter)
max_pool2d_gather = primitive(MaxPool2dGather)


def _examples(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray, Windows]]:
    x = rng.normal(size=(2, 2, 5, 4))
    for windows in (
        Windows((2, 2), (2, 2), NO_BORDERS, (1, 1)),
        Windows((3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1)),
    ):
        yield x, batch_first(fold(np.maximum, surrounded(x, windows), windows)), windows


def pooled_shape(x: Shape, windows: Windows) -> Shape:
    """The shape of pooled images, from that of the images."""
    check_axes("x", x, "images, channels, rows, columns")
    return (*x[:2], *windows.counts((x[2], x[3])))


def check_shape(operand: Shape, expected: Shape) -> None:
    """Raise ShapeError where an operand of a derivative does not have the shape that it must."""
    if operand != expected:
        raise ShapeError(f"an operand of this pooling needs shape {expected}; got {operand}")


def fold(combine: np.ufunc, images: np.ndarray, windows: Windows) -> np.ndarray:
    """Combine the pixels of each window: along rows, then along columns, kh + kw steps in all."""
    for axis in (0, 1):
        met = windows.along(images, axis)
        images = next(met)
        for position, tap in enumerate(met):
            images = combine(images, tap, out=images if position else None)
    return images


def surrounded(x: Any, windows: Windows) -> np.ndarray:
    """Images (C, H, W, N) with borders that lose against every pixel."""
    x = np.asarray(x)
    if x.dtype.kind == "f":
        lowest = -np.inf
    else:
        lowest = np.iinfo(x.dtype).min if x.dtype.kind in "iu" else 0
    return batch_last(x, windows.around(x.shape[2:]).borders, lowest)


def chosen_taps(x: Any, y: Any, windows: Windows) -> Iterator[np.ndarray]:
    """For each tap a mask of the windows whose maximum `y` it is the first to have."""
    windows = windows.around(np.shape(x)[2:])
    images, top = surrounded(x, windows), batch_last(y)
    free, broken = np.ones(top.shape, bool), np.isnan(top).any()
    inside: Iterator[np.ndarray | None] = itertools.repeat(None)
    if windows.borders != NO_BORDERS:
        inside = windows.taps(extend(np.ones((1, *np.shape(x)[2:], 1), bool), windows.borders))
    *others, _ = windows.taps(images)
    for tap, pixels in zip(others, inside, strict=False):
        chosen = tap == top
        if broken:
            chosen |= np.isnan(tap)
        if pixels is not None:
            chosen &= pixels  # or the border would win where a whole window is minus infinity
        chosen &= free
        free ^= chosen
        yield chosen
    yield free  # the last tap has what no other has: a comparison saved


def _select(values: np.ndarray, mask: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """`values` where `mask` holds and 0 elsewhere: `numpy.where`, five times as fast.

    Their bits are multiplied by 0 or 1 as integers, since a product of floating-point numbers would
    make nan of infinity times 0.
    """
    if values.dtype.itemsize > 8:
        return np.multiply(values, mask, out=out)
    bits = np.dtype(f"i{values.dtype.itemsize}")
    product = np.multiply(values.view(bits), mask, out=None if out is None else out.view(bits))
    return product.view(values.dtype)
