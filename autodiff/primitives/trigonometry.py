"""Angles and hyperbolic functions, elementwise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..catalogue import functions
from .elementary import sqrt
from .kinds import Elementwise
from .primitive import primitive


def _between(rng: np.random.Generator, low: float, high: float) -> Iterator[Any]:
    yield (rng.uniform(low, high, size=(2, 3)),), {}
    yield (np.array(0.3 * low + 0.7 * high),), {}


class Tan(Elementwise):
    r"""Tangent of an angle in radians, with :math:`y' = 1 + y^2`."""

    partials = (lambda y, x: 1.0 + y * y,)

    def function(self, x):
        return np.tan(x)

    def examples(self, rng):
        return _between(rng, -1.2, 1.2)


tan = primitive(Tan, np.tan)


class Arcsin(Elementwise):
    r"""Angle whose sine is :math:`x`, with :math:`y' = 1/\sqrt{1 - x^2}`, infinite at -1 and 1."""

    partials = (lambda y, x: 1.0 / sqrt((1.0 - x) * (1.0 + x)),)

    def function(self, x):
        return np.arcsin(x)

    def examples(self, rng):
        return _between(rng, -0.9, 0.9)


arcsin = primitive(Arcsin, np.arcsin)


class Arccos(Elementwise):
    r"""Angle whose cosine is :math:`x`, with :math:`y' = -1/\sqrt{1 - x^2}`, infinite at -1 and
    1.
    """

    partials = (lambda y, x: -1.0 / sqrt((1.0 - x) * (1.0 + x)),)

    def function(self, x):
        return np.arccos(x)

    def examples(self, rng):
        return _between(rng, -0.9, 0.9)


arccos = primitive(Arccos, np.arccos)


class Arctan(Elementwise):
    r"""Angle whose tangent is :math:`x`, with :math:`y' = 1/(1 + x^2)`."""

    partials = (lambda y, x: 1.0 / (1.0 + x * x),)

    def function(self, x):
        return np.arctan(x)

    def examples(self, rng):
        return _between(rng, -2.0, 2.0)


arctan = primitive(Arctan, np.arctan)


class Sinh(Elementwise):
    r"""Hyperbolic sine :math:`(e^x - e^{-x})/2`, with :math:`y' = \cosh x`."""

    partials = (lambda y, x: functions["cosh"](x),)

    def function(self, x):
        return np.sinh(x)

    def examples(self, rng):
        return _between(rng, -2.0, 2.0)


sinh = primitive(Sinh, np.sinh)


class Cosh(Elementwise):
    r"""Hyperbolic cosine :math:`(e^x + e^{-x})/2`, with :math:`y' = \sinh x`."""

    partials = (lambda y, x: sinh(x),)

    def function(self, x):
        return np.cosh(x)

    def examples(self, rng):
        return _between(rng, -2.0, 2.0)


cosh = primitive(Cosh, np.cosh)


class Arcsinh(Elementwise):
    r"""Inverse of `sinh`, with :math:`y' = 1/\sqrt{x^2 + 1}`."""

    partials = (lambda y, x: 1.0 / sqrt(x * x + 1.0),)

    def function(self, x):
        return np.arcsinh(x)

    def examples(self, rng):
        return _between(rng, -2.0, 2.0)


arcsinh = primitive(Arcsinh, np.arcsinh)


class Arccosh(Elementwise):
    r"""Inverse of `cosh`, for :math:`x \ge 1`, with :math:`y' = 1/\sqrt{(x - 1)(x + 1)}`, infinite
    at 1.
    """

    partials = (lambda y, x: 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),)

    def function(self, x):
        return np.arccosh(x)

    def examples(self, rng):
        return _between(rng, 1.5, 3.0)


arccosh = primitive(Arccosh, np.arccosh)


class Arctanh(Elementwise):
    r"""Inverse of `tanh`, with :math:`y' = 1/(1 - x^2)`, infinite at -1 and 1."""

    partials = (lambda y, x: 1.0 / ((1.0 - x) * (1.0 + x)),)

    def function(self, x):
        return np.arctanh(x)

    def examples(self, rng):
        return _between(rng, -0.9, 0.9)


arctanh = primitive(Arctanh, np.arctanh)


class Hypot(Elementwise):
    r"""Length of the hypotenuse :math:`y = \sqrt{a^2 + b^2}`, without overflow.

    .. math:: \partial y/\partial a = a/y, \qquad \partial y/\partial b = b/y

    At :math:`a = b = 0` there is no derivative, and it is not a number, as in PyTorch.

    Parameters
    ----------
    a, b : array_like
        Real operands whose shapes broadcast.
    """

    partials = (lambda y, a, b: a / y, lambda y, a, b: b / y)

    def function(self, a, b):
        return np.hypot(a, b)

    def examples(self, rng):
        return _sides(rng)


hypot = primitive(Hypot, np.hypot)


class Arctan2(Elementwise):
    r"""Angle of the point with ordinate `a` and abscissa `b`, between :math:`-\pi` and :math:`\pi`.

    With the distance :math:`r = \sqrt{a^2 + b^2}` from the origin

    .. math:: \partial y/\partial a = b/r^2, \qquad \partial y/\partial b = -a/r^2.

    At the origin there is no derivative, and it is not a number, as in PyTorch.

    Parameters
    ----------
    a, b : array_like
        Real operands whose shapes broadcast.
    """

    partials = (
        lambda y, a, b: b / hypot(a, b) / hypot(a, b),
        lambda y, a, b: -a / hypot(a, b) / hypot(a, b),
    )

    def function(self, a, b):
        return np.arctan2(a, b)

    def examples(self, rng):
        return _sides(rng)


arctan2 = primitive(Arctan2, np.arctan2)


def _sides(rng: np.random.Generator) -> Iterator[Any]:
    yield (rng.uniform(0.5, 2.0, size=(2, 3)), rng.normal(size=3)), {}
    yield (rng.normal(size=(2, 1)), rng.uniform(0.5, 2.0, size=3)), {}
    yield (np.array(-0.7), np.array(-1.3)), {}


class Deg2rad(Elementwise):
    r"""An angle in degrees as one in radians, :math:`y = \pi x / 180`."""

    partials = (lambda y, x: math.pi / 180,)

    def function(self, x):
        return np.deg2rad(x)

    def examples(self, rng):
        return _between(rng, -2.0, 2.0)


deg2rad = primitive(Deg2rad, np.deg2rad, np.radians)


class Rad2deg(Elementwise):
    r"""An angle in radians as one in degrees, :math:`y = 180 x / \pi`."""

    partials = (lambda y, x: 180 / math.pi,)

    def function(self, x):
        return np.rad2deg(x)

    def examples(self, rng):
        return _between(rng, -2.0, 2.0)


rad2deg = primitive(Rad2deg, np.rad2deg, np.degrees)
