"""Functions with a kink: sign, absolute value, the larger or smaller of two, limits."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue import functions
from ..errors import DtypeError
from .broadcasting import broadcast_like, where
from .kinds import Elementwise, Nondifferentiable
from .primitive import primitive


def _real(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=(2, 3)),), {}
    yield (np.array(0.7),), {}


class Sign(Nondifferentiable):
    """-1, 0 or 1, as the operand is negative, zero or positive.

    Raises
    ------
    DtypeError
        If it is complex: the direction of a complex number has a derivative that is not zero.
    """

    def function(self, x):
        if np.iscomplexobj(x):
            raise DtypeError("the sign of a complex number is its direction; write x / ad.abs(x)")
        return np.sign(x)

    def shape(self, x):
        return x

    def examples(self, rng):
        return _real(rng)


sign = primitive(Sign, np.sign)


class Abs(Elementwise):
    r"""Absolute value :math:`y = |x|`, with :math:`y' = \operatorname{sign} x`, which is 0 at 0.

    Of a complex number it is the length, whose gradient is the direction :math:`x / |x|`.
    """

    partials = (lambda y, x: _direction(y, x),)

    def function(self, x):
        return np.abs(x)

    def jvp(self, tangents, output, x):
        return broadcast_like(super().jvp(tangents, output, x), output)

    def examples(self, rng):
        return _real(rng)


abs = primitive(Abs, np.abs, np.fabs)


def _direction(y: Any, x: Any) -> Any:
    if np.dtype(getattr(x, "dtype", float)).kind != "c":
        return sign(x)
    return unit(functions["conj"](x), y)


def unit(x: Any, length: Any) -> Any:
    """The direction of x; 0, and so are all its derivatives, where its length is 0."""
    nothing = functions["equal"](length, 0)
    return where(nothing, 0.0, x / where(nothing, 1.0, length))


def _share_of_left(y: Any, a: Any, b: Any) -> Any:
    """1 where `a` is the result, 0 where it is not, and 1/2 where both are: a tie is shared."""
    return where(functions["equal"](a, b), 0.5, where(functions["equal"](y, a), 1.0, 0.0))


def _share_of_right(y: Any, a: Any, b: Any) -> Any:
    return _share_of_left(y, b, a)


def _two(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=(2, 3)), rng.normal(size=(2, 3))), {}
    yield (rng.normal(size=(2, 3)), rng.normal(size=3)), {}
    yield (rng.normal(size=(2, 3)), 0.1), {}


class Maximum(Elementwise):
    """The larger of two values, elementwise; at a tie each operand gets half of the gradient."""

    partials = (_share_of_left, _share_of_right)

    def function(self, a, b):
        return np.maximum(a, b)

    def examples(self, rng):
        return _two(rng)


maximum = primitive(Maximum, np.maximum)


class Minimum(Elementwise):
    """The smaller of two values, elementwise; at a tie each operand gets half of the gradient."""

    partials = (_share_of_left, _share_of_right)

    def function(self, a, b):
        return np.minimum(a, b)

    def examples(self, rng):
        return _two(rng)


minimum = primitive(Minimum, np.minimum)


class Clip(Elementwise):
    r"""Limit values to an interval: :math:`y = \min(\max(x, a), b)`, as `numpy.clip`.

    Inside the closed interval the gradient passes, also at its ends, as in PyTorch; outside it goes
    to the limit that applies.

    Parameters
    ----------
    x : array_like
        Operand.
    min, max : array_like or None
        Lower and upper limit; None for no limit.
    """

    partials = (
        lambda y, x, a, b: functions["logical_and"](x >= a, x <= b),
        lambda y, x, a, b: functions["logical_and"](x < a, a <= b),
        lambda y, x, a, b: functions["logical_or"](x > b, functions["less"](b, a)),
    )

    def __call__(
        self, x: Any, min: Any = None, max: Any = None, *, a_min: Any = None, a_max: Any = None
    ) -> Any:
        # a_min and a_max are the names that NumPy had before 2.1.
        low, high = (a_min if min is None else min), (a_max if max is None else max)
        return self.apply(x, -np.inf if low is None else low, np.inf if high is None else high)

    def function(self, x, min, max):
        # No limit is a float, and would turn integers into floats.
        if type(min) is float and min == -np.inf:
            return np.minimum(x, max)
        if type(max) is float and max == np.inf:
            return np.maximum(x, min)
        return np.clip(x, min, max)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), -0.5, 0.5), {}
        yield (rng.normal(size=(2, 3)), None, rng.normal(size=3)), {}
        yield (rng.normal(size=(2, 3)), rng.normal(size=(2, 1)), 3.0), {}


clip = primitive(Clip, np.clip)


class Copysign(Elementwise):
    r"""The absolute value of `a` with the sign of `b`, as `numpy.copysign`.

    .. math:: \partial y/\partial a = \operatorname{sign} a \operatorname{sign} y, \qquad
        \partial y/\partial b = 0

    Parameters
    ----------
    a, b : array_like
        Real operands whose shapes broadcast.
    """

    partials = (lambda y, a, b: sign(a) * sign(y), None)

    def function(self, a, b):
        return np.copysign(a, b)

    def examples(self, rng):
        return _two(rng)


copysign = primitive(Copysign, np.copysign)
