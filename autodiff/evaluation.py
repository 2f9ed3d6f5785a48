"""Evaluating one operator, or its derivatives: dispatch, half precision, and what went wrong.

An operator on halves, float16 or bfloat16, computes in float32, and its result is rounded once, to
the type of its operands. A sum of ten thousand halves so has one rounding error and not ten
thousand. That is done here, around the primitive: its function and its derivative rules see float32
and know nothing of it. Where all floating operands are of the same half type, the result is of that
type; where they differ, as float16 and bfloat16, or float16 and float32, it is float32.

References
----------
P. Micikevicius et al., "Mixed Precision Training", ICLR 2018. https://arxiv.org/abs/1710.03740
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .anomaly import check_value
from .catalogue import functions
from .dispatch import NumPy, kernel
from .dtypes import any_half, convert, is_differentiable, is_half
from .errors import with_operands
from .recording import thread
from .structures import Clock, GraphNode, Operator

SINGLE = np.dtype(np.float32)


def evaluate(
    primitive: Any,
    values: Sequence[Any],
    params: dict[str, Any],
    operands: Sequence[Any],
    node: Operator | None = None,
) -> Any:
    """Run `primitive` on plain values; an error is reported with the operands that caused it."""
    run = kernel(NumPy, primitive)
    half = any_half(values) and not primitive.moves
    try:
        value = run(*(_widened(primitive, values) if half else values), **params)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        cause = primitive.diagnose(error, values, params)
        scope = thread.state.scope if node is None else node.scope
        raise type(cause)(with_operands(primitive.name, cause, operands, scope)) from error
    if not hasattr(value, "dtype"):
        value = np.asarray(value)[()]
    if half and value.dtype == SINGLE:
        value = convert(value, _storage(primitive, values))
    if thread.state.watching:
        check_value(value, primitive, operands, node)
    return value


def recompute(node: GraphNode) -> None:
    """Execute one operator on the present values of its inputs."""
    assert isinstance(node, Operator)
    values = [operand.value for operand in node.inputs]
    node.value = evaluate(node.primitive, values, node.params, node.inputs, node)
    node.tick = Clock.now


def pull(
    primitive: Any,
    positions: Sequence[int],
    gradient: Any,
    output: Any,
    operands: Sequence[Any],
    params: dict[str, Any],
) -> list[Any]:
    """Reverse mode of one operator, on arrays or nodes: a share in the gradient for each position.

    On halves the whole rule computes in float32, and each share is rounded to its operand's type.
    """
    if type(output) is np.float64 or primitive.moves or not any_half(operands):
        return primitive.pull(positions, gradient, output, operands, params)
    wide = _Wide()
    shares = primitive.pull(positions, wide(gradient), wide(output), [*map(wide, operands)], params)
    return [*map(_as, shares, map(operands.__getitem__, positions))]


def push(
    primitive: Any,
    tangents: Sequence[Any],
    output: Any,
    operands: Sequence[Any],
    params: dict[str, Any],
) -> Any:
    """Forward mode of one operator, on arrays or nodes: the tangent of its output."""
    if primitive.moves or not any_half(operands):
        return primitive.jvp(tangents, output, *operands, **params)
    wide = _Wide()
    tangent = primitive.jvp(
        [wide(one) for one in tangents], wide(output), *map(wide, operands), **params
    )
    return _as(tangent, output)


def in_float32(f: Any, x: Any, *args: Any) -> Any:
    """``f(x, *args)``; on halves, all of it computes in float32 and its result is rounded once.

    For a function made of several operators, which would each round.
    """
    if not any_half((x,)):
        return f(x, *args)
    cast = functions["astype"]
    return cast(f(cast(x, SINGLE), *args), x.dtype)


def autocast(policy: str | None, *operands: Any, lenders: Sequence[int] = ()) -> tuple[Any, ...]:
    """The operands as `ad.precision.autocast` wants them, where it is on.

    Parameters
    ----------
    policy : {"half", "float32"} or None
        What they are cast to; float64, integers and plain numbers are left alone.
    *operands : array_like or GraphNode
        The operands.
    lenders : sequence of int
        Positions of those that lend only their shape and dtype.
    """
    if policy is None or thread.state.autocast is None:
        return operands
    target = thread.state.autocast if policy == "half" else SINGLE

    def cast(operand: Any) -> Any:
        dtype = getattr(operand, "dtype", target)
        wrong = dtype != target and (dtype == SINGLE or is_half(dtype))
        return functions["astype"](operand, target) if wrong else operand

    return tuple([one if i in lenders else cast(one) for i, one in enumerate(operands)])


@contextmanager
def no_autocast() -> Iterator[None]:
    """A derivative computes in the types that its operator had, wherever it is taken."""
    state = thread.state
    before, state.autocast = state.autocast, None
    try:
        yield
    finally:
        state.autocast = before


class _Wide:
    """Converts halves to float32, each array or node once; all else stays what it is."""

    def __init__(self) -> None:
        self._found: dict[int, Any] = {}

    def __call__(self, one: Any) -> Any:
        if not any_half((one,)):
            return one
        if id(one) not in self._found:
            self._found[id(one)] = functions["astype"](one, SINGLE)
        return self._found[id(one)]


def _as(found: Any, like: Any) -> Any:
    """A derivative that was computed in float32, rounded to the type of what it belongs to."""
    if found is None or not any_half((like,)) or not is_differentiable(found.dtype):
        return found
    return functions["astype"](found, like.dtype)


def _widened(primitive: Any, values: Sequence[Any]) -> list[Any]:
    """The halves among `values` in float32; of those that lend their shape, only the shape."""
    wide = list(values)
    for position, value in enumerate(values):
        if any_half((value,)):
            lends = position in primitive.shape_only
            wide[position] = (
                np.broadcast_to(SINGLE.type(0), value.shape) if lends else value.astype(SINGLE)
            )
    return wide


def _storage(primitive: Any, values: Sequence[Any]) -> np.dtype:
    """The dtype for a result of float32: of the operand that lends one, or what all have."""
    lenders = [values[position] for position in primitive.shape_only[-1:]]
    dtypes = [value.dtype for value in lenders or values if hasattr(value, "dtype")]
    floating = {dtype for dtype in dtypes if is_differentiable(dtype)}
    return floating.pop() if len(floating) == 1 and all(map(is_half, floating)) else SINGLE
