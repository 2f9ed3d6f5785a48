"""Let a matrix product read its operands the way that they lie in memory.

A transposed matrix need not be built to be multiplied: the product reads rows for columns. The
gradient of a dense layer holds three such transposes for each layer, and all of them go.
"""

from __future__ import annotations

from ...primitives.linear_algebra import Matmul
from ...primitives.shaping import Transpose
from ..fused import matmul_nt, matmul_tn
from ..instructions import Graph, Instruction, Value


def absorb_transposes(graph: Graph) -> Graph:
    r"""Rewrite products of transposes.

    :math:`A B^T`, :math:`A^T B`, and :math:`(A^T B)^T = B^T A` become one product each.
    """
    turned: dict[Value, Value] = {}
    makers: dict[Value, Instruction] = {}
    steps = []
    for step in graph.instructions:
        new = step
        if _is_transpose(step):
            turned[step.output] = step.inputs[0]
            inner = makers.get(step.inputs[0])
            if inner is not None and inner.primitive is matmul_tn:
                left, right = inner.inputs
                new = Instruction(matmul_tn, (right, left), step.outputs)
        elif isinstance(step.primitive, Matmul) and all(len(v.shape) == 2 for v in step.inputs):
            left, right = step.inputs
            if right in turned:
                new = Instruction(matmul_nt, (left, turned[right]), step.outputs)
            elif left in turned:
                new = Instruction(matmul_tn, (turned[left], right), step.outputs)
        makers.update(dict.fromkeys(new.outputs, new))
        steps.append(new)
    return Graph(tuple(steps), graph.results)


def _is_transpose(step: Instruction) -> bool:
    return isinstance(step.primitive, Transpose) and step.params["axes"] == (1, 0)
