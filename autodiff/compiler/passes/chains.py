"""Fuse elementwise operators that follow each other into one pass over memory.

Each elementwise operator reads its operands from memory and writes its result back, and does next
to nothing in between. A chain of them reads and writes once. An operator joins the chain of the one
that reads its result if nobody else reads it, and if the result has the chain's shape: a smaller
one would be computed many times.
"""

from __future__ import annotations

import numpy as np

from ..fused import chain
from ..instructions import Graph, Instruction, Value, is_number
from ..kernels.elementwise import SUPPORTED, TRUTHS


def fuse_chains(graph: Graph) -> Graph:
    """Fuse elementwise operators, where there is compiled code for all of them."""
    users = graph.users()
    computed = {
        step: dtype
        for step in graph.instructions
        if (dtype := vector_type(step)) is not None and step.output.shape
    }
    members: dict[Instruction, list[Instruction]] = {step: [] for step in computed}
    absorbed: dict[Instruction, Instruction] = {}
    for step in reversed(graph.instructions):
        readers = users.get(step.output, []) if step in computed else []
        if len(readers) != 1 or step.output in graph.results or readers[0] not in computed:
            continue
        last = absorbed.get(readers[0], readers[0])
        common = _common(computed[step], computed[last])
        if common is not None and last.output.shape == step.output.shape:
            absorbed[step] = last
            computed[last] = common
    for step, last in absorbed.items():
        members[last].insert(0, step)
    steps = [
        _chain([*members[step], step]) if step in members else step
        for step in graph.instructions
        if step not in absorbed
    ]
    return Graph(tuple(steps), graph.results)


def separate_chains(graph: Graph) -> Graph:
    """Make each elementwise operator for which there is compiled code a chain of its own."""
    steps = [
        _chain([step]) if vector_type(step) is not None and step.output.shape else step
        for step in graph.instructions
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


def vector_type(step: Instruction) -> np.dtype | None:
    """The type in which compiled code computes an elementwise operator; None where there is none.

    Vectors of one chain all have one floating type. An operator on truths alone, whose type is
    bool, suits any. Arithmetic on truths is left to NumPy, where true plus true is true.
    """
    name, output = step.primitive.name, step.output if len(step.outputs) == 1 else None
    if name not in SUPPORTED or step.params or output is None:
        return None
    if (output.dtype == bool) != (name in TRUTHS):
        return None
    if name == "power" and not is_number(step.inputs[1]):
        return None
    dtypes = {value.dtype for value in (*step.inputs, output) if not _is_weak(value)} - {_BOOL}
    if not dtypes:
        return _BOOL
    (dtype, *others) = dtypes
    return dtype if not others and dtype in _COMPUTED else None


def _common(a: np.dtype, b: np.dtype) -> np.dtype | None:
    """The type of a chain of both, if there is one."""
    if a == b or b == _BOOL:
        return a
    return b if a == _BOOL else None


def _is_weak(value: Value) -> bool:
    """Whether an operand is a real number that takes the type of its partner."""
    return is_number(value) and type(value.node.value) in (bool, int, float)  # type: ignore[union-attr]


_BOOL = np.dtype(bool)
_COMPUTED = (np.dtype(np.float32), np.dtype(np.float64))
