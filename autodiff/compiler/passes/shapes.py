"""Let an operand that lends only its shape lend it without being computed.

A transposed convolution is told the size of the images by the images. Once the sizes are known it
need not wait for them, nor need they be kept for it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...structures import Constant
from ..instructions import Graph, Value


def lend_shapes(graph: Graph) -> Graph:
    """Replace each operand that lends only its shape by a stand-in that takes no memory."""
    stand_ins: dict[tuple[tuple[int, ...], np.dtype], Value] = {}

    def stand_in(value: Value) -> Value:
        key = (value.shape, value.dtype)
        if key not in stand_ins:
            shaped = np.broadcast_to(np.zeros((), value.dtype), value.shape)
            stand_ins[key] = Value(*key, Constant(shaped, name="shape"))
        return stand_ins[key]

    steps = [
        replace(
            step,
            inputs=tuple(
                [
                    stand_in(value) if position in step.primitive.shape_only else value
                    for position, value in enumerate(step.inputs)
                ]
            ),
        )
        for step in graph.instructions
    ]
    return Graph(tuple(steps), graph.results)
