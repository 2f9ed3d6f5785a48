"""What the functions of square matrices share: their shapes, their errors, and small operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..catalogue import functions
from ..errors import ArgumentError, AutodiffError, ShapeError
from .broadcasting import where
from .kinds import Nondifferentiable, conjugate
from .primitive import Primitive, Shape, primitive
from .shaping import swapaxes


class OfMatrices(Primitive):
    """A function of the last two axes; those before them are a batch."""

    autocast = "float32"
    remedy = "is every element finite?"

    def diagnose(
        self, error: Exception, values: Sequence[Any], params: dict[str, Any]
    ) -> AutodiffError:
        """Where the shapes fit, the values of the matrix are to blame: say what can be done."""
        cause = super().diagnose(error, values, params)
        if isinstance(error, np.linalg.LinAlgError) and str(cause) == str(error):
            return ArgumentError(f"{error}; {self.remedy}")
        return cause


def matrix(a: Shape, caller: str = "") -> Shape:
    """The shape of a stack of matrices. Where no primitive is named, `caller` is.

    Raises
    ------
    ShapeError
        If there are fewer than two axes.
    """
    if len(a) < 2:
        raise ShapeError(f"{_said_by(caller)}a matrix has at least two axes; got shape {a}")
    return a


def square(a: Shape, caller: str = "") -> Shape:
    """The shape of a stack of square matrices. Where no primitive is named, `caller` is.

    Raises
    ------
    ShapeError
        If there are fewer than two axes, or the last two differ.
    """
    if matrix(a, caller)[-1] != a[-2]:
        raise ShapeError(
            f"{_said_by(caller)}the last two axes of a square matrix have one length; got shape {a}"
        )
    return a


def _said_by(caller: str) -> str:
    return f"{caller}: " if caller else ""


class EyeLike(Nondifferentiable):
    """Ones on a diagonal of two axes of `x`, zeros beside it; all other axes have length 1.

    Parameters
    ----------
    x : array_like
        Lends its shape and dtype.
    offset : int
        Which diagonal: above the main one if positive, below it if negative.
    axis1, axis2 : int
        The axes of the matrix.
    """

    shape_only = (0,)

    def function(self, x, offset=0, axis1=-2, axis2=-1):
        shape, rank = np.shape(x), np.ndim(x)
        axis1, axis2 = axis1 % rank, axis2 % rank
        eye = np.eye(shape[axis1], shape[axis2], offset, dtype=np.asarray(x).dtype)
        return (eye if axis1 < axis2 else eye.T).reshape(self.shape(shape, offset, axis1, axis2))

    def shape(self, x, offset=0, axis1=-2, axis2=-1):
        kept = (axis1 % len(x), axis2 % len(x))
        return tuple(length if i in kept else 1 for i, length in enumerate(x))

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=(4, 2, 3)),), {"offset": 1, "axis1": 2, "axis2": 0}


eye_like = primitive(EyeLike)


class BelowDiagonalLike(Nondifferentiable):
    """Ones below the main diagonal of the last two axes of `x`, zeros elsewhere."""

    shape_only = (0,)

    def function(self, x):
        return np.tri(np.shape(x)[-2], np.shape(x)[-1], -1, dtype=np.asarray(x).dtype)

    def shape(self, x):
        return x[-2:]

    def examples(self, rng):
        yield (rng.normal(size=(4, 2, 3)),), {}


below_diagonal_like = primitive(BelowDiagonalLike)


def hermitian(a: Any) -> Any:
    """The conjugate transpose of the last two axes."""
    return conjugate(swapaxes(a, -1, -2))


def symmetrized(a: np.ndarray) -> np.ndarray:
    """The mean of an array of matrices and its conjugate transpose."""
    return (a + np.conj(np.swapaxes(a, -1, -2))) / 2


def over(numerator: Any, denominator: Any) -> Any:
    """A quotient in which 0/0 is 0: what does not depend on a thing needs no derivative of it."""
    nothing = functions["logical_and"](
        functions["equal"](numerator, 0), functions["equal"](denominator, 0)
    )
    return numerator / where(nothing, 1.0, denominator)
