"""Add the bias, apply ReLU, and pool, while the result of a product is still at hand.

Bias and ReLU are done in registers; pooling on a few rows that are still in the first-level cache.
"""

from __future__ import annotations

from ...primitives.activations import Relu
from ...primitives.arithmetic import Add
from ...primitives.bias import BiasLike
from ...primitives.convolution import Conv2d
from ..fused import (
    Conv2dBias,
    Dense,
    MatmulNT,
    MaxPoolCode,
    conv2d_bias,
    conv2d_pool,
    dense,
)
from ..instructions import Graph, Instruction, Value, is_computed


def absorb_epilogues(graph: Graph) -> Graph:
    """Fuse a product with the bias that is added, the ReLU and the pooling after it."""
    return _absorb_pooling(_absorb_relu(_absorb_bias(graph)))


def _absorb_bias(graph: Graph) -> Graph:
    makers, users = graph.makers(), graph.users()
    new: dict[Instruction, Instruction] = {}
    for step in graph.instructions:
        if not isinstance(step.primitive, Add):
            continue
        product, bias = (makers.get(value) for value in step.inputs)
        if product is None or not isinstance(product.primitive, Conv2d | MatmulNT):
            continue
        kind = product.primitive
        if not _only(product.output, step, users, graph):
            continue
        if isinstance(kind, Conv2d) and bias is not None and isinstance(bias.primitive, BiasLike):
            inputs = (*product.inputs, bias.inputs[0])
            params = {**product.params, "relu": False}
            new[step] = Instruction(conv2d_bias, inputs, step.outputs, params)
        elif isinstance(kind, MatmulNT) and step.inputs[1].shape == product.output.shape[1:]:
            inputs = (*product.inputs, step.inputs[1])
            new[step] = Instruction(dense, inputs, step.outputs, {"relu": False})
    return _replaced(graph, new)


def _absorb_relu(graph: Graph) -> Graph:
    makers, users = graph.makers(), graph.users()
    new: dict[Instruction, Instruction] = {}
    for step in graph.instructions:
        if not isinstance(step.primitive, Relu):
            continue
        product = makers.get(step.inputs[0])
        if (
            product is not None
            and isinstance(product.primitive, Conv2dBias | Dense)
            and _only(product.output, step, users, graph)
        ):
            params = {**product.params, "relu": True}
            new[step] = Instruction(product.primitive, product.inputs, step.outputs, params)
    return _replaced(graph, new)


def _absorb_pooling(graph: Graph) -> Graph:
    makers, users = graph.makers(), graph.users()
    new: dict[Instruction, Instruction] = {}
    for step in graph.instructions:
        if not isinstance(step.primitive, MaxPoolCode):
            continue
        images, windows = makers.get(step.inputs[0]), step.params["windows"]
        if (
            images is not None
            and isinstance(images.primitive, Conv2dBias)
            and not images.params["relu"]
            and windows.extent[0] <= windows.stride[0]
            and windows.borders[0][0] == 0
            and not windows.partly
            and _only(images.output, step, users, graph)
        ):
            params = {**images.params, **step.params}
            new[step] = Instruction(conv2d_pool, images.inputs, step.outputs, params)
    return _replaced(graph, new)


def _only(
    value: Value, user: Instruction, users: dict[Value, list[Instruction]], graph: Graph
) -> bool:
    """Whether nobody but `user` reads `value`, and kernels can compute it."""
    return users[value] == [user] and value not in graph.results and is_computed(value)


def _replaced(graph: Graph, new: dict[Instruction, Instruction]) -> Graph:
    return Graph(tuple([new.get(step, step) for step in graph.instructions]), graph.results)
