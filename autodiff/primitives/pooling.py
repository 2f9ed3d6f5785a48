"""Pooling: the maximum, or the mean, of each window of an image."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ArgumentError
from .broadcasting import cast_like
from .image_arguments import as_pair, borders
from .kinds import General, Linear
from .maxima import (
    check_shape,
    fold,
    max_pool2d_gather,
    max_pool2d_scatter,
    pooled_shape,
    surrounded,
)
from .primitive import primitive
from .windows import Pair, Windows, batch_first, batch_last, remove


class MaxPool2d(General):
    r"""Largest pixel of each window, channel by channel, as `torch.nn.functional.max_pool2d`.

    .. math:: y_{ncrq} = \max_{i,j}\, x_{n,\,c,\,s r + d i - p,\,s q + d j - p}

    The gradient goes to the pixel that was chosen; among equal ones that is the first, row by row.
    A pixel that is not a number is chosen before every number. Rows and columns in which no whole
    window fits are left out. Cost: :math:`N C (k_h + k_w) H' W'` comparisons, up to the rows that
    windows share; :math:`N C k_h k_w H' W'` for the gradient.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W)
        Images.
    kernel_size : int or pair
        Size of the windows.
    stride : int or pair, optional
        Distance :math:`s` between neighbouring windows; `kernel_size` where not given.
    padding : int or pair, default 0
        Number :math:`p` of pixels, of value minus infinity, on each side of the image; at most
        half of the window.
    dilation : int or pair, default 1
        Distance :math:`d` between neighbouring taps of a window.
    ceil_mode : bool
        Keep the rows and columns at the end in which only a part of a window fits.

    Returns
    -------
    array, shape (N, C, H', W')
        With :math:`H' = \lfloor (H + 2p - d (k_h - 1) - 1) / s \rfloor + 1`. With `ceil_mode` the
        quotient is rounded up, unless the last window would start behind the image.

    Raises
    ------
    ShapeError
        If `x` does not have four axes, or a window is larger than the padded image.
    ArgumentError
        If a size, stride or dilation is less than 1, or the padding is negative or too large.
    DtypeError
        If one of them is no integer.

    References
    ----------
    D. Scherer, A. Müller, S. Behnke, "Evaluation of Pooling Operations in Convolutional
    Architectures for Object Recognition", ICANN 2010. https://doi.org/10.1007/978-3-642-15825-4_10
    """

    def __call__(
        self,
        x: Any,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        padding: int | Pair = 0,
        dilation: int | Pair = 1,
        ceil_mode: bool = False,
    ) -> Any:
        arguments = kernel_size, stride, padding, dilation, ceil_mode
        return self.apply(x, windows=pooling_windows(self.name, *arguments))

    def function(self, x, windows):
        self.shape(np.shape(x), windows)
        images = surrounded(x, windows)
        return batch_first(fold(np.maximum, images, windows))

    def shape(self, x, windows):
        return pooled_shape(x, windows)

    def vjp(self, position, gradient, output, x, windows):
        return max_pool2d_scatter(gradient, x, output, windows=windows)

    def jvp(self, tangents, output, x, windows):
        return max_pool2d_gather(tangents[0], x, output, windows=windows)

    def examples(self, rng):
        x = rng.normal(size=(2, 2, 5, 6))
        yield (x, 2), {}
        yield (x, (3, 2)), {"stride": (1, 2), "padding": (1, 0)}
        yield (x, 2), {"stride": 1, "padding": 1, "dilation": (2, 1)}
        yield (x, 3), {"stride": (2, 3), "padding": 1, "ceil_mode": True}


max_pool2d = primitive(MaxPool2d)


class AvgPool2d(Linear):
    r"""Mean of each window, channel by channel, as `torch.nn.functional.avg_pool2d`.

    .. math:: y_{ncrq} = \frac{1}{k_h k_w} \sum_{i,j} x_{n,\,c,\,s r + i - p,\,s q + j - p}

    with zeros outside of the image, which count as pixels. Cost: :math:`N C (k_h + k_w) H' W'`
    additions, up to the rows that windows share.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W)
        Images.
    kernel_size : int or pair
        Size of the windows.
    stride : int or pair, optional
        Distance :math:`s` between neighbouring windows; `kernel_size` where not given.
    padding : int or pair, default 0
        Number :math:`p` of zeros on each side of the image; at most half of the window.

    Returns
    -------
    array, shape (N, C, H', W')
        With :math:`H' = \lfloor (H + 2p - k_h) / s \rfloor + 1`.

    Raises
    ------
    ShapeError
        If `x` does not have four axes, or a window is larger than the padded image.
    ArgumentError
        If a size or stride is less than 1, or the padding is negative or too large.
    DtypeError
        If one of them is no integer.
    """

    def __call__(
        self,
        x: Any,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        padding: int | Pair = 0,
    ) -> Any:
        return self.apply(x, windows=pooling_windows(self.name, kernel_size, stride, padding))

    def function(self, x, windows):
        self.shape(np.shape(x), windows)
        images = batch_last(x, windows.borders)
        return batch_first(fold(np.add, images, windows) / math.prod(windows.kernel))

    def shape(self, x, windows):
        return pooled_shape(x, windows)

    def transpose(self, gradient, x, windows):
        return avg_pool2d_transpose(gradient, x, windows=windows)

    def examples(self, rng):
        x = rng.normal(size=(2, 2, 5, 6))
        yield (x, 2), {}
        yield (x, (3, 2)), {"stride": (1, 2), "padding": (1, 0)}


avg_pool2d = primitive(AvgPool2d)


class AvgPool2dTranspose(Linear):
    """Transpose of `avg_pool2d`: give each pixel of a window an equal share of its gradient.

    Parameters
    ----------
    g : array_like, shape (N, C, H', W')
        Gradient of the pooled images.
    like : array_like, shape (N, C, H, W)
        The images; they lend their shape and dtype.
    windows : Windows
        Those of the pooling.

    Raises
    ------
    ShapeError
        If `g` does not have the shape of the pooled images.
    """

    shape_only = (1,)

    def function(self, g, like, windows):
        self.shape(np.shape(g), np.shape(like), windows)
        shares = batch_last(g) / math.prod(windows.kernel)
        channels, rows, _, images = shares.shape
        height, width = windows.padded(np.shape(like)[2:])
        # Along columns first and then along rows: kw + kh additions instead of kw * kh.
        wide = np.zeros((channels, rows, width, images), shares.dtype)
        for tap in windows.along(wide, 1):
            tap += shares
        result = np.zeros((channels, height, width, images), shares.dtype)
        for tap in windows.along(result, 0):
            tap += wide
        return cast_like(batch_first(remove(result, windows.borders)), like)

    def shape(self, g, like, windows):
        check_shape(g, pooled_shape(like, windows))
        return like

    def transpose(self, gradient, g, like, windows):
        return avg_pool2d.apply(gradient, windows=windows)

    def examples(self, rng):
        like = np.zeros((2, 2, 5, 4))
        for kernel, stride, padding in ((2, None, 0), (3, 1, 1)):
            windows = pooling_windows(self.name, kernel, stride, padding)
            g = rng.normal(size=pooled_shape(like.shape, windows))
            yield (g, like), {"windows": windows}


avg_pool2d_transpose = primitive(AvgPool2dTranspose)


def pooling_windows(
    name: str,
    kernel: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Windows:
    """The windows that the arguments of a pooling describe, checked."""
    size = as_pair(name, "kernel_size", kernel, 1)
    strides = size if stride is None else as_pair(name, "stride", stride, 1)
    margin = as_pair(name, "padding", padding, 0)
    windows = Windows(size, strides, borders(margin), as_pair(name, "dilation", dilation, 1))
    if any(2 * p > span for p, span in zip(margin, windows.extent, strict=True)):
        raise ArgumentError(
            f"{name}: padding {margin} is more than half of a window, which spans "
            f"{windows.extent}, so that some windows would lie outside of the image; use less"
        )
    return windows._replace(partly=bool(ceil_mode))
