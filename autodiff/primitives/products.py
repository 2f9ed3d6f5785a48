"""Products of arrays in NumPy's other spellings, and the trace."""

from __future__ import annotations

import operator
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import catalogue
from ..catalogue import functions
from ..errors import ArgumentError, ShapeError, describe
from .einsum import einsum
from .kinds import Linear, conjugate
from .linear_algebra import matmul
from .matrices import eye_like
from .primitive import primitive
from .shaping import as_axes, as_axis, expand_dims, moveaxis, reshape, reshape_like
from .statistics import expect_lengths

catalogue.numpy_functions[np.linalg.matmul] = matmul


@catalogue.stands_for(np.dot)
def dot(a: Any, b: Any) -> Any:
    """Product over the last axis of `a` and the last but one of `b`, as `numpy.dot`.

    A scalar multiplies; of matrices it is the matrix product. Unlike `matmul`, further axes are no
    batch: the result has those of both operands.
    """
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return functions["multiply"](a, b)
    if np.ndim(b) == 1 or (np.ndim(a) <= 2 and np.ndim(b) == 2):
        return matmul(a, b)
    return tensordot(a, b, (-1, -2))


@catalogue.stands_for(np.inner)
def inner(a: Any, b: Any) -> Any:
    """Product over the last axes of both operands, as `numpy.inner`; nothing is conjugated."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return functions["multiply"](a, b)
    return tensordot(a, b, (-1, -1))


@catalogue.stands_for(np.outer)
def outer(a: Any, b: Any) -> Any:
    """All products :math:`y_{ij} = a_i b_j` of two flattened operands, as `numpy.outer`."""
    return functions["multiply"](expand_dims(reshape(a, -1), 1), expand_dims(reshape(b, -1), 0))


@catalogue.stands_for(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    r"""Sum :math:`\sum_i a_i^* b_i` over two flattened operands, as `numpy.vdot`."""
    return matmul(conjugate(reshape(a, -1)), reshape(b, -1))


@catalogue.stands_for(np.tensordot, np.linalg.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum of products over pairs of axes, as `numpy.tensordot`.

    Parameters
    ----------
    a, b : array_like
        Operands.
    axes : int or pair
        How many of the last axes of `a` meet the first of `b`; or the axes of `a` and those of `b`,
        each one axis or a sequence.

    Raises
    ------
    ShapeError
        If an axis does not exist, or two axes that meet differ in length.
    ArgumentError
        If `a` and `b` are to meet in different numbers of axes.
    """
    if isinstance(axes, Sequence):
        of_a, of_b = as_axes("tensordot", axes[0], a), as_axes("tensordot", axes[1], b)
    else:
        count = operator.index(axes)
        of_a = as_axes("tensordot", range(-count, 0), a)
        of_b = as_axes("tensordot", range(count), b)
    if len(of_a) != len(of_b):
        raise ArgumentError(f"tensordot: axes {axes!r} must name as many axes of a as of b")
    for i, j in zip(of_a, of_b, strict=True):
        if np.shape(a)[i] != np.shape(b)[j]:
            raise ShapeError(
                f"tensordot: axis {i} of shape {np.shape(a)} and axis {j} of shape {np.shape(b)} "
                "must have one length"
            )
    left = string.ascii_lowercase[: np.ndim(a)]
    right = list(string.ascii_uppercase[: np.ndim(b)])
    for i, j in zip(of_a, of_b, strict=True):
        right[j] = left[i]
    met = {left[i] for i in of_a}
    result = "".join(letter for letter in [*left, *right] if letter not in met)
    return einsum(f"{left},{''.join(right)}->{result}", a, b)


@catalogue.stands_for(np.cross, np.linalg.cross)
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    r"""Cross product :math:`a \times b` of vectors in space, as `numpy.cross`.

    Parameters
    ----------
    a, b : array_like
        Vectors of 3 elements; the other axes broadcast.
    axisa, axisb, axisc : int
        The axes of the vectors in `a`, in `b` and in the result.
    axis : int, optional
        One axis for all three.

    Raises
    ------
    ShapeError
        If an axis does not exist, or the vectors do not have 3 elements.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    left, right = _vectors(a, axisa), _vectors(b, axisb)
    first, second = [1, 2, 0], [2, 0, 1]
    product = left[..., first] * right[..., second] - left[..., second] * right[..., first]
    return moveaxis(product, -1, axisc)


def _vectors(x: Any, axis: int) -> Any:
    """`x` with the axis of its vectors of 3 elements at the end, also in a replay."""
    vectors = moveaxis(x, axis, -1)
    if np.shape(vectors)[-1] != 3:
        raise ShapeError(
            f"cross: axis {axis} of {describe(x)} must have length 3; got shape {np.shape(x)}"
        )
    return expect_lengths(vectors, {-1: 3})


class MergePairs(Linear):
    """Merge the axes of an array in pairs: shape (a, b, c, d) becomes (a b, c d)."""

    def function(self, x):
        return np.reshape(x, self.shape(np.shape(x)))

    def shape(self, x):
        return tuple(one * other for one, other in zip(x[::2], x[1::2], strict=True))

    def transpose(self, gradient, x):
        return reshape_like(gradient, x)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3, 4, 1)),), {}


merge_pairs = primitive(MergePairs)


@catalogue.stands_for(np.kron)
def kron(a: Any, b: Any) -> Any:
    """Kronecker product, as `numpy.kron`: each element of `a` times the whole of `b`, in blocks."""
    rank = max(np.ndim(a), np.ndim(b))
    blocks = expand_dims(a, tuple(range(rank - np.ndim(a)))) if np.ndim(a) < rank else a
    tile = expand_dims(b, tuple(range(rank - np.ndim(b)))) if np.ndim(b) < rank else b
    blocks = expand_dims(blocks, tuple(range(1, 2 * rank, 2)))
    tile = expand_dims(tile, tuple(range(0, 2 * rank, 2)))
    return merge_pairs(functions["multiply"](blocks, tile))


class Trace(Linear):
    r"""Sum :math:`y = \sum_i x_{i, i+k}` of a diagonal, as `numpy.trace`.

    Parameters
    ----------
    x : array_like
        Operand with at least two axes.
    offset : int
        The :math:`k` of the diagonal: above the main one if positive, below it if negative.
    axis1, axis2 : int
        The axes of the matrix; the others are kept.

    Raises
    ------
    ShapeError
        If an axis does not exist.
    ArgumentError
        If the two axes are one.
    """

    autocast = "float32"

    def __call__(self, x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        first, second = [as_axis(self.name, axis, x) for axis in (axis1, axis2)]
        if first == second:
            raise ArgumentError(f"trace: axis1 and axis2 are both axis {first}")
        return self.apply(x, offset=operator.index(offset), axis1=first, axis2=second)

    def function(self, x, offset, axis1, axis2):
        return np.trace(x, offset, axis1, axis2)

    def shape(self, x, offset, axis1, axis2):
        return tuple(length for i, length in enumerate(x) if i not in (axis1, axis2))

    def transpose(self, gradient, x, offset, axis1, axis2):
        axes = (min(axis1, axis2), max(axis1, axis2))
        return expand_dims(gradient, axes) * eye_like(x, offset=offset, axis1=axis1, axis2=axis2)

    def examples(self, rng):
        yield (rng.normal(size=(3, 3)),), {}
        yield (rng.normal(size=(2, 3)),), {"offset": 1}
        yield (rng.normal(size=(2, 4, 3)),), {"offset": -1, "axis1": 2, "axis2": 0}


trace = primitive(Trace, np.trace)
