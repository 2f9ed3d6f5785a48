"""Angles that follow each other without jumps."""

from __future__ import annotations

from typing import Any

import numpy as np

from .kinds import General
from .primitive import primitive
from .shaping import as_axis


class Unwrap(General):
    r"""Angles without jumps, as `numpy.unwrap`: whole periods are added. The gradient passes.

    Parameters
    ----------
    p : array_like
        Operand.
    discont : float, optional
        Jumps up to this stay; half a period at least.
    axis : int
        The axis along which there are to be none.
    period : float
        The period, :math:`2 \pi` where not given.

    Raises
    ------
    ShapeError
        If the axis does not exist.
    """

    def __call__(
        self, p: Any, discont: float | None = None, axis: int = -1, *, period: float = 2 * np.pi
    ) -> Any:
        place = as_axis(self.name, axis, p)
        return self.apply(p, discont=discont, axis=place, period=period)

    def function(self, p, discont, axis, period):
        return np.unwrap(p, discont, axis, period=period)

    def shape(self, p, discont, axis, period):
        return p

    def vjp(self, position, gradient, output, p, discont, axis, period):
        return gradient

    def jvp(self, tangents, output, p, discont, axis, period):
        return tangents[0]

    def examples(self, rng):
        yield (rng.normal(size=(2, 4), scale=5.0),), {}
        yield (rng.normal(size=(4, 2), scale=5.0),), {"axis": 0, "period": 4.0}


unwrap = primitive(Unwrap, np.unwrap)
