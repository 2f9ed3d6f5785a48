"""The kinds of primitives, and what each kind derives from the little that is stated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from ..catalogue import functions
from ..errors import DifferentiationError, ShapeError
from ..structures import GraphNode, as_node, weak_number
from .primitive import Primitive, Shape

Partial = Callable[..., Any]

_REAL_NUMBERS = (np.float64, np.float32)


class Elementwise(Primitive):
    r"""A function of single elements, applied with broadcasting.

    State `function` and `partials`: for each operand :math:`x_i` a function of the output and the
    operands that gives :math:`\partial y / \partial x_i`, or None where it is zero.

    Because the Jacobian is diagonal, both modes multiply by the partial derivative. Where an
    operand was broadcast, it was used many times, so its gradient is the sum over those uses.
    """

    partials: ClassVar[tuple[Partial | None, ...]] = ()
    own_vjp: ClassVar[bool] = False
    """Whether a subclass states a reverse rule that is more than its partial derivatives."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.own_vjp = cls.vjp is not Elementwise.vjp

    def shape(self, *shapes: Shape, **params: Any) -> Shape:
        try:
            return np.broadcast_shapes(*shapes)
        except ValueError:
            listed = " and ".join(str(shape) for shape in shapes)
            raise ShapeError(
                f"shapes {listed} do not broadcast; aligned at the right, each pair of axes must "
                "be equal, or one must be 1"
            ) from None

    def partial(self, position: int) -> Partial | None:
        """What `partials` states for an operand."""
        if position >= len(self.partials):
            raise DifferentiationError(f"{self.name} states no partial for operand {position}")
        return self.partials[position]

    def vjp(
        self, position: int, gradient: Any, output: Any, /, *operands: Any, **params: Any
    ) -> Any:
        partial = self.partial(position)
        if partial is None:
            return None
        derivative = conjugate(partial(output, *operands, **params))
        return sum_like(scale(gradient, derivative), operands[position], operands)

    def pull(
        self,
        positions: Sequence[int],
        gradient: Any,
        output: Any,
        operands: Sequence[Any],
        params: dict[str, Any],
    ) -> list[Any]:
        number = type(gradient)
        if type(output) is not number or number not in _REAL_NUMBERS or self.own_vjp:
            return super().pull(positions, gradient, output, operands, params)
        # Plain numbers, as in a `ScalarOperator`: nothing was broadcast, and there is no conjugate.
        shares = []
        for i in positions:
            share, partial, operand = None, self.partials[i], operands[i]
            if partial is not None and (type(operand) is number or _dtype(operand) == number):
                share = gradient * partial(output, *operands, **params)
            if type(share) is not number:
                share = self.vjp(i, gradient, output, *operands, **params)
            shares.append(share)
        return shares

    def jvp(self, tangents: Sequence[Any], output: Any, /, *operands: Any, **params: Any) -> Any:
        total = None
        for position, tangent in enumerate(tangents):
            if tangent is not None and (partial := self.partial(position)) is not None:
                term = scale(tangent, partial(output, *operands, **params))
                total = term if total is None else total + term
        return (
            total
            if total is None or len(operands) == 1
            else functions["broadcast_like"](total, output)
        )


class Linear(Primitive):
    r"""A linear function of its first operand: :math:`y = A x`.

    State `function`, `shape` and `transpose`, which computes :math:`A^T \bar y`. A linear function
    is its own derivative, so forward mode is the function itself. Further operands only lend their
    shapes.
    """

    def transpose(self, gradient: Any, *operands: Any, **params: Any) -> Any:
        raise TypeError(f"{type(self).__name__} states no transpose")

    def vjp(
        self, position: int, gradient: Any, output: Any, /, *operands: Any, **params: Any
    ) -> Any:
        return self.transpose(gradient, *operands, **params) if position == 0 else None

    def jvp(self, tangents: Sequence[Any], output: Any, /, *operands: Any, **params: Any) -> Any:
        return None if tangents[0] is None else self.apply(tangents[0], *operands[1:], **params)


class Bilinear(Primitive):
    r"""A function linear in each of its first two operands: :math:`y = B(x, w)`.

    State `function`, `shape` and two transposes: `transpose_left` computes :math:`B(\cdot, w)^T
    \bar y`, `transpose_right` computes :math:`B(x, \cdot)^T \bar y`. Forward mode is the product
    rule.
    """

    def transpose_left(self, gradient: Any, *operands: Any, **params: Any) -> Any:
        raise TypeError(f"{type(self).__name__} states no transpose_left")

    def transpose_right(self, gradient: Any, *operands: Any, **params: Any) -> Any:
        raise TypeError(f"{type(self).__name__} states no transpose_right")

    def vjp(
        self, position: int, gradient: Any, output: Any, /, *operands: Any, **params: Any
    ) -> Any:
        if position > 1:
            return None
        return (self.transpose_left, self.transpose_right)[position](gradient, *operands, **params)

    def jvp(self, tangents: Sequence[Any], output: Any, /, *operands: Any, **params: Any) -> Any:
        left, right, *rest = operands
        terms = []
        if tangents[0] is not None:
            terms.append(self.apply(tangents[0], right, *rest, **params))
        if tangents[1] is not None:
            terms.append(self.apply(left, tangents[1], *rest, **params))
        return terms[0] + terms[1] if len(terms) == 2 else (terms[0] if terms else None)


class General(Primitive):
    """Any other differentiable function: state everything, `vjp` and `jvp` too."""


class Nondifferentiable(Primitive):
    """A function whose derivative is zero wherever it exists: comparisons, rounding, positions."""

    differentiable: ClassVar[bool] = False


def scale(gradient: Any, derivative: Any) -> Any:
    """``gradient * derivative``, without the work where the derivative is the number 1 or -1."""
    if type(derivative) is int and derivative in (1, -1):
        return gradient if derivative == 1 else -gradient
    return gradient * derivative


def conjugate(derivative: Any) -> Any:
    """The complex conjugate; a real derivative is its own."""
    number = weak_number(derivative)
    if type(number) is complex:  # one that is written as a Python number stays weak
        conjugated = number.conjugate()
        return as_node(conjugated) if isinstance(derivative, GraphNode) else conjugated
    return (
        functions["conj"](derivative)
        if getattr(_dtype(derivative), "kind", None) == "c"
        else derivative
    )


def sum_like(gradient: Any, operand: Any, operands: Sequence[Any]) -> Any:
    """Undo broadcasting: sum `gradient` over the axes along which `operand` was repeated.

    In a graph that may be replayed, shapes that are equal today need not be equal tomorrow. So the
    step is left out only where nothing can have been broadcast, whatever the lengths of the axes.
    """
    if _shape(gradient) == _shape(operand) and _dtype(gradient) == _dtype(operand):
        replayable = isinstance(gradient, GraphNode) or isinstance(operand, GraphNode)
        others = [other for other in operands if other is not operand]
        if not replayable or all([_shape(other) == () for other in others]):
            return gradient
    return functions["sum_like"](gradient, operand)


def _shape(operand: Any) -> Shape:
    return getattr(operand, "shape", ())


def _dtype(operand: Any) -> Any:
    return getattr(operand, "dtype", None)
