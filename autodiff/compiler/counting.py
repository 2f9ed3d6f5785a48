"""What an instruction costs, as far as its shapes tell."""

from __future__ import annotations

import numpy as np

from ..primitives.convolution import Conv2d, Conv2dFilterTranspose, Conv2dInputTranspose
from ..primitives.kinds import Elementwise
from ..primitives.linear_algebra import Matmul
from .fused import Chain, Conv2dBias, Dense, MatmulNT, MatmulTN
from .instructions import Instruction, Value


def read_by(step: Instruction) -> list[Value]:
    """The operands whose numbers an instruction reads: not those that lend only their shape."""
    lends = step.primitive.shape_only
    return [value for position, value in enumerate(step.inputs) if position not in lends]


def operations(step: Instruction) -> int | None:
    """Floating-point operations of an instruction, where they are easy to tell: else None."""
    primitive, sizes = step.primitive, [value.shape for value in step.inputs]
    size = step.outputs[0].size
    if isinstance(primitive, MatmulTN):
        return 2 * size * sizes[0][0]
    if isinstance(primitive, Matmul | MatmulNT | Dense):
        return 2 * size * sizes[0][-1]
    if isinstance(primitive, Conv2d | Conv2dBias):
        return 2 * size * int(np.prod(sizes[1][1:]))
    if isinstance(primitive, Conv2dInputTranspose):
        return 2 * step.inputs[0].size * int(np.prod(sizes[1][1:]))
    if isinstance(primitive, Conv2dFilterTranspose):
        return 2 * step.inputs[1].size * int(np.prod(step.output.shape[1:]))
    if isinstance(primitive, Chain):
        return size * len(step.params["steps"])
    return size if isinstance(primitive, Elementwise) else None
