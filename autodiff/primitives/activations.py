"""Activations, with PyTorch's names and meanings."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import catalogue
from ..errors import ArgumentError
from ..evaluation import in_float32
from .arithmetic import multiply, subtract
from .broadcasting import stop_gradient, where
from .comparisons import greater
from .elementary import erf, exp, log, tanh
from .extrema import max
from .kinds import Elementwise
from .primitive import primitive
from .reductions import sum
from .shaping import as_axis


class Relu(Elementwise):
    r"""Rectified linear unit :math:`y = \max(x, 0)`, with :math:`y' = [x > 0]`, which is 0 at 0."""

    partials = (lambda y, x: y > 0,)

    def function(self, x):
        return np.maximum(x, 0)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}


relu = primitive(Relu)


class Sigmoid(Elementwise):
    r"""Logistic function :math:`y = 1/(1 + e^{-x})`, with :math:`y' = y(1 - y)`, stable."""

    partials = (lambda y, x: y * (1.0 - y),)

    def function(self, x):
        if np.iscomplexobj(x):
            return 1.0 / (1.0 + np.exp(np.negative(x)))
        # e^{-|x|} never overflows; the two branches are the same function.
        small = np.exp(-np.abs(x))
        return np.where(np.greater_equal(x, 0), 1.0, small)[()] / (1.0 + small)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}


sigmoid = primitive(Sigmoid)


@catalogue.stands_for()
def gelu(x: Any, approximate: str = "none") -> Any:
    r"""Gaussian error linear unit :math:`y = x\,\Phi(x) = \frac{x}{2}\left(1 +
    \operatorname{erf}\frac{x}{\sqrt2}\right)`.

    Parameters
    ----------
    x : array_like
        Operand.
    approximate : {"none", "tanh"}
        With "tanh", :math:`\frac{x}{2}\left(1 + \tanh \sqrt{2/\pi}\,(x + 0.044715\,x^3)\right)`.

    Raises
    ------
    ArgumentError
        If `approximate` is another word.

    References
    ----------
    D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.
    https://arxiv.org/abs/1606.08415
    """
    if approximate not in ("none", "tanh"):
        raise ArgumentError(f"gelu: approximate must be 'none' or 'tanh'; got {approximate!r}")
    return in_float32(_gelu if approximate == "none" else _gelu_by_tanh, x)


def _gelu(x: Any) -> Any:
    return multiply(0.5, x) * (1.0 + erf(multiply(x, 0.5**0.5)))


def _gelu_by_tanh(x: Any) -> Any:
    inner = multiply((2 / np.pi) ** 0.5, x) * (1.0 + multiply(0.044715, x) * x)
    return multiply(0.5, x) * (1.0 + tanh(inner))


@catalogue.stands_for()
def softmax(x: Any, axis: int = -1) -> Any:
    r"""Softmax :math:`y_i = e^{x_i} / \sum_j e^{x_j}` along an axis, without overflow."""
    return in_float32(_softmax, x, as_axis("softmax", axis, x))


def _softmax(x: Any, axis: int) -> Any:
    powers = exp(_shifted(x, axis))
    return powers / sum(powers, axis, keepdims=True)


@catalogue.stands_for()
def log_softmax(x: Any, axis: int = -1) -> Any:
    r"""Logarithm of the softmax, :math:`y_i = x_i - \ln \sum_j e^{x_j}` along an axis."""
    return in_float32(_log_softmax, x, as_axis("log_softmax", axis, x))


def _log_softmax(x: Any, axis: int) -> Any:
    shifted = _shifted(x, axis)
    return shifted - log(sum(exp(shifted), axis, keepdims=True))


def _shifted(x: Any, axis: int) -> Any:
    """`x` minus its maximum: the softmax is the same, and no digit is lost where `x` is large."""
    return subtract(x, stop_gradient(max(x, axis, keepdims=True)))


@catalogue.stands_for()
def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    r""":math:`y = x` where :math:`x > 0`, else :math:`y = ax` with the slope :math:`a`."""
    return where(greater(x, 0), x, multiply(negative_slope, x))
