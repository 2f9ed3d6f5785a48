"""What every node of a graph has: a value, a name, a shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import recording
from ..catalogue import numpy_functions
from ..errors import ShapeError, describe
from ..notation import Notation


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


def _size(node: GraphNode, axis: int | None = None) -> int:
    """How many elements a node has, or how many along an axis, as `numpy.size`."""
    return node.size if axis is None else node.shape[axis]


# Questions about a node that NumPy asks by a function, and that have no derivative.
numpy_functions.update(
    {
        np.shape: lambda node: node.shape,
        np.ndim: lambda node: node.ndim,
        np.size: _size,
    }
)
