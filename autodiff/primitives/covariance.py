"""Covariance and correlation of variables that were observed together."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue import functions, stands_for
from ..errors import ShapeError, describe
from ..recording import decide
from ..structures import GraphNode
from .diagonals import diagonal
from .joining import concatenate
from .kinds import conjugate
from .linear_algebra import matmul
from .reductions import count, mean
from .shaping import expand_dims, squeeze, transpose
from .stacking import atleast_2d
from .variance import centred


@stands_for(np.cov)
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None
) -> Any:
    r"""Covariances :math:`C_{ij} = \frac{1}{n - d} \sum_k (x_{ik} - \bar x_i) (x_{jk} - \bar
    x_j)^*`, as `numpy.cov`.

    Parameters
    ----------
    m : array_like
        A row for each variable, a column for each observation; one variable may be a vector.
    y : array_like, optional
        Further variables.
    rowvar : bool
        False where the variables are columns.
    bias : bool
        Divide by n, which is :math:`d = 0`; else d is 1.
    ddof : int, optional
        The d itself.

    Returns
    -------
    array or node
        Shape (v, v) for v variables, () for one.

    Raises
    ------
    ShapeError
        If there are more than two axes, or the numbers of observations differ.
    """
    rows = [_variables(x, rowvar) for x in (m, y) if x is not None]
    x = concatenate(rows, 0) if len(rows) > 1 else rows[0]
    deviation = centred(x, mean(x, axis=1, keepdims=True), axis=1)
    degrees = count(deviation, axis=1) - ((0 if bias else 1) if ddof is None else ddof)
    products = matmul(deviation, conjugate(transpose(deviation))) / degrees
    if isinstance(products, GraphNode):
        alone = decide(products, _of_one_variable)  # a replay must not change it
    else:
        alone = _of_one_variable(products)
    return squeeze(products, (0, 1)) if alone else products


@stands_for(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    r"""Correlations :math:`R_{ij} = C_{ij} / \sqrt{C_{ii} C_{jj}}` of the covariances, as
    `numpy.corrcoef`, with the arguments of `cov`.
    """
    covariances = cov(x, y, rowvar)
    if np.ndim(covariances) == 0:
        return covariances / covariances
    deviations = functions["sqrt"](functions["real"](diagonal(covariances)))
    return covariances / expand_dims(deviations, 1) / expand_dims(deviations, 0)


def _of_one_variable(covariances: Any) -> bool:
    return np.shape(covariances) == (1, 1)


def _variables(x: Any, rowvar: bool) -> Any:
    if np.ndim(x) > 2:
        raise ShapeError(f"cov: variables are rows of a matrix; got {describe(x)}")
    return transpose(x) if np.ndim(x) == 2 and not rowvar else atleast_2d(x)
