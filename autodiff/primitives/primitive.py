r"""Primitives: what an operator computes, and its derivatives, stated once.

The kind of a primitive decides what must be stated; the rest is derived.

===========  ==========================================  =====================================
kind         you state                                   derived
===========  ==========================================  =====================================
Elementwise  the function and its partial derivatives    shapes, reverse mode, forward mode
Linear       shape rule, function, transpose             reverse mode, forward mode (itself)
Bilinear     shape rule, function, two transposes        reverse mode, forward mode (product)
General      shape rule, function, `vjp` and `jvp`       nothing
===========  ==========================================  =====================================

Derivative rules are written in the library's own operators, which take plain arrays as well as
nodes. The same rule therefore computes numbers (`backward`), builds a graph of gradients
(`gradients`), and serves forward mode.

An operand called ``like`` lends nothing but its shape and dtype. It lets a rule ask for "the shape
that x has now", so that a recorded graph can be replayed with axes of other lengths.
"""

from __future__ import annotations

import inspect
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from .. import catalogue
from ..dispatch import NumPy, implements
from ..errors import (
    ArgumentError,
    AutodiffError,
    DifferentiationError,
    DtypeError,
    as_autodiff_error,
    with_operands,
)
from ..evaluation import autocast, evaluate
from ..recording import thread
from ..structures import GraphNode, as_node, make_operator

Shape = tuple[int, ...]


class Primitive:
    """What an operator computes, how its shape follows, and what its derivatives are."""

    name: str
    differentiable: ClassVar[bool] = True
    shape_only: ClassVar[tuple[int, ...]] = ()
    """Positions of the operands that lend only their shape and dtype."""
    moves: ClassVar[bool] = False
    """Whether it only moves numbers, so that halves need not be computed in float32."""
    autocast: ClassVar[str | None] = None
    """What `ad.precision.autocast` casts the operands to: "half", "float32", or None."""
    pure: ClassVar[bool] = True
    """Whether executing it twice on the same operands is the same as executing it once."""

    def __init_subclass__(cls) -> None:
        """Name the primitive after its class: ``MaxPool2d`` is ``max_pool2d``."""
        super().__init_subclass__()
        cls.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    def apply(self, *operands: Any, **params: Any) -> Any:
        """Numbers in, numbers out; a node among the operands, a node out."""
        if thread.state.autocast is not None:
            operands = autocast(self.autocast, *operands, lenders=self.shape_only)
        for operand in operands:
            if isinstance(operand, GraphNode):
                break
        else:
            return evaluate(self, operands, params, operands)
        inputs, values = [], []
        try:
            for operand in operands:
                node = as_node(operand)
                inputs.append(node)
                values.append(node.value)
        except AutodiffError as error:
            raise type(error)(with_operands(self.name, error, operands)) from None
        value = evaluate(self, values, params, inputs)
        return make_operator(self, tuple(inputs), params, value)

    __call__ = apply

    def function(self, *values: Any, **params: Any) -> Any:
        """Compute the value, in NumPy: the definition that every backend is tested against."""
        raise TypeError(f"{type(self).__name__} states no function")

    def shape(self, *shapes: Shape, **params: Any) -> Shape:
        """The shape of the output, from the shapes of the operands.

        Raises
        ------
        ShapeError
            If the operands do not fit.
        """
        raise TypeError(f"{type(self).__name__} states no shape rule")

    def vjp(
        self, position: int, gradient: Any, output: Any, /, *operands: Any, **params: Any
    ) -> Any:
        r"""Reverse mode: :math:`J_i^T \bar y`, the share of operand `position` in the gradient."""
        raise DifferentiationError(f"{self.name} has no reverse-mode derivative")

    def pull(
        self,
        positions: Sequence[int],
        gradient: Any,
        output: Any,
        operands: Sequence[Any],
        params: dict[str, Any],
    ) -> list[Any]:
        """Reverse mode for several operands; override it where they share work."""
        return [self.vjp(i, gradient, output, *operands, **params) for i in positions]

    def jvp(self, tangents: Sequence[Any], output: Any, /, *operands: Any, **params: Any) -> Any:
        r"""Forward mode: :math:`\sum_i J_i \dot x_i`; a tangent is None where it is zero."""
        raise DifferentiationError(f"{self.name} has no forward-mode derivative")

    def diagnose(
        self, error: Exception, values: Sequence[Any], params: dict[str, Any]
    ) -> AutodiffError:
        """Say why `function` failed: by the shape rule where it objects, else in NumPy's words."""
        if isinstance(error, AutodiffError):
            return error
        signature = inspect.signature(self.function)
        try:
            signature.bind(*values, **params)
        except TypeError as cause:
            return DtypeError(f"it takes {signature}, and was called with {len(values)}: {cause}")
        try:
            self.shape(*[np.shape(value) for value in values], **params)
        except AutodiffError as cause:
            return cause
        except (ValueError, TypeError, IndexError):
            return as_autodiff_error(error)  # the rule met the same obstacle: NumPy says more
        # The shapes fit, so it is a value that does not.
        return ArgumentError(str(error)) if type(error) is ValueError else as_autodiff_error(error)

    def examples(
        self, rng: np.random.Generator
    ) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
        """Arguments on which the tests check this primitive: positional ones, keyword ones."""
        raise TypeError(f"{type(self).__name__} states no examples")

    def __repr__(self) -> str:
        return f"<{self.kind} primitive {self.name}>"

    @property
    def kind(self) -> str:
        """Name of the kind: Elementwise, Linear, Bilinear, General or Nondifferentiable."""
        kinds = [cls.__name__ for cls in type(self).__mro__ if cls.__module__.endswith(".kinds")]
        return kinds[0] if kinds else "Primitive"


@implements(NumPy, Primitive)
def _definition(primitive: Primitive) -> Callable[..., Any]:
    """On NumPy every primitive runs by its own definition."""
    return primitive.function


def primitive(cls: type[Primitive], *numpy: Callable[..., Any]) -> Any:
    """Make the one instance of a primitive's class, and enter it in the catalogue.

    Parameters
    ----------
    cls : type
        The class that states the primitive.
    *numpy : callable
        The functions of NumPy that it stands for.

    Returns
    -------
    Primitive
        The instance: the function that users call.

    Raises
    ------
    ArgumentError
        If the name is taken.
    """
    instance: Any = cls()
    if instance.name in catalogue.functions:
        raise ArgumentError(
            f"the catalogue already holds a function called {instance.name!r}; "
            "give the class another name, or use an instance of it without primitive()"
        )
    instance.__doc__ = cls.__doc__
    instance.__name__ = instance.__qualname__ = instance.name
    instance.__module__ = cls.__module__
    if cls.__call__ is Primitive.__call__:
        instance.__signature__ = inspect.signature(instance.function)
    catalogue.primitives[instance.name] = instance
    catalogue.add_function(instance.name, instance, numpy)
    return instance


def as_shape(shape: int | Sequence[int], caller: str) -> tuple[int, ...]:
    """A shape, or a list of axes, as a tuple of integers; `caller` is named where it is none."""
    try:
        return (
            (operator.index(shape),)
            if not isinstance(shape, Sequence)
            else tuple(map(operator.index, shape))
        )
    except TypeError:
        raise DtypeError(
            f"{caller}: a shape, or a list of axes, consists of integers; got {shape!r}"
        ) from None
