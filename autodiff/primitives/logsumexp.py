"""The logarithm of a sum of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementary import exp
from .kinds import General, conjugate
from .primitive import primitive
from .reductions import Reduction, not_empty, sum, with_axes


class Logsumexp(Reduction, General):
    r"""Logarithm of a sum of exponentials, :math:`y = \ln \sum_i e^{x_i}`, without overflow.

    The maximum :math:`m`, of complex numbers that of the real parts, is taken out first, :math:`y =
    m + \ln \sum_i e^{x_i - m}`, so that no exponent is positive. The derivative is the softmax,
    :math:`\partial y / \partial x_i = e^{x_i - y}`.

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
        weights = conjugate(_weights(output, x, axis, keepdims))
        return weights * with_axes(gradient, axis, keepdims)

    def jvp(self, tangents, output, x, axis, keepdims):
        return sum(_weights(output, x, axis, keepdims) * tangents[0], axis, keepdims)


logsumexp = primitive(Logsumexp)


def _weights(output: Any, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    return exp(x - with_axes(output, axis, keepdims))
