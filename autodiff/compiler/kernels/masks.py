"""Logic on masks, single lanes of vectors, and vectors of small unsigned integers.

The integers say which tap of a window was chosen. In memory they take a byte each; in registers
they are numbers of the dtype that is computed with, so that they can be blended by the same masks.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from .registers import (
    Mask,
    Vector,
    call,
    first_lanes,
    llvm_type,
    pointer,
    whole_or_part,
)

_ALIGNED = ir.IntType(32)(1)


@intrinsic
def both(typing, a, b):
    """Where both masks are true."""
    suits = isinstance(a, Mask) and a == b
    return (a(a, a) if suits else None), lambda context, builder, _, values: builder.and_(*values)


@intrinsic
def either(typing, a, b):
    """Where one of two masks is true."""
    suits = isinstance(a, Mask) and a == b
    return (a(a, a) if suits else None), lambda context, builder, _, values: builder.or_(*values)


@intrinsic
def neither(typing, a):
    """Where a mask is false."""
    suits = isinstance(a, Mask)
    return (a(a) if suits else None), lambda context, builder, _, values: builder.not_(*values)


@intrinsic
def lane(typing, vector, index):
    """Give the number in one lane."""

    def generate(context, builder, signature, values):
        return builder.extract_element(*values)

    suits = isinstance(vector, Vector)
    return (vector.dtype(vector, types.intp) if suits else None), generate


@intrinsic
def with_lane(typing, vector, index, number):
    """Give a vector with another number in one lane."""

    def generate(context, builder, signature, values):
        return builder.insert_element(values[0], values[2], values[1])

    suits = isinstance(vector, Vector)
    return (vector(vector, types.intp, vector.dtype) if suits else None), generate


def _small(code: Any, vector: Any) -> Any:
    """LLVM's type for a vector of the elements of an array of unsigned integers or truths."""
    if code.dtype == types.boolean:
        return ir.VectorType(ir.IntType(8), vector.lanes)
    if code.dtype not in types.unsigned_domain:
        raise TypingError(f"codes are kept in arrays of unsigned integers, not in {code}")
    return ir.VectorType(ir.IntType(code.dtype.bitwidth), vector.lanes)


@intrinsic
def load_codes(typing, code, index, like, count):
    """Load `count` integers as numbers in a vector like another one."""
    small = _small(code, like)

    def generate(context, builder, signature, values):
        address = pointer(context, builder, code, *values[:2])
        address = builder.bitcast(address, small.as_pointer())
        with whole_or_part(builder, values[3], like.lanes) as (whole, part):
            with whole:
                loaded, full = builder.load(address, align=1), builder.block
            with part:
                name = f"llvm.masked.load.v{like.lanes}i{small.element.width}.p0"
                mask = first_lanes(builder, values[3], like.lanes)
                options = [_ALIGNED, mask, ir.Constant(small, None)]
                masked, short = call(builder, name, small, [address, *options]), builder.block
        either = builder.phi(small)
        either.add_incoming(loaded, full)
        either.add_incoming(masked, short)
        return builder.uitofp(either, llvm_type(like))

    return like(code, types.intp, like, types.intp), generate


@intrinsic
def store_codes(typing, code, index, value, count):
    """Store the first `count` numbers of a vector as integers."""
    small = _small(code, value)

    def generate(context, builder, signature, values):
        address = pointer(context, builder, code, *values[:2])
        address = builder.bitcast(address, small.as_pointer())
        # By way of 32 bits, to which processors convert a register in one step.
        wide = builder.fptosi(values[2], ir.VectorType(ir.IntType(32), value.lanes))
        narrow = builder.trunc(wide, small) if small.element.width < 32 else wide
        with whole_or_part(builder, values[3], value.lanes) as (whole, part):
            with whole:
                builder.store(narrow, address, align=1)
            with part:
                name = f"llvm.masked.store.v{value.lanes}i{small.element.width}.p0"
                mask = first_lanes(builder, values[3], value.lanes)
                call(builder, name, ir.VoidType(), [narrow, address, _ALIGNED, mask])
        return context.get_dummy_value()

    return types.void(code, types.intp, value, types.intp), generate
