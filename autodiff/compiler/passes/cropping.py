"""Do not compute the rows and columns of a convolution that pooling leaves out.

Windows of two pixels leave out the last of eleven rows. The convolution computes it, and on the way
back its gradient is zero, and is multiplied by everything. A border of minus one crops it from all
three convolutions at once.
"""

from __future__ import annotations

from dataclasses import replace

from ...primitives.arithmetic import Add
from ...primitives.bias import BiasLike
from ...primitives.broadcasting import SumLike
from ...primitives.convolution import Conv2d, Conv2dFilterTranspose, Conv2dInputTranspose
from ...primitives.windows import Pair, Windows
from ..fused import MaxPoolCode, MaxUnpool
from ..instructions import Graph, Instruction, Value
from .shapes import stand_in

GRADIENTS = (Conv2dFilterTranspose, Conv2dInputTranspose)
Users = dict[Value, list[Instruction]]


def crop_unread(graph: Graph) -> Graph:
    """Crop the convolutions of which pooling leaves out the last rows or columns."""
    makers, users = graph.makers(), graph.users()
    new: dict[Instruction, Instruction] = {}
    other: dict[Value, Value] = {}
    for pool in graph.instructions:
        if not isinstance(pool.primitive, MaxPoolCode):
            continue
        chain = _convolution(pool.inputs[0], makers, users, graph)
        surplus = _surplus(pool)
        if not chain or surplus == (0, 0):
            continue
        back = users.get(pool.outputs[1], [])
        readers = [user for unpool in back for user in users.get(unpool.output, [])]
        if not all(_only_gradients(unpool, users, graph) for unpool in back):
            continue
        convolution = chain[0]
        for step in (convolution, *[r for r in readers if isinstance(r.primitive, GRADIENTS)]):
            new[step] = replace(step, params=_cropped(step.params, surplus))
        for step in (*chain, *back):
            small = _smaller(step.output, surplus)
            other[step.output] = small
            new[step] = replace(new.get(step, step), outputs=(small,))
            if step in back:
                like = stand_in(small.shape, small.dtype)
                new[step] = replace(new[step], inputs=(*step.inputs[:2], like))
    return _rebuilt(graph, new, other)


def _surplus(pool: Instruction) -> Pair:
    """How many rows and columns at the end of the images no window of a pooling meets."""
    windows: Windows = pool.params["windows"]
    size, counts = pool.inputs[0].shape[2:], pool.outputs[0].shape[2:]
    ends = [
        (count - 1) * stride + extent - before
        for count, stride, extent, (before, _) in zip(
            counts, windows.stride, windows.extent, windows.borders, strict=True
        )
    ]
    return max(0, size[0] - ends[0]), max(0, size[1] - ends[1])


def _convolution(
    images: Value, makers: dict[Value, Instruction], users: Users, graph: Graph
) -> list[Instruction]:
    """The convolution that makes `images` and the bias added to it, if nobody else reads them."""
    chain: list[Instruction] = []
    value = images
    while value in makers and len(chain) < 2:
        step = makers[value]
        if len(users[value]) != 1 or value in graph.results:
            return []
        chain.insert(0, step)
        if isinstance(step.primitive, Conv2d):
            return chain
        bias = makers.get(step.inputs[1]) if isinstance(step.primitive, Add) else None
        if bias is None or not isinstance(bias.primitive, BiasLike):
            return []
        value = step.inputs[0]
    return []


def _only_gradients(unpool: Instruction, users: Users, graph: Graph) -> bool:
    """Whether a gradient is read by transposed convolutions and sums alone."""
    return (
        isinstance(unpool.primitive, MaxUnpool)
        and unpool.output not in graph.results
        and all(
            isinstance(user.primitive, GRADIENTS)
            or (isinstance(user.primitive, SumLike) and user.inputs[1].shape[2:] == (1, 1))
            for user in users.get(unpool.output, [])
        )
    )


def _cropped(params: dict, surplus: Pair) -> dict:
    borders = tuple(
        (before, after - crop * stride)
        for (before, after), crop, stride in zip(
            params["padding"], surplus, params["stride"], strict=True
        )
    )
    return {**params, "padding": borders}


def _smaller(value: Value, surplus: Pair) -> Value:
    *front, height, width = value.shape
    return Value((*front, height - surplus[0], width - surplus[1]), value.dtype, value.node)


def _rebuilt(graph: Graph, new: dict[Instruction, Instruction], other: dict[Value, Value]) -> Graph:
    steps = []
    for step in graph.instructions:
        step = new.get(step, step)
        inputs = tuple([other.get(value, value) for value in step.inputs])
        steps.append(replace(step, inputs=inputs))
    return Graph(tuple(steps), graph.results)
