"""Variance and standard deviation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue import functions, stands_for
from ..evaluation import in_float32
from .broadcasting import ones_like, stop_gradient
from .masking import masked
from .norms import euclidean_norm
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
    return in_float32(squared_spread, x, axis, ddof, keepdims, where)


@stands_for(np.std)
def std(
    x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False, *, where: Any = True
) -> Any:
    r"""Standard deviation, the square root of `var`, as `numpy.std`.

    It is the length of the vector of deviations, :math:`\|x - \bar x\| / \sqrt{n - d}`, and has the
    kink of a length: where all elements are equal the gradient is 0, as in PyTorch.
    """
    return in_float32(spread, x, axis, ddof, keepdims, where)


def squared_spread(
    x: Any, axis: Axis, ddof: int, keepdims: bool, where: Any, of_too_few: float = 0.0
) -> Any:
    """The variance; where there are too few elements, their squares divided by `of_too_few`."""
    distances = _distances(x, axis, where)
    squares = sum(functions["square"](distances), axis, keepdims)
    return squares / _freedom(distances, axis, ddof, keepdims, where, of_too_few)


def spread(
    x: Any, axis: Axis, ddof: int, keepdims: bool, where: Any, of_too_few: float = 0.0
) -> Any:
    """The square root of `squared_spread`."""
    distances = _distances(x, axis, where)
    freedom = _freedom(distances, axis, ddof, keepdims, where, of_too_few)
    return euclidean_norm(distances, axis, keepdims) / functions["sqrt"](freedom)


def centred(x: Any, center: Any, axis: Axis, where: Any = True) -> Any:
    """`x` minus its mean over `axis`, of which `center` is the rounded value.

    The mean of large numbers is rounded to a few of their digits, which may be more than all that
    the numbers differ by. What is left over has a small mean: that one is exact enough.
    """
    left = functions["subtract"](x, stop_gradient(center))
    return left - mean(left, axis, keepdims=True, where=where)


def _distances(x: Any, axis: Axis, where: Any) -> Any:
    """How far each element that counts lies from the mean; of real numbers with the sign."""
    deviation = centred(x, mean(x, axis, keepdims=True, where=where), axis, where)
    if where is not True:
        deviation = masked(deviation, where, fill=0)
    return functions["abs"](deviation) if deviation.dtype.kind == "c" else deviation


def _freedom(x: Any, axis: Axis, ddof: int, keepdims: bool, where: Any, of_too_few: float) -> Any:
    """By what the sum of the squares is divided."""
    chosen = count(x, axis) if where is True else sum(ones_like(x), axis, keepdims, where=where)
    # Fewer elements than degrees of freedom say nothing: 0/0 or infinity, never a negative number.
    return functions["where"](chosen > ddof, chosen - ddof, of_too_few)
