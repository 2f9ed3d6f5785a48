"""Norms of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import catalogue
from ..catalogue import functions
from ..errors import ArgumentError
from .broadcasting import cast_like
from .complex_parts import real
from .extrema import max, min
from .kinds import General
from .kinks import abs, unit
from .primitive import primitive
from .reductions import Axis, Reduction, sum, with_axes
from .shaping import as_axes, expand_dims, moveaxis
from .singular_values import svdvals


class EuclideanNorm(Reduction, General):
    r"""Length :math:`y = \sqrt{\sum_i |x_i|^2}`.

    .. math:: \bar x = \bar y\,x / y

    At :math:`x = 0`, where the length has a kink, the gradient is 0, as in PyTorch. No square
    overflows or vanishes: a length of :math:`10^{-30}` is found in float32 too.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to reduce; all where not given.
    keepdims : bool
        Keep those axes, with length 1.
    """

    def function(self, x, axis, keepdims):
        size = np.abs(x)
        if size.dtype.kind != "f":
            size = size.astype(float)
        length = _root_of_squares(size, axis)
        if not _exact(length):
            largest = np.max(size, axis=axis, keepdims=True, initial=0)
            largest = np.where(np.isfinite(largest) & (largest > 0), largest, 1)
            length = largest * _root_of_squares(size / largest, axis)
        return length if keepdims else np.squeeze(length, axis)[()]

    def vjp(self, position, gradient, output, x, axis, keepdims):
        return unit(x, with_axes(output, axis, keepdims)) * with_axes(gradient, axis, keepdims)

    def jvp(self, tangents, output, x, axis, keepdims):
        direction = unit(x, with_axes(output, axis, keepdims))
        return real(sum(functions["conj"](direction) * tangents[0], axis, keepdims))


euclidean_norm = primitive(EuclideanNorm)


def _root_of_squares(x: np.ndarray, axis: tuple[int, ...]) -> np.ndarray:
    with np.errstate(over="ignore", under="ignore"):
        return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=True))


def _exact(length: np.ndarray) -> bool:
    """Whether no square can have overflowed, or lost digits that count because it was so small."""
    limits = np.finfo(length.dtype)
    shortest = np.sqrt(limits.tiny) / limits.eps
    return bool(np.all((length > shortest) & (length < np.inf)))


@catalogue.stands_for(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    r"""Norm of vectors or matrices, as `numpy.linalg.norm`.

    ======  ===========================  =========================
    ord     of a matrix                  of a vector
    ======  ===========================  =========================
    None    Frobenius                    2-norm
    'fro'   Frobenius
    'nuc'   sum of the singular values
    inf     largest sum of a row         largest :math:`|x_i|`
    -inf    smallest sum of a row        smallest :math:`|x_i|`
    1       largest sum of a column      :math:`\sum_i |x_i|`
    -1      smallest sum of a column
    2       largest singular value       2-norm
    -2      smallest singular value
    0                                    how many are not 0
    p                                    :math:`(\sum_i |x_i|^p)^{1/p}`
    ======  ===========================  =========================

    The gradient of the 2-norm, and of every other of order p, is 0 at 0; through the norm of order
    0, a count, no gradient flows.

    Parameters
    ----------
    x : array_like
        Operand.
    ord : number or str, optional
        Which norm; without it all elements are taken as one vector.
    axis : int or pair of int, optional
        The axis of the vectors, or the two axes of the matrices; all of `x` where not given.
    keepdims : bool
        Keep those axes, with length 1.

    Raises
    ------
    ArgumentError
        If there is no such norm.
    ShapeError
        If an axis does not exist.
    """
    if axis is None:
        rank = np.ndim(x)
        if ord is None or (ord == 2 and rank == 1) or (ord == "fro" and rank == 2):
            return euclidean_norm(x, keepdims=keepdims)
        if rank not in (1, 2):
            raise ArgumentError(f"norm: name the axis or the two axes of ord={ord!r}")
        axis = tuple(range(rank))
    axes = as_axes("norm", axis, x)
    if len(axes) == 1:
        return of_vectors(x, ord, axes[0], keepdims)
    if len(axes) == 2:
        return _of_matrices(x, ord, axes, keepdims)
    raise ArgumentError(f"norm: axis is one, of vectors, or two, of matrices; got {axis!r}")


def of_vectors(x: Any, ord: Any, axis: Axis, keepdims: bool) -> Any:
    """The norm of order `ord` of all elements over `axis`, one or several, taken as a vector."""
    if ord is None or ord == 2:
        return euclidean_norm(x, axis, keepdims)
    if ord == np.inf:
        return max(abs(x), axis, keepdims)
    if ord == -np.inf:
        return min(abs(x), axis, keepdims)
    if ord == 1:
        return sum(abs(x), axis, keepdims)
    if isinstance(ord, str) or np.isnan(ord):
        raise ArgumentError(f"norm: no norm of vectors has ord={ord!r}")
    if ord == 0:
        return cast_like(functions["count_nonzero"](x, axis, keepdims), abs(x))
    power, size = float(ord), abs(x)
    # Where an element, or the norm, is 0, the derivative of a root is infinite: 0, as in PyTorch.
    of_zero = 0.0 if power > 0 else np.inf
    absent = functions["equal"](size, 0)
    powers = functions["where"](absent, 1.0, size) ** power
    total = sum(functions["where"](absent, of_zero, powers), axis, keepdims)
    nothing = functions["equal"](total, of_zero)
    root = functions["where"](nothing, 1.0, total) ** (1 / power)
    return functions["where"](nothing, 0.0, root)


def _of_matrices(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if ord is None or ord == "fro":
        return euclidean_norm(x, axes, keepdims)
    matrices = moveaxis(x, axes, (-2, -1))
    if isinstance(ord, str) and ord == "nuc":
        result = sum(svdvals(matrices), -1)
    elif ord in (2, -2):
        result = (max if ord > 0 else min)(svdvals(matrices), -1)
    elif ord in (1, -1, np.inf, -np.inf):
        sums = sum(abs(matrices), -2 if np.isfinite(ord) else -1)
        result = (max if ord > 0 else min)(sums, -1)
    else:
        raise ArgumentError(f"norm: no norm of matrices has ord={ord!r}")
    return expand_dims(result, tuple(sorted(axes))) if keepdims else result
