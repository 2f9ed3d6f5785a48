"""Activations and dropout as layers, so that they can stand in a `Sequential`."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..primitives.activations import gelu, relu, sigmoid, softmax
from ..primitives.elementary import tanh
from ..primitives.random import Rng, as_generator, dropout
from .module import Module


class ReLU(Module):
    """The layer of `autodiff.relu`."""

    def forward(self, x: Any) -> Any:
        return relu(x)


class Sigmoid(Module):
    """The layer of `autodiff.sigmoid`."""

    def forward(self, x: Any) -> Any:
        return sigmoid(x)


class Tanh(Module):
    """The layer of `autodiff.tanh`."""

    def forward(self, x: Any) -> Any:
        return tanh(x)


class GELU(Module):
    """The layer of `autodiff.gelu`."""

    def forward(self, x: Any) -> Any:
        return gelu(x)


class Softmax(Module):
    """The layer of `autodiff.softmax`. Not before `cross_entropy`, which contains a softmax.

    Parameters
    ----------
    axis : int
        The axis along which the results sum to 1.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        return softmax(x, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


class Dropout(Module):
    """Drop elements at random while training; do nothing in evaluation.

    Each forward sweep over a graph that was recorded in training mode drops other elements.

    Parameters
    ----------
    p : float
        Probability that an element is dropped.
    rng : numpy.random.Generator or int, optional
        Where the numbers come from; the library-wide generator where not given.

    Raises
    ------
    ArgumentError
        If `p` is no probability.
    """

    def __init__(self, p: float = 0.5, *, rng: Rng = None) -> None:
        if not (isinstance(p, int | float) and 0 <= p <= 1):
            raise ArgumentError(f"Dropout: p is a probability, from 0 to 1; got {p!r}")
        self.p = p
        self.rng = None if rng is None else as_generator(rng)

    def forward(self, x: Any) -> Any:
        return dropout(x, self.p, self.training, self.rng)

    def extra_repr(self) -> str:
        return f"p={self.p}"
