"""Polynomials: their values, and the powers that they are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue import stands_for
from ..errors import ShapeError
from .broadcasting import zeros_like
from .shaping import expand_dims


@stands_for(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    r"""Polynomial :math:`y = \sum_i p_i x^{n - 1 - i}` by Horner's scheme, as `numpy.polyval`.

    Parameters
    ----------
    p : array_like, shape (n,)
        Coefficients, that of the highest power first. A replay may not change their number.
    x : array_like
        Where it is evaluated.

    Raises
    ------
    ShapeError
        If the coefficients are not a vector.
    """
    if np.ndim(p) != 1:
        raise ShapeError(f"polyval: the coefficients are a vector; got shape {np.shape(p)}")
    y = zeros_like(x)
    for coefficient in p:
        y = y * x + coefficient
    return y


@stands_for(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers of the elements of a vector, in rows, as `numpy.vander`.

    Parameters
    ----------
    x : array_like, shape (n,)
        Operand.
    N : int, optional
        How many powers; n where not given, which then is fixed: a replay may not change it.
    increasing : bool
        The powers from 0 upward, instead of down to 0.

    Raises
    ------
    ShapeError
        If `x` is not a vector.
    """
    if np.ndim(x) != 1:
        raise ShapeError(f"vander: the operand is a vector; got shape {np.shape(x)}")
    powers = np.arange(len(x) if N is None else N)
    return expand_dims(x, 1) ** (powers if increasing else powers[::-1])
