"""The bias of a convolution: a number for each channel."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from .kinds import Linear
from .primitive import primitive
from .shaping import reshape_like


class BiasLike(Linear):
    """A number for each channel of `like`, (N, C, H, W), in the shape (1, C, 1, 1).

    A mere reshape would let one number pass for all channels.

    Parameters
    ----------
    b : array_like, shape (C,)
        Bias.
    like : array_like, shape (N, C, H, W)
        Lends its number of channels.

    Raises
    ------
    ShapeError
        If the bias has another shape.
    """

    autocast = "half"
    moves = True
    shape_only = (1,)

    def function(self, b, like):
        return np.reshape(b, self.shape(np.shape(b), np.shape(like)))

    def shape(self, b, like):
        if b != like[1:2]:
            raise ShapeError(
                f"the bias needs shape ({like[1]},), a number for each output channel; got {b}"
            )
        return (1, *b, 1, 1)

    def transpose(self, gradient, b, like):
        return reshape_like(gradient, b)

    def examples(self, rng):
        yield (rng.normal(size=3), np.zeros((2, 3, 4, 4))), {}


bias_like = primitive(BiasLike)


def add_bias(y: Any, b: Any) -> Any:
    """`y` plus a bias for each of its channels, if there is one."""
    return y if b is None else y + bias_like(b, y)
