"""Transforms: from a function to its derivative.

Each transform records the function as a graph, and then sweeps over that graph. Nested transforms
need no tags: the arguments of the inner function are fresh nodes, and derivatives are taken with
respect to nodes.
"""

from .custom import custom_gradient, stop_gradient
from .gradient import grad, value_and_grad
from .matrix import ggnvp, hessian, hvp, jacobian
from .memory import checkpoint
from .recorded import jvp, vjp

__all__ = [
    "checkpoint",
    "custom_gradient",
    "ggnvp",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
