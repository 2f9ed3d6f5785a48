"""Fuse elementwise operators that follow each other into one pass over memory.

Each elementwise operator reads its operands from memory and writes its result back, and does next
to nothing in between. A chain of them reads and writes once. An operator joins the chain of the one
that reads its result if nobody else reads it, and if the result has the chain's shape: a smaller
one would be computed many times.
"""

from __future__ import annotations

import numpy as np

from ..fused import chain
from ..instructions import Graph, Instruction, is_number
from ..kernels.elementwise import SUPPORTED


def fuse_chains(graph: Graph) -> Graph:
    """Fuse elementwise operators, where there is compiled code for all of them."""
    users = graph.users()
    members: dict[Instruction, list[Instruction]] = {
        step: [] for step in graph.instructions if has_vector_code(step)
    }
    absorbed: dict[Instruction, Instruction] = {}
    for step in reversed(graph.instructions):
        if not has_vector_code(step):
            continue
        readers = users.get(step.output, [])
        if len(readers) == 1 and step.output not in graph.results:
            (reader,) = readers
            if has_vector_code(reader) and reader.output.shape == step.output.shape:
                absorbed[step] = absorbed.get(reader, reader)
    for step, last in absorbed.items():
        members[last].insert(0, step)
    steps = [
        _chain([*members[step], step]) if step in members else step
        for step in graph.instructions
        if step not in absorbed
    ]
    return Graph(tuple(steps), graph.results)


def _chain(parts: list[Instruction]) -> Instruction:
    inside = {part.output for part in parts}
    operands = list(
        dict.fromkeys(value for part in parts for value in part.inputs if value not in inside)
    )
    position = {value: index for index, value in enumerate(operands)}
    position.update({part.output: len(operands) + index for index, part in enumerate(parts)})
    steps = tuple(
        (part.primitive, tuple([position[value] for value in part.inputs]), part.params)
        for part in parts
    )
    return Instruction(chain, tuple(operands), parts[-1].outputs, {"steps": steps})


def has_vector_code(step: Instruction) -> bool:
    """Whether a step is an elementwise operator that compiled code can compute."""
    if step.primitive.name not in SUPPORTED or step.params or len(step.outputs) != 1:
        return False
    if not step.output.shape:
        return False
    if step.primitive.name == "power" and not is_number(step.inputs[1]):
        return False
    return all(
        [is_number(value) or value.dtype in _COMPUTED for value in (*step.inputs, step.output)]
    )


_COMPUTED = (np.dtype(np.float32), np.dtype(np.float64), np.dtype(bool))
