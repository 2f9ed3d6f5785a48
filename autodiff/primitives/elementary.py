"""Elementary functions, elementwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import catalogue, lazy
from ..catalogue import functions
from ..errors import DtypeError
from .broadcasting import broadcast_like, cast_like, where
from .kinds import Elementwise, Nondifferentiable
from .primitive import primitive


def _real(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=(2, 3)),), {}
    yield (np.array(0.7),), {}


def _positive(rng: np.random.Generator) -> Any:
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
        return _positive(rng)


log = primitive(Log, np.log)


class Log1p(Elementwise):
    r""":math:`y = \ln(1 + x)`, exact for small :math:`x`, with :math:`y' = 1/(1 + x)`."""

    partials = (lambda y, x: 1.0 / (1.0 + x),)

    def function(self, x):
        return np.log1p(x)

    def examples(self, rng):
        return _positive(rng)


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
        return _positive(rng)


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
    return functions["conj"](x) / where(functions["equal"](y, 0), 1.0, y)


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


@catalogue.stands_for(np.reciprocal)
def reciprocal(x: Any) -> Any:
    """:math:`1/x`, elementwise."""
    return functions["divide"](1.0, x)
