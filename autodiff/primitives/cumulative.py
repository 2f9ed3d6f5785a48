r"""Running sums and products, and the product of everything.

A product must not be differentiated as :math:`y / x_i`: at a zero that is 0/0. Here the product of
all elements but one is that of the elements before it, times that of those after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from .broadcasting import ones_like, zeros_like
from .flattening import flatten
from .indexing import getitem
from .joining import concatenate
from .kinds import General, Linear, conjugate
from .primitive import Primitive, primitive
from .reductions import Selection, sum
from .reversing import flip
from .shaping import as_axis, expand_dims, reshape, reshape_like, transpose


class Cumulative(Primitive):
    """What running reductions share: the axis, and that the shape stays."""

    def __call__(self, x: Any, axis: int | None = None) -> Any:
        if axis is None:
            x, axis = reshape(x, -1), 0
        return self.apply(x, axis=as_axis(self.name, axis, x))

    def shape(self, x, axis):
        return x

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=(2, 3)),), {"axis": -1}
        yield (rng.normal(size=(2, 3)),), {"axis": 0}


class Cumsum(Cumulative, Linear):
    r"""Running sum :math:`y_i = \sum_{j \le i} x_j` along an axis, as `numpy.cumsum`.

    Its transpose is the running sum from the other end.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int, optional
        The axis; the flattened array where not given.

    Raises
    ------
    ShapeError
        If the axis does not exist.
    """

    def function(self, x, axis):
        return np.cumsum(x, axis=axis)

    def transpose(self, gradient, x, axis):
        return flip(self(flip(gradient, axis), axis), axis)


cumsum = primitive(Cumsum, np.cumsum)


class Recurrence(General):
    r"""Linear recurrence along an axis, :math:`h_i = a_i h_{i-1} + b_i` with :math:`h_{-1} = 0`.

    Its adjoint is a recurrence from the other end, :math:`s_i = \bar h_i + a_{i+1} s_{i+1}`, with
    :math:`\bar b_i = s_i` and :math:`\bar a_i = s_i h_{i-1}`; so it is closed under
    differentiation.

    Parameters
    ----------
    a, b : array_like
        Factors and terms, of one shape.
    axis : int
        The axis along which it runs.

    Raises
    ------
    ShapeError
        If the shapes differ.
    """

    def function(self, a, b, axis):
        self.shape(np.shape(a), np.shape(b), axis)
        factors, terms = (np.moveaxis(np.asarray(operand), axis, 0) for operand in (a, b))
        result = np.empty(terms.shape, np.result_type(a, b))
        previous: Any = 0
        for i in range(len(result)):
            previous = result[i] = factors[i] * previous + terms[i]
        return np.moveaxis(result, 0, axis)

    def shape(self, a, b, axis):
        if a != b:
            raise ShapeError(f"factors of shape {a} and terms of shape {b} must have one shape")
        return a

    def vjp(self, position, gradient, output, a, b, axis):
        adjoint = _adjoint(a, gradient, axis)
        return adjoint if position == 1 else adjoint * conjugate(_before(output, 0, axis))

    def jvp(self, tangents, output, a, b, axis):
        terms = [
            *([] if tangents[0] is None else [tangents[0] * _before(output, 0, axis)]),
            *([] if tangents[1] is None else [tangents[1]]),
        ]
        return self.apply(a, terms[0] if len(terms) == 1 else terms[0] + terms[1], axis=axis)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), rng.normal(size=(2, 3))), {"axis": 1}
        yield (rng.normal(size=4), rng.normal(size=4)), {"axis": 0}


recurrence = primitive(Recurrence)


class Cumprod(Cumulative, General):
    r"""Running product :math:`y_i = \prod_{j \le i} x_j` along an axis, as `numpy.cumprod`.

    Also where elements are zero its derivatives are right. Reverse mode is :math:`\bar x_i =
    y_{i-1} r_i` with the recurrence :math:`r_i = \bar y_i + x_{i+1} r_{i+1}`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int, optional
        The axis; the flattened array where not given.

    Raises
    ------
    ShapeError
        If the axis does not exist.
    """

    def function(self, x, axis):
        return np.cumprod(x, axis=axis)

    def vjp(self, position, gradient, output, x, axis):
        return _adjoint(x, gradient, axis) * conjugate(_before(output, 1, axis))

    def jvp(self, tangents, output, x, axis):
        return recurrence(x, tangents[0] * _before(output, 1, axis), axis=axis)


cumprod = primitive(Cumprod, np.cumprod)


class Prod(Selection, General):
    r"""Product :math:`y = \prod_i x_i` over axes, as `numpy.prod`.

    :math:`\partial y/\partial x_i = \prod_{j \ne i} x_j`, also where elements are zero.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to multiply over; all where not given.
    keepdims : bool
        Keep those axes, with length 1.
    initial : array_like
        A scalar by which the product is multiplied.
    where : array_like
        Which elements are multiplied; broadcasts to the shape of `x`.

    Raises
    ------
    ShapeError
        If an axis does not exist, or `where` does not fit.
    """

    autocast = "float32"
    identity, join = 1, "multiply"

    def function(self, x, axis, keepdims):
        return np.prod(x, axis=axis, keepdims=keepdims)

    def vjp(self, position, gradient, output, x, axis, keepdims):
        if not keepdims and axis:
            gradient = expand_dims(gradient, axis)
        return gradient * conjugate(_all_others(x, axis))

    def jvp(self, tangents, output, x, axis, keepdims):
        return sum(_all_others(x, axis) * tangents[0], axis, keepdims)


prod = primitive(Prod, np.prod)


def _all_others(x: Any, axis: tuple[int, ...]) -> Any:
    """For each element the product of all the others along `axis`."""
    if not axis:
        return ones_like(x)
    rest = tuple(i for i in range(np.ndim(x)) if i not in axis)
    order = rest + axis
    moved = transpose(x, order)
    line, last = flatten(moved, len(rest)), len(rest)
    behind = flip(_before(cumprod(flip(line, last), last), 1, last), last)
    others = _before(cumprod(line, last), 1, last) * behind
    return transpose(reshape_like(others, moved), tuple(int(i) for i in np.argsort(order)))


def _before(x: Any, first: int, axis: int) -> Any:
    """For each element the one before it along `axis`, and for the first the number `first`."""
    start = getitem(x, _along(axis, slice(None, 1)))
    filled = ones_like(start) if first else zeros_like(start)
    return concatenate([filled, getitem(x, _along(axis, slice(None, -1)))], axis)


def _adjoint(factors: Any, gradient: Any, axis: int) -> Any:
    """The recurrence from the other end, in which each step uses the factor that follows."""
    return flip(
        recurrence(
            _before(conjugate(flip(factors, axis)), 0, axis), flip(gradient, axis), axis=axis
        ),
        axis,
    )


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    return (*[slice(None)] * axis, part)
