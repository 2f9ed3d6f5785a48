"""Finding the first value, or gradient, that is not finite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .dtypes import is_differentiable
from .errors import NotFiniteError, with_operands
from .recording import thread, user_line


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Look at every value and every gradient; stop at the first that is infinite or not a number.

    Within ``with ad.detect_anomaly():``, building, replaying and differentiating a graph check each
    result, and each operator remembers the line that built it. PyTorch calls it
    ``torch.autograd.detect_anomaly``.

    Raises
    ------
    NotFiniteError
        With the operator, its operands, and the line of the user's code that built it.
    """
    state = thread.state
    before, state.watching = state.watching, True
    try:
        yield
    finally:
        state.watching = before


def check_value(value: Any, primitive: Any, operands: Sequence[Any], node: Any) -> None:
    """Refuse a value with an element that is not finite; `node` is None while it is being built."""
    if not _finite(value):
        line = user_line() if node is None else _built(node)
        cause = NotFiniteError(f"the value is not finite: {_first(value)}; built at {line}")
        raise NotFiniteError(with_operands(primitive.name, cause, operands))


def check_gradient(gradient: Any, node: Any, position: int) -> None:
    """Refuse a gradient with an element that is not finite."""
    gradient = getattr(gradient, "value", gradient)
    if not _finite(gradient):
        cause = NotFiniteError(
            f"the gradient of operand {position} is not finite: {_first(gradient)}; "
            f"built at {_built(node)}"
        )
        raise NotFiniteError(with_operands(node.primitive.name, cause, node.inputs))


def _finite(value: Any) -> bool:
    return not is_differentiable(value.dtype) or bool(np.isfinite(value).all())


def _first(value: Any) -> str:
    index = tuple(map(int, np.argwhere(~np.isfinite(value))[0]))
    return f"{np.asarray(value)[index]} at index {index}" if index else str(value)


def _built(node: Any) -> str:
    return node.line or "a line that ran before detect_anomaly"
