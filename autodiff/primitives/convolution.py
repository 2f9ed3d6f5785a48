r"""Convolution and its two transposes.

All three are one trilinear form of images :math:`x`, filters :math:`w` and output gradients
:math:`g`,

.. math:: T(x, w, g) = \sum_{n,o,c,i,j,r,q} g_{norq}\, w_{ocij}\, x_{n,\,c,\,sr+di-p,\,sq+dj-p}.

Its derivative with respect to `g` is the convolution, to `x` the transpose in the input, to `w` the
transpose in the filter. Each is bilinear in the two operands that are left, so that its own
derivatives are the other two: the three are closed under differentiation, to any order.

Each is one matrix product with the matrix of all windows ("im2col"), which has a row for each
channel and tap, and a column for each position in each image.

References
----------
K. Chellapilla, S. Puri, P. Simard, "High Performance Convolutional Neural Networks for Document
Processing", 2006. https://inria.hal.science/inria-00112631

V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", 2016.
https://arxiv.org/abs/1603.07285
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ShapeError
from .bias import add_bias
from .broadcasting import cast_like
from .image_arguments import (
    as_groups,
    as_padding,
    as_pair,
    check_axes,
    check_filters,
    check_groups,
    convolution_windows,
)
from .kinds import Bilinear, conjugate
from .primitive import Shape, primitive
from .windows import NO_BORDERS, Pair, Windows, batch_first, batch_last


class Conv2d(Bilinear):
    r"""Convolution of images with filters: the cross-correlation that PyTorch computes.

    .. math:: y_{norq} = b_o + \sum_{c,i,j} w_{ocij}\; x_{n,\,c,\,s r + d i - p,\,s q + d j - p}

    with zeros outside of the image. Cost: :math:`2 N O \frac{C}{G} k_h k_w H' W'` operations, and a
    matrix of :math:`N C k_h k_w H' W'` numbers.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W)
        Images.
    w : array_like, shape (O, C / groups, kh, kw)
        Filters.
    b : array_like, shape (O,), optional
        Bias.
    stride : int or pair, default 1
        Distance :math:`s` between neighbouring windows.
    padding : int, pair, "valid" or "same", default 0
        Number :math:`p` of zeros on each side of the image. "valid" is 0; "same" gives an output
        of the size of the image, and needs stride 1.
    dilation : int or pair, default 1
        Distance :math:`d` between neighbouring taps of the kernel.
    groups : int, default 1
        Split channels and filters into :math:`G` groups that do not see each other.

    Returns
    -------
    array, shape (N, O, H', W')
        With :math:`H' = \lfloor (H + 2p - d (k_h - 1) - 1) / s \rfloor + 1`.

    Raises
    ------
    ShapeError
        If an operand lacks an axis, the channels do not fit the filters and groups, the bias does
        not fit the filters, or the kernel is larger than the padded image.
    ArgumentError
        If stride, dilation or groups is less than 1, or padding is negative.
    DtypeError
        If one of them is no integer.
    """

    autocast = "half"

    def __call__(
        self,
        x: Any,
        w: Any,
        b: Any = None,
        stride: int | Pair = 1,
        padding: int | Pair | str = 0,
        dilation: int | Pair = 1,
        groups: int = 1,
    ) -> Any:
        strides = as_pair(self.name, "stride", stride, 1)
        y = self.apply(
            x,
            w,
            stride=strides,
            padding=as_padding(self.name, padding, strides),
            dilation=as_pair(self.name, "dilation", dilation, 1),
            groups=as_groups(self.name, groups),
        )
        return add_bias(y, b)

    def function(self, x, w, groups, **geometry):
        _, filters, *counts = self.shape(np.shape(x), np.shape(w), groups, **geometry)
        windows, rows = _windows(np.shape(w), geometry).gather(x), _matrices(w, groups)
        images = windows.shape[-1]
        y = rows @ windows.reshape(groups, rows.shape[2], counts[0] * counts[1] * images)
        return batch_first(y.reshape(filters, *counts, images))

    def shape(self, x, w, groups, **geometry):
        check_axes("x", x, "images, channels, rows, columns")
        check_filters(w)
        if x[1] != w[1] * groups:
            raise ShapeError(
                f"filters of depth {w[1]} in groups={groups} read {w[1] * groups} channels, and "
                f"the images have {x[1]}; x has shape {x}, and w, of shape {w}, needs shape "
                f"({w[0]}, {x[1]} / groups, {w[2]}, {w[3]})"
            )
        check_groups("filters", w[0], groups)
        return (x[0], w[0], *_windows(w, geometry).counts(x[2:]))

    def transpose_left(self, gradient, x, w, **geometry):
        return conv2d_input_transpose(gradient, conjugate(w), x, **geometry)

    def transpose_right(self, gradient, x, w, **geometry):
        return conv2d_filter_transpose(conjugate(x), gradient, w, **geometry)

    def examples(self, rng):
        x, w = rng.normal(size=(2, 2, 5, 6)), rng.normal(size=(4, 2, 3, 2))
        yield (x, w), {}
        yield (x, w), {"padding": (1, 0), "stride": (2, 1)}
        yield (x, w), {"padding": "same", "dilation": (1, 2)}
        yield (x, w[:, :1]), {"groups": 2, "stride": 2, "padding": 1}


conv2d = primitive(Conv2d)


class Conv2dInputTranspose(Bilinear):
    r"""Transpose of `conv2d` in its images: spreads each gradient over the window it came from.

    .. math:: \bar x_{n,\,c,\,s r + d i - p,\,s q + d j - p} \mathrel{+}= w_{ocij}\; g_{norq}

    Cost: that of the convolution.

    Parameters
    ----------
    g : array_like, shape (N, O, H', W')
        Gradient of the convolution's output.
    w : array_like, shape (O, C / groups, kh, kw)
        Filters.
    like : array_like, shape (N, C, H, W)
        The images; they lend their shape and dtype.
    stride, padding, dilation, groups
        Those of the convolution, as it normalised them.

    Raises
    ------
    ShapeError
        If `g` does not have the shape of the convolution of `like` with `w`.
    """

    shape_only = (2,)

    def function(self, g, w, like, groups, **geometry):
        size = self.shape(np.shape(g), np.shape(w), np.shape(like), groups, **geometry)[2:]
        images = spread(g, w, size, _windows(np.shape(w), geometry), groups)
        return cast_like(images, like)

    def shape(self, g, w, like, groups, **geometry):
        _check_gradient(g, conv2d.shape(like, w, groups, **geometry))
        return like

    def transpose_left(self, gradient, g, w, like, **geometry):
        return conv2d.apply(gradient, conjugate(w), **geometry)

    def transpose_right(self, gradient, g, w, like, **geometry):
        return conv2d_filter_transpose(gradient, conjugate(g), w, **geometry)

    def examples(self, rng):
        yield (
            (rng.normal(size=(2, 4, 3, 3)), rng.normal(size=(4, 1, 2, 3)), np.zeros((2, 2, 5, 6))),
            _geometry(stride=(2, 2), padding=((1, 1), (1, 1)), groups=2),
        )
        yield (
            (rng.normal(size=(1, 2, 2, 3)), rng.normal(size=(2, 3, 2, 2)), np.zeros((1, 3, 4, 4))),
            _geometry(dilation=(2, 1)),
        )


conv2d_input_transpose = primitive(Conv2dInputTranspose)


class Conv2dFilterTranspose(Bilinear):
    r"""Transpose of `conv2d` in its filters: correlates the images with the output's gradient.

    .. math:: \bar w_{ocij} = \sum_{n,r,q} g_{norq}\; x_{n,\,c,\,s r + d i - p,\,s q + d j - p}

    Cost: that of the convolution.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W)
        Images.
    g : array_like, shape (N, O, H', W')
        Gradient of the convolution's output.
    like : array_like, shape (O, C / groups, kh, kw)
        The filters; they lend their shape and dtype.
    stride, padding, dilation, groups
        Those of the convolution, as it normalised them.

    Raises
    ------
    ShapeError
        If `g` does not have the shape of the convolution of `x` with `like`.
    """

    shape_only = (2,)

    def function(self, x, g, like, groups, **geometry):
        self.shape(np.shape(x), np.shape(g), np.shape(like), groups, **geometry)
        left, right = _windows(np.shape(like), geometry).gather(x), batch_last(g)
        filters, depth, *kernel = np.shape(like)
        height, width = depth * kernel[0] * kernel[1], filters // groups
        rows, columns, images = right.shape[1:]
        # Where the result is small and the product long, the BLAS has little to share out or to
        # keep in cache: a product for each row of windows, added up, is up to 5 times faster.
        parts = rows if height * width < columns * images else 1
        length = rows * columns * images // parts
        left = left.reshape(groups, height, parts, length).transpose(0, 2, 1, 3)
        right = right.reshape(groups, width, parts, length).transpose(0, 2, 3, 1)
        w = np.sum(left @ right, axis=1)
        return cast_like(w.mT.reshape(filters, depth, *kernel), like)

    def shape(self, x, g, like, groups, **geometry):
        _check_gradient(g, conv2d.shape(x, like, groups, **geometry))
        return like

    def transpose_left(self, gradient, x, g, like, **geometry):
        return conv2d_input_transpose(conjugate(g), gradient, x, **geometry)

    def transpose_right(self, gradient, x, g, like, **geometry):
        return conv2d.apply(conjugate(x), gradient, **geometry)

    def examples(self, rng):
        yield (
            (rng.normal(size=(2, 2, 5, 6)), rng.normal(size=(2, 4, 3, 3)), np.zeros((4, 1, 2, 3))),
            _geometry(stride=(2, 2), padding=((1, 1), (1, 1)), groups=2),
        )
        yield (
            (rng.normal(size=(3, 1, 4, 5)), rng.normal(size=(3, 1, 4, 5)), np.zeros((1, 1, 1, 1))),
            _geometry(),
        )


conv2d_filter_transpose = primitive(Conv2dFilterTranspose)


def spread(g: Any, w: Any, size: Pair, windows: Windows, groups: int) -> np.ndarray:
    """Spread `g` over the windows of images of `size`: what both transposed convolutions share."""
    rows, columns = _matrices(w, groups), batch_last(g)
    positions = columns.shape[1:]
    shares = rows.mT @ columns.reshape(groups, rows.shape[1], math.prod(positions))
    channels, taps = groups * np.shape(w)[1], math.prod(windows.kernel)
    return windows.scatter(shares.reshape(channels, taps, *positions), size)


def _matrices(w: Any, groups: int) -> np.ndarray:
    """For each group a matrix, with a row for each filter and a column for each channel and tap."""
    filters = np.shape(w)[0]
    return np.reshape(w, (groups, filters // groups, -1))


def _windows(w: Shape, geometry: dict[str, Any]) -> Windows:
    return convolution_windows((w[2], w[3]), **geometry)


def _check_gradient(g: Shape, expected: Shape) -> None:
    if g != expected:
        raise ShapeError(f"the gradient needs the convolution's shape, {expected}; got {g}")


def _geometry(**changes: Any) -> dict[str, Any]:
    plain = {"stride": (1, 1), "padding": NO_BORDERS, "dilation": (1, 1), "groups": 1}
    return {**plain, **changes}
