"""Linear systems: solve, inverse, the Cholesky factor.

References
----------
M. B. Giles, "Collected Matrix Derivative Results for Forward and Reverse Mode Algorithmic
Differentiation", in "Advances in Automatic Differentiation", Springer, 2008.

I. Murray, "Differentiation of the Cholesky decomposition", 2016.
https://arxiv.org/abs/1602.07527
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import catalogue
from ..errors import ShapeError
from .broadcasting import sum_like
from .kinds import General
from .matrices import OfMatrices, below_diagonal_like, eye_like, hermitian, square, symmetrized
from .primitive import primitive
from .shaping import expand_dims, squeeze


class Solve(OfMatrices, General):
    r"""Solution :math:`Y = A^{-1} B` of the linear system :math:`A Y = B`, as `numpy.linalg.solve`.

    .. math:: \dot Y = A^{-1} (\dot B - \dot A Y), \qquad \bar B = A^{-H} \bar Y, \qquad \bar A =
        -\bar B Y^H

    Cost: :math:`\frac23 n^3` operations, once more in reverse.

    Parameters
    ----------
    a : array_like
        Square matrices, shape (..., n, n).
    b : array_like
        One vector, shape (n,), or matrices, shape (..., n, k). The axes before broadcast.

    Returns
    -------
    array or node
        Shape (..., n) for a vector, (..., n, k) for matrices.

    Raises
    ------
    ShapeError
        If `a` is not square, or the lengths differ.
    ArgumentError
        If a matrix is singular.
    """

    remedy = (
        "the system has no unique solution: add a multiple of the identity, such as "
        "a + 1e-6 * np.eye(n)"
    )

    def function(self, a, b):
        return np.linalg.solve(a, b)

    def shape(self, a, b):
        square(a)
        if not b:
            raise ShapeError("the right-hand side is a vector or a matrix, not a scalar")
        rows = b[0] if len(b) == 1 else b[-2]
        if rows != a[-1]:
            raise ShapeError(f"a matrix of shape {a} has no system with a right side of shape {b}")
        if len(b) == 1:
            return a[:-1]
        try:
            return (*np.broadcast_shapes(a[:-2], b[:-2]), *b[-2:])
        except ValueError:
            raise ShapeError(f"the batch axes of shapes {a} and {b} do not broadcast") from None

    def pull(self, positions, gradient, output, operands, params):
        a, b = operands
        vector = np.ndim(b) == 1
        solution = self(hermitian(a), _column(gradient, vector))
        shares = []
        for position in positions:
            if position == 0:
                share = -(solution @ hermitian(_column(output, vector)))
            else:
                share = squeeze(solution, -1) if vector else solution
            shares.append(sum_like(share, operands[position]))
        return shares

    def vjp(self, position, gradient, output, a, b):
        return self.pull([position], gradient, output, (a, b), {})[0]

    def jvp(self, tangents, output, a, b):
        vector = np.ndim(b) == 1
        right = None if tangents[1] is None else _column(tangents[1], vector)
        if tangents[0] is not None:
            change = tangents[0] @ _column(output, vector)
            right = -change if right is None else right - change
        result = self(a, right)
        return squeeze(result, -1) if vector else result

    def examples(self, rng):
        def near_identity(*shape):
            return np.eye(shape[-1]) * 2 + 0.4 * rng.normal(size=shape)

        yield (near_identity(3, 3), rng.normal(size=3)), {}
        yield (near_identity(3, 3), rng.normal(size=(3, 2))), {}
        yield (near_identity(2, 1, 3, 3), rng.normal(size=(4, 3, 2))), {}
        yield (near_identity(2, 3, 3), rng.normal(size=3)), {}


solve = primitive(Solve, np.linalg.solve)


def _column(x: Any, vector: bool) -> Any:
    return expand_dims(x, -1) if vector else x


@catalogue.stands_for(np.linalg.inv)
def inv(a: Any) -> Any:
    r"""Inverse :math:`A^{-1}`, the solution of :math:`A Y = I`, as `numpy.linalg.inv`.

    To solve a system, `solve` is faster and more exact.

    Parameters
    ----------
    a : array_like
        Square matrices, shape (..., n, n).

    Raises
    ------
    ShapeError
        If `a` is not square.
    ArgumentError
        If a matrix is singular.
    """
    square(np.shape(a), "inv")
    return solve(a, eye_like(a))


class Cholesky(OfMatrices, General):
    r"""Cholesky factor: the lower triangle :math:`L` with :math:`A = L L^H`, a positive diagonal.

    With :math:`\Phi`, which keeps the lower triangle and halves the diagonal,

    .. math:: \dot L = L\,\Phi(L^{-1} \dot A L^{-H}), \qquad \bar A = \tfrac12 (S + S^H), \quad S =
        L^{-H}\,\Phi(L^H \bar L)\,L^{-1}

    The factor is that of :math:`(A + A^H)/2`, so that the gradient is symmetric as :math:`A` is.
    NumPy reads the lower triangle alone; for the Hermitian matrices that have a factor it is one.

    Parameters
    ----------
    a : array_like
        Hermitian positive definite matrices, shape (..., n, n).
    upper : bool
        Give :math:`L^H` instead.

    Raises
    ------
    ShapeError
        If `a` is not square.
    ArgumentError
        If a matrix is not positive definite.
    """

    remedy = "add a multiple of the identity, such as a + 1e-6 * np.eye(n)"

    def __call__(self, a: Any, /, *, upper: bool = False) -> Any:
        factor = self.apply(a)
        return hermitian(factor) if upper else factor

    def function(self, a):
        a = np.asarray(a)
        self.shape(a.shape)
        return np.linalg.cholesky(symmetrized(a))

    def shape(self, a):
        return square(a)

    def vjp(self, position, gradient, output, a):
        inner = _lower(hermitian(output) @ gradient)
        adjoint = hermitian(output)
        half = hermitian(solve(adjoint, hermitian(solve(adjoint, inner))))
        return (half + hermitian(half)) * 0.5

    def jvp(self, tangents, output, a):
        change = (tangents[0] + hermitian(tangents[0])) * 0.5
        return output @ _lower(solve(output, hermitian(solve(output, change))))

    def examples(self, rng):
        for shape in [(3, 3), (2, 3, 3)]:
            root = rng.normal(size=shape)
            yield (root @ np.swapaxes(root, -1, -2) + 2 * np.eye(3),), {}


cholesky = primitive(Cholesky, np.linalg.cholesky)


def _lower(x: Any) -> Any:
    """The lower triangle, the diagonal halved."""
    return x * (below_diagonal_like(x) + eye_like(x) * 0.5)
