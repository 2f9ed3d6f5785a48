"""Evaluating one operator: dispatch it to a backend, and report what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .anomaly import check_value
from .dispatch import NumPy, kernel
from .errors import with_operands
from .recording import thread
from .structures import Clock, GraphNode, Operator


def evaluate(
    primitive: Any,
    values: Sequence[Any],
    params: dict[str, Any],
    operands: Sequence[Any],
    node: Operator | None = None,
) -> Any:
    """Run `primitive` on plain values; an error is reported with the operands that caused it."""
    run = kernel(NumPy, primitive)
    try:
        value = run(*values, **params)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        cause = primitive.diagnose(error, values, params)
        scope = thread.scope if node is None else node.scope
        raise type(cause)(with_operands(primitive.name, cause, operands, scope)) from error
    if not hasattr(value, "dtype"):
        value = np.asarray(value)[()]
    if thread.watching:
        check_value(value, primitive, operands, node)
    return value


def recompute(node: GraphNode) -> None:
    """Execute one operator on the present values of its inputs."""
    assert isinstance(node, Operator)
    values = [operand.value for operand in node.inputs]
    node.value = evaluate(node.primitive, values, node.params, node.inputs, node)
    node.tick = Clock.now
