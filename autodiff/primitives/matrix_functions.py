"""Functions of matrices that are formulas of others: powers, chains of products, condition."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..catalogue import numpy_functions, stands_for
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from .broadcasting import broadcast_like
from .diagonals import diagonal
from .kinds import conjugate
from .linear_algebra import matmul
from .matrices import eye_like, square
from .norms import norm, of_vectors
from .products import outer, trace
from .reductions import Axis
from .shaping import as_axes, as_axis, expand_dims, moveaxis, reshape, squeeze, swapaxes
from .solving import inv, solve
from .statistics import expect_lengths

numpy_functions[np.linalg.outer] = outer
numpy_functions[np.linalg.trace] = lambda x, /, *, offset=0: trace(x, offset, -2, -1)
numpy_functions[np.linalg.diagonal] = lambda x, /, *, offset=0: diagonal(x, offset, -2, -1)


@stands_for(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any) -> Any:
    """Each matrix transposed: the last two axes exchanged, as `numpy.matrix_transpose`."""
    return swapaxes(x, -1, -2)


@stands_for(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """Product of `n` factors `a`, as `numpy.linalg.matrix_power`, by repeated squaring.

    Parameters
    ----------
    a : array_like
        Square matrices, shape (..., m, m).
    n : int
        The exponent; of a negative one the inverse is taken first.

    Raises
    ------
    ShapeError
        If `a` is not square.
    DtypeError
        If `n` is no integer.
    ArgumentError
        If `n` is negative and a matrix is singular.
    """
    square(np.shape(a), "matrix_power")
    try:
        exponent = operator.index(n)
    except TypeError:
        raise DtypeError(f"matrix_power: the exponent is an integer; got {n!r}") from None
    if exponent == 0:
        return broadcast_like(eye_like(a), a)
    base = inv(a) if exponent < 0 else a
    power = None
    for digit in f"{abs(exponent):b}"[::-1]:
        if digit == "1":
            power = base if power is None else matmul(power, base)
        base = matmul(base, base)
    return power


@stands_for(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any]) -> Any:
    """Product of several matrices, as `numpy.linalg.multi_dot`, in the order that costs least.

    Parameters
    ----------
    arrays : sequence of array_like
        At least two matrices; the first and the last one may be vectors.

    Raises
    ------
    ArgumentError
        If there are fewer than two.
    ShapeError
        If an array is neither, or two lengths that meet differ.
    """
    factors = list(arrays)
    if len(factors) < 2:
        raise ArgumentError(f"multi_dot: a product has at least two factors; got {len(factors)}")
    for place, factor in enumerate(factors):
        if np.ndim(factor) != 2 and not (place in (0, len(factors) - 1) and np.ndim(factor) == 1):
            raise ShapeError(f"multi_dot: factor {place} is no matrix, but {describe(factor)}")
    shapes = [np.shape(factor) for factor in factors]
    lengths = [1 if len(shapes[0]) == 1 else shapes[0][0]]
    lengths += [shape[0] for shape in shapes[1:]]
    lengths += [1 if len(shapes[-1]) == 1 else shapes[-1][-1]]

    @functools.cache
    def best(start: int, stop: int) -> tuple[int, int]:
        """The least cost of the product of a range of factors, and where it is divided."""
        if stop - start == 1:
            return 0, start
        ways = []
        for cut in range(start + 1, stop):
            parts = best(start, cut)[0] + best(cut, stop)[0]
            ways.append((parts + lengths[start] * lengths[cut] * lengths[stop], cut))
        return min(ways)

    def product(start: int, stop: int) -> Any:
        if stop - start == 1:
            return factors[start]
        cut = best(start, stop)[1]
        return matmul(product(start, cut), product(cut, stop))

    return product(0, len(factors))


@stands_for(np.vecdot, np.linalg.vecdot)
def vecdot(a: Any, b: Any, axis: int = -1) -> Any:
    r"""Products :math:`\sum_i a_i^* b_i` of vectors along an axis, as `numpy.vecdot`."""
    left = expand_dims(conjugate(moveaxis(a, as_axis("vecdot", axis, a), -1)), -2)
    right = expand_dims(moveaxis(b, as_axis("vecdot", axis, b), -1), -1)
    return squeeze(matmul(left, right), (-2, -1))


@stands_for(np.matvec)
def matvec(a: Any, x: Any) -> Any:
    """Products of matrices (..., m, n) and vectors (..., n), in batches, as `numpy.matvec`."""
    return squeeze(matmul(a, expand_dims(x, -1)), -1)


@stands_for(np.vecmat)
def vecmat(x: Any, a: Any) -> Any:
    """Products of conjugate vectors (..., m) and matrices (..., m, n), as `numpy.vecmat`."""
    return squeeze(matmul(expand_dims(conjugate(x), -2), a), -2)


@stands_for(np.linalg.vector_norm)
def vector_norm(x: Any, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Norm of vectors, all elements one vector without `axis`, as `numpy.linalg.vector_norm`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        The axes whose elements are a vector; all of them where not given.
    keepdims : bool
        Keep the axes, with length 1.
    ord : number
        Which norm, as in `norm`.
    """
    axes = tuple(range(np.ndim(x))) if axis is None else as_axes("vector_norm", axis, x)
    return of_vectors(x, ord, axes, keepdims)


@stands_for(np.linalg.matrix_norm)
def matrix_norm(x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Norm of the matrices in the last two axes, as `numpy.linalg.matrix_norm`."""
    return norm(x, ord, (-2, -1), keepdims)


@stands_for(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    r"""Condition number :math:`\|A\|_p \|A^{-1}\|_p` of matrices, as `numpy.linalg.cond`.

    Parameters
    ----------
    x : array_like
        Matrices, shape (..., m, n).
    p : number or str, optional
        Which norm, as in `norm`; without it 2, that is the largest over the smallest singular
        value, for which a matrix need not be square.

    Raises
    ------
    ShapeError
        If `x` is no matrix, or must be square and is not.
    ArgumentError
        If there is no such norm, or a matrix that is to be inverted is singular.
    """
    if p is None or p in (2, -2):
        ratio = norm(x, 2, (-2, -1)) / norm(x, -2, (-2, -1))
        return 1.0 / ratio if p == -2 else ratio
    return norm(x, p, (-2, -1)) * norm(inv(x), p, (-2, -1))


@stands_for(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any) -> Any:
    """The `x` for which ``tensordot(a, x, x.ndim)`` is `b`, as `numpy.linalg.tensorsolve`.

    Parameters
    ----------
    a : array_like
        Its first axes are those of `b`, and the others those of the result.
    b : array_like
        The right-hand side.

    Raises
    ------
    ShapeError
        If the elements of `b` are not as many as those of the result.
    ArgumentError
        If the system has no unique solution.
    """
    rest = np.shape(a)[np.ndim(b) :]
    a = expect_lengths(a, dict(enumerate(rest, np.ndim(b))))  # the result's, also in a replay
    return reshape(solve(reshape(a, (-1, int(np.prod(rest)))), reshape(b, -1)), rest)


@stands_for(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """Inverse of `tensordot` with `a`, whose first `ind` axes are those of the result of it, as
    `numpy.linalg.tensorinv`.
    """
    first, rest = np.shape(a)[:ind], np.shape(a)[ind:]
    a = expect_lengths(a, dict(enumerate(np.shape(a))))
    return reshape(inv(reshape(a, (int(np.prod(first)), -1))), (*rest, *first))
