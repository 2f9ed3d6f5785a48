"""The pseudoinverse, for matrices that have no inverse.

References
----------
G. H. Golub, V. Pereyra, "The Differentiation of Pseudo-Inverses and Nonlinear Least Squares
Problems Whose Variables Separate", SIAM Journal on Numerical Analysis 10, 1973.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .kinds import General
from .matrices import OfMatrices, hermitian, matrix
from .primitive import primitive


class Pinv(OfMatrices, General):
    r"""Pseudoinverse :math:`Y = A^+` of Moore and Penrose, as `numpy.linalg.pinv`.

    .. math:: \dot Y = -Y \dot A Y + Y Y^H \dot A^H (I - A Y) + (I - Y A) \dot A^H Y^H Y

    The rule holds while the rank stays as it is; where the rank changes, the pseudoinverse jumps.
    The least-squares solution of :math:`A x = b` is :math:`A^+ b`.

    Parameters
    ----------
    a : array_like
        Matrices, shape (..., m, n).
    rcond : float, optional
        Singular values up to this share of the largest count as 0.
    rtol : float, optional
        The same by its newer name; give one of them.

    Returns
    -------
    array or node
        Shape (..., n, m).

    Raises
    ------
    ShapeError
        If `a` has fewer than two axes.
    ArgumentError
        If an element is not finite.
    """

    def __call__(self, a: Any, rcond: Any = None, *, rtol: Any = None) -> Any:
        return self.apply(a, rcond=rtol if rcond is None else rcond)

    def function(self, a, rcond):
        return np.linalg.pinv(a, rcond)

    def shape(self, a, rcond):
        return (*matrix(a)[:-2], a[-1], a[-2])

    def vjp(self, position, gradient, output, a, rcond):
        adjoint, inverse = hermitian(gradient), hermitian(output)
        left = adjoint @ output @ inverse
        right = inverse @ output @ adjoint
        share = left - a @ (output @ left) + right - right @ output @ a
        return share - inverse @ gradient @ inverse

    def jvp(self, tangents, output, a, rcond):
        adjoint, inverse = hermitian(tangents[0]), hermitian(output)
        left = output @ inverse @ adjoint
        right = adjoint @ inverse @ output
        change = left - left @ a @ output + right - output @ (a @ right)
        return change - output @ tangents[0] @ output

    def examples(self, rng):
        yield (rng.normal(size=(3, 3)) + 3 * np.eye(3),), {}
        yield (rng.normal(size=(2, 4, 2)),), {}
        yield (rng.normal(size=(2, 3)),), {"rcond": 1e-6}


pinv = primitive(Pinv, np.linalg.pinv)
