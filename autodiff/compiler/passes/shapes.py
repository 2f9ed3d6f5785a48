"""Let an operand that lends only its shape lend it without being computed.

A transposed convolution is told the size of the images by the images. Once the sizes are known it
need not wait for them, nor need they be kept for it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...structures import Constant
from ..instructions import Graph, Shape, Value


def lend_shapes(graph: Graph) -> Graph:
    """Replace each operand that lends only its shape by a stand-in that takes no memory."""
    stand_ins: dict[tuple[Shape, np.dtype], Value] = {}

    def lent(value: Value) -> Value:
        key = (value.shape, value.dtype)
        if key not in stand_ins:
            stand_ins[key] = stand_in(*key)
        return stand_ins[key]

    steps = [
        replace(
            step,
            inputs=tuple(
                [
                    lent(value) if position in step.primitive.shape_only else value
                    for position, value in enumerate(step.inputs)
                ]
            ),
        )
        for step in graph.instructions
    ]
    return Graph(tuple(steps), graph.results)


def stand_in(shape: Shape, dtype: np.dtype) -> Value:
    """A leaf of this shape and dtype that takes no memory."""
    return Value(shape, dtype, Constant(np.broadcast_to(np.zeros((), dtype), shape), name="shape"))
