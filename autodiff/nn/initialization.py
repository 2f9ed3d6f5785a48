r"""How parameters begin: PyTorch's initialisation.

Both weights and biases of linear and convolution layers are drawn from the uniform distribution on
:math:`\pm 1/\sqrt{f}`, where the fan-in :math:`f` is the number of values that one output sums up.
For weights that is the initialisation of He et al. with the parameter :math:`a = \sqrt 5`.

References
----------
K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers", ICCV 2015.
https://arxiv.org/abs/1502.01852
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..dtypes import as_dtype, is_floating
from ..errors import ArgumentError, DtypeError
from ..primitives.random import Rng, as_generator
from ..structures import Variable


def fan_in(shape: Sequence[int]) -> int:
    """Number of values that one output sums up: all axes of a weight but the first."""
    return math.prod(shape[1:])


def uniform(shape: Sequence[int], bound: float, rng: Rng = None, dtype: Any = np.float32) -> Any:
    """Numbers drawn evenly from -`bound` to `bound`."""
    new = as_dtype(dtype)
    if not is_floating(new):
        raise DtypeError(f"the dtype of a layer must be floating; got {new}")
    return as_generator(rng).uniform(-bound, bound, tuple(shape)).astype(new)


def weight_and_bias(
    shape: Sequence[int], bias: int | None, rng: Rng, dtype: Any
) -> tuple[Variable, Variable | None]:
    """A weight of `shape`, and a bias of `bias` elements, or None, with PyTorch's distribution."""
    generator = as_generator(rng)
    bound = 1.0 / math.sqrt(fan_in(shape))
    weight = Variable(uniform(shape, bound, generator, dtype))
    if bias is None:
        return weight, None
    return weight, Variable(uniform((bias,), bound, generator, dtype))


def positive(layer: str, **sizes: Any) -> list[int]:
    """The sizes as integers.

    Raises
    ------
    ArgumentError
        If one is no positive integer.
    """
    for name, size in sizes.items():
        try:
            fits = operator.index(size) > 0
        except TypeError:
            fits = False
        if not fits:
            raise ArgumentError(f"{layer}: {name} must be a positive integer; got {size!r}")
    return [operator.index(size) for size in sizes.values()]
