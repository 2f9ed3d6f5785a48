"""Functions whose derivative the user states."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..catalogue import functions
from ..errors import DifferentiationError, describe
from ..graph import gradients
from ..primitives.kinds import General
from ..structures import GraphNode, Variable
from .recorded import Function


def custom_gradient(f: Callable[..., tuple[Any, Function]]) -> Function:
    r"""State the gradient of a function by hand.

    Parameters
    ----------
    f : callable
        ``f(*args) -> value, pullback``; `pullback` takes :math:`\bar y` and returns
        :math:`J_i^T \bar y` for each argument (not in a tuple where there is only one), or None
        where it is zero. For forward mode and for derivatives of derivatives it must be linear in
        :math:`\bar y`, as every true pullback is. Written in `autodiff` or NumPy functions,
        it can be differentiated again, and forward mode is derived from it.

    Returns
    -------
    callable
        ``args -> value``, an operator with the gradient that was stated.

    Raises
    ------
    DifferentiationError
        If `f` does not return a pair, or `pullback` not one gradient for each argument.

    Examples
    --------
    A gradient that is cut off, for reverse mode alone: this pullback is not linear.

    >>> @custom_gradient
    ... def clip_gradient(x):
    ...     return x, lambda gradient: np.clip(gradient, -1.0, 1.0)
    """
    primitive = _Custom(f)

    @functools.wraps(f)
    def applied(*args: Any) -> Any:
        return primitive.apply(*args)

    return applied


class _Custom(General):
    transient = True  # a user may state gradients inside a loop
    moves = True  # the user's function sees the arrays as they are

    def __init__(self, f: Callable[..., tuple[Any, Function]]) -> None:
        self.name = getattr(f, "__name__", "custom_gradient")
        self.f = f

    def function(self, *values: Any) -> Any:
        value, _ = self._run(values)
        if isinstance(value, GraphNode):
            value = value.value
        return np.asarray(value)[()]

    def pull(
        self,
        positions: Sequence[int],
        gradient: Any,
        output: Any,
        operands: Sequence[Any],
        params: dict[str, Any],
    ) -> list[Any]:
        shares = self._shares(gradient, operands)
        return [shares[position] for position in positions]

    def jvp(self, tangents: Sequence[Any], output: Any, *operands: Any, **params: Any) -> Any:
        # The pullback is a linear function of the gradient; its transpose is the forward mode.
        source = _zeros(output)
        total = None
        for share, tangent in zip(self._shares(source, operands), tangents, strict=True):
            if isinstance(share, GraphNode) and tangent is not None:
                term = gradients(share, source, gradient=tangent)
                total = term if total is None else total + term
        if isinstance(total, GraphNode) and not isinstance(output, GraphNode):
            return total.value
        return total

    def _run(self, operands: Sequence[Any]) -> tuple[Any, Function]:
        pair = self.f(*operands)
        if not (isinstance(pair, tuple) and len(pair) == 2 and callable(pair[1])):
            raise DifferentiationError(
                f"{self.name} must return a value and a pullback, for custom_gradient; "
                f"got {describe(pair)}"
            )
        return pair

    def _shares(self, gradient: Any, operands: Sequence[Any]) -> Sequence[Any]:
        shares = self._run(operands)[1](gradient)
        shares = shares if isinstance(shares, tuple | list) else (shares,)
        if len(shares) != len(operands):
            raise DifferentiationError(
                f"the pullback of {self.name} returned {len(shares)} gradients for "
                f"{len(operands)} arguments; return one for each, None where it is zero"
            )
        return shares


def _zeros(output: Any) -> GraphNode:
    """A node of zeros, of the shape of `output`, that derivatives can be taken with respect to."""
    if not isinstance(output, GraphNode):
        return Variable(np.zeros_like(output))
    node = functions["identity"](functions["zeros_like"](output))
    node.requires_grad = True
    return node
