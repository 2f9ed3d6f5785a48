"""Pooling layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..primitives.image_arguments import as_pair
from ..primitives.pooling import avg_pool2d, max_pool2d
from .module import Module

Pair = int | Sequence[int]


class Pooling(Module):
    """What both pooling layers share."""

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        layer = type(self).__name__
        as_pair(layer, "kernel_size", kernel_size, 1)
        as_pair(layer, "stride", kernel_size if stride is None else stride, 1)
        as_pair(layer, "padding", padding, 0)
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool2d(Pooling):
    """The largest value in each window, as `autodiff.max_pool2d`.

    Parameters
    ----------
    kernel_size : int or pair of int
        Height and width of the window.
    stride : int or pair of int, optional
        Distance between windows; `kernel_size` where not given.
    padding : int or pair of int
        Width of the border that is added on each side.
    dilation : int or pair of int
        Distance between the pixels of a window.

    Raises
    ------
    ArgumentError
        If a size is out of range.
    """

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        dilation: Pair = 1,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
        as_pair("MaxPool2d", "dilation", dilation, 1)
        self.dilation = dilation

    def forward(self, x: Any) -> Any:
        return max_pool2d(x, self.kernel_size, self.stride, self.padding, self.dilation)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, dilation={self.dilation}"


class AvgPool2d(Pooling):
    """The mean of each window, as `autodiff.avg_pool2d`.

    Parameters
    ----------
    kernel_size : int or pair of int
        Height and width of the window.
    stride : int or pair of int, optional
        Distance between windows; `kernel_size` where not given.
    padding : int or pair of int
        Width of the border of zeros that is added on each side.

    Raises
    ------
    ArgumentError
        If a size is out of range.
    """

    def forward(self, x: Any) -> Any:
        return avg_pool2d(x, self.kernel_size, self.stride, self.padding)
