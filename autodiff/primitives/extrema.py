"""The largest and the smallest element, and where they stand."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError
from .broadcasting import broadcast_like
from .comparisons import equal
from .kinds import General, Nondifferentiable
from .primitive import primitive
from .reductions import Reduction, Selection, not_empty, sum, with_axes
from .shaping import as_axis, expand_dims


class Extremum(Selection, General):
    r"""The largest or smallest element. Elements that tie for it share the gradient evenly."""

    def __call__(self, x, axis=None, keepdims=False, *, initial=None, where=True):
        if where is not True and initial is None:
            raise ArgumentError(
                f"{self.name}: where= may leave no element, and there is no {self.name} of nothing;"
                " give initial= too"
            )
        return super().__call__(x, axis, keepdims, initial=initial, where=where)

    def shape(self, x, axis, keepdims):
        not_empty(self.name, x, axis)
        return Reduction.shape(self, x, axis, keepdims)

    def vjp(self, position, gradient, output, x, axis, keepdims):
        return self._shares(output, x, axis, keepdims) * with_axes(gradient, axis, keepdims)

    def jvp(self, tangents, output, x, axis, keepdims):
        return sum(self._shares(output, x, axis, keepdims) * tangents[0], axis, keepdims)

    def _shares(self, output: Any, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
        winners = broadcast_like(equal(x, with_axes(output, axis, keepdims)), x)
        return winners / sum(winners, axis, keepdims=True)


class Max(Extremum):
    """Largest element over axes, as `numpy.max`. Ties share the gradient evenly, as in
    `torch.amax`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to reduce; all where not given.
    keepdims : bool
        Keep those axes, with length 1.
    initial : array_like
        A scalar that takes part; at a tie it gets half of the gradient.
    where : array_like
        Which elements take part; broadcasts to the shape of `x`.

    Raises
    ------
    ShapeError
        If an axis does not exist or has no elements, or `where` does not fit.
    ArgumentError
        If there is `where` without `initial`.
    """

    identity, join = -np.inf, "maximum"

    def function(self, x, axis, keepdims):
        return np.max(x, axis=axis, keepdims=keepdims)


max = primitive(Max, np.max, np.amax)


class Min(Extremum):
    """Smallest element over axes, as `numpy.min`. Ties share the gradient evenly, as in
    `torch.amin`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to reduce; all where not given.
    keepdims : bool
        Keep those axes, with length 1.
    initial : array_like
        A scalar that takes part; at a tie it gets half of the gradient.
    where : array_like
        Which elements take part; broadcasts to the shape of `x`.

    Raises
    ------
    ShapeError
        If an axis does not exist or has no elements, or `where` does not fit.
    ArgumentError
        If there is `where` without `initial`.
    """

    identity, join = np.inf, "minimum"

    def function(self, x, axis, keepdims):
        return np.min(x, axis=axis, keepdims=keepdims)


min = primitive(Min, np.min, np.amin)


class Position(Nondifferentiable):
    """Where along an axis something is found: integers, so no gradient flows."""

    def __call__(self, x: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
        if axis is not None:
            axis = as_axis(self.name, axis, x)
        found = self.apply(x, axis=axis)
        kept = tuple(range(np.ndim(x))) if axis is None else axis
        return expand_dims(found, kept) if keepdims else found

    def shape(self, x, axis):
        not_empty(self.name, x, tuple(range(len(x))) if axis is None else (axis,))
        return () if axis is None else x[:axis] + x[axis + 1 :]

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=(2, 3)),), {"axis": 1}


class Argmax(Position):
    """Position of the first maximum, as `numpy.argmax`."""

    def function(self, x, axis):
        return np.argmax(x, axis=axis)


argmax = primitive(Argmax, np.argmax)


class Argmin(Position):
    """Position of the first minimum, as `numpy.argmin`."""

    def function(self, x, axis):
        return np.argmin(x, axis=axis)


argmin = primitive(Argmin, np.argmin)
