r"""Convolution and correlation of vectors, as in `numpy.convolve`.

The full convolution and the sliding inner product are transposes of each other, and so closed under
differentiation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue import stands_for
from ..errors import ArgumentError, ShapeError
from .kinds import Bilinear, Linear, conjugate
from .primitive import Shape, primitive
from .reversing import flip


class FullConvolution(Bilinear):
    r"""Convolution :math:`y_k = \sum_i a_i v_{k - i}` of two vectors, of length m + n - 1."""

    def function(self, a, v):
        self.shape(np.shape(a), np.shape(v))
        return np.convolve(a, v)

    def shape(self, a, v):
        return (_vector(a) + _vector(v) - 1,)

    def transpose_left(self, gradient, a, v):
        return sliding_product(gradient, conjugate(v))

    def transpose_right(self, gradient, a, v):
        return sliding_product(gradient, conjugate(a))

    def examples(self, rng):
        yield (rng.normal(size=5), rng.normal(size=3)), {}
        yield (rng.normal(size=2), rng.normal(size=4)), {}


full_convolution = primitive(FullConvolution)


class SlidingProduct(Bilinear):
    r"""Products :math:`y_i = \sum_k a_{i + k} v_k` of a vector at all places where it fits in `a`.

    Raises
    ------
    ShapeError
        If `v` is longer than `a`.
    """

    def function(self, a, v):
        self.shape(np.shape(a), np.shape(v))
        return np.convolve(a, np.asarray(v)[::-1], "valid")

    def shape(self, a, v):
        if _vector(v) > _vector(a):
            raise ShapeError(f"a vector of shape {v} is longer than the one of shape {a}")
        return (a[0] - v[0] + 1,)

    def transpose_left(self, gradient, a, v):
        return full_convolution(gradient, conjugate(v))

    def transpose_right(self, gradient, a, v):
        return self(conjugate(a), gradient)

    def examples(self, rng):
        yield (rng.normal(size=5), rng.normal(size=3)), {}
        yield (rng.normal(size=4), rng.normal(size=4)), {}


sliding_product = primitive(SlidingProduct)


class Centre(Linear):
    """The middle of the full convolution `x` of `a` and `v`, as long as the longer of them."""

    shape_only = (1, 2)
    moves = True

    def function(self, x, a, v):
        return x[_middle(np.shape(a), np.shape(v))]

    def shape(self, x, a, v):
        return max(a, v)

    def transpose(self, gradient, x, a, v):
        return around_centre(gradient, x, a, v)

    def examples(self, rng):
        yield (rng.normal(size=7), np.zeros(5), np.zeros(3)), {}


centre = primitive(Centre)


class AroundCentre(Linear):
    """The transpose of `centre`: `g` in the middle of zeros, as long as `x`."""

    shape_only = (1, 2, 3)
    moves = True

    def function(self, g, x, a, v):
        result = np.zeros(np.shape(x), np.asarray(g).dtype)
        result[_middle(np.shape(a), np.shape(v))] = g
        return result

    def shape(self, g, x, a, v):
        return x

    def transpose(self, gradient, g, x, a, v):
        return centre(gradient, a, v)

    def examples(self, rng):
        yield (rng.normal(size=5), np.zeros(7), np.zeros(5), np.zeros(3)), {}


around_centre = primitive(AroundCentre)


def _middle(a: Shape, v: Shape) -> slice:
    start = (min(a[0], v[0]) - 1) // 2
    return slice(start, start + max(a[0], v[0]))


def _vector(shape: Shape) -> int:
    if len(shape) != 1 or shape[0] == 0:
        raise ShapeError(f"a convolution is of vectors that are not empty; got shape {shape}")
    return shape[0]


@stands_for(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    r"""Convolution :math:`y_k = \sum_i a_i v_{k - i}` of two vectors, as `numpy.convolve`.

    Parameters
    ----------
    a, v : array_like, shapes (m,) and (n,)
        Operands.
    mode : {"full", "same", "valid"}
        All m + n - 1 elements; those in the middle, as many as the longer operand has; or those for
        which the shorter operand lies wholly in the longer, which a replay may not exchange.

    Raises
    ------
    ArgumentError
        If `mode` is another word.
    ShapeError
        If an operand is no vector, or empty.
    """
    if mode == "full":
        return full_convolution(a, v)
    if mode == "same":
        return centre(full_convolution(a, v), a, v)
    if mode == "valid":
        longer, shorter = (a, v) if np.size(a) >= np.size(v) else (v, a)
        return sliding_product(longer, flip(shorter))
    raise ArgumentError(f"convolve: mode is one of full, same, valid; got {mode!r}")


@stands_for(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    r"""Correlation :math:`y_k = \sum_i a_{i + k} v_i^*` of two vectors, as `numpy.correlate`.

    Its arguments are those of `convolve`, which it is but for the order of the conjugate `v`.
    """
    return convolve(a, conjugate(flip(v)), mode)
