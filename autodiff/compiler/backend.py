"""The Numba backend: what a kernel is called with, and how an instruction asks for one.

On NumPy, the kernel of a primitive is its own definition. On Numba it is a *lowering*: a function
that says which compiled kernels compute an instruction on a tile of the batch, or None where there
is none. Whatever has no lowering runs on NumPy, so that every graph can be compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..dispatch import NumPy, implements
from ..primitives.primitive import Primitive
from .instructions import Instruction, Value, is_number


class Numba(NumPy):
    """Kernels compiled by Numba, on tiles of the batch; NumPy where there is none."""


TILE, WHOLE, PARTIAL = "tile", "whole", "partial"
"""How a value relates to the batch: its first axis is the batch; it has nothing to do with it; it
is a sum over it."""

LAST, FIRST = "batch last", "batch first"
"""How a tile lies in memory: as (features, n), or as (n, features) like the user's arrays."""

Kinds = Mapping[Value, str]


@dataclass(frozen=True, eq=False)
class Operand:
    """An argument of a kernel: a value, and how it must lie in memory."""

    value: Value
    layout: str = LAST


@dataclass(frozen=True, eq=False)
class Scratch:
    """An argument that a kernel writes and reads itself: so many elements for each example."""

    features: int
    dtype: np.dtype


@dataclass(frozen=True, eq=False)
class Nothing:
    """An argument that is left out: an empty array."""

    dtype: np.dtype


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a kernel.

    Attributes
    ----------
    kernel : str
        Module and name within `autodiff.compiler.kernels`, such as ``"products.product"``; or the
        name of a function whose text is in `source`.
    operands : tuple of Operand, Scratch or Nothing
        Its array arguments, in order.
    numbers : tuple of float
        Its scalar arguments, after the arrays.
    geometry : numpy.ndarray of int64
        Sizes, strides and tables of offsets, for one example: no size of the batch.
    writes : tuple of int
        Positions of the operands that it writes; to a sum over the batch it adds.
    source : str
        Text of the function, where it was generated for this program.
    operations : int
        Floating-point operations for one example.
    complains : bool
        Whether the kernel returns how many elements of its data were illegal.
    """

    kernel: str
    operands: tuple[Operand | Scratch | Nothing, ...]
    geometry: np.ndarray
    writes: tuple[int, ...]
    numbers: tuple[float, ...] = ()
    source: str = ""
    operations: int = 0
    complains: bool = False


@dataclass(frozen=True, eq=False)
class Lowered:
    """An instruction as calls of kernels.

    Attributes
    ----------
    kinds : tuple of str
        How each of its outputs relates to the batch.
    calls : tuple of Call
        What computes them; none where the output is the first operand in another shape.
    """

    kinds: tuple[str, ...]
    calls: tuple[Call, ...] = ()


Lowering = Callable[[Instruction, Kinds], Lowered | None]


@implements(Numba, Primitive)
def _none(primitive: Primitive) -> Lowering:
    """No kernel: the instruction runs on NumPy."""
    return lambda step, kinds: None


def features(value: Value) -> int:
    """Number of elements of one example."""
    return int(np.prod(value.shape[1:], dtype=int))


def are_tiles(kinds: Kinds, *values: Value) -> bool:
    """Whether each value has the batch as its first axis."""
    return all([kinds.get(value) == TILE for value in values])


def is_whole(kinds: Kinds, *values: Value) -> bool:
    """Whether no value has to do with the batch."""
    return all([is_number(value) or kinds.get(value) in (WHOLE, PARTIAL) for value in values])


def is_floating(*values: Value) -> bool:
    """Whether all values are of one and the same floating type that kernels compute in."""
    dtypes = {value.dtype for value in values}
    return len(dtypes) == 1 and next(iter(dtypes)) in (np.float32, np.float64)


def table(*numbers: Any) -> np.ndarray:
    """A geometry: integers, one after the other."""
    return np.concatenate([np.ravel(np.asarray(part, np.int64)) for part in numbers])
