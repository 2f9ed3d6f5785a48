"""The gradient of a scalar function."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..catalogue import functions
from ..errors import ArgumentError, DtypeError, ShapeError
from .recorded import Function, Recorded, as_function


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
        transform. For complex arguments the gradient is the one that a step against descends,
        PyTorch's convention.

    Raises
    ------
    ShapeError
        If the result of `f` is no scalar.
    DtypeError
        If an argument that is differentiated is not floating or complex.
    ArgumentError
        If `argnums` names an argument that is not given, or one twice.
    """
    both = value_and_grad(as_function(f, "grad"), argnums)

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def value_and_grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The value of a scalar function together with its gradient, for the price of one.

    Parameters
    ----------
    f : callable
        A function with a scalar result, as for `grad`.
    argnums : int or tuple of int
        The positional arguments to differentiate with respect to.

    Returns
    -------
    callable
        Its result is a pair: the value, and what `grad` gives.
    """
    f = as_function(f, "value_and_grad")

    @functools.wraps(f)
    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        chosen, of_chosen = of_arguments(f, argnums, args, kwargs)
        recorded = Recorded(of_chosen, chosen)
        value = recorded.value
        if not hasattr(value, "shape") or np.size(value) != 1:
            returned = f"shape {value.shape}" if hasattr(value, "shape") else type(value).__name__
            raise ShapeError(
                f"grad needs a function with a scalar result; this one returned {returned}; "
                "use jacobian or vjp, or reduce the result, for instance with .sum()"
            )
        result = recorded.pull(functions["ones_like"](value), release=True)
        return value, (result if isinstance(argnums, tuple) else result[0])

    return both


def of_arguments(
    f: Function, argnums: int | tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[Any], Function]:
    """The arguments that `argnums` names, and `f` as a function of these alone."""
    wanted = argnums if isinstance(argnums, tuple) else (argnums,)
    for position in wanted:
        if not isinstance(position, int | np.integer):
            raise DtypeError(f"argnums is an integer or a tuple of integers; got {argnums!r}")
        if not -len(args) <= position < len(args):
            raise ArgumentError(
                f"argnums {argnums} asks for argument {position}; "
                f"there are {len(args)} positional ones"
            )
    if len({position % len(args) for position in wanted}) != len(wanted):
        raise ArgumentError(f"argnums {argnums} names an argument twice")

    def of_chosen(*chosen: Any) -> Any:
        filled = list(args)
        for position, argument in zip(wanted, chosen, strict=True):
            filled[position] = argument
        return f(*filled, **kwargs)

    return [args[position] for position in wanted], of_chosen
