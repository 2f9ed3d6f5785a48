"""Transforms: from a function to its derivative.

Each transform records the function as a graph, and then sweeps over that graph. Nested transforms
need no tags: the inner function's arguments are fresh nodes, and a gradient is taken with respect
to nodes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import recording
from .catalogue import functions
from .errors import ArgumentError, DtypeError, ShapeError, describe
from .graph import Order, dependents, gradients, reverse_sweep, topological_sort
from .structures import GraphNode, Operator, Variable, as_node, is_differentiable
from .trees import flatten, tree_map, unflatten

Function = Callable[..., Any]


def grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    r"""The gradient of a scalar function, as a function of the same arguments.

    Parameters
    ----------
    f : callable
        A function of arrays, or of trees of them, with a scalar result, written with `autodiff` or
        NumPy functions.
    argnums : int or tuple of int
        The positional arguments to differentiate with respect to.

    Returns
    -------
    callable
        Its result has the shape of the argument, :math:`(\nabla f)_i = \partial f / \partial x_i`;
        a tuple of such results where `argnums` is a tuple. Arrays; nodes when called inside another
        transform.

    Raises
    ------
    ShapeError
        If the result of `f` is no scalar.
    DtypeError
        If an argument that is differentiated is not floating or complex.
    """
    both = value_and_grad(f, argnums)

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def value_and_grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The value of a scalar function together with its gradient, as `grad`, for the price of one.

    Parameters
    ----------
    f : callable
        A function with a scalar result.
    argnums : int or tuple of int
        The positional arguments to differentiate with respect to.

    Returns
    -------
    callable
        Its result is a pair: the value, and what `grad` gives.
    """
    wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    @functools.wraps(f)
    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        for position in wanted:
            if not -len(args) <= position < len(args):
                raise ArgumentError(
                    f"argnums {argnums} asks for argument {position}; there are {len(args)} positional ones"
                )

        def of_wanted(*chosen: Any) -> Any:
            filled = list(args)
            for position, argument in zip(wanted, chosen, strict=True):
                filled[position] = argument
            return f(*filled, **kwargs)

        value, pullback = vjp(of_wanted, *[args[position] for position in wanted])
        if np.size(value) != 1:
            raise ShapeError(
                f"grad needs a function with a scalar result; this one returned shape {np.shape(value)}; "
                "use jacobian or vjp, or reduce the result, for instance with .sum()"
            )
        result = pullback(functions["ones_like"](value))
        return value, (result[0] if isinstance(argnums, int) else result)

    return both


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    r"""The value of `f`, and the function that multiplies a vector by the transposed Jacobian.

    Parameters
    ----------
    f : callable
        A function of arrays or trees.
    *primals : array_like or tree
        The arguments at which `f` is evaluated.

    Returns
    -------
    value : array or tree
        ``f(*primals)``.
    pullback : callable
        From :math:`\bar y`, of the shape of the value, to the tuple of :math:`J_i^T \bar y`, one
        for each argument.
    """
    with _recording() as outermost:
        sources = [tree_map(_fresh, primal) for primal in primals]
        result = f(*sources)
    leaves = [leaf for source in sources for leaf in flatten(source)]
    outputs = [as_node(leaf) for leaf in flatten(result)]
    unflatten_result = functools.partial(unflatten, result)
    value = unflatten_result([node.output for node in outputs]) if outermost else result

    def pullback(*cotangent: Any) -> tuple[Any, ...]:
        given = flatten(cotangent[0] if len(cotangent) == 1 else cotangent)
        if len(given) != len(outputs):
            raise ArgumentError(
                f"the pullback needs {len(outputs)} arrays, one for each result; got {len(given)}"
            )
        for node, seed in zip(outputs, given, strict=True):
            if np.shape(seed) != node.shape:
                raise ShapeError(
                    f"the pullback needs a gradient of shape {node.shape}; got {np.shape(seed)}"
                )
        as_nodes = not outermost or any(isinstance(seed, GraphNode) for seed in given)
        found = (_gradient_nodes if as_nodes else _gradient_arrays)(outputs, leaves, given)
        pending = iter(found)
        return tuple(
            unflatten(primal, [next(pending) for _ in flatten(primal)]) for primal in primals
        )

    return value, pullback


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    r"""The value of `f` and its derivative along a direction, by one sweep forward.

    Parameters
    ----------
    f : callable
        A function of arrays or trees.
    primals : sequence
        The arguments at which `f` is evaluated.
    tangents : sequence
        The direction :math:`\dot x`, in the shape of `primals`.

    Returns
    -------
    value : array or tree
        ``f(*primals)``.
    tangent : array or tree
        :math:`J \dot x`.
    """
    if len(primals) != len(tangents):
        raise ArgumentError(
            f"jvp needs a tangent for each of the {len(primals)} primals; got {len(tangents)}"
        )
    with _recording() as outermost:
        sources = [tree_map(_fresh, primal) for primal in primals]
        result = f(*sources)
    leaves, directions = flatten(sources), flatten(list(tangents))
    if len(leaves) != len(directions):
        raise ArgumentError("jvp: the tangents must have the structure of the primals")
    for leaf, direction in zip(leaves, directions, strict=True):
        if np.shape(direction) != leaf.shape:
            raise ShapeError(
                f"the tangent of {describe(leaf)} must have its shape; got shape {np.shape(direction)}"
            )
    outputs = [as_node(leaf) for leaf in flatten(result)]
    as_nodes = not outermost or any(isinstance(direction, GraphNode) for direction in directions)
    view = (lambda node: node) if as_nodes else (lambda node: node.value)
    found = forward_sweep(
        topological_sort(outputs), dict(zip(leaves, directions, strict=True)), view
    )
    pushed = [
        found[node] if node in found else functions["zeros_like"](view(node)) for node in outputs
    ]
    value = unflatten(result, [node.output for node in outputs]) if outermost else result
    return value, unflatten(result, pushed)


def forward_sweep(
    order: Order, tangents: dict[GraphNode, Any], view: Callable[[GraphNode], Any]
) -> dict[GraphNode, Any]:
    """Push tangents from the leaves to the last node: the same rules and views as in `reverse_sweep`."""
    found = dict(tangents)
    for node in order:
        if (
            node in found
            or not node.requires_grad
            or not any([operand in found for operand in node.inputs])
        ):
            continue
        assert isinstance(node, Operator)
        incoming = [found.get(operand) for operand in node.inputs]
        tangent = node.primitive.jvp(incoming, view(node), *map(view, node.inputs), **node.params)
        if tangent is not None:
            found[node] = tangent
    return found


@contextmanager
def _recording() -> Iterator[bool]:
    """Note that a transform is recording; tell whether it is the outermost one."""
    outer = recording.thread.branches
    recording.thread.depth += 1
    try:
        yield recording.thread.depth == 1
    finally:
        recording.thread.depth -= 1
        if recording.thread.depth == 0:
            recording.thread.branches = outer


def _fresh(argument: Any) -> GraphNode:
    """A node of its own for an argument: a gradient is taken with respect to this one use of it."""
    if isinstance(argument, GraphNode):
        if not is_differentiable(argument.dtype):
            raise DtypeError(
                f"cannot differentiate with respect to {describe(argument)}: it is not floating or complex"
            )
        node = functions["identity"](argument)
        node.requires_grad = True
        return node
    array = np.asarray(argument)
    if not is_differentiable(array.dtype):
        raise DtypeError(
            f"cannot differentiate with respect to an argument of dtype {array.dtype}; "
            "pass floating or complex values, such as 3.0 instead of 3, or choose other argnums"
        )
    return Variable(array)


def _gradient_nodes(
    outputs: list[GraphNode], leaves: list[GraphNode], seeds: list[Any]
) -> list[Any]:
    total: list[Any] = [None] * len(leaves)
    for output, seed in zip(outputs, seeds, strict=True):
        for position, node in enumerate(gradients(output, leaves, gradient=seed)):
            total[position] = node if total[position] is None else total[position] + node
    return total


def _gradient_arrays(
    outputs: list[GraphNode], leaves: list[GraphNode], seeds: list[Any]
) -> list[Any]:
    total: list[Any] = [None] * len(leaves)
    for output, seed in zip(outputs, seeds, strict=True):
        order = topological_sort(output)
        seed = np.asarray(seed, dtype=output.dtype)
        found = reverse_sweep(order, seed, dependents(order, leaves), view=lambda node: node.value)
        for position, leaf in enumerate(leaves):
            if leaf in found:
                total[position] = (
                    found[leaf] if total[position] is None else total[position] + found[leaf]
                )
    return [
        np.zeros_like(leaf.value) if share is None else share
        for leaf, share in zip(leaves, total, strict=True)
    ]
