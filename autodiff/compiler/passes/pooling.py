"""Remember where a maximum was found, instead of keeping the images to look for it again.

The derivative of max-pooling needs to know which pixel of each window was chosen. One byte for
each window says so, and the images themselves, which are the largest thing that a network keeps
between forward and backward, can go.
"""

from __future__ import annotations

import numpy as np

from ...primitives.activations import Relu
from ...primitives.arithmetic import Multiply
from ...primitives.comparisons import Greater
from ...primitives.maxima import MaxPool2dScatter
from ...primitives.pooling import MaxPool2d
from ..fused import max_pool_code, max_unpool
from ..instructions import Graph, Instruction, Value, is_computed, is_number


def remember_maxima(graph: Graph) -> Graph:
    """Rewrite max-pooling, the ReLU in front of it, and the derivative of both."""
    makers, users = graph.makers(), graph.users()
    new: dict[Instruction, tuple[Instruction, ...]] = {}
    for step in graph.instructions:
        if not isinstance(step.primitive, MaxPool2d) or not is_computed(step.output):
            continue
        windows = step.params["windows"]
        scatters = [
            user
            for user in users.get(step.output, [])
            if isinstance(user.primitive, MaxPool2dScatter) and user.inputs[2] is step.output
        ]
        if windows.kernel[0] * windows.kernel[1] >= 255:
            continue
        images = step.inputs[0]
        before = makers.get(images)
        masked = [_masked(scatter, images, users) for scatter in scatters]
        relu = before is not None and isinstance(before.primitive, Relu) and None not in masked
        source = before.inputs[0] if relu and before is not None else images
        code = Value(step.output.shape, np.dtype(np.uint8))
        params = {"windows": windows, "relu": relu}
        new[step] = (Instruction(max_pool_code, (source,), (step.output, code), params),)
        for scatter, mask in zip(scatters, masked, strict=True):
            last = mask if relu and mask is not None else scatter
            inputs = (scatter.inputs[0], code, source)
            unpool = Instruction(max_unpool, inputs, last.outputs, {"windows": windows})
            new[scatter] = ()
            new[last] = (unpool,)
    steps = [part for step in graph.instructions for part in new.get(step, (step,))]
    return Graph(tuple(steps), graph.results)


def _masked(
    scatter: Instruction, images: Value, users: dict[Value, list[Instruction]]
) -> Instruction | None:
    """The product of a scattered gradient with the derivative of the ReLU that made `images`."""
    readers = users.get(scatter.output, [])
    if len(readers) != 1 or not isinstance(readers[0].primitive, Multiply):
        return None
    (product,) = readers
    other = product.inputs[1] if product.inputs[0] is scatter.output else product.inputs[0]
    for question in users.get(images, []):
        if (
            question.outputs == (other,)
            and isinstance(question.primitive, Greater)
            and is_number(question.inputs[1])
            and question.inputs[1].node.value == 0  # type: ignore[union-attr]
        ):
            return product
    return None
