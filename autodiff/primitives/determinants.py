r"""Determinants.

References
----------
M. B. Giles, "Collected Matrix Derivative Results for Forward and Reverse Mode Algorithmic
Differentiation", in "Advances in Automatic Differentiation", Springer, 2008.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import catalogue
from ..catalogue import functions
from .complex_parts import imag, is_complex
from .kinds import General
from .matrices import OfMatrices, hermitian, square
from .primitive import primitive
from .reductions import sum
from .shaping import expand_dims, swapaxes
from .solving import inv, solve


def _trace_of_product(a: Any, b: Any) -> Any:
    """The trace of ``a @ b``, without the product."""
    return sum(a * swapaxes(b, -1, -2), axis=(-2, -1))


def _times(number: Any, a: Any) -> Any:
    """One number for each matrix of a batch."""
    return expand_dims(number, (-2, -1)) * a


def _matrices(rng: np.random.Generator) -> Any:
    yield (np.eye(3) + 0.5 * rng.normal(size=(3, 3)),), {}
    yield (2 * np.eye(2) + 0.3 * rng.normal(size=(4, 2, 2)),), {}
    yield (rng.uniform(1, 2, size=(1, 1)),), {}


class Determinant(OfMatrices, General):
    """One number for each matrix of a batch."""

    def shape(self, a):
        return square(a)[:-2]

    def examples(self, rng):
        return _matrices(rng)


class Det(Determinant):
    r"""Determinant :math:`y = \det A`, as `numpy.linalg.det`.

    .. math:: \dot y = \mathrm{tr}(\mathrm{adj}(A)\,\dot A), \qquad \bar A = \bar y\,
        \mathrm{adj}(A)^H

    The adjugate :math:`\mathrm{adj}(A) = \det(A) A^{-1}` exists for singular matrices too. Second
    derivatives need a matrix that is not singular.

    Parameters
    ----------
    a : array_like
        Square matrices, shape (..., n, n).

    Raises
    ------
    ShapeError
        If `a` is not square.
    """

    def function(self, a):
        return np.linalg.det(a)

    def vjp(self, position, gradient, output, a):
        return _times(gradient, hermitian(adjugate(a)))

    def jvp(self, tangents, output, a):
        return _trace_of_product(adjugate(a), tangents[0])


det = primitive(Det, np.linalg.det)


class Adjugate(OfMatrices, General):
    r"""Adjugate :math:`Y = \det(A) A^{-1}`, also where :math:`A` is singular.

    It is computed from the singular value decomposition :math:`A = U S V^H` as :math:`Y =
    \det(U V^H)\,V\,\mathrm{adj}(S)\,U^H`, where entry i of :math:`\mathrm{adj}(S)` is the product
    of the singular values other than the i-th. Its derivative, with :math:`t = \mathrm{tr}(Y^H
    \bar Y)`, needs the inverse:

    .. math:: \dot Y = \mathrm{tr}(A^{-1} \dot A)\,Y - A^{-1} \dot A\,Y, \qquad \bar A = t\,A^{-H} -
        A^{-H}\,\bar Y\,Y^H
    """

    def function(self, a):
        a = np.asarray(a)
        self.shape(a.shape)
        u, s, vh = np.linalg.svd(a)
        others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(axis=-1)
        factor = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
        v, uh = np.swapaxes(vh, -1, -2).conj(), np.swapaxes(u, -1, -2).conj()
        return factor * ((v * others[..., None, :]) @ uh)

    def shape(self, a):
        return square(a)

    def vjp(self, position, gradient, output, a):
        adjoint = hermitian(a)
        overlap = _trace_of_product(hermitian(output), gradient)
        return _times(overlap, inv(adjoint)) - solve(adjoint, gradient @ hermitian(output))

    def jvp(self, tangents, output, a):
        change = solve(a, tangents[0])
        scale = functions["trace"](change, axis1=-2, axis2=-1)
        return _times(scale, output) - change @ output

    def examples(self, rng):
        return _matrices(rng)


adjugate = primitive(Adjugate)


class LogAbsDeterminant(Determinant):
    r"""Logarithm :math:`y = \ln |\det A|` of the size of the determinant, without overflow.

    .. math:: \dot y = \mathrm{Re}\,\mathrm{tr}(A^{-1} \dot A), \qquad \bar A = \bar y\,A^{-H}
    """

    def function(self, a):
        return np.linalg.slogdet(a)[1]

    def vjp(self, position, gradient, output, a):
        return _times(gradient, inv(hermitian(a)))

    def jvp(self, tangents, output, a):
        return functions["real"](_trace_of_product(inv(a), tangents[0]))


log_abs_determinant = primitive(LogAbsDeterminant)


class SignOfDeterminant(Determinant):
    r"""Direction :math:`y = \det A / |\det A|` of the determinant: 1, -1 or 0 where it is real.

    Of real matrices it has the derivative 0. Of complex ones it turns with :math:`\mathrm{Im}
    \ln \det A`:

    .. math:: \dot y = i\,y\,\mathrm{Im}\,\mathrm{tr}(A^{-1} \dot A), \qquad \bar A = i\,
        \mathrm{Im}(y^* \bar y)\,A^{-H}
    """

    def function(self, a):
        return np.linalg.slogdet(a)[0]

    def vjp(self, position, gradient, output, a):
        if not is_complex(a):
            return None
        turn = imag(functions["conj"](output) * gradient)
        return _times(turn * 1j, inv(hermitian(a)))

    def jvp(self, tangents, output, a):
        if not is_complex(a):
            return None
        return output * 1j * imag(_trace_of_product(inv(a), tangents[0]))


sign_of_determinant = primitive(SignOfDeterminant)


class SlogdetResult(NamedTuple):
    """What `slogdet` returns: ``sign * exp(logabsdet)`` is the determinant."""

    sign: Any
    logabsdet: Any


@catalogue.stands_for(np.linalg.slogdet)
def slogdet(a: Any) -> SlogdetResult:
    r"""Sign and logarithm of the determinant, as `numpy.linalg.slogdet`: no overflow.

    The gradient of the logarithm is :math:`A^{-H}`. The sign of real matrices passes no gradient.

    Parameters
    ----------
    a : array_like
        Square matrices, shape (..., n, n).

    Returns
    -------
    sign, logabsdet : array or node
        A named tuple; each of shape (...).

    Raises
    ------
    ShapeError
        If `a` is not square.
    ArgumentError
        In reverse and forward mode, if a matrix is singular.
    """
    return SlogdetResult(sign_of_determinant(a), log_abs_determinant(a))
