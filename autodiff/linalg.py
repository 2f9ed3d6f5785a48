"""Linear algebra, by the names of `numpy.linalg`."""

from .primitives.decompositions import eigh, eigvalsh
from .primitives.determinants import det, slogdet
from .primitives.eigenvalues import eig, eigvals
from .primitives.linear_algebra import matmul
from .primitives.matrix_functions import (
    cond,
    matrix_norm,
    matrix_power,
    matrix_transpose,
    multi_dot,
    tensorinv,
    tensorsolve,
    vecdot,
    vector_norm,
)
from .primitives.norms import norm
from .primitives.products import cross, tensordot
from .primitives.pseudoinverse import pinv
from .primitives.singular_values import svd, svdvals
from .primitives.solving import cholesky, inv, solve

__all__ = [
    "cholesky",
    "cond",
    "cross",
    "det",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "pinv",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "vecdot",
    "vector_norm",
]
