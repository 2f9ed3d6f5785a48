"""The logarithm of a sum of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue import functions
from .broadcasting import stop_gradient, where
from .complex_parts import is_complex, real
from .elementary import exp
from .extrema import max
from .kinds import General, conjugate
from .primitive import primitive
from .reductions import Reduction, not_empty, sum, with_axes


class Logsumexp(Reduction, General):
    r"""Logarithm of a sum of exponentials, :math:`y = \ln \sum_i e^{x_i}`, without overflow.

    The maximum :math:`m`, of complex numbers that of the real parts, is taken out first, :math:`y =
    m + \ln \sum_i e^{x_i - m}`, so that no exponent is positive. The derivative is the softmax,
    :math:`\partial y / \partial x_i = e^{x_i - m} / \sum_j e^{x_j - m}`. The shorter form
    :math:`e^{x_i - y}` loses a digit for each digit that :math:`y` has before its point: in float32
    three digits are right where the numbers are about 10,000.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to reduce; all where not given.
    keepdims : bool
        Keep those axes, with length 1.

    Raises
    ------
    ShapeError
        If an axis does not exist or has no elements.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, "Accurately Computing the Log-Sum-Exp and Softmax
    Functions", IMA Journal of Numerical Analysis 41, 2021. https://doi.org/10.1093/imanum/draa038
    """

    def shape(self, x, axis, keepdims):
        not_empty(self.name, x, axis)
        return Reduction.shape(self, x, axis, keepdims)

    def function(self, x, axis, keepdims):
        top = np.max(np.real(x), axis=axis, keepdims=True)
        top = np.where(np.isfinite(top), top, 0)
        with np.errstate(divide="ignore"):
            total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
        return total if keepdims else np.squeeze(total, axis)[()]

    def vjp(self, position, gradient, output, x, axis, keepdims):
        return conjugate(_softmax(x, axis)) * with_axes(gradient, axis, keepdims)

    def jvp(self, tangents, output, x, axis, keepdims):
        return sum(_softmax(x, axis) * tangents[0], axis, keepdims)


logsumexp = primitive(Logsumexp)


def _softmax(x: Any, axis: tuple[int, ...]) -> Any:
    """The softmax over several axes; as in `function` an infinite maximum is not taken out."""
    top = max(real(x) if is_complex(x) else x, axis, keepdims=True)
    powers = exp(x - stop_gradient(where(functions["isfinite"](top), top, 0.0)))
    return powers / sum(powers, axis, keepdims=True)
