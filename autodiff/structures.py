"""The structures of a computational graph.

A graph is made of `GraphNode` objects. A `Constant` holds data that no gradient flows to, a
`Variable` holds a parameter, and an `Operator` applies a primitive to its inputs. Every operator is
of one of two kinds, chosen when it is built: a `ScalarOperator` if its inputs and its output are
all 0-d, so that its local derivatives are plain numbers, and a `BroadcastedOperator` otherwise.

Building a node computes it at once, so that a wrong shape is reported on the line that wrote it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import recording
from .catalogue import numpy_functions
from .errors import ArgumentError, DtypeError, GraphError, ShapeError, describe
from .notation import Notation

Number = int | float | complex


class Clock:
    """Counts the changes of leaves: an output older than its inputs is stale."""

    now = 0


class GraphNode(Notation):
    """A value in a computational graph.

    Attributes
    ----------
    output : numpy.ndarray
        The node's value.
    name : str or None
        A name for drawings and error messages.
    shape : tuple of int
        Lengths of the axes of `output`.
    dtype : numpy.dtype
        Type of its elements.
    inputs : tuple of GraphNode
        The nodes that this one is computed from; empty for a leaf.
    requires_grad : bool
        Whether a gradient can flow through this node to a `Variable`.
    """

    __slots__ = ("__weakref__", "name", "tick", "value")

    name: str | None
    value: Any
    tick: int
    gradient: Any
    inputs: tuple[GraphNode, ...] = ()
    requires_grad: bool = False

    @property
    def output(self) -> Any:
        return self.value

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        return getattr(self.value, "shape", ())

    @property
    def dtype(self) -> np.dtype:
        value = self.value
        return value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ShapeError(
                f"{describe(self)} is neither true nor false as a whole; reduce it first, for "
                "instance with .min() or .max(). To ask whether a list holds a node, compare with "
                "`is`, since == compares values"
            )
        return recording.decide(self, recording.truth)

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return f"<{type(self).__name__}{name}, shape {self.shape}, {self.dtype}>"


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
                "the "
                f"{new.ndim} axes of shape {new.shape}; axes may change in length, not in number: "
                "build a new graph"
            )
        if new.dtype.kind != old.dtype.kind:
            raise DtypeError(
                f"{describe(self)} was recorded as {old.dtype} and cannot be replayed as "
                f"{new.dtype}; "
                f"convert with data.astype({str(old.dtype)!r}), or build a new graph"
            )
        self.value = owned
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
                f"{array.dtype}. "
                "Write ad.Variable(data.astype(float)), or ad.Constant(data) for data"
            )
        return np.array(array, dtype=array.dtype.newbyteorder("="))


class Operator(GraphNode):
    """A primitive applied to input nodes; the output is computed when the node is built.

    Attributes
    ----------
    primitive : Primitive
        What is computed, and its derivatives.
    inputs : tuple of GraphNode
        The operands.
    params : dict
        The primitive's static arguments, such as the axis of a sum.
    gradient : numpy.ndarray or None
        Derivative of the root with respect to this node, after `backward`.
    scope : str
        The layers that built it, outermost first, such as ``"Sequential/0 Conv2d"``; empty outside
        of layers.
    line : str or None
        The line of the user's code that built it, within `detect_anomaly`.
    """

    __slots__ = (
        "branches",
        "gradient",
        "inputs",
        "line",
        "params",
        "primitive",
        "recording",
        "requires_grad",
        "scope",
    )

    def __init__(
        self, primitive: Any, inputs: tuple[GraphNode, ...], params: dict[str, Any], value: Any
    ) -> None:
        self.primitive = primitive
        self.inputs = inputs
        self.params = params
        self.value = value
        self.name: str | None = None
        self.gradient: Any = None
        self.tick = Clock.now
        thread = recording.thread
        self.branches = thread.branches
        self.recording = thread.recording
        self.scope = thread.scope
        self.line = recording.user_line() if thread.watching else None
        self.requires_grad = (
            primitive.differentiable
            and any([node.requires_grad for node in inputs])
            and is_differentiable(value.dtype)
        )

    @property
    def output(self) -> Any:
        return self.value

    @output.setter
    def output(self, data: Any) -> None:
        raise GraphError(
            f"{describe(self)} is computed by {self.primitive.name!r} from its inputs; "
            "put new data in a leaf, then call forward"
        )

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return (
            f"<{type(self).__name__} {self.primitive.name}{name}, shape {self.shape}, {self.dtype}>"
        )


class ScalarOperator(Operator):
    """An operator whose inputs and output are all 0-d: its local derivatives are plain numbers."""

    __slots__ = ()


class BroadcastedOperator(Operator):
    """An operator on arrays."""

    __slots__ = ()


def make_operator(
    primitive: Any, inputs: tuple[GraphNode, ...], params: dict[str, Any], value: Any
) -> Operator:
    """Build the operator node of the kind that its operands and its value ask for."""
    scalar = value.ndim == 0 and all(
        [type(node) is ScalarOperator or not node.shape for node in inputs]
    )
    return (ScalarOperator if scalar else BroadcastedOperator)(primitive, inputs, params, value)


def as_node(operand: Any) -> GraphNode:
    """`operand` itself if it is a node, else a constant that holds it."""
    if isinstance(operand, GraphNode):
        return operand
    if type(operand) in (float, int, bool, complex):
        return WeakConstant(operand)
    return Constant(operand)


def weak_number(operand: Any) -> Number | None:
    """The Python number that `operand` is or, as a weak constant, holds; None for all else."""
    value = operand.value if type(operand) is WeakConstant else operand
    return value if type(value) in (float, int, bool, complex) else None


def is_differentiable(dtype: np.dtype) -> bool:
    """Whether values of this dtype can carry a gradient: floating and complex ones can."""
    return dtype.kind in "fc"


# Questions about a node that NumPy asks by a function, and that have no derivative.
numpy_functions.update(
    {
        np.shape: lambda node: node.shape,
        np.ndim: lambda node: node.ndim,
        np.size: lambda node: node.size,
    }
)


def _as_array(data: Any, kind: str, name: str | None) -> np.ndarray:
    called = f"{kind} {name!r}" if name else f"a {kind}"
    if isinstance(data, GraphNode):
        raise ArgumentError(
            f"{called} cannot hold a node, since it would cut the graph; for its array write "
            "node.output"
        )
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ShapeError(f"{called} needs a rectangular array; NumPy says: {error}") from error
    if array.dtype.kind not in "biufc":
        raise DtypeError(f"{called} needs numbers; got {describe(data)} with dtype {array.dtype}")
    return array
