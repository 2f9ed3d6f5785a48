"""Several axes made one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from .kinds import Linear
from .primitive import Shape, primitive
from .shaping import reshape_like


class Flatten(Linear):
    """Join neighbouring axes into one, as `torch.flatten`.

    The joined length is worked out at each execution, never when the graph is built: a recorded
    graph can be replayed with batches, or pictures, of other sizes.

    Parameters
    ----------
    x : array_like
        Operand.
    start_axis, end_axis : int
        First and last of the axes to join; all where not given.

    Raises
    ------
    ShapeError
        If an axis does not exist, or the last comes before the first.
    """

    moves = True

    def __call__(self, x: Any, start_axis: int = 0, end_axis: int = -1) -> Any:
        return self.apply(x, start_axis=start_axis, end_axis=end_axis)

    def function(self, x, start_axis, end_axis):
        return np.reshape(x, self.shape(np.shape(x), start_axis, end_axis))

    def shape(self, x: Shape, start_axis: int, end_axis: int) -> Shape:
        rank = len(x)
        if not rank and start_axis in (0, -1) and end_axis in (0, -1):
            return (1,)
        for axis in (start_axis, end_axis):
            if not -rank <= axis < rank:
                raise ShapeError(f"axis {axis} does not exist; the operand has {rank} axes")
        start, end = start_axis % rank, end_axis % rank
        if start > end:
            raise ShapeError(f"start_axis {start_axis} comes after end_axis {end_axis}")
        return (*x[:start], int(np.prod(x[start : end + 1])), *x[end + 1 :])

    def transpose(self, gradient, x, start_axis, end_axis):
        return reshape_like(gradient, x)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3, 4)),), {}
        yield (rng.normal(size=(2, 3, 4)), 1), {}
        yield (rng.normal(size=(2, 3, 2, 2)), 1, 2), {}


flatten = primitive(Flatten)
