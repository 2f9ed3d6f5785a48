"""Transposed convolution: the convolution's transpose in its images, as a layer of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from .bias import add_bias
from .convolution import conv2d, conv2d_filter_transpose, spread
from .image_arguments import as_groups, as_pair, check_axes, check_filters, check_groups
from .kinds import Bilinear, conjugate
from .primitive import Shape, primitive
from .windows import Pair, Windows


class ConvTranspose2d(Bilinear):
    r"""Transposed convolution, which enlarges images, as `torch.nn.functional.conv_transpose2d`.

    .. math:: y_{n,\,o,\,s r + d i - p,\,s q + d j - p} \mathrel{+}= w_{coij}\; x_{ncrq},
       \qquad y_{no} \mathrel{+}= b_o

    It is the gradient of a convolution with respect to its images, and the convolution is the
    gradient of it. Cost: :math:`2 N C \frac{O}{G} k_h k_w H W` operations.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W)
        Images.
    w : array_like, shape (C, O / groups, kh, kw)
        Filters.
    b : array_like, shape (O,), optional
        Bias.
    stride : int or pair, default 1
        Distance :math:`s` between the windows that neighbouring pixels are spread over.
    padding : int or pair, default 0
        How many pixels :math:`p` are cropped from each side of the output.
    output_padding : int or pair, default 0
        How many pixels are added behind: of all the sizes that a convolution with this stride takes
        to the same size, it chooses one.
    groups : int, default 1
        Split channels and filters into :math:`G` groups that do not see each other.
    dilation : int or pair, default 1
        Distance :math:`d` between neighbouring taps of the kernel.

    Returns
    -------
    array, shape (N, O, H', W')
        With :math:`H' = s (H - 1) + d (k_h - 1) + 1 - 2p` plus the output padding.

    Raises
    ------
    ShapeError
        If an operand lacks an axis, the channels do not fit the filters and groups, the bias does
        not fit the filters, or nothing is left of the output.
    ArgumentError
        If stride, dilation or groups is less than 1, a padding is negative, or the output padding
        is neither smaller than the stride nor than the dilation.
    DtypeError
        If one of them is no integer.

    References
    ----------
    V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", 2016.
    https://arxiv.org/abs/1603.07285
    """

    autocast = "half"

    def __call__(
        self,
        x: Any,
        w: Any,
        b: Any = None,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        output_padding: int | Pair = 0,
        groups: int = 1,
        dilation: int | Pair = 1,
    ) -> Any:
        strides = as_pair(self.name, "stride", stride, 1)
        dilations = as_pair(self.name, "dilation", dilation, 1)
        cropped = as_pair(self.name, "padding", padding, 0)
        added = as_pair(self.name, "output_padding", output_padding, 0)
        for more, s, d in zip(added, strides, dilations, strict=True):
            if more >= s and more >= d:
                raise ArgumentError(
                    f"{self.name}: output_padding must be smaller than the stride or the dilation; "
                    f"got output_padding {added}, stride {strides} and dilation {dilations}"
                )
        # Cropping less behind is all that output padding is. The border may so become negative.
        (rows, columns), (more_rows, more_columns) = cropped, added
        y = self.apply(
            x,
            w,
            stride=strides,
            padding=((rows, rows - more_rows), (columns, columns - more_columns)),
            dilation=dilations,
            groups=as_groups(self.name, groups),
        )
        return add_bias(y, b)

    def function(self, x, w, groups, **geometry):
        size = self.shape(np.shape(x), np.shape(w), groups, **geometry)[2:]
        return spread(x, w, size, _windows(np.shape(w), geometry), groups)

    def shape(self, x, w, groups, **geometry):
        check_axes("x", x, "images, channels, rows, columns")
        check_filters(w)
        if x[1] != w[0]:
            raise ShapeError(
                f"each channel of the images needs filters: x, of shape {x}, has {x[1]} channels, "
                f"and w, of shape {w}, has filters for {w[0]}; w needs shape "
                f"({x[1]}, output channels / groups, {w[2]}, {w[3]})"
            )
        check_groups("channels", x[1], groups)
        windows = _windows(w, geometry)
        span, frame = windows.extent, windows.padded((0, 0))
        size = tuple(
            windows.stride[axis] * (x[2 + axis] - 1) + span[axis] - frame[axis] for axis in (0, 1)
        )
        if 0 in x[2:] or min(size) < 1:
            raise ShapeError(
                f"nothing is left of images of shape {x}: the output would have "
                f"{size[0]} x {size[1]} pixels; use less padding or larger images"
            )
        return (x[0], w[1] * groups, *size)

    def transpose_left(self, gradient, x, w, **geometry):
        return conv2d.apply(gradient, conjugate(w), **geometry)

    def transpose_right(self, gradient, x, w, **geometry):
        return conv2d_filter_transpose(gradient, conjugate(x), w, **geometry)

    def examples(self, rng):
        x, w = rng.normal(size=(2, 2, 3, 2)), rng.normal(size=(2, 3, 2, 3))
        yield (x, w), {}
        yield (x, w), {"stride": (2, 3), "padding": (1, 0), "output_padding": (1, 2)}
        yield (x, w[:, :1]), {"groups": 2, "dilation": 2, "output_padding": 1}


conv_transpose2d = primitive(ConvTranspose2d)


def _windows(w: Shape, geometry: dict[str, Any]) -> Windows:
    return Windows((w[2], w[3]), geometry["stride"], geometry["padding"], geometry["dilation"])
