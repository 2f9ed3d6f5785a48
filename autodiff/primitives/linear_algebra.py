"""Linear algebra: the matrix product."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from .broadcasting import sum_like
from .kinds import Bilinear, conjugate
from .primitive import primitive
from .shaping import expand_dims, squeeze, swapaxes


class Matmul(Bilinear):
    r"""Matrix product :math:`Y = A B`, as `numpy.matmul`: batched, and with vectors.

    .. math:: \bar A = \bar Y B^H, \qquad \bar B = A^H \bar Y

    An operand with one axis is a row on the left and a column on the right. Axes before the last
    two are a batch and broadcast. Cost: :math:`2 m k n` operations for :math:`(m, k) \times (k,
    n)`.

    Parameters
    ----------
    a, b : array_like
        Operands with at least one axis.

    Raises
    ------
    ShapeError
        If an operand is a scalar, or the inner lengths differ.
    """

    autocast = "half"

    def function(self, a, b):
        return np.matmul(a, b)

    def shape(self, a, b):
        if not a or not b:
            raise ShapeError(
                f"a matrix product needs operands with axes; got shapes {a} and {b}; use * for "
                "scalars"
            )
        inner = b[-2] if len(b) > 1 else b[0]
        if a[-1] != inner:
            raise ShapeError(
                f"the inner lengths of shapes {a} and {b} differ: {a[-1]} and {inner}; the last "
                "axis on the left must be as long as the last but one on the right"
            )
        try:
            batch = np.broadcast_shapes(a[:-2], b[:-2])
        except ValueError:
            raise ShapeError(f"the batch axes of shapes {a} and {b} do not broadcast") from None
        return batch + a[-2:-1] + (b[-1:] if len(b) > 1 else ())

    def transpose_left(self, gradient, a, b):
        rows, columns = _as_matrix(gradient, np.ndim(a) == 1, np.ndim(b) == 1), _column(b)
        share = rows @ _hermitian(columns)
        return sum_like(squeeze(share, -2) if np.ndim(a) == 1 else share, a)

    def transpose_right(self, gradient, a, b):
        rows, columns = _row(a), _as_matrix(gradient, np.ndim(a) == 1, np.ndim(b) == 1)
        share = _hermitian(rows) @ columns
        return sum_like(squeeze(share, -1) if np.ndim(b) == 1 else share, b)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), rng.normal(size=(3, 4))), {}
        yield (rng.normal(size=3), rng.normal(size=(3, 4))), {}
        yield (rng.normal(size=(2, 3)), rng.normal(size=3)), {}
        yield (rng.normal(size=3), rng.normal(size=3)), {}
        yield (rng.normal(size=(2, 1, 2, 3)), rng.normal(size=(4, 3, 2))), {}
        yield (rng.normal(size=3), rng.normal(size=(2, 3, 4))), {}
        yield (rng.normal(size=(2, 3, 4)), rng.normal(size=4)), {}


matmul = primitive(Matmul, np.matmul)


def _row(a: Any) -> Any:
    return expand_dims(a, 0) if np.ndim(a) == 1 else a


def _column(b: Any) -> Any:
    return expand_dims(b, -1) if np.ndim(b) == 1 else b


def _hermitian(x: Any) -> Any:
    return conjugate(swapaxes(x, -1, -2))


def _as_matrix(gradient: Any, row: bool, column: bool) -> Any:
    """The gradient of a product with vectors, with the axes that the vectors lost."""
    if column:
        gradient = expand_dims(gradient, -1)
    return expand_dims(gradient, -2) if row else gradient
