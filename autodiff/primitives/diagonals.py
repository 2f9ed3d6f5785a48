"""Diagonals and triangles of matrices."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import catalogue
from ..errors import ShapeError, describe
from .broadcasting import cast_like
from .kinds import Linear
from .primitive import Shape, primitive
from .shaping import as_axes, reshape


class Diagonal(Linear):
    """Diagonal of the matrices in two axes, as `numpy.diagonal`: it becomes the last axis.

    Parameters
    ----------
    x : array_like
        Operand of at least two axes.
    offset : int
        Which diagonal: 0 is the main one, positive ones lie above it.
    axis1, axis2 : int
        The axes of the matrices' rows and columns.

    Raises
    ------
    ShapeError
        If an axis does not exist.
    ArgumentError
        If both axes are the same.
    """

    moves = True

    def __call__(self, x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        return self.apply(
            x, offset=operator.index(offset), axes=as_axes(self.name, (axis1, axis2), x)
        )

    def function(self, x, offset, axes):
        return np.diagonal(x, offset, *axes)

    def shape(self, x, offset, axes):
        rest = tuple(length for i, length in enumerate(x) if i not in axes)
        rows, columns = x[axes[0]], x[axes[1]]
        return (*rest, max(0, min(rows + min(offset, 0), columns - max(offset, 0))))

    def transpose(self, gradient, x, offset, axes):
        return diagonal_like(gradient, x, offset=offset, axes=axes)

    def examples(self, rng):
        yield (rng.normal(size=(3, 4)),), {}
        yield (rng.normal(size=(3, 2, 4)), 1), {"axis1": 2, "axis2": 0}
        yield (rng.normal(size=(3, 3)), -1), {}


diagonal = primitive(Diagonal, np.diagonal)


class DiagonalLike(Linear):
    """Zeros of the shape of `like`, with `x` on a diagonal: the transpose of `diagonal`."""

    shape_only = (1,)

    def function(self, x, like, offset, axes):
        self.shape(np.shape(x), np.shape(like), offset, axes)
        result = np.zeros(np.shape(like), np.asarray(x).dtype)
        matrices = np.moveaxis(result, axes, (-2, -1))
        places = np.arange(np.shape(x)[-1])
        matrices[..., places - min(offset, 0), places + max(offset, 0)] = x
        return cast_like(result, like)

    def shape(self, x, like, offset, axes):
        if diagonal.shape(like, offset, axes) != x:
            raise ShapeError(f"shape {x} is not that of a diagonal of {like}")
        return like

    def transpose(self, gradient, x, like, offset, axes):
        return diagonal.apply(gradient, offset=offset, axes=axes)

    def examples(self, rng):
        yield (rng.normal(size=3), np.zeros((3, 4))), {"offset": 0, "axes": (0, 1)}
        yield (rng.normal(size=(2, 3)), np.zeros((3, 2, 4))), {"offset": 1, "axes": (0, 2)}


diagonal_like = primitive(DiagonalLike)


class FromDiagonal(Linear):
    """The square matrix with `x` on a diagonal, and zeros elsewhere."""

    def function(self, x, offset):
        return np.diag(x, offset)

    def shape(self, x: Shape, offset: int) -> Shape:
        return (x[0] + abs(offset),) * 2

    def transpose(self, gradient, x, offset):
        return diagonal(gradient, offset)

    def examples(self, rng):
        yield (rng.normal(size=3),), {"offset": 0}
        yield (rng.normal(size=3),), {"offset": -2}


from_diagonal = primitive(FromDiagonal)


@catalogue.stands_for(np.diag)
def diag(x: Any, k: int = 0) -> Any:
    """The diagonal of a matrix, or the matrix with a given diagonal, as `numpy.diag`.

    Parameters
    ----------
    x : array_like
        A matrix, or the vector that becomes a diagonal.
    k : int
        Which diagonal: 0 is the main one, positive ones lie above it.

    Raises
    ------
    ShapeError
        If `x` has another number of axes.
    """
    rank = np.ndim(x)
    if rank not in (1, 2):
        raise ShapeError(f"diag needs a vector or a matrix; got {describe(x)}")
    return from_diagonal(x, offset=operator.index(k)) if rank == 1 else diagonal(x, k)


class Triangle(Linear):
    """A matrix with zeros on one side of a diagonal. It is its own transpose.

    Parameters
    ----------
    x : array_like
        Matrix, or several along leading axes.
    k : int
        The diagonal: 0 is the main one, positive ones lie above it.

    Raises
    ------
    ShapeError
        If `x` has fewer than two axes.
    """

    def __call__(self, x: Any, k: int = 0) -> Any:
        return self.apply(x, k=operator.index(k))

    def shape(self, x, k):
        if len(x) < 2:
            raise ShapeError(f"a triangle is part of a matrix; got shape {x}")
        return x

    def transpose(self, gradient, x, k):
        return self(gradient, k)

    def examples(self, rng):
        yield (rng.normal(size=(3, 4)),), {}
        yield (rng.normal(size=(2, 3, 3)), -1), {}
        yield (rng.normal(size=(3, 2)), 1), {}


class Tril(Triangle):
    """Lower triangle, with zeros above diagonal `k`, as `numpy.tril`."""

    def function(self, x, k):
        self.shape(np.shape(x), k)
        return np.tril(x, k)


tril = primitive(Tril, np.tril)


class Triu(Triangle):
    """Upper triangle, with zeros below diagonal `k`, as `numpy.triu`."""

    def function(self, x, k):
        self.shape(np.shape(x), k)
        return np.triu(x, k)


triu = primitive(Triu, np.triu)


@catalogue.stands_for(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """A matrix with all elements of `v` on its diagonal `k`, as `numpy.diagflat`."""
    return diag(reshape(v, -1), k)
