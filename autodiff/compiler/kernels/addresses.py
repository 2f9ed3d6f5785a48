"""Kernels called by address, so that each is compiled once.

What a jitted function calls, Numba builds into it: LLVM optimises and translates it again, with
every caller. For the large kernels that took longer than all else. A call through an address needs
no more than the types of the arguments. The machine code lies where it lies, once for all regions
and for all kernels that are made of others, on disk as in memory.

An address is a number of this process: it comes in the control block or the geometry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic


def address(kernel: Any, dtypes: Sequence[Any], numbers: int = 0) -> int:
    """Where the machine code of a kernel begins; it is compiled, or read from disk.

    Parameters
    ----------
    kernel : jitted function
        It returns nothing. Its arguments are flat arrays, scalars, a geometry, and integers.
    dtypes : sequence of dtype
        Those of its arrays.
    numbers : int
        How many of its arguments are floating-point scalars.
    """
    integers = kernel.py_func.__code__.co_argcount - len(dtypes) - numbers - 1
    arrays = [types.Array(from_dtype(np.dtype(dtype)), 1, "C") for dtype in (*dtypes, np.int64)]
    scalars = [types.float64] * numbers
    kinds = (*arrays[:-1], *scalars, arrays[-1], *[types.int64] * integers)
    kernel.compile(kinds)
    found = kernel.overloads[kinds]
    return found.library.get_pointer_to_function(found.fndesc.llvm_func_name)


@intrinsic
def call_at(typing, address, *arguments):
    """Call the kernel at an address; types of the arguments are as `address` was told."""
    if isinstance(arguments[0], types.BaseTuple):
        arguments = tuple(arguments[0])
    # A literal is an integer of a type of its own.
    kinds = tuple(types.int64 if isinstance(kind, types.Integer) else kind for kind in arguments)

    def generate(context, builder, signature, values):
        convention = context.call_conv
        kind = convention.get_function_type(types.none, kinds)
        kernel = builder.inttoptr(values[0], kind.as_pointer())
        operands = cgutils.unpack_tuple(builder, values[1])
        convention.call_function(builder, kernel, types.none, kinds, operands)
        return context.get_dummy_value()

    return types.void(types.int64, types.Tuple(kinds)), generate
