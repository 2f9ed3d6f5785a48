"""Broadcasting and its transpose; operators that take their shape and dtype from an operand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import catalogue
from ..dtypes import as_dtype, convert, is_numeric
from ..errors import ArgumentError, DtypeError, ShapeError
from .kinds import Elementwise, Linear, Nondifferentiable
from .primitive import as_shape, primitive


class SumLike(Linear):
    r"""Sum `x` down to the shape and dtype of `like`: the transpose of broadcasting.

    Axes that `like` lacks, and those where its length is 1, are summed.
    """

    shape_only = (1,)

    def function(self, x, like):
        surplus = np.ndim(x) - np.ndim(like)
        axes = [*range(surplus)]
        axes += [surplus + axis for axis, length in enumerate(np.shape(like)) if length == 1]
        total = (
            np.sum(x, axis=tuple(axes), keepdims=True).reshape(np.shape(like))
            if axes
            else np.asarray(x)
        )
        return cast_like(total, like)

    def shape(self, x, like):
        if np.broadcast_shapes(x, like) != x:
            raise ShapeError(f"shape {x} cannot be summed down to {like}")
        return like

    def transpose(self, gradient, x, like):
        return broadcast_like(gradient, x)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), np.zeros((1, 3))), {}
        yield (rng.normal(size=(4, 2, 3)), np.zeros((2, 1))), {}
        yield (rng.normal(size=(2, 3)), np.zeros(())), {}


sum_like = primitive(SumLike)


class BroadcastLike(Linear):
    """Repeat `x` to the shape of `like`, in its dtype."""

    shape_only = (1,)

    def function(self, x, like):
        return cast_like(np.broadcast_to(x, np.shape(like)), like)

    def shape(self, x, like):
        return _broadcast_shape(x, like)

    def transpose(self, gradient, x, like):
        return sum_like(gradient, x)

    def examples(self, rng):
        yield (rng.normal(size=(1, 3)), np.zeros((2, 3))), {}
        yield (rng.normal(size=3), np.zeros((4, 2, 3))), {}
        yield (rng.normal(), np.zeros((2, 2))), {}


broadcast_like = primitive(BroadcastLike)


class BroadcastTo(Linear):
    """Repeat `x` to a shape, as `numpy.broadcast_to`.

    Parameters
    ----------
    x : array_like
        Operand.
    shape : tuple of int
        A shape that the shape of `x` broadcasts to.

    Raises
    ------
    ShapeError
        If it does not.
    """

    moves = True

    def __call__(self, x: Any, shape: Sequence[int]) -> Any:
        return self.apply(x, target=as_shape(shape, "broadcast_to"))

    def function(self, x, target):
        return np.broadcast_to(x, target)

    def shape(self, x, target):
        return _broadcast_shape(x, target)

    def transpose(self, gradient, x, target):
        return sum_like(gradient, x)

    def examples(self, rng):
        yield (rng.normal(size=(1, 3)), (2, 3)), {}
        yield (rng.normal(size=3), (4, 2, 3)), {}


broadcast_to = primitive(BroadcastTo, np.broadcast_to)


class Where(Elementwise):
    r"""Choose: :math:`y = a` where `condition` holds, else :math:`b`, as `numpy.where`.

    The gradient is chosen in the same way: where `a` was not chosen, its gradient is 0. That does
    not mend a rule further back that is infinite there. ``where(x > 0, log(x), 0)`` at 0 multiplies
    that 0 by the infinite derivative of the logarithm, and the gradient is not a number; write
    ``where(x > 0, log(where(x > 0, x, 1)), 0)``.

    Parameters
    ----------
    condition, a, b : array_like
        Operands whose shapes broadcast.

    Raises
    ------
    ArgumentError
        If `a` or `b` is missing.
    """

    def __call__(self, condition: Any, a: Any = None, b: Any = None) -> Any:
        if a is None or b is None:
            raise ArgumentError(
                "where: write where(condition, a, b), with a value for either case; for the "
                "positions at which an array is true, np.nonzero(condition.output)"
            )
        return self.apply(condition, a, b)

    partials = (
        None,
        lambda y, c, a, b: c,
        lambda y, c, a, b: catalogue.functions["logical_not"](c),
    )

    def function(self, condition, a, b):
        return np.where(condition, a, b)

    def vjp(self, position, gradient, output, condition, a, b):
        if position == 0:
            return None
        chosen = (gradient, 0) if position == 1 else (0, gradient)
        return sum_like(self(condition, *chosen), (a, b)[position - 1])

    def jvp(self, tangents, output, condition, a, b):
        return broadcast_like(
            self(condition, *[0.0 if t is None else t for t in tangents[1:]]), output
        )

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)) > 0, rng.normal(size=(2, 3)), rng.normal(size=3)), {}
        yield (rng.normal(size=(2, 1)) > 0, rng.normal(), rng.normal(size=(1, 3))), {}


where = primitive(Where, np.where)


class Astype(Linear):
    """The same values in another dtype.

    Parameters
    ----------
    x : array_like
        Operand.
    dtype : dtype_like
        A numeric dtype, or "bfloat16". Where it is neither floating nor complex, no gradient flows.

    Raises
    ------
    DtypeError
        If it is not numeric.
    """

    moves = True

    def __call__(self, x: Any, dtype: Any) -> Any:
        try:
            new = as_dtype(dtype)
        except DtypeError as error:
            raise DtypeError(f"astype: {error}") from None
        if not is_numeric(new):
            raise DtypeError(f"astype: a node holds numbers; got the dtype {new}")
        return self.apply(x, dtype=new)

    def function(self, x, dtype):
        return convert(np.asarray(x), dtype)

    def shape(self, x, dtype):
        return x

    def transpose(self, gradient, x, dtype):
        return broadcast_like(gradient, x)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), np.float64), {}


astype = primitive(Astype)


class ZerosLike(Nondifferentiable):
    """Zeros of the shape and dtype of the operand."""

    shape_only = (0,)

    def function(self, x):
        return np.zeros_like(x)

    def shape(self, x):
        return x

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}


zeros_like = primitive(ZerosLike, np.zeros_like)


class OnesLike(Nondifferentiable):
    """Ones of the shape and dtype of the operand."""

    shape_only = (0,)

    def function(self, x):
        return np.ones_like(x)

    def shape(self, x):
        return x

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}


ones_like = primitive(OnesLike, np.ones_like)


class Identity(Elementwise):
    """The operand itself, as a node of its own."""

    moves = True
    partials = (lambda y, x: 1,)

    def function(self, x):
        return np.asarray(x)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}


identity = primitive(Identity, np.positive)


class StopGradient(Nondifferentiable):
    """The value of `x`, through which no gradient flows: PyTorch's ``detach``."""

    moves = True

    def function(self, x):
        return np.asarray(x)[...]

    def shape(self, x):
        return x

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}


stop_gradient = primitive(StopGradient)


def cast_like(value: np.ndarray, like: Any) -> Any:
    """`value` in the dtype of `like`; of a complex value for a real operand the real part."""
    dtype = getattr(like, "dtype", None)
    if dtype is None or value.dtype == dtype:
        return value
    if value.dtype.kind == "c" and dtype.kind != "c":
        value = value.real
    return value.astype(dtype)


def broadcasts_to(x: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether an array of one shape can be repeated to another."""
    try:
        return np.broadcast_shapes(x, target) == target
    except ValueError:
        return False


def _broadcast_shape(x: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
    if not broadcasts_to(x, target):
        raise ShapeError(f"shape {x} does not broadcast to {target}")
    return target
