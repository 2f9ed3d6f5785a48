r"""The parts of a complex number: real, imaginary, angle.

A gradient with respect to a complex :math:`z = a + b i` is :math:`\bar z = \partial L/\partial a +
i\,\partial L/\partial b`, so that a step against it descends: PyTorch's convention. A function that
changes by :math:`\mathrm{Re}(p\,\dot z)` along :math:`\dot z` therefore has the gradient
:math:`p^*`.

References
----------
K. Kreutz-Delgado, "The Complex Gradient Operator and the CR-Calculus", 2009.
https://arxiv.org/abs/0906.4835
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue import functions, stands_for
from ..recording import decide
from ..structures import GraphNode
from .broadcasting import broadcast_like, where
from .kinds import Elementwise, Linear
from .kinks import abs
from .primitive import primitive


def is_complex(x: Any) -> bool:
    """Whether `x`, an array or a node, has a complex dtype."""
    dtype = x.dtype if isinstance(x, GraphNode) else np.asarray(x).dtype
    return dtype.kind == "c"


class Real(Linear):
    r"""Real part :math:`y = \mathrm{Re}\,x`, as `numpy.real`; a real operand itself.

    .. math:: \bar x = \bar y
    """

    def function(self, x):
        return np.real(x)

    def shape(self, x):
        return x

    def transpose(self, gradient, x):
        return broadcast_like(gradient, x)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}


real = primitive(Real, np.real)


class Imag(Linear):
    r"""Imaginary part :math:`y = \mathrm{Im}\,x`, as `numpy.imag`; zeros for a real operand.

    .. math:: \bar x = i\,\bar y
    """

    def function(self, x):
        return np.imag(x)

    def shape(self, x):
        return x

    def transpose(self, gradient, x):
        return broadcast_like(gradient * 1j, x)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}


imag = primitive(Imag, np.imag)


class Angle(Elementwise):
    r"""Angle of a complex number, :math:`y = \mathrm{Im} \ln x`, in :math:`(-\pi, \pi]`.

    .. math:: \bar x = i\,\bar y / x^* = i\,\bar y\,x / |x|^2

    At 0 the gradient is 0. A real operand has the angle 0 or :math:`\pi`, and the gradient 0.

    Parameters
    ----------
    x : array_like
        Operand.
    deg : bool
        Degrees instead of radians.
    """

    partials = (lambda y, x: _turn(x),)

    def __call__(self, x: Any, deg: bool = False) -> Any:
        radians = self.apply(x)
        return functions["multiply"](radians, 180 / np.pi) if deg else radians

    def function(self, x):
        return np.angle(x)

    def jvp(self, tangents, output, x):
        return broadcast_like(super().jvp(tangents, output, x), output)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=3),), {"deg": True}


angle = primitive(Angle, np.angle)


def _turn(x: Any) -> Any:
    """:math:`-i/x`, which is 0 at 0, and for real numbers."""
    if not is_complex(x):
        return 0.0
    length = abs(x)
    length = where(functions["equal"](length, 0), np.inf, length)  # its derivatives are 0 too
    return functions["conj"](x) / length / length * -1j


@stands_for(np.real_if_close)
def real_if_close(x: Any, tol: float = 100) -> Any:
    """The real part where every imaginary part is close to 0, as `numpy.real_if_close`.

    Which dtype the result has depends on the numbers. Of a node this is a decision, and recorded
    like that of an ``if``: a replay for which it would fall otherwise is refused.

    Parameters
    ----------
    x : array_like
        Operand.
    tol : float
        Close means smaller than this many times the machine epsilon, or, where it is not above 1,
        smaller than this number itself.

    Raises
    ------
    BranchError
        By a replay in which an imaginary part came close to 0, or left it.
    """

    def closeness_to_real(z: Any) -> bool:
        return not np.iscomplexobj(np.real_if_close(z.value, tol))

    if not isinstance(x, GraphNode):
        return np.real_if_close(x, tol)
    return real(x) if not is_complex(x) or decide(x, closeness_to_real) else x
