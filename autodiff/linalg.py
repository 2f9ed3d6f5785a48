"""Linear algebra, by the names of `numpy.linalg`."""

from .primitives.decompositions import eigh, eigvalsh
from .primitives.determinants import det, slogdet
from .primitives.eigenvalues import eig, eigvals
from .primitives.linear_algebra import matmul
from .primitives.norms import norm
from .primitives.products import cross, tensordot
from .primitives.pseudoinverse import pinv
from .primitives.singular_values import svd, svdvals
from .primitives.solving import cholesky, inv, solve

__all__ = [
    "cholesky",
    "cross",
    "det",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matmul",
    "norm",
    "pinv",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
]
