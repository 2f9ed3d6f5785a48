"""Say the padding of a convolution in numbers.

``padding="same"`` is a wish, which the kernel's size turns into numbers. Kernels and the passes
behind this one read numbers alone.
"""

from __future__ import annotations

from dataclasses import replace

from ...primitives.convolution import Conv2d, Conv2dFilterTranspose, Conv2dInputTranspose
from ...primitives.image_arguments import convolution_windows
from ..instructions import Graph, Instruction

CONVOLUTIONS = (Conv2d, Conv2dFilterTranspose, Conv2dInputTranspose)


def spell_padding(graph: Graph) -> Graph:
    """Replace the padding "same" by the numbers that it means."""
    return Graph(tuple([_spelt(step) for step in graph.instructions]), graph.results)


def _spelt(step: Instruction) -> Instruction:
    if not isinstance(step.primitive, CONVOLUTIONS) or step.params["padding"] != "same":
        return step
    filters = (
        step.output if isinstance(step.primitive, Conv2dFilterTranspose) else step.inputs[1]
    ).shape
    geometry = {name: value for name, value in step.params.items() if name != "groups"}
    windows = convolution_windows((filters[2], filters[3]), **geometry)
    return replace(step, params={**step.params, "padding": windows.borders})
