"""Piecewise linear interpolation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue import stands_for
from ..errors import ShapeError
from .broadcasting import where
from .comparisons import greater, less
from .indexing import getitem
from .kinds import Nondifferentiable
from .primitive import primitive


class Interval(Nondifferentiable):
    """In which interval between the ascending knots `xp` each `x` lies: the number of its left end.

    What lies outside is counted to the first or to the last interval.
    """

    def function(self, x, xp):
        self.shape(np.shape(x), np.shape(xp))
        return np.clip(np.searchsorted(xp, x, "right") - 1, 0, len(xp) - 2)

    def shape(self, x, xp):
        if len(xp) != 1 or xp[0] < 2:
            raise ShapeError(f"the knots are a vector of at least 2 numbers; got shape {xp}")
        return x

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), np.array([-1.0, 0.1, 0.5])), {}


interval = primitive(Interval)


@stands_for(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    """Piecewise linear function through given points, as `numpy.interp`.

    It is differentiable in all operands. At a knot the derivative in `x` is that from the right.

    Parameters
    ----------
    x : array_like
        Where it is evaluated.
    xp, fp : array_like, shape (n,)
        The knots, ascending, and the values there.
    left, right : array_like, optional
        The values below the first and above the last knot; those at these knots where not given.

    Raises
    ------
    ShapeError
        If the knots are not a vector of at least two numbers, or the values not as many.
    """
    if np.shape(xp) != np.shape(fp):
        raise ShapeError(f"interp: {np.shape(xp)} knots have values of shape {np.shape(fp)}")
    place = interval(x, xp)
    start, value = getitem(xp, place), getitem(fp, place)
    slope = (getitem(fp, place + 1) - value) / (getitem(xp, place + 1) - start)
    inside = slope * (x - start) + value
    first, last = getitem(fp, 0), getitem(fp, -1)
    result = where(less(x, getitem(xp, 0)), first if left is None else left, inside)
    return where(greater(x, getitem(xp, -1)), last if right is None else right, result)
