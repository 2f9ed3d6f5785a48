"""Reductions that answer a question, and averages that weigh."""

from __future__ import annotations

import typing

import numpy as np

from .. import catalogue
from ..errors import ShapeError, describe
from .arithmetic import multiply
from .comparisons import isclose
from .extrema import max, min
from .kinds import Nondifferentiable
from .primitive import primitive
from .reductions import Axis, Reduction, Selection, mean, reduced_axes, sum
from .shaping import expand_dims


class Question(Nondifferentiable, Selection):
    """A question about the elements over axes; `where` tells about which of them."""

    def __call__(self, x, axis=None, keepdims=False, *, where=True):
        return super().__call__(x, axis, keepdims, where=where)


class Any(Question):
    """Whether any element over axes is true, or not zero, as `numpy.any`; no gradient flows."""

    identity = 0

    def function(self, x, axis, keepdims):
        return np.any(x, axis=axis, keepdims=keepdims)


any = primitive(Any, np.any)


class All(Question):
    """Whether all elements over axes are true, or not zero, as `numpy.all`; no gradient flows."""

    identity = 1

    def function(self, x, axis, keepdims):
        return np.all(x, axis=axis, keepdims=keepdims)


all = primitive(All, np.all)


class CountNonzero(Nondifferentiable, Reduction):
    """How many elements over axes are not zero, as `numpy.count_nonzero`; no gradient flows."""

    def function(self, x, axis, keepdims):
        return np.asarray(np.count_nonzero(x, axis=axis, keepdims=keepdims))


count_nonzero = primitive(CountNonzero, np.count_nonzero)


@catalogue.stands_for(np.ptp)
def ptp(x: typing.Any, axis: Axis = None, keepdims: bool = False) -> typing.Any:
    """Largest minus smallest element over axes, as `numpy.ptp`. Ties share the gradient evenly."""
    return max(x, axis, keepdims) - min(x, axis, keepdims)


@catalogue.stands_for(np.average)
def average(
    x: typing.Any, axis: Axis = None, weights: typing.Any = None, *, keepdims: bool = False
) -> typing.Any:
    r"""Weighted mean :math:`\sum_i w_i x_i / \sum_i w_i`, as `numpy.average`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to average over; all where not given.
    weights : array_like, optional
        Weights of the shape of `x`, or a vector of weights along the one axis; equal ones where not
        given. They too may be a node.
    keepdims : bool
        Keep those axes, with length 1.

    Raises
    ------
    ShapeError
        If the weights do not fit.
    """
    if weights is None:
        return mean(x, axis, keepdims)
    axes = reduced_axes("average", axis, x)
    rank, shape = np.ndim(x), np.shape(x)
    if np.shape(weights) != shape:
        if np.ndim(weights) != 1 or len(axes) != 1 or axis is None:
            raise ShapeError(
                f"average: weights {describe(weights)} must have the shape of {describe(x)}, or be "
                "a vector along the one axis that is named"
            )
        if np.shape(weights)[0] != shape[axes[0]]:
            raise ShapeError(
                f"average: {describe(weights)} does not fit axis {axes[0]} of {describe(x)}"
            )
        weights = expand_dims(weights, tuple(i for i in range(rank) if i != axes[0]))
    total = sum(multiply(weights, catalogue.functions["ones_like"](x)), axis, keepdims)
    return sum(multiply(x, weights), axis, keepdims) / total


@catalogue.stands_for(np.allclose)
def allclose(
    a: typing.Any,
    b: typing.Any,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> bool:
    """Whether all elements of two operands are close, as `numpy.allclose`: True or False.

    Of nodes it is a decision, as ``if`` takes one: a replay for which it would fall otherwise is
    refused.
    """
    return bool(all(isclose(a, b, rtol, atol, equal_nan)))
