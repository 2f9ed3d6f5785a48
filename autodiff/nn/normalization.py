"""Normalisation layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..dtypes import as_dtype
from ..errors import ArgumentError, ShapeError
from ..evaluation import in_float32
from ..primitives.elementary import sqrt, square
from ..primitives.reductions import mean
from ..primitives.shaping import reshape
from ..primitives.statistics import expect_lengths, track_statistics
from ..primitives.variance import centred
from ..structures import Constant, Variable
from .initialization import positive
from .module import Module


class BatchNorm(Module):
    r"""Normalise each channel over the batch: :math:`y = \gamma (x - \mu)/\sqrt{\sigma^2 +
    \epsilon} + \beta`.

    In training mode the mean :math:`\mu` and the (biased) variance :math:`\sigma^2` are those of
    the batch, and each forward sweep moves the running statistics towards them. In evaluation mode
    they are the running statistics. The mode is fixed when a graph is recorded; the running
    statistics are shared with all graphs, so that a replay in evaluation mode sees the present
    ones.

    Parameters
    ----------
    num_features : int
        Number of channels: the length of axis 1.
    eps : float
        The :math:`\epsilon` under the root.
    momentum : float or None
        Weight of a new batch in the running statistics; None for the average of all batches.
    affine : bool
        Whether there are parameters :math:`\gamma` and :math:`\beta`.
    track_running_stats : bool
        Without running statistics those of the batch are used in evaluation mode too.
    bias : bool
        Whether there is a :math:`\beta`.
    dtype : dtype_like
        Floating type of parameters and statistics.

    Attributes
    ----------
    weight, bias : Variable or None, shape (num_features,)
        :math:`\gamma`, at first 1, and :math:`\beta`, at first 0.
    running_mean, running_var : Constant or None, shape (num_features,)
        Running statistics; the variance is the unbiased one.
    num_batches_tracked : Constant or None, shape ()
        Number of updates, an integer.

    Raises
    ------
    ShapeError
        When called, if the input has another number of axes or channels, or in training mode only
        one value for each channel.

    References
    ----------
    S. Ioffe, C. Szegedy, "Batch Normalization", ICML 2015. https://arxiv.org/abs/1502.03167
    """

    ranks: tuple[int, ...] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: Any = np.float32,
    ) -> None:
        (self.num_features,) = positive(type(self).__name__, num_features=num_features)
        self.eps, self.momentum, self.affine = eps, momentum, affine
        self.track_running_stats = track_running_stats
        shape, dtype = (self.num_features,), as_dtype(dtype)
        self.weight = Variable(np.ones(shape, dtype)) if affine else None
        self.bias = Variable(np.zeros(shape, dtype)) if affine and bias else None
        self.running_mean = Constant(np.zeros(shape, dtype)) if track_running_stats else None
        self.running_var = Constant(np.ones(shape, dtype)) if track_running_stats else None
        self.num_batches_tracked = Constant(np.array(0)) if track_running_stats else None

    def forward(self, x: Any) -> Any:
        rank = np.ndim(x)
        if rank not in self.ranks:
            wanted = " or ".join(map(str, self.ranks))
            raise ShapeError(
                f"{type(self).__name__} needs an input with {wanted} axes; got shape {np.shape(x)}"
            )
        return in_float32(self._normalized, expect_lengths(x, {1: self.num_features}))

    def _normalized(self, x: Any) -> Any:
        rank = x.ndim
        over = (0, *range(2, rank))
        if self.training or self.running_mean is None:
            center = mean(x, over, keepdims=True)
            deviation = centred(x, center, over)
            variance = self._track(mean(square(deviation), over, keepdims=True), center, x)
        else:
            deviation = x - self._channels(self.running_mean, rank)
            variance = self._channels(self.running_var, rank)
        if self.weight is None:
            return deviation / sqrt(variance + self.eps)
        # The factor has one element a channel: one pass over the batch instead of two.
        y = deviation * (self._channels(self.weight, rank) / sqrt(variance + self.eps))
        return y if self.bias is None else y + self._channels(self.bias, rank)

    def _track(self, variance: Any, center: Any, x: Any) -> Any:
        if self.running_mean is None or self.running_var is None or not self.training:
            return variance
        assert self.num_batches_tracked is not None
        return track_statistics(
            variance,
            center,
            x,
            self.running_mean,
            self.running_var,
            self.num_batches_tracked,
            self.momentum,
        )

    def _channels(self, values: Any, rank: int) -> Any:
        return reshape(values, (1, -1) + (1,) * (rank - 2))

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(BatchNorm):
    """`BatchNorm` of inputs of shape (N, C) or (N, C, L): over all axes but the channels."""

    ranks = (2, 3)


class BatchNorm2d(BatchNorm):
    """`BatchNorm` of pictures, of shape (N, C, H, W): over the batch and all positions."""

    ranks = (4,)


class LayerNorm(Module):
    r"""Normalise each example over its last axes: :math:`y = \gamma (x - \mu)/\sqrt{\sigma^2 +
    \epsilon} + \beta`, with the mean and the biased variance over those axes.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        Lengths of the last axes, those that are normalised over.
    eps : float
        The :math:`\epsilon` under the root.
    elementwise_affine : bool
        Whether there are parameters :math:`\gamma` and :math:`\beta`.
    bias : bool
        Whether there is a :math:`\beta`.
    dtype : dtype_like
        Floating type of the parameters.

    Attributes
    ----------
    weight, bias : Variable or None, shape normalized_shape
        :math:`\gamma`, at first 1, and :math:`\beta`, at first 0.

    Raises
    ------
    ShapeError
        When called, if the last axes of the input have other lengths.

    References
    ----------
    J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer Normalization", 2016.
    https://arxiv.org/abs/1607.06450
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        given = (
            tuple(normalized_shape) if isinstance(normalized_shape, Sequence) else normalized_shape
        )
        shape = given if isinstance(given, tuple) else (given,)
        if not shape:
            raise ArgumentError("LayerNorm: normalized_shape needs at least one axis; got ()")
        self.normalized_shape = tuple(
            positive("LayerNorm", normalized_shape=length)[0] for length in shape
        )
        self.eps, self.elementwise_affine = eps, elementwise_affine
        ones = np.ones(self.normalized_shape, as_dtype(dtype))
        self.weight = Variable(ones) if elementwise_affine else None
        self.bias = Variable(np.zeros_like(ones)) if elementwise_affine and bias else None

    def forward(self, x: Any) -> Any:
        over = tuple(range(-len(self.normalized_shape), 0))
        x = expect_lengths(x, dict(zip(over, self.normalized_shape, strict=True)))
        return in_float32(self._normalized, x, over)

    def _normalized(self, x: Any, over: tuple[int, ...]) -> Any:
        deviation = centred(x, mean(x, over, keepdims=True), over)
        y = deviation / sqrt(mean(square(deviation), over, keepdims=True) + self.eps)
        y = y if self.weight is None else y * self.weight
        return y if self.bias is None else y + self.bias

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )
