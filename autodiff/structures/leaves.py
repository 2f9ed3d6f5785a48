"""Leaves: the nodes that hold data, and whose data may be replaced."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import convert, is_differentiable, is_half, is_numeric, kind
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from .node import Clock, GraphNode

Number = int | float | complex
_WEAK = frozenset([float, int, bool, complex])


class Leaf(GraphNode):
    """A node that holds data. Its `output` may be replaced, and the graph replayed.

    Assign a new array: an element written in place, ``leaf.output[0] = 1``, changes the data
    without a trace, so that nobody can tell that the outputs computed from it are stale.
    """

    __slots__ = ()

    def __init__(self, data: Any, name: str | None = None) -> None:
        if name is not None and not isinstance(name, str):
            raise DtypeError(f"name must be a string; got {describe(name)}")
        self.name = name
        self.value = self._own(data)
        self.tick = Clock.now

    def _own(self, data: Any) -> Any:
        raise DtypeError("a Leaf is either a Constant or a Variable")

    @property
    def output(self) -> Any:
        return np.asarray(self.value)

    @output.setter
    def output(self, data: Any) -> None:
        owned, old = self._own(data), np.asarray(self.value)
        new = np.asarray(owned)
        if new.ndim != old.ndim:
            raise ShapeError(
                f"{describe(self)} was recorded with {old.ndim} axes and cannot be replayed with "
                f"the {new.ndim} axes of shape {new.shape}; axes may change in length, not in "
                "number: build a new graph"
            )
        halves = is_half(new.dtype) or is_half(old.dtype)
        if kind(new.dtype) != kind(old.dtype) or (halves and new.dtype != old.dtype):
            raise DtypeError(
                f"{describe(self)} was recorded as {old.dtype} and cannot be replayed as "
                f"{new.dtype}; convert with data.astype({str(old.dtype)!r}), or build a new graph"
            )
        self._replace(owned)

    def to(self, dtype: np.dtype) -> None:
        """Convert the data to another dtype. Graphs recorded before are to be built anew."""
        self._replace(convert(np.asarray(self.value), dtype))

    def _replace(self, data: Any) -> None:
        self.value = data
        Clock.now += 1
        self.tick = Clock.now


class Constant(Leaf):
    """Data that no gradient flows to. Shares the memory of the array that it is given.

    Parameters
    ----------
    data : array_like
        Any numeric or boolean array.
    name : str, optional
        Name for drawings and error messages.

    Raises
    ------
    DtypeError
        If `data` is not numeric.
    """

    __slots__ = ()

    def _own(self, data: Any) -> np.ndarray:
        return _as_array(data, "Constant", self.name)


class WeakConstant(Constant):
    """A Python number in an expression. It takes its partner's dtype: ``x * 2.0`` keeps x's."""

    __slots__ = ()

    def _own(self, data: Any) -> Any:
        return data


class Variable(Leaf):
    """A parameter: a leaf that gradients flow to. Copies the array that it is given.

    Parameters
    ----------
    data : array_like
        A floating or complex array.
    name : str, optional
        Name for drawings and error messages.

    Attributes
    ----------
    gradient : numpy.ndarray or None
        Derivative of the root with respect to this variable, after `backward`.

    Raises
    ------
    DtypeError
        If `data` is neither floating nor complex: an integer cannot follow a gradient.
    """

    __slots__ = ("gradient",)

    requires_grad = True

    def __init__(self, data: Any, name: str | None = None) -> None:
        super().__init__(data, name)
        self.gradient: Any = None

    def _own(self, data: Any) -> np.ndarray:
        array = _as_array(data, "Variable", self.name)
        if not is_differentiable(array.dtype):
            called = f"Variable {self.name!r}" if self.name else "a Variable"
            raise DtypeError(
                f"{called} needs a floating or complex array, because it follows a gradient; got "
                f"{array.dtype}. Write ad.Variable(data.astype(float)), or ad.Constant(data) for "
                "data"
            )
        return np.array(array, dtype=array.dtype.newbyteorder("="))


def as_node(operand: Any) -> GraphNode:
    """`operand` itself if it is a node, else a constant that holds it."""
    if isinstance(operand, GraphNode):
        return operand
    return WeakConstant(operand) if type(operand) in _WEAK else Constant(operand)


def weak_number(operand: Any) -> Number | None:
    """The Python number that `operand` is or, as a weak constant, holds; None for all else."""
    value = operand.value if type(operand) is WeakConstant else operand
    return value if type(value) in _WEAK else None


def _as_array(data: Any, class_name: str, name: str | None) -> np.ndarray:
    called = f"{class_name} {name!r}" if name else f"a {class_name}"
    if isinstance(data, GraphNode):
        raise ArgumentError(
            f"{called} cannot hold a node, since it would cut the graph; for its array write "
            "node.output"
        )
    if type(data) is not np.ndarray and isinstance(data, np.ndarray) and hasattr(data, "mask"):
        raise DtypeError(
            f"{called} cannot hold a masked array, whose mask would be lost; write "
            "data.filled(value), or choose the elements with where="
        )
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ShapeError(f"{called} needs a rectangular array; NumPy says: {error}") from error
    if not is_numeric(array.dtype):
        raise DtypeError(f"{called} needs numbers; got {describe(data)} with dtype {array.dtype}")
    return array
