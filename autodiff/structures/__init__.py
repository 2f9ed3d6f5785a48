"""The structures of a computational graph.

A graph is made of `GraphNode` objects. A `Constant` holds data that no gradient flows to, a
`Variable` holds a parameter, and an `Operator` applies a primitive to its inputs. Every operator is
of one of two kinds, chosen when it is built: a `ScalarOperator` if its inputs and its output are
all 0-d, so that its local derivatives are plain numbers, and a `BroadcastedOperator` otherwise.

Building a node computes it at once, so that a wrong shape is reported on the line that wrote it.
"""

from ..dtypes import is_differentiable
from .leaves import Constant, Leaf, Variable, WeakConstant, as_node, weak_number
from .node import Clock, GraphNode
from .operators import BroadcastedOperator, Operator, ScalarOperator, make_operator

__all__ = [
    "BroadcastedOperator",
    "Clock",
    "Constant",
    "GraphNode",
    "Leaf",
    "Operator",
    "ScalarOperator",
    "Variable",
    "WeakConstant",
    "as_node",
    "is_differentiable",
    "make_operator",
    "weak_number",
]
