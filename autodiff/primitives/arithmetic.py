"""Arithmetic with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue import functions
from ..structures import weak_number
from .kinds import Elementwise, Linear
from .primitive import primitive

_NUMBERS = {(np.float64, np.float64), (np.float64, float), (float, np.float64)}
"""Pairs of types that Python's operators compute: NumPy's functions take long for two numbers."""


def _pairs(rng: np.random.Generator) -> Any:
    """Operands that broadcast in every way: equal, scalar, missing axes, axes of length one."""
    yield (rng.normal(size=(2, 3)), rng.normal(size=(2, 3))), {}
    yield (rng.normal(size=(2, 3)), rng.normal(size=3)), {}
    yield (rng.normal(size=(4, 1)), rng.normal(size=(1, 3))), {}
    yield (rng.normal(), rng.normal(size=(2, 2))), {}
    yield (np.array(0.3), np.array(-1.7)), {}


class Add(Elementwise):
    r"""Sum :math:`y = a + b`, with :math:`\partial y/\partial a = \partial y/\partial b = 1`.

    Parameters
    ----------
    a, b : array_like
        Operands whose shapes broadcast.
    """

    partials = (lambda y, a, b: 1, lambda y, a, b: 1)

    def function(self, a, b):
        return a + b if (type(a), type(b)) in _NUMBERS else np.add(a, b)

    def examples(self, rng):
        return _pairs(rng)


add = primitive(Add, np.add)


class Subtract(Elementwise):
    r"""Difference :math:`y = a - b`, with :math:`\partial y/\partial a = 1, \partial y/\partial b =
    -1`.

    Parameters
    ----------
    a, b : array_like
        Operands whose shapes broadcast.
    """

    partials = (lambda y, a, b: 1, lambda y, a, b: -1)

    def function(self, a, b):
        return a - b if (type(a), type(b)) in _NUMBERS else np.subtract(a, b)

    def examples(self, rng):
        return _pairs(rng)


subtract = primitive(Subtract, np.subtract)


class Multiply(Elementwise):
    r"""Product :math:`y = a b`, with :math:`\partial y/\partial a = b, \partial y/\partial b = a`.

    Parameters
    ----------
    a, b : array_like
        Operands whose shapes broadcast.
    """

    partials = (lambda y, a, b: b, lambda y, a, b: a)

    def function(self, a, b):
        return a * b if (type(a), type(b)) in _NUMBERS else np.multiply(a, b)

    def examples(self, rng):
        return _pairs(rng)


multiply = primitive(Multiply, np.multiply)


class Divide(Elementwise):
    r"""Quotient :math:`y = a / b`, with :math:`\partial y/\partial a = 1/b, \partial y/\partial b =
    -y/b`.

    Parameters
    ----------
    a, b : array_like
        Operands whose shapes broadcast.
    """

    partials = (lambda y, a, b: 1.0 / b, lambda y, a, b: -y / b)

    def function(self, a, b):
        return a / b if (type(a), type(b)) in _NUMBERS else np.divide(a, b)

    def examples(self, rng):
        for (a, b), params in _pairs(rng):
            yield (a, np.abs(b) + 0.5), params


divide = primitive(Divide, np.divide)


class Negative(Elementwise):
    r"""Negation :math:`y = -x`, with :math:`\partial y/\partial x = -1`."""

    partials = (lambda y, x: -1,)

    def function(self, x):
        return np.negative(x)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}


negative = primitive(Negative, np.negative)


class Power(Elementwise):
    r"""Power :math:`y = a^b`, differentiable in both operands.

    .. math:: \partial y/\partial a = b\,a^{b-1}, \qquad \partial y/\partial b = y \log a

    At :math:`b = 0` the first is 0, also for :math:`a = 0`. At :math:`a = 0` the second is 0 for
    :math:`b > 0`, the limit from the right, as in PyTorch.

    Parameters
    ----------
    a, b : array_like
        Base and exponent, whose shapes broadcast.
    """

    partials = (
        lambda y, a, b: _power_rule(a, b),
        lambda y, a, b: y * functions["log"](functions["where"](functions["equal"](a, 0), 1.0, a)),
    )

    def function(self, a, b):
        return a**b if hasattr(a, "dtype") else np.power(a, b)  # a number a is weak

    def examples(self, rng):
        for (a, b), params in _pairs(rng):
            yield (np.abs(a) + 0.5, b), params
        yield (rng.normal(size=3), 3), {}


power = primitive(Power, np.power)


def _power_rule(a: Any, b: Any) -> Any:
    """:math:`b a^{b-1}`; an exponent written as a number stays one, and so keeps a's dtype."""
    number = weak_number(b)
    if number is None:
        return b * a ** functions["where"](functions["equal"](b, 0), 1.0, b - 1)
    if number in (0, 1, 2):
        return number * a if number != 1 else 1
    return number * a ** (number - 1)


class Conj(Linear):
    r"""Complex conjugate; the identity on real operands. It is its own transpose."""

    def function(self, x):
        return np.conjugate(x)

    def shape(self, x):
        return x

    def transpose(self, gradient, x):
        return self(gradient)

    def examples(self, rng):
        yield (rng.normal(size=3),), {}


conj = primitive(Conj, np.conjugate)
