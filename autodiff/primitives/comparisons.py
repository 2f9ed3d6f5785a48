"""Comparisons and logic: elementwise questions, through which no gradient flows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, describe
from ..structures import GraphNode
from .kinds import Elementwise, Nondifferentiable
from .primitive import primitive


def _pairs(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=(2, 3)), rng.normal(size=3)), {}
    yield (rng.normal(size=(4, 1)), rng.normal(size=(1, 3))), {}
    yield (rng.normal(), rng.normal(size=(2, 2))), {}


class Comparison(Nondifferentiable):
    """An elementwise question with the answer true or false."""

    def shape(self, *shapes, **params):
        return Elementwise.shape(self, *shapes)  # type: ignore[arg-type]

    def examples(self, rng):
        return _pairs(rng)


class Equal(Comparison):
    """Whether :math:`a = b`, elementwise."""

    def function(self, a, b):
        return np.equal(a, b)


equal = primitive(Equal, np.equal)


class NotEqual(Comparison):
    r"""Whether :math:`a \ne b`, elementwise."""

    def function(self, a, b):
        return np.not_equal(a, b)


not_equal = primitive(NotEqual, np.not_equal)


class Less(Comparison):
    """Whether :math:`a < b`, elementwise."""

    def function(self, a, b):
        return np.less(a, b)


less = primitive(Less, np.less)


class LessEqual(Comparison):
    r"""Whether :math:`a \le b`, elementwise."""

    def function(self, a, b):
        return np.less_equal(a, b)


less_equal = primitive(LessEqual, np.less_equal)


class Greater(Comparison):
    """Whether :math:`a > b`, elementwise."""

    def function(self, a, b):
        return np.greater(a, b)


greater = primitive(Greater, np.greater)


class GreaterEqual(Comparison):
    r"""Whether :math:`a \ge b`, elementwise."""

    def function(self, a, b):
        return np.greater_equal(a, b)


greater_equal = primitive(GreaterEqual, np.greater_equal)


class LogicalAnd(Comparison):
    """Whether both hold, elementwise."""

    def function(self, a, b):
        return np.logical_and(a, b)


logical_and = primitive(LogicalAnd, np.logical_and)


class LogicalOr(Comparison):
    """Whether either holds, elementwise."""

    def function(self, a, b):
        return np.logical_or(a, b)


logical_or = primitive(LogicalOr, np.logical_or)


class LogicalXor(Comparison):
    """Whether exactly one of both holds, elementwise."""

    def function(self, a, b):
        return np.logical_xor(a, b)


logical_xor = primitive(LogicalXor, np.logical_xor)


class LogicalNot(Comparison):
    """Whether it does not hold, elementwise."""

    def function(self, a):
        return np.logical_not(a)

    def examples(self, rng):
        yield (rng.normal(size=3) > 0,), {}


logical_not = primitive(LogicalNot, np.logical_not)


class Isclose(Comparison):
    r"""Whether :math:`|a - b| \le \alpha + \rho |b|`, elementwise, as `numpy.isclose`.

    Parameters
    ----------
    a, b : array_like
        Operands whose shapes broadcast.
    rtol, atol : float
        The :math:`\rho` and the :math:`\alpha`.
    equal_nan : bool
        Whether NaN is close to NaN.

    Raises
    ------
    DtypeError
        If `rtol` or `atol` is a node.
    """

    def __call__(
        self, a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
    ) -> Any:
        for name, tolerance in (("rtol", rtol), ("atol", atol)):
            if isinstance(tolerance, GraphNode):
                raise DtypeError(
                    f"isclose: {name} is a number, fixed when the graph is built; got "
                    f"{describe(tolerance)}"
                )
        return self.apply(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)

    def function(self, a, b, rtol, atol, equal_nan):
        return np.isclose(a, b, rtol, atol, equal_nan)


isclose = primitive(Isclose, np.isclose)
