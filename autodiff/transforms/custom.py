"""Functions whose derivative the user states, and values that have none."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..catalogue import functions
from ..dtypes import is_differentiable, is_numeric
from ..errors import DifferentiationError, describe
from ..graph import gradients
from ..primitives import broadcasting
from ..primitives.kinds import General
from ..structures import GraphNode, Variable
from ..trees import flatten, is_leaf, leaves_like, tree_map, unflatten
from .recorded import Function, as_function


def custom_gradient(f: Callable[..., tuple[Any, Function]]) -> Function:
    r"""State the gradient of a function by hand.

    Parameters
    ----------
    f : callable
        ``f(*args) -> value, pullback``; `pullback` takes :math:`\bar y` and returns
        :math:`J_i^T \bar y` for each argument (not in a tuple where there is only one), or None
        where it is zero. For forward mode and for derivatives of derivatives it must be linear in
        :math:`\bar y`, as every true pullback is. Written in `autodiff` or NumPy functions,
        it can be differentiated again, and forward mode is derived from it. The gradient of an
        argument that is a tree is a tree of the same structure.

    Returns
    -------
    callable
        ``args -> value``, an operator with the gradient that was stated. Keyword arguments are
        handed on as they are; no gradient flows to them, so a node among them is refused.

    Raises
    ------
    DifferentiationError
        If `f` does not return a pair of one array and a pullback, or `pullback` not one gradient
        for each argument.

    Examples
    --------
    A gradient that is cut off, for reverse mode alone: this pullback is not linear.

    >>> @custom_gradient
    ... def clip_gradient(x):
    ...     return x, lambda gradient: np.clip(gradient, -1.0, 1.0)
    """
    f = as_function(f, "custom_gradient")
    of_arrays = _Custom(f)

    @functools.wraps(f)
    def applied(*args: Any, **kwargs: Any) -> Any:
        if not kwargs and not any(map(_is_tree, args)):
            return of_arrays.apply(*args)
        if any(isinstance(leaf, GraphNode) for leaf in flatten(kwargs)):
            raise DifferentiationError(
                f"{of_arrays.name}: no gradient is stated for the keyword arguments "
                f"{', '.join(kwargs)}, and one of them is a node; hand it over by position"
            )
        structure = tuple(tree_map(lambda leaf: 0, one) if _is_tree(one) else 0 for one in args)
        leaves = [leaf for one in args for leaf in (flatten(one) if _is_tree(one) else [one])]
        return _Custom(functools.partial(f, **kwargs), of_arrays.name, structure).apply(*leaves)

    return applied


def _is_tree(argument: Any) -> bool:
    """Whether an argument is taken apart; a list of numbers is an array."""
    if isinstance(argument, list | tuple):
        return any(isinstance(leaf, GraphNode) for leaf in flatten(argument))
    return not is_leaf(argument)


class _Custom(General):
    transient = True  # a user may state gradients inside a loop
    moves = True  # the user's function sees the arrays as they are

    def __init__(
        self,
        f: Callable[..., tuple[Any, Function]],
        name: str | None = None,
        structure: tuple[Any, ...] | None = None,
    ) -> None:
        self.name = str(name or getattr(f, "__name__", "custom_gradient"))
        self.f = f
        self.structure = structure  # of the arguments, where one of them is a tree

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
        return [_in_type_of(operands[position], shares[position]) for position in positions]

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
        whole = operands if self.structure is None else unflatten(self.structure, operands)
        pair = self.f(*whole)
        if not (isinstance(pair, tuple) and len(pair) == 2 and callable(pair[1])):
            raise DifferentiationError(
                f"{self.name} must return a value and a pullback, for custom_gradient; "
                f"got {describe(pair)}"
            )
        if not is_leaf(pair[0]):
            raise DifferentiationError(
                f"the value that {self.name} returns must be one array, for custom_gradient; "
                f"got {describe(pair[0])}"
            )
        return pair

    def _shares(self, gradient: Any, operands: Sequence[Any]) -> Sequence[Any]:
        shares = self._run(operands)[1](gradient)
        arguments = operands if self.structure is None else self.structure
        alone = len(arguments) == 1 and isinstance(arguments[0], list | tuple)
        shares = shares if isinstance(shares, tuple | list) and not alone else (shares,)
        if len(shares) != len(arguments):
            raise DifferentiationError(
                f"the pullback of {self.name} returned {len(shares)} gradients for "
                f"{len(arguments)} arguments; return one for each, None where it is zero"
            )
        return shares if self.structure is None else leaves_like(self.structure, tuple(shares))


def stop_gradient(x: Any) -> Any:
    """The same values, through which no gradient flows: PyTorch's ``detach``.

    Parameters
    ----------
    x : array_like or GraphNode, or a tree of them
        The values; of a tree, such as the parameters of a model, those of each leaf.

    Returns
    -------
    array or GraphNode, or a tree of them
        The values, as constants of every derivative.
    """
    return tree_map(broadcasting.stop_gradient, x)


def _in_type_of(operand: Any, share: Any) -> Any:
    """A share in the dtype of its operand, as the rules of other primitives give it."""
    dtype = getattr(operand, "dtype", None)
    if share is None or dtype is None or not is_differentiable(dtype):
        return share
    share = share if isinstance(share, GraphNode) else np.asarray(share)
    if share.dtype == dtype or not is_numeric(share.dtype):
        return share
    if share.dtype.kind == "c" and dtype.kind != "c":
        share = functions["real"](share)
    return functions["astype"](share, dtype)


def _zeros(output: Any) -> GraphNode:
    """A node of zeros, of the shape of `output`, that derivatives can be taken with respect to."""
    if not isinstance(output, GraphNode):
        return Variable(np.zeros_like(output))
    node = functions["identity"](functions["zeros_like"](output))
    node.requires_grad = True
    return node
