r"""Spectral decomposition: eigenvalues and eigenvectors of Hermitian matrices.

A primitive has one result, so a decomposition is computed as one array: a row of values, and below
it the matrix of vectors. A plain function then takes it apart, so that its results share one
computation, and one sweep back.

Where two values are equal, their vectors are not unique and have no derivative: what depends on
them becomes infinite or not a number. What depends on the values alone has its gradient there too.
The vectors of complex matrices are unique up to a phase; the rules are for functions that do not
depend on it.

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
from .complex_parts import real
from .kinds import General
from .matrices import OfMatrices, eye_like, hermitian, over, square, symmetrized
from .primitive import primitive
from .reductions import sum
from .shaping import expand_dims


def stacked_rows(values: Any, *vectors: Any) -> np.ndarray:
    """The values as a row above the matrices of vectors."""
    return np.concatenate([values[..., None, :], *vectors], axis=-2)


def on_diagonal(values: Any, like: Any) -> Any:
    """Matrices as large as `like` with these values on the diagonal."""
    return expand_dims(values, -1) * eye_like(like)


def diagonal_of(x: Any) -> Any:
    """The values on the diagonal of matrices."""
    return sum(x * eye_like(x), axis=-1)


def gaps_between(values: Any) -> Any:
    """:math:`v_j - v_i` at row i and column j; ones on the diagonal, where nothing is divided."""
    gaps = expand_dims(values, -2) - expand_dims(values, -1)
    return gaps + eye_like(gaps)


def off_diagonal(x: Any) -> Any:
    """The matrices with zeros on the diagonal."""
    return x * (1.0 - eye_like(x))


class SpectralDecomposition(OfMatrices, General):
    r"""Eigenvalues :math:`w`, ascending, as a row above the eigenvectors :math:`V`: :math:`A V = V
    \mathrm{diag}(w)`.

    With :math:`F_{ij} = 1/(w_j - w_i)`, and 0 for :math:`i = j`, and :math:`P = V^H \dot A V`,

    .. math:: \dot w = \mathrm{diag}(P), \qquad \dot V = V (F \circ P), \qquad \bar A = V
        (\mathrm{diag}(\bar w) + F \circ (V^H \bar V)) V^H

    """

    def function(self, a):
        a = np.asarray(a)
        self.shape(a.shape)
        return stacked_rows(*np.linalg.eigh(symmetrized(a)))

    def shape(self, a):
        return (*square(a)[:-2], a[-2] + 1, a[-1])

    def vjp(self, position, gradient, output, a):
        values, vectors = real(output[..., 0, :]), output[..., 1:, :]
        of_values, of_vectors = real(gradient[..., 0, :]), gradient[..., 1:, :]
        inner = off_diagonal(over(hermitian(vectors) @ of_vectors, gaps_between(values)))
        share = vectors @ (inner + on_diagonal(of_values, a)) @ hermitian(vectors)
        return (share + hermitian(share)) * 0.5

    def jvp(self, tangents, output, a):
        values, vectors = real(output[..., 0, :]), output[..., 1:, :]
        change = (tangents[0] + hermitian(tangents[0])) * 0.5
        inner = hermitian(vectors) @ change @ vectors
        of_vectors = vectors @ off_diagonal(over(inner, gaps_between(values)))
        of_values = expand_dims(diagonal_of(inner), -2)
        return functions["concatenate"]([of_values, of_vectors], axis=-2)

    def examples(self, rng):
        for shape in [(3, 3), (2, 3, 3)]:
            root = rng.normal(size=shape)
            yield (root + np.swapaxes(root, -1, -2) + np.diag([0.0, 3.0, 6.0]),), {}


spectral_decomposition = primitive(SpectralDecomposition)


class EighResult(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Any
    eigenvectors: Any


@catalogue.stands_for(np.linalg.eigh)
def eigh(a: Any) -> EighResult:
    r"""Eigenvalues and eigenvectors of Hermitian matrices, as `numpy.linalg.eigh`.

    They are those of :math:`(A + A^H)/2`, so that the gradient is Hermitian as :math:`A` is. NumPy
    reads one triangle alone; for a Hermitian matrix it is one.

    Parameters
    ----------
    a : array_like
        Hermitian matrices, shape (..., n, n).

    Returns
    -------
    eigenvalues : array or node
        Ascending, shape (..., n).
    eigenvectors : array or node
        The columns of matrices of shape (..., n, n).

    Raises
    ------
    ShapeError
        If `a` is not square.
    """
    rows = spectral_decomposition(a)
    return EighResult(real(rows[..., 0, :]), rows[..., 1:, :])


@catalogue.stands_for(np.linalg.eigvalsh)
def eigvalsh(a: Any) -> Any:
    """Eigenvalues of Hermitian matrices, ascending; the first result of `eigh`."""
    return eigh(a).eigenvalues
