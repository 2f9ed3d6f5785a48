r"""The sine cardinal, :math:`\sin(\pi x)/(\pi x)`, and its derivatives of every order.

Written out, the derivative divides by :math:`x`: near 0 it loses its digits, and at 0 it needs a
case of its own, whose derivative in turn would be wrong. So the derivative of order :math:`n` is a
primitive, and its own derivative is the one of order :math:`n + 1`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..catalogue import functions
from .broadcasting import cast_like
from .kinds import Elementwise
from .primitive import primitive


class Sinc(Elementwise):
    r"""Sine cardinal :math:`y = \sin(\pi x)/(\pi x)`, which is 1 at 0, as `numpy.sinc`."""

    partials = (lambda y, x: functions["sinc_derivative"](x, order=1),)

    def function(self, x):
        return np.sinc(x)

    def examples(self, rng):
        return _examples(rng)


sinc = primitive(Sinc, np.sinc)


class SincDerivative(Elementwise):
    r"""Derivative of order :math:`n` of `sinc`.

    With :math:`S(z) = \sin(z)/z` it is :math:`\pi^n S^{(n)}(\pi x)`. Differentiating :math:`z S(z)
    = \sin z` gives, far from 0, the recurrence

    .. math:: S^{(n)}(z) = \frac{\sin(z + n \pi/2) - n S^{(n-1)}(z)}{z},

    and near 0 the power series serves, :math:`\sum_{2k \ge n} (-1)^k z^{2k-n} / ((2k-n)!\,(2k+1))`.

    Parameters
    ----------
    x : array_like
        Operand.
    order : int
        The :math:`n`, at least 1.
    """

    partials = (lambda y, x, order: functions["sinc_derivative"](x, order=order + 1),)

    def function(self, x, order):
        x = np.asarray(x)
        z = np.pi * x.astype(np.result_type(x, np.float64))
        near = np.abs(z) < max(3, order)
        result = np.where(near, _series(np.where(near, z, 0), order), 0)
        result = np.where(near, result, _recurrence(np.where(near, 1, z), order))
        return cast_like(np.pi**order * result, x if x.dtype.kind in "fc" else z)

    def examples(self, rng):
        for args, _ in _examples(rng):
            yield args, {"order": 1}
            yield args, {"order": 4}


sinc_derivative = primitive(SincDerivative)


def _series(z: np.ndarray, order: int) -> Any:
    first = (order + 1) // 2
    powers = range(first, first + 16 + 2 * order)
    return sum(
        (-1) ** k / (math.factorial(2 * k - order) * (2 * k + 1)) * z ** (2 * k - order)
        for k in powers
    )


def _recurrence(z: np.ndarray, order: int) -> Any:
    sine, cosine = np.sin(z), np.cos(z)
    value = sine / z
    for n in range(1, order + 1):
        value = ((sine, cosine, -sine, -cosine)[n % 4] - n * value) / z
    return value


def _examples(rng: np.random.Generator) -> Any:
    yield (np.array([[0.0, 1e-4, 0.6], [-0.9, 1.1, -3.3]]),), {}
    yield (np.array(0.7),), {}
