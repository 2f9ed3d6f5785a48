"""Leaving elements out: what the argument ``where`` of a reduction means."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError
from .broadcasting import broadcasts_to
from .kinds import General
from .primitive import primitive


class Masked(General):
    r"""`x` where the mask is true, and the number `fill` elsewhere: :math:`y_i = x_i` or
    :math:`f`.

    It differs from `where` in that the mask must fit `x`, whose shape the result has, also when the
    graph is replayed; and in that `fill` is turned into the dtype of `x`. No gradient reaches an
    element that was left out, be it infinite or not a number.

    Parameters
    ----------
    x : array_like
        Operand.
    mask : array_like
        Which elements stay, true or false. Its shape broadcasts to that of `x`.
    fill : float
        What stands for the others; of integers an infinite one is the largest or smallest.

    Raises
    ------
    ShapeError
        If the mask does not fit.
    DtypeError
        If it is not boolean.
    """

    def function(self, x, mask, fill):
        self.shape(np.shape(x), np.shape(mask), fill)
        if np.asarray(mask).dtype.kind != "b":
            raise DtypeError(
                f"where= is an array of true and false; got {np.asarray(mask).dtype}: "
                "write where=mask != 0"
            )
        return np.where(mask, x, _in_dtype(fill, np.asarray(x).dtype))

    def shape(self, x, mask, fill):
        if not broadcasts_to(mask, x):
            raise ShapeError(
                f"where= of shape {mask} does not broadcast to shape {x} of the elements among "
                "which it chooses"
            )
        return x

    def vjp(self, position, gradient, output, x, mask, fill):
        return self(gradient, mask, fill=0) if position == 0 else None

    def jvp(self, tangents, output, x, mask, fill):
        return None if tangents[0] is None else self(tangents[0], mask, fill=0)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), rng.normal(size=(2, 3)) > 0), {"fill": 0}
        yield (rng.normal(size=(2, 3)), rng.normal(size=3) > 0), {"fill": 1}
        yield (rng.normal(size=(4, 2, 3)), rng.normal(size=(2, 1)) > 0), {"fill": 0.5}


masked = primitive(Masked)


def _in_dtype(fill: float, dtype: np.dtype) -> Any:
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        fill = int(min(max(fill, limits.min), limits.max))
    return np.asarray(fill > 0 if dtype.kind == "b" else fill, dtype)
