"""Instructions that Numba has no words for: atomic memory, pause, a call through an address.

Threads that share memory without a lock need two promises. *Atomic*: a value is read or written
whole. *Ordered*: whoever sees a value stored with *release* (by a load with *acquire*) also sees
everything written before it. So one integer that says "done" is enough to hand over an array.
LLVM states the promises in its language reference: https://llvm.org/docs/Atomics.html.

All of them take addresses, plain int64 numbers.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as _intrinsic

# By Numba's own type, an intrinsic takes one argument more than it does.
intrinsic: Any = _intrinsic

_WORD = ir.IntType(64)
_REGION = ir.FunctionType(ir.VoidType(), [_WORD.as_pointer(), _WORD])

# What a processor does in a loop that waits for another: an LLVM intrinsic and its arguments. On
# ARM, `isb` waits longer than `yield`, which most of its processors ignore.
_X86: tuple[str, list] = ("llvm.x86.sse2.pause", [])
_ARM: tuple[str, list] = ("llvm.aarch64.isb", [ir.Constant(ir.IntType(32), 15)])
_PAUSES = {"x86_64": _X86, "amd64": _X86, "i686": _X86, "aarch64": _ARM, "arm64": _ARM}


def _pointer(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, _WORD.as_pointer())


@intrinsic
def load(typing: Any, address: Any) -> Any:
    """The word at `address`, with acquire."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(_pointer(builder, args[0]), "acquire", align=8)

    return types.int64(types.int64), generate


@intrinsic
def store(typing: Any, address: Any, value: Any) -> Any:
    """Write `value` to `address`, with release."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store_atomic(args[1], _pointer(builder, args[0]), "release", align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@intrinsic
def replace(typing: Any, address: Any, expected: Any, value: Any) -> Any:
    """Write `value` to `address` if `expected` stands there; whether it did. One step for all."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pair = builder.cmpxchg(
            _pointer(builder, args[0]), args[1], args[2], "seq_cst", failordering="seq_cst"
        )
        return builder.extract_value(pair, 1)

    return types.boolean(types.int64, types.int64, types.int64), generate


@intrinsic
def pause(typing: Any) -> Any:
    """Tell the processor that this thread waits in a loop."""
    machine = binding.get_process_triple().partition("-")[0]

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if machine in _PAUSES:
            name, operands = _PAUSES[machine]
            kind = ir.FunctionType(ir.VoidType(), [operand.type for operand in operands])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, name), operands)
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def call_region(typing: Any, address: Any, control: Any, share: Any) -> Any:
    """Call the function ``void region(int64 *control, int64 share)`` that starts at `address`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        region = builder.inttoptr(args[0], _REGION.as_pointer())
        builder.call(region, [_pointer(builder, args[1]), args[2]])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def call_yield(typing: Any, address: Any) -> Any:
    """Call the function ``int f(void)`` that starts at `address`; its result is dropped."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        function = ir.FunctionType(ir.IntType(32), [])
        builder.call(builder.inttoptr(args[0], function.as_pointer()), [])
        return context.get_dummy_value()

    return types.void(types.int64), generate
