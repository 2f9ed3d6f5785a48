"""Convolution layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError, describe
from ..primitives.convolution import conv2d
from ..primitives.image_arguments import as_padding, as_pair
from ..primitives.random import Rng
from ..primitives.transposed_convolution import conv_transpose2d
from ..structures import Variable
from .initialization import positive, weight_and_bias
from .module import Module

Pair = int | Sequence[int]


class Convolution(Module):
    """What both convolution layers share: sizes, parameters, and how they are printed."""

    weight: Variable
    bias: Variable | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair,
        padding: Pair | str,
        dilation: Pair,
        groups: int,
    ) -> None:
        layer = type(self).__name__
        self.in_channels, self.out_channels, self.groups = positive(
            layer, in_channels=in_channels, out_channels=out_channels, groups=groups
        )
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise ArgumentError(
                f"{layer}: groups must divide in_channels and out_channels; {groups} does not "
                f"divide {in_channels} and {out_channels}"
            )
        self.kernel_size = as_pair(layer, "kernel_size", kernel_size, 1)
        self.stride = as_pair(layer, "stride", stride, 1)
        self.dilation = as_pair(layer, "dilation", dilation, 1)
        as_padding(layer, padding, self.stride)  # refused here, where the layer is made
        self.padding = (
            padding if isinstance(padding, str) else as_pair(layer, "padding", padding, 0)
        )

    def _check(self, x: Any) -> None:
        shape = np.shape(x)
        if len(shape) != 4 or shape[1] != self.in_channels:
            raise ShapeError(
                f"{type(self).__name__} with {describe(self.weight)} needs an input of shape "
                f"(N, {self.in_channels}, H, W); got shape {shape}"
                + ("; give it a batch axis with x[None]" if len(shape) == 3 else "")
            )

    def extra_repr(self) -> str:
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        for name, usual in (("padding", (0, 0)), ("dilation", (1, 1)), ("groups", 1)):
            value = getattr(self, name)
            text += "" if value == usual else f", {name}={value!r}"
        return text + ("" if self.bias is not None else ", bias=False")


class Conv2d(Convolution):
    r"""Convolution of pictures, as `autodiff.conv2d`, with a filter and a bias of its own.

    Parameters
    ----------
    in_channels, out_channels : int
        Numbers of channels of the input and of the result.
    kernel_size : int or pair of int
        Height and width of the filter.
    stride, dilation : int or pair of int
        As in `autodiff.conv2d`.
    padding : int, pair of int, "valid" or "same"
        As in `autodiff.conv2d`.
    groups : int
        Number of blocks of channels that are convolved apart from each other.
    bias : bool
        Whether a bias is added.
    dtype : dtype_like
        Floating type of the parameters.
    rng : numpy.random.Generator or int, optional
        Where the initial values come from; the library-wide generator where not given.

    Attributes
    ----------
    weight : Variable, shape (out_channels, in_channels / groups, height, width)
        Drawn from :math:`U(-1/\sqrt f, 1/\sqrt f)` with the fan-in :math:`f`, the product of the
        last three lengths.
    bias : Variable or None, shape (out_channels,)
        Drawn from the same distribution.

    Raises
    ------
    ArgumentError
        If a size is out of range, or `groups` does not divide the numbers of channels.
    ShapeError
        When called, if the input is not of shape (N, in_channels, H, W).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair | str = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups)
        shape = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        self.weight, self.bias = weight_and_bias(
            shape, self.out_channels if bias else None, rng, dtype
        )

    def forward(self, x: Any) -> Any:
        self._check(x)
        return conv2d(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


class ConvTranspose2d(Convolution):
    r"""Transposed convolution of pictures, as `autodiff.conv_transpose2d`.

    Parameters
    ----------
    in_channels, out_channels : int
        Numbers of channels of the input and of the result.
    kernel_size : int or pair of int
        Height and width of the filter.
    stride, padding, output_padding : int or pair of int
        As in `autodiff.conv_transpose2d`.
    groups : int
        Number of blocks of channels that are convolved apart from each other.
    bias : bool
        Whether a bias is added.
    dilation : int or pair of int
        As in `autodiff.conv_transpose2d`.
    dtype : dtype_like
        Floating type of the parameters.
    rng : numpy.random.Generator or int, optional
        Where the initial values come from; the library-wide generator where not given.

    Attributes
    ----------
    weight : Variable, shape (in_channels, out_channels / groups, height, width)
        Drawn from :math:`U(-1/\sqrt f, 1/\sqrt f)`, where :math:`f` is the product of the last
        three lengths, as in PyTorch.
    bias : Variable or None, shape (out_channels,)
        Drawn from the same distribution.

    Raises
    ------
    ArgumentError
        If a size is out of range, or `groups` does not divide the numbers of channels.
    ShapeError
        When called, if the input is not of shape (N, in_channels, H, W).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        output_padding: Pair = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Pair = 1,
        *,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups)
        self.output_padding = as_pair("ConvTranspose2d", "output_padding", output_padding, 0)
        shape = (self.in_channels, self.out_channels // self.groups, *self.kernel_size)
        self.weight, self.bias = weight_and_bias(
            shape, self.out_channels if bias else None, rng, dtype
        )

    def forward(self, x: Any) -> Any:
        self._check(x)
        return conv_transpose2d(
            x,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )
