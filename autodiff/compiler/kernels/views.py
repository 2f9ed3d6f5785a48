"""Arrays at addresses: how a compiled region sees the memory that Python prepared for it."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

_ANY_SIZE = 1 << 40


@intrinsic
def _pointer(context, address):
    """An address as a pointer."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), write


@intrinsic
def cycles(context):
    """The processor's clock: a count that grows at a constant rate."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(64), [])
        name = "llvm.readcyclecounter"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [])

    return types.int64(), write


@njit(nogil=True)
def view(address, dtype):
    """The memory from `address` on, as a flat array of `dtype` without an end."""
    return carray(_pointer(address), (_ANY_SIZE,), dtype)


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


@njit(nogil=True)
def clear(address, words):
    """Set so many 8-byte words to zero."""
    memory = carray(_pointer(address), (_ANY_SIZE,), types.int64)
    for word in range(words):
        memory[word] = 0


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
