"""Linear layers, and the layer that leads to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError, describe
from ..evaluation import autocast
from ..primitives.flattening import flatten
from ..primitives.random import Rng
from .initialization import positive, weight_and_bias
from .module import Module


class Linear(Module):
    r"""Affine map :math:`y = x W^T + b` of the last axis.

    Parameters
    ----------
    in_features, out_features : int
        Lengths of the last axis of the input and of the result.
    bias : bool
        Whether :math:`b` is added.
    dtype : dtype_like
        Floating type of the parameters.
    rng : numpy.random.Generator or int, optional
        Where the initial values come from; the library-wide generator where not given.

    Attributes
    ----------
    weight : Variable, shape (out_features, in_features)
        Drawn from :math:`U(-1/\sqrt f, 1/\sqrt f)` with :math:`f` = `in_features`.
    bias : Variable or None, shape (out_features,)
        Drawn from the same distribution.

    Raises
    ------
    ArgumentError
        If a length is no positive integer.
    ShapeError
        When called, if the last axis of the input does not have `in_features` elements.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        self.in_features, self.out_features = positive(
            "Linear", in_features=in_features, out_features=out_features
        )
        self.weight, self.bias = weight_and_bias(
            (self.out_features, self.in_features), self.out_features if bias else None, rng, dtype
        )

    def forward(self, x: Any) -> Any:
        shape = np.shape(x)
        if not shape or shape[-1] != self.in_features:
            raise ShapeError(
                f"Linear with {describe(self.weight)} needs an input whose last axis has "
                f"{self.in_features} elements; got shape {shape}"
                + (
                    "; put ad.nn.Flatten() before it"
                    if len(shape) > 2 and np.prod(shape[1:]) == self.in_features
                    else ""
                )
            )
        y = x @ self.weight.T
        if self.bias is None:
            return y
        return y + autocast("half", self.bias)[0]

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Flatten(Module):
    """Join axes into one: all but the batch axis, where not told otherwise.

    Parameters
    ----------
    start_axis, end_axis : int
        First and last of the axes to join.
    """

    def __init__(self, start_axis: int = 1, end_axis: int = -1) -> None:
        self.start_axis, self.end_axis = start_axis, end_axis

    def forward(self, x: Any) -> Any:
        return flatten(x, self.start_axis, self.end_axis)

    def extra_repr(self) -> str:
        return f"start_axis={self.start_axis}, end_axis={self.end_axis}"
