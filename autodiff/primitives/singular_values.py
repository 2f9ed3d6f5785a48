"""Singular value decomposition, computed as one array like the spectral one.

References
----------
M. B. Giles, "Collected Matrix Derivative Results for Forward and Reverse Mode Algorithmic
Differentiation", in "Advances in Automatic Differentiation", Springer, 2008.

J. Townsend, "Differentiating the Singular Value Decomposition", 2016.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import catalogue
from ..catalogue import functions
from ..errors import ShapeError
from .complex_parts import imag, is_complex, real
from .decompositions import (
    diagonal_of,
    gaps_between,
    off_diagonal,
    on_diagonal,
    stacked_rows,
)
from .kinds import General, Linear
from .matrices import OfMatrices, hermitian, matrix, over
from .primitive import primitive
from .shaping import expand_dims


class SingularDecomposition(OfMatrices, General):
    r"""Singular values :math:`s`, a row, above :math:`U`, above :math:`V`: :math:`A = U
    \mathrm{diag}(s) V^H`.

    With :math:`E_{ij} = 1/(s_j^2 - s_i^2)`, and 0 for :math:`i = j`, :math:`S = \mathrm{diag}(s)`
    and :math:`P = U^H \dot A V`,

    .. math:: \dot s &= \mathrm{Re}\,\mathrm{diag}(P) \\ \dot U &= U (E \circ (P S + S P^H)) + (I -
        U U^H) \dot A V S^{-1} \\ \dot V &= V (E \circ (S P + P^H S)) + (I - V V^H) \dot A^H U
        S^{-1}

    The rule of reverse mode is the transpose of this. Complex vectors also share a turn,
    :math:`i\,\mathrm{Im}\,\mathrm{diag}(P)/(2 s)`, one way for U and the other for V.
    """

    def function(self, a):
        a = np.asarray(a)
        self.shape(a.shape)
        u, s, vh = np.linalg.svd(a, full_matrices=False)
        return stacked_rows(s, u, np.conj(np.swapaxes(vh, -1, -2)))

    def shape(self, a):
        *batch, m, n = matrix(a)
        return (*batch, 1 + m + n, min(m, n))

    def vjp(self, position, gradient, output, a):
        s, u, v = _parts(output, a)
        of_s, of_u, of_v = _parts(gradient, a)
        gaps, row = gaps_between(s * s), expand_dims(s, -2)
        left, right = hermitian(u) @ of_u, hermitian(v) @ of_v
        inner = off_diagonal(over(left - hermitian(left), gaps)) * row
        inner = inner + off_diagonal(over(right - hermitian(right), gaps)) * expand_dims(s, -1)
        diagonal = of_s
        if is_complex(a):
            turn = imag(diagonal_of(left) - diagonal_of(right))
            diagonal = diagonal + over(turn, 2.0 * s) * 1j
        inner = inner + on_diagonal(diagonal, inner)
        beyond_u, beyond_v = over(of_u - u @ left, row), over(of_v - v @ right, row)
        return (u @ inner + beyond_u) @ hermitian(v) + u @ hermitian(beyond_v)

    def jvp(self, tangents, output, a):
        s, u, v = _parts(output, a)
        gaps, row, column = gaps_between(s * s), expand_dims(s, -2), expand_dims(s, -1)
        forth, back = tangents[0] @ v, hermitian(tangents[0]) @ u
        inner, adjoint = hermitian(u) @ forth, hermitian(v) @ back
        left = off_diagonal(over(inner * row + column * adjoint, gaps))
        right = off_diagonal(over(column * inner + adjoint * row, gaps))
        if is_complex(a):
            turn = on_diagonal(over(imag(diagonal_of(inner)), 2.0 * s) * 1j, inner)
            left, right = left + turn, right - turn
        of_u = u @ left + over(forth - u @ inner, row)
        of_v = v @ right + over(back - v @ adjoint, row)
        of_s = expand_dims(real(diagonal_of(inner)), -2)
        return functions["concatenate"]([of_s, of_u, of_v], axis=-2)

    def examples(self, rng):
        yield (rng.normal(size=(3, 3)) + np.diag([0.0, 3.0, 6.0]),), {}
        yield (rng.normal(size=(2, 4, 2)),), {}
        yield (rng.normal(size=(2, 3)),), {}


singular_decomposition = primitive(SingularDecomposition)


class Factor(Linear):
    """The rows of one factor in what `singular_decomposition` computed for `like`: U, else V."""

    shape_only = (1,)

    def function(self, rows, like, left):
        m = np.shape(like)[-2]
        return rows[..., 1 : m + 1, :] if left else rows[..., m + 1 :, :]

    def shape(self, rows, like, left):
        return (*rows[:-2], like[-2] if left else rows[-2] - 1 - like[-2], rows[-1])

    def transpose(self, gradient, rows, like, left):
        return rows_of_factor(gradient, rows, like, left=left)

    def examples(self, rng):
        yield (rng.normal(size=(8, 3)), np.zeros((3, 4))), {"left": True}
        yield (rng.normal(size=(2, 8, 3)), np.zeros((2, 3, 4))), {"left": False}


factor = primitive(Factor)


class RowsOfFactor(Linear):
    """The transpose of `factor`: `x` at its rows of an array of zeros as large as `rows`."""

    shape_only = (1, 2)

    def function(self, x, rows, like, left):
        m, result = np.shape(like)[-2], np.zeros_like(rows)
        result[..., slice(1, m + 1) if left else slice(m + 1, None), :] = x
        return result

    def shape(self, x, rows, like, left):
        return rows

    def transpose(self, gradient, x, rows, like, left):
        return factor(gradient, like, left=left)

    def examples(self, rng):
        yield (rng.normal(size=(3, 3)), np.zeros((8, 3)), np.zeros((3, 4))), {"left": True}


rows_of_factor = primitive(RowsOfFactor)


def _parts(rows: Any, a: Any) -> tuple[Any, Any, Any]:
    return real(rows[..., 0, :]), factor(rows, a, left=True), factor(rows, a, left=False)


class SVDResult(NamedTuple):
    """What `svd` returns."""

    U: Any
    S: Any
    Vh: Any


@catalogue.stands_for(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    r"""Singular value decomposition :math:`A = U\,\mathrm{diag}(s)\,V^H`, as `numpy.linalg.svd`.

    Parameters
    ----------
    a : array_like
        Matrices, shape (..., m, n); let k be the smaller of m and n.
    full_matrices : bool
        NumPy's default completes the vectors to a basis; these further vectors have no derivative,
        so write False for a matrix that is not square.
    compute_uv : bool
        Return the vectors too.

    Returns
    -------
    U, S, Vh : array or node
        A named tuple; shapes (..., m, k), (..., k) and (..., k, n). S descends.
        Where `compute_uv` is False, S alone.

    Raises
    ------
    ShapeError
        If `a` has fewer than two axes, or the full vectors of a matrix that is not square are
        wanted.
    """
    shape = matrix(np.shape(a))
    if full_matrices and compute_uv and shape[-1] != shape[-2]:
        raise ShapeError(
            f"svd: the further vectors of a matrix of shape {shape}, which is not square, have no "
            "derivative; write full_matrices=False"
        )
    rows = singular_decomposition(a)
    if not compute_uv:
        return real(rows[..., 0, :])
    values, left, right = _parts(rows, a)
    return SVDResult(left, values, hermitian(right))


@catalogue.stands_for(np.linalg.svdvals)
def svdvals(a: Any) -> Any:
    """Singular values, descending, as `numpy.linalg.svdvals`."""
    return svd(a, compute_uv=False)
