"""Choosing between arrays, or among the elements of one, by conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..catalogue import stands_for
from ..errors import ArgumentError
from .broadcasting import where
from .indexing import getitem
from .shaping import as_axis, reshape


@stands_for(np.select)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Of several arrays each time the first whose condition holds, as `numpy.select`.

    Parameters
    ----------
    condlist : sequence of array_like
        Conditions.
    choicelist : sequence of array_like
        An array for each condition; all shapes broadcast.
    default : array_like
        The value where no condition holds.

    Raises
    ------
    ArgumentError
        If there are not as many arrays as conditions, or none.
    ShapeError
        If the shapes do not broadcast.
    """
    conditions, choices = list(condlist), list(choicelist)
    if len(conditions) != len(choices) or not choices:
        raise ArgumentError(
            f"select: as many arrays as conditions, at least one; got {len(choices)} arrays and "
            f"{len(conditions)} conditions"
        )
    result = default
    for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
        result = where(condition, choice, result)
    return result


@stands_for(np.compress)
def compress(condition: Any, x: Any, axis: int | None = None) -> Any:
    """The slices along an axis for which the condition holds, as `numpy.compress`.

    Parameters
    ----------
    condition : array_like of bool
        As long as the axis.
    x : array_like
        Operand.
    axis : int, optional
        The axis; the flattened array where not given.

    Raises
    ------
    ShapeError
        If the axis does not exist.
    IndexingError
        If the condition does not fit.
    """
    if axis is None:
        x, axis = reshape(x, -1), 0
    condition = condition if hasattr(condition, "dtype") else np.asarray(condition, bool)
    return getitem(x, (*[slice(None)] * as_axis("compress", axis, x), condition))


@stands_for(np.extract)
def extract(condition: Any, x: Any) -> Any:
    """The elements for which the condition holds, along one axis, as `numpy.extract`."""
    return compress(reshape(condition, -1), x)
