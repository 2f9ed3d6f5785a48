"""Elementary functions, elementwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import catalogue, lazy
from ..catalogue import functions
from .broadcasting import cast_like
from .kinds import Elementwise
from .primitive import primitive


def _real(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=(2, 3)),), {}
    yield (np.array(0.7),), {}


def positive_numbers(rng: np.random.Generator) -> Any:
    """Examples for functions of positive numbers."""
    yield (rng.uniform(0.5, 2.0, size=(2, 3)),), {}
    yield (np.array(0.7),), {}


class Exp(Elementwise):
    r"""Exponential :math:`y = e^x`, with :math:`y' = y`."""

    partials = (lambda y, x: y,)

    def function(self, x):
        return np.exp(x)

    def examples(self, rng):
        return _real(rng)


exp = primitive(Exp, np.exp)


class Log(Elementwise):
    r"""Natural logarithm :math:`y = \ln x`, with :math:`y' = 1/x`."""

    partials = (lambda y, x: 1.0 / x,)

    def function(self, x):
        return np.log(x)

    def examples(self, rng):
        return positive_numbers(rng)


log = primitive(Log, np.log)


class Log1p(Elementwise):
    r""":math:`y = \ln(1 + x)`, exact for small :math:`x`, with :math:`y' = 1/(1 + x)`."""

    partials = (lambda y, x: 1.0 / (1.0 + x),)

    def function(self, x):
        return np.log1p(x)

    def examples(self, rng):
        return positive_numbers(rng)


log1p = primitive(Log1p, np.log1p)


class Expm1(Elementwise):
    r""":math:`y = e^x - 1`, exact for small :math:`x`, with :math:`y' = y + 1`."""

    partials = (lambda y, x: y + 1.0,)

    def function(self, x):
        return np.expm1(x)

    def examples(self, rng):
        return _real(rng)


expm1 = primitive(Expm1, np.expm1)


class Sqrt(Elementwise):
    r"""Square root :math:`y = \sqrt{x}`, with :math:`y' = 1/(2y)`, infinite at 0."""

    partials = (lambda y, x: 0.5 / y,)

    def function(self, x):
        return np.sqrt(x)

    def examples(self, rng):
        return positive_numbers(rng)


sqrt = primitive(Sqrt, np.sqrt)


class Square(Elementwise):
    r"""Square :math:`y = x^2`, with :math:`y' = 2x`."""

    partials = (lambda y, x: 2.0 * x,)

    def function(self, x):
        return np.square(x)

    def examples(self, rng):
        return _real(rng)


square = primitive(Square, np.square)


class Sin(Elementwise):
    r"""Sine of an angle in radians, with :math:`y' = \cos x`."""

    partials = (lambda y, x: functions["cos"](x),)

    def function(self, x):
        return np.sin(x)

    def examples(self, rng):
        return _real(rng)


sin = primitive(Sin, np.sin)


class Cos(Elementwise):
    r"""Cosine of an angle in radians, with :math:`y' = -\sin x`."""

    partials = (lambda y, x: -sin(x),)

    def function(self, x):
        return np.cos(x)

    def examples(self, rng):
        return _real(rng)


cos = primitive(Cos, np.cos)


class Tanh(Elementwise):
    r"""Hyperbolic tangent, with :math:`y' = 1 - y^2`; cannot overflow."""

    partials = (lambda y, x: 1.0 - y * y,)

    def function(self, x):
        return np.tanh(x)

    def examples(self, rng):
        return _real(rng)


tanh = primitive(Tanh, np.tanh)


class Erf(Elementwise):
    r"""Error function.

    .. math:: y = \frac{2}{\sqrt\pi} \int_0^x e^{-t^2} dt, \qquad y' = \frac{2}{\sqrt\pi} e^{-x^2}
    """

    partials = (lambda y, x: (2.0 / np.pi**0.5) * exp(-x * x),)

    def function(self, x):
        y = lazy.scipy_special().erf(x)
        return y if np.asarray(x).dtype.kind not in "fc" else cast_like(y, x)

    def examples(self, rng):
        return _real(rng)


erf = primitive(Erf)


@catalogue.stands_for(np.reciprocal)
def reciprocal(x: Any) -> Any:
    """:math:`1/x`, elementwise."""
    return functions["divide"](1.0, x)
