"""Linear algebra, by the names of `numpy.linalg`."""

from .primitives.decompositions import eigh, eigvalsh
from .primitives.determinants import det, slogdet
from .primitives.linear_algebra import matmul
from .primitives.norms import norm
from .primitives.products import tensordot
from .primitives.singular_values import svd, svdvals
from .primitives.solving import cholesky, inv, solve

__all__ = [
    "cholesky",
    "det",
    "eigh",
    "eigvalsh",
    "inv",
    "matmul",
    "norm",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
]
