"""Matrices of derivatives, and products with them that never form the matrix."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..catalogue import functions
from ..errors import ArgumentError, DtypeError
from ..trees import is_leaf
from .gradient import grad, of_arguments
from .recorded import Function, Recorded, as_function, jvp


def jacobian(f: Function, argnums: int = 0, mode: str | None = None) -> Function:
    r"""The Jacobian :math:`J_{ij} = \partial f_i / \partial x_j` of a function of an array.

    Reverse mode costs one sweep for each element of the result, forward mode one for each element
    of the argument; without `mode` the cheaper one is taken.

    Parameters
    ----------
    f : callable
        A function from an array to an array.
    argnums : int
        The positional argument to differentiate with respect to.
    mode : {"forward", "reverse"}, optional
        How to compute it.

    Returns
    -------
    callable
        Its result has the shape of the value followed by the shape of the argument.

    Raises
    ------
    ArgumentError
        If `mode` is unknown.
    DtypeError
        If the argument or the result is a tree, or `argnums` a tuple.
    """
    f = as_function(f, "jacobian")
    if isinstance(argnums, tuple):
        raise DtypeError(
            f"jacobian and hessian take one integer as argnums; got {argnums!r}: call them once "
            "for each argument"
        )
    if mode not in (None, "forward", "reverse"):
        raise ArgumentError(f"jacobian: mode must be 'forward', 'reverse' or None; got {mode!r}")

    @functools.wraps(f)
    def matrix(*args: Any, **kwargs: Any) -> Any:
        chosen, of_chosen = of_arguments(f, argnums, args, kwargs)
        recorded = Recorded(of_chosen, chosen)
        if not (is_leaf(chosen[0]) and is_leaf(recorded.result)):
            raise DtypeError("jacobian needs a function from one array to one array, not of trees")
        rows, columns = recorded.outputs[0], recorded.leaves[0]
        if mode == "reverse" or (mode is None and rows.size <= columns.size):
            lines = [recorded.pull(basis)[0] for basis in _basis(rows.shape, rows.dtype)]
            return functions["reshape"](_stack(lines), rows.shape + columns.shape)
        lines = [recorded.push(basis) for basis in _basis(columns.shape, columns.dtype)]
        last_first = functions["moveaxis"](_stack(lines), 0, -1)
        return functions["reshape"](last_first, rows.shape + columns.shape)

    return matrix


def hessian(f: Function, argnums: int = 0) -> Function:
    r"""The Hessian :math:`H_{ij} = \partial^2 f / \partial x_i \partial x_j` of a scalar function.

    Forward mode over reverse mode: each column is one sweep forward over the recorded gradient.

    Parameters
    ----------
    f : callable
        A function of an array with a scalar result.
    argnums : int
        The positional argument to differentiate with respect to.

    Returns
    -------
    callable
        Its result has the shape of the argument twice.
    """
    return jacobian(grad(f, argnums), argnums, mode="forward")


def hvp(f: Function, x: Any, v: Any) -> Any:
    r"""The product :math:`H v` of the Hessian of a scalar function with a vector.

    The matrix is never formed: this is the derivative of the gradient along :math:`v`, and costs a
    small multiple of the function.

    Parameters
    ----------
    f : callable
        A function of an array or tree with a scalar result.
    x : array_like or tree
        Where.
    v : array_like or tree
        The vector, in the shape of `x`.

    References
    ----------
    B. A. Pearlmutter, "Fast Exact Multiplication by the Hessian", Neural Computation 6(1), 1994.
    https://doi.org/10.1162/neco.1994.6.1.147
    """
    return jvp(grad(f), (x,), (v,))[1]


def ggnvp(f: Function, loss: Function, x: Any, v: Any) -> Any:
    r"""The product :math:`G v` of the generalised Gauss-Newton matrix with a vector.

    With :math:`y = f(x)` and the Jacobian :math:`J = \partial y / \partial x`, the Hessian of
    :math:`L(f(x))` is

    .. math:: \nabla^2 (L \circ f) = \underbrace{J^T \, (\nabla^2_y L) \, J}_{G}
       + \sum_k \frac{\partial L}{\partial y_k} \nabla^2 f_k .

    :math:`G` leaves the second sum out. It is positive semidefinite wherever :math:`L` is convex,
    however :math:`f` bends, and it is the Hessian where :math:`f` is linear, or fits the data
    exactly. For :math:`L = \frac12 \|y - t\|^2` it is the matrix :math:`J^T J` of Gauss and Newton.

    No matrix is formed: :math:`J v` is a sweep forward, :math:`(\nabla^2_y L) (J v)` is `hvp`, and
    :math:`J^T` is a sweep back, over one recording of `f`.

    Parameters
    ----------
    f : callable
        A function of an array or tree, for example from parameters to the outputs of a model.
    loss : callable
        A function of the result of `f`, an array or tree, with a scalar result.
    x : array_like or tree
        Where.
    v : array_like or tree
        The vector, in the shape of `x`.

    Returns
    -------
    array or tree
        :math:`G v`, in the shape of `x`.

    Raises
    ------
    ShapeError
        If `v` does not have the shape of `x`, or the result of `loss` is no scalar.
    DtypeError
        If `x` is not floating or complex.

    References
    ----------
    N. N. Schraudolph, "Fast Curvature Matrix-Vector Products for Second-Order Gradient Descent",
    Neural Computation 14(7), 2002. https://doi.org/10.1162/08997660260028683

    J. Martens, "Deep learning via Hessian-free optimization", ICML 2010.
    https://icml.cc/Conferences/2010/papers/458.pdf
    """
    recorded = Recorded(f, (x,))
    curved = hvp(loss, recorded.value, recorded.push(v))
    return recorded.pull(curved, release=True)[0]


def _basis(shape: tuple[int, ...], dtype: Any) -> Iterator[np.ndarray]:
    """The unit vectors of the space of arrays of a shape."""
    for position in np.ndindex(*shape):
        unit = np.zeros(shape, dtype)
        unit[position] = 1
        yield unit


def _stack(lines: list[Any]) -> Any:
    return functions["stack"](lines) if lines else np.zeros((0,))
