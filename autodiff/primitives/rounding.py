"""Rounding, whose derivative is zero wherever it exists, and remainders, which are built of it."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..catalogue import functions, stands_for
from .comparisons import Comparison
from .kinds import Elementwise, Nondifferentiable
from .primitive import primitive


class Rounding(Nondifferentiable):
    """A number near the operand; a step function, so that no gradient flows."""

    def shape(self, x, **params):
        return x

    def examples(self, rng):
        yield (rng.normal(scale=3.0, size=(2, 3)),), {}


class Floor(Rounding):
    r"""The largest integer :math:`\le x`, as `numpy.floor`; no gradient flows."""

    def function(self, x):
        return np.floor(x)


floor = primitive(Floor, np.floor)


class Ceil(Rounding):
    r"""The smallest integer :math:`\ge x`, as `numpy.ceil`; no gradient flows."""

    def function(self, x):
        return np.ceil(x)


ceil = primitive(Ceil, np.ceil)


class Trunc(Rounding):
    """The integer next to `x` towards zero, as `numpy.trunc`; no gradient flows."""

    def function(self, x):
        return np.trunc(x)


trunc = primitive(Trunc, np.trunc, np.fix)


class Rint(Rounding):
    """The nearest integer, halves to the even one, as `numpy.rint`; no gradient flows."""

    def function(self, x):
        return np.rint(x)


rint = primitive(Rint, np.rint)


class Round(Rounding):
    """Round to a number of decimals, halves to the even one, as `numpy.round`; no gradient flows.

    Parameters
    ----------
    x : array_like
        Operand.
    decimals : int
        How many decimals are kept; negative to round to tens, hundreds and so on.
    """

    def __call__(self, x: Any, decimals: int = 0) -> Any:
        return self.apply(x, decimals=operator.index(decimals))

    def function(self, x, decimals):
        return np.round(x, decimals)

    def examples(self, rng):
        yield (rng.normal(scale=30.0, size=(2, 3)),), {}
        yield (rng.normal(scale=30.0, size=(2, 3)), -1), {}
        yield (rng.normal(scale=30.0, size=(2, 3)),), {"decimals": 1}


round = primitive(Round, np.round, np.around)


class Heaviside(Comparison):
    """The step: 0 for negative `a`, 1 for positive, and `b` where `a` is 0; no gradient flows."""

    def function(self, a, b):
        return np.heaviside(a, b)


heaviside = primitive(Heaviside, np.heaviside)


class Signbit(Comparison):
    """Whether the sign is minus, elementwise; true for -0.0 too."""

    def function(self, x):
        return np.signbit(x)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}


signbit = primitive(Signbit, np.signbit)


def _quotients(rng: np.random.Generator) -> Iterator[Any]:
    """Operands whose quotients are not near an integer, where a remainder jumps."""
    yield (np.array([[5.5, -7.1, 0.4], [-2.3, 8.6, 9.5]]), np.array([2.0, -3.0, 1.3])), {}
    yield (np.array([[5.3], [-7.1]]), 2.5), {}


class FloorDivide(Comparison):
    r""":math:`\lfloor a/b \rfloor`, as `numpy.floor_divide`; no gradient flows."""

    def function(self, a, b):
        return np.floor_divide(a, b)

    def examples(self, rng):
        return _quotients(rng)


floor_divide = primitive(FloorDivide, np.floor_divide)


class Remainder(Elementwise):
    r"""Remainder :math:`y = a - b \lfloor a/b \rfloor`, with the sign of `b`, as `numpy.remainder`.

    .. math:: \partial y/\partial a = 1, \qquad \partial y/\partial b = -\lfloor a/b \rfloor

    Where :math:`a/b` is an integer it jumps; there the derivatives are those from the right.

    Parameters
    ----------
    a, b : array_like
        Real operands whose shapes broadcast.
    """

    partials = (lambda y, a, b: 1, lambda y, a, b: -floor_divide(a, b))

    def function(self, a, b):
        return np.remainder(a, b)

    def examples(self, rng):
        return _quotients(rng)


remainder = primitive(Remainder, np.remainder)


class Fmod(Elementwise):
    r"""Remainder :math:`y = a - b \operatorname{trunc}(a/b)`, with the sign of `a`, as
    `numpy.fmod`.

    .. math:: \partial y/\partial a = 1, \qquad \partial y/\partial b = -\operatorname{trunc}(a/b)

    Parameters
    ----------
    a, b : array_like
        Real operands whose shapes broadcast.
    """

    partials = (lambda y, a, b: 1, lambda y, a, b: -trunc(a / b))

    def function(self, a, b):
        return np.fmod(a, b)

    def examples(self, rng):
        return _quotients(rng)


fmod = primitive(Fmod, np.fmod)


@stands_for(np.divmod)
def divmod(a: Any, b: Any) -> tuple[Any, Any]:
    """`floor_divide` and `remainder`, as `numpy.divmod`."""
    return floor_divide(a, b), remainder(a, b)


@stands_for(np.modf)
def modf(x: Any) -> tuple[Any, Any]:
    """What stands behind the point, which gets the gradient, and before it, as `numpy.modf`."""
    finite = functions["where"](functions["isinf"](x), functions["copysign"](0.0, x), x)
    return fmod(finite, 1.0), trunc(x)
