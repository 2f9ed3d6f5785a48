"""Arrays at addresses: how a compiled region sees the memory that Python prepared for it."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic as _intrinsic
from numba.np.arrayobj import populate_array

# By Numba's own type, an intrinsic takes one argument more than it does.
intrinsic: Any = _intrinsic

_ANY_SIZE = 1 << 40


@intrinsic
def cycles(context):
    """The processor's clock: a count that grows at a constant rate."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(64), [])
        name = "llvm.readcyclecounter"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [])

    return types.int64(), write


@intrinsic
def view(typing, address, dtype):
    """The memory from `address` on, as a flat array of `dtype` without an end."""
    array = types.Array(dtype.dtype, 1, "C")

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        result = context.make_array(array)(context, builder)
        kind = context.get_data_type(array.dtype)
        size, bytes_ = ir.IntType(64)(_ANY_SIZE), ir.IntType(64)(context.get_abi_sizeof(kind))
        populate_array(
            result,
            data=builder.inttoptr(arguments[0], kind.as_pointer()),
            shape=[size],
            strides=[bytes_],
            itemsize=bytes_,
            meminfo=None,
        )
        return result._getvalue()

    return array(types.int64, dtype), write


@intrinsic
def _copy(context, source, target, size):
    """What C calls ``memcpy``."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = context.get_value_type(types.voidptr)
        source, target = [builder.inttoptr(address, kind) for address in arguments[:2]]
        cgutils.raw_memcpy(builder, target, source, arguments[2], 1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), write


@njit(nogil=True)
def copy(source, target, size):
    """Copy so many bytes from one address to another; the two memories may not overlap."""
    _copy(source, target, size)


@intrinsic
def clear(typing, address, size):
    """Set so many bytes to zero."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        start = builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))
        cgutils.memset(builder, start, arguments[1], 0)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), write


@njit(nogil=True, cache=True)
def batch_last(source, target, geometry, n):
    """(n, F) to (F, n), for numbers of any type: one by one."""
    features = geometry[0]
    for example in range(n):
        for feature in range(features):
            target[feature * n + example] = source[example * features + feature]


@njit(nogil=True, cache=True)
def batch_first(source, target, geometry, n):
    """(F, n) to (n, F), for numbers of any type: one by one."""
    features = geometry[0]
    for example in range(n):
        for feature in range(features):
            target[example * features + feature] = source[feature * n + example]
