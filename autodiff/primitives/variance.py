"""Variance and standard deviation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue import functions, stands_for
from ..evaluation import in_float32
from .broadcasting import ones_like
from .masking import masked
from .reductions import Axis, count, mean, sum


@stands_for(np.var)
def var(
    x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False, *, where: Any = True
) -> Any:
    r"""Variance :math:`\frac{1}{n - d} \sum_i (x_i - \bar x)^2`, as `numpy.var`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to reduce; all where not given.
    ddof : int
        The :math:`d` of the denominator.
    keepdims : bool
        Keep the reduced axes, with length 1.
    where : array_like
        Which elements count; broadcasts to the shape of `x`.
    """
    return in_float32(_var, x, axis, ddof, keepdims, where)


def _var(x: Any, axis: Axis, ddof: int, keepdims: bool, where: Any) -> Any:
    deviation = functions["subtract"](x, mean(x, axis, keepdims=True, where=where))
    if where is not True:
        deviation = masked(deviation, where, fill=0)
    if deviation.dtype.kind == "c":
        deviation = functions["abs"](deviation)
    squares = functions["square"](deviation)
    if ddof == 0:
        return mean(squares, axis, keepdims, where=where)
    if where is True:
        chosen = count(squares, axis)
    else:
        chosen = sum(ones_like(squares), axis, keepdims, where=where)
    # Fewer elements than degrees of freedom say nothing: 0/0 or infinity, never a negative number.
    return sum(squares, axis, keepdims) / functions["maximum"](chosen - ddof, 0)


@stands_for(np.std)
def std(
    x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False, *, where: Any = True
) -> Any:
    """Standard deviation, the square root of `var`, as `numpy.std`."""
    return functions["sqrt"](var(x, axis, ddof, keepdims, where=where))
