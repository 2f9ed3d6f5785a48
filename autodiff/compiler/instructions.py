"""The graph as the compiler sees it: values, and instructions that compute them.

A recorded graph of nodes is made to be built, replayed and differentiated. A compiler asks for
less and changes more: a `Value` is a shape and a dtype, an `Instruction` computes values from
values, and a `Graph` is a list of instructions in an order in which they can run. None of them is
ever changed. A pass is a function from one graph to another, so that the graph before it can
still be drawn beside the graph after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..draw.dot import brief
from ..errors import ProgramError
from ..structures import Constant, GraphNode, Operator, Variable, WeakConstant

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Value:
    """What an instruction computes, or a leaf holds.

    Attributes
    ----------
    shape : tuple of int
        Lengths of its axes.
    dtype : numpy.dtype
        Type of its elements.
    node : GraphNode or None
        The node whose output it is, if the recorded graph has one.
    """

    shape: Shape
    dtype: np.dtype
    node: GraphNode | None = None

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def name(self) -> str | None:
        """The name of its node."""
        return None if self.node is None else self.node.name

    def __repr__(self) -> str:
        called = f" {self.name!r}" if self.name else ""
        return f"<Value{called} {self.shape} {self.dtype}>"


@dataclass(frozen=True, eq=False)
class Instruction:
    """A primitive applied to values.

    Attributes
    ----------
    primitive : Primitive
        What is computed. One with several outputs returns a tuple.
    inputs, outputs : tuple of Value
        Its operands and results.
    params : dict
        The primitive's static arguments.
    """

    primitive: Any
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> Value:
        """The only output."""
        (value,) = self.outputs
        return value

    def __repr__(self) -> str:
        return f"<{self.primitive.name} -> {', '.join(str(value.shape) for value in self.outputs)}>"


@dataclass(frozen=True, eq=False)
class Graph:
    """Instructions in an order in which they can run, and the values that are asked for."""

    instructions: tuple[Instruction, ...]
    results: tuple[Value, ...]

    def leaves(self) -> list[Value]:
        """The values that no instruction computes, in the order of their first use."""
        computed = {value for step in self.instructions for value in step.outputs}
        used = [value for step in self.instructions for value in step.inputs]
        return [value for value in dict.fromkeys([*used, *self.results]) if value not in computed]

    def users(self) -> dict[Value, list[Instruction]]:
        """For each value the instructions that read it."""
        found: dict[Value, list[Instruction]] = {}
        for step in self.instructions:
            for value in dict.fromkeys(step.inputs):
                found.setdefault(value, []).append(step)
        return found

    def makers(self) -> dict[Value, Instruction]:
        """For each computed value the instruction that computes it."""
        return {value: step for step in self.instructions for value in step.outputs}


def trace(order: Sequence[GraphNode], results: Iterable[GraphNode]) -> Graph:
    """The graph of sorted nodes, with the shapes that they have now."""
    made: dict[GraphNode, Value] = {}
    steps = []
    for node in order:
        made[node] = Value(node.shape, node.dtype, node)
        if isinstance(node, Operator):
            inputs = tuple([made[operand] for operand in node.inputs])
            steps.append(Instruction(node.primitive, inputs, (made[node],), node.params))
    return Graph(tuple(steps), tuple([made[node] for node in results]))


def substitute(graph: Graph, other: dict[Value, Value]) -> Graph:
    """`graph` with each value that is a key replaced, wherever it is read, by its entry."""

    def found(value: Value) -> Value:
        while value in other:
            value = other[value]
        return value

    steps = [
        replace(step, inputs=tuple([found(value) for value in step.inputs]))
        for step in graph.instructions
    ]
    return Graph(tuple(steps), tuple([found(value) for value in graph.results]))


def check_legal(graph: Graph) -> None:
    """Raise ProgramError where a value is read before it is computed, or computed twice."""
    known = set(graph.leaves())
    for value in known:
        if value.node is None or isinstance(value.node, Operator):
            raise ProgramError(f"{value!r} is read but never computed")
    for step in graph.instructions:
        for value in step.inputs:
            if value not in known:
                raise ProgramError(f"{step!r} reads {value!r} before it is computed")
        for value in step.outputs:
            if value in known:
                raise ProgramError(f"{step!r} computes {value!r} a second time")
            known.add(value)
    for value in graph.results:
        if value not in known:
            raise ProgramError(f"the result {value!r} is never computed")


def output_names(step: Instruction) -> list[str]:
    """What to call the outputs of an instruction that have no name: after what computes them.

    A chain is called after its steps, the outputs of a primitive that has several after what the
    primitive says that they are.
    """
    called: str = step.primitive.name
    if "steps" in step.params:
        names = [primitive.name for primitive, *_ in step.params["steps"]]
        called = "_".join(names if len(names) <= 3 else [*names[:2], "and_more"])
    if len(step.outputs) == 1:
        return [called]
    return [f"{called}_{output}" for output in step.primitive.outputs]


def leaf_name(value: Value) -> str:
    """What to call a leaf: by its name, a number by its value."""
    if value.name:
        return value.name
    return brief(value.node.value) if is_number(value) else type(value.node).__name__  # type: ignore[union-attr]


def is_number(value: Value) -> bool:
    """Whether a value is a Python number written in an expression."""
    return isinstance(value.node, WeakConstant)


def is_parameter(value: Value) -> bool:
    """Whether a value is the data of a `Variable`."""
    return isinstance(value.node, Variable)


def is_data(value: Value) -> bool:
    """Whether a value is the data of a `Constant`, numbers in expressions left out."""
    return isinstance(value.node, Constant) and not is_number(value)


def is_computed(*values: Value) -> bool:
    """Whether all values are of a floating type that compiled kernels compute in."""
    return all([value.dtype in (np.float32, np.float64) for value in values])


Pass = Callable[[Graph], Graph]
