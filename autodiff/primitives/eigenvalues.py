"""Eigenvalues and eigenvectors of square matrices that need not be Hermitian.

Their values are complex in general, also those of a real matrix. NumPy returns real arrays where
every imaginary part happens to be zero, so that the dtype depends on the numbers; here, as in
PyTorch, the results are complex always, so that a replay has the dtype that was recorded.

References
----------
M. B. Giles, "Collected Matrix Derivative Results for Forward and Reverse Mode Algorithmic
Differentiation", in "Advances in Automatic Differentiation", Springer, 2008.

C. Boeddeker, P. Hanebrink, L. Drude, J. Heymann, R. Haeb-Umbach, "On the Computation of
Complex-valued Gradients with Application to Statistically Optimum Beamforming", 2017.
https://arxiv.org/abs/1701.00392
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..catalogue import functions, stands_for
from .broadcasting import broadcast_like
from .complex_parts import real
from .decompositions import diagonal_of, gaps_between, off_diagonal, on_diagonal, stacked_rows
from .kinds import General, conjugate
from .matrices import OfMatrices, hermitian, over, square
from .primitive import primitive
from .shaping import expand_dims
from .solving import solve


class EigenDecomposition(OfMatrices, General):
    r"""Eigenvalues :math:`w` as a row above the eigenvectors :math:`V`: :math:`A V = V
    \mathrm{diag}(w)`.

    With :math:`F_{ij} = 1/(w_j - w_i)`, and 0 for :math:`i = j`, and :math:`P = V^{-1} \dot A V`,

    .. math:: \dot w = \mathrm{diag}(P), \qquad \dot V = X - V\,\mathrm{Re}\,\mathrm{diag}(V^H X),
        \quad X = V (F \circ P)

    where the second term keeps each vector at length 1. The rule of reverse mode is the transpose:
    with :math:`Q = V^H \bar V - V^H V\,\mathrm{Re}\,\mathrm{diag}(V^H \bar V)`,

    .. math:: \bar A = V^{-H} (\mathrm{diag}(\bar w) + F^* \circ Q) V^H
    """

    def function(self, a):
        a = np.asarray(a)
        self.shape(a.shape)
        values, vectors = np.linalg.eig(a)
        return stacked_rows(values, vectors).astype(np.result_type(vectors, np.complex64))

    def shape(self, a):
        return (*square(a)[:-2], a[-2] + 1, a[-1])

    def vjp(self, position, gradient, output, a):
        values, vectors = output[..., 0, :], output[..., 1:, :]
        of_values, of_vectors = gradient[..., 0, :], gradient[..., 1:, :]
        adjoint = hermitian(vectors)
        inner = adjoint @ of_vectors
        inner = inner - adjoint @ vectors * expand_dims(real(diagonal_of(inner)), -2)
        inner = off_diagonal(over(inner, conjugate(gaps_between(values))))
        share = solve(adjoint, (inner + on_diagonal(of_values, inner)) @ adjoint)
        return broadcast_like(share, a)

    def jvp(self, tangents, output, a):
        values, vectors = output[..., 0, :], output[..., 1:, :]
        inner = solve(vectors, tangents[0] @ vectors)
        change = vectors @ off_diagonal(over(inner, gaps_between(values)))
        longer = real(diagonal_of(hermitian(vectors) @ change))
        of_vectors = change - vectors * expand_dims(longer, -2)
        of_values = expand_dims(diagonal_of(inner), -2)
        return functions["concatenate"]([of_values, of_vectors], axis=-2)

    def examples(self, rng):
        for shape in [(3, 3), (2, 3, 3)]:
            yield (0.3 * rng.normal(size=shape) + np.diag([0.0, 3.0, 6.0]),), {}


eigen_decomposition = primitive(EigenDecomposition)


class EigResult(NamedTuple):
    """What `eig` returns."""

    eigenvalues: Any
    eigenvectors: Any


@stands_for(np.linalg.eig)
def eig(a: Any) -> EigResult:
    r"""Eigenvalues and eigenvectors of square matrices, as `numpy.linalg.eig`.

    The eigenvectors have length 1, and each is unique up to a phase :math:`e^{i \varphi}`, which
    the algorithm chooses: the rules are for functions that do not depend on it, such as
    :math:`|v_{ij}|` or :math:`V \mathrm{diag}(f(w)) V^{-1}`. Where two eigenvalues are equal, the
    derivative of what depends on their vectors is infinite or not a number. The matrix must have n
    independent eigenvectors, also for the gradient of the eigenvalues alone.

    Parameters
    ----------
    a : array_like
        Square matrices, shape (..., n, n), real or complex.

    Returns
    -------
    eigenvalues : array or node
        Complex, in no order, shape (..., n).
    eigenvectors : array or node
        Complex; the columns of matrices of shape (..., n, n).

    Raises
    ------
    ShapeError
        If `a` is not square.
    ArgumentError
        If an element is not finite.
    """
    rows = eigen_decomposition(a)
    return EigResult(rows[..., 0, :], rows[..., 1:, :])


@stands_for(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """Eigenvalues of square matrices, complex, in no order; the first result of `eig`."""
    return eig(a).eigenvalues
