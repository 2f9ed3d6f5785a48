"""Exponentials and logarithms to other bases, and sums in the logarithmic domain."""

from __future__ import annotations

import math

import numpy as np

from .activations import sigmoid
from .elementary import positive_numbers
from .kinds import Elementwise
from .primitive import primitive

LN2, LN10 = math.log(2), math.log(10)


class Exp2(Elementwise):
    r"""Power of two :math:`y = 2^x`, with :math:`y' = y \ln 2`."""

    partials = (lambda y, x: LN2 * y,)

    def function(self, x):
        return np.exp2(x)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (np.array(0.7),), {}


exp2 = primitive(Exp2, np.exp2)


class Log2(Elementwise):
    r"""Logarithm to the base 2, with :math:`y' = 1/(x \ln 2)`."""

    partials = (lambda y, x: (1 / LN2) / x,)

    def function(self, x):
        return np.log2(x)

    def examples(self, rng):
        return positive_numbers(rng)


log2 = primitive(Log2, np.log2)


class Log10(Elementwise):
    r"""Logarithm to the base 10, with :math:`y' = 1/(x \ln 10)`."""

    partials = (lambda y, x: (1 / LN10) / x,)

    def function(self, x):
        return np.log10(x)

    def examples(self, rng):
        return positive_numbers(rng)


log10 = primitive(Log10, np.log10)


class Cbrt(Elementwise):
    r"""Cube root :math:`y = \sqrt[3]{x}`, of negative numbers too, with :math:`y' = 1/(3y^2)`,
    infinite at 0.
    """

    partials = (lambda y, x: (1 / 3) / (y * y),)

    def function(self, x):
        return np.cbrt(x)

    def examples(self, rng):
        return positive_numbers(rng)


cbrt = primitive(Cbrt, np.cbrt)


class Logaddexp(Elementwise):
    r"""Sum of numbers given by their logarithms, :math:`y = \ln(e^a + e^b)`, without overflow.

    With the logistic function :math:`\sigma`

    .. math:: \partial y/\partial a = \sigma(a - b), \qquad \partial y/\partial b = \sigma(b - a).

    Parameters
    ----------
    a, b : array_like
        Real operands whose shapes broadcast.
    """

    partials = (lambda y, a, b: sigmoid(a - b), lambda y, a, b: sigmoid(b - a))

    def function(self, a, b):
        return np.logaddexp(a, b)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), rng.normal(size=3)), {}
        yield (rng.normal(size=(2, 1)), rng.normal()), {}


logaddexp = primitive(Logaddexp, np.logaddexp)


class Logaddexp2(Elementwise):
    r"""The same to the base 2, :math:`y = \log_2(2^a + 2^b)`, without overflow.

    .. math::
       \partial y/\partial a = \sigma((a - b) \ln 2), \qquad
       \partial y/\partial b = \sigma((b - a) \ln 2)

    Parameters
    ----------
    a, b : array_like
        Real operands whose shapes broadcast.
    """

    partials = (
        lambda y, a, b: sigmoid(LN2 * (a - b)),
        lambda y, a, b: sigmoid(LN2 * (b - a)),
    )

    def function(self, a, b):
        return np.logaddexp2(a, b)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), rng.normal(size=3)), {}
        yield (rng.normal(size=(2, 1)), rng.normal()), {}


logaddexp2 = primitive(Logaddexp2, np.logaddexp2)
