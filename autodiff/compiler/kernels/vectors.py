r"""Vectors of numbers, as the processor's registers hold them.

One instruction of a modern processor adds or multiplies a whole register of numbers: 16 of float32
with AVX-512, 8 with AVX2, 4 on every 64-bit machine. A compiler that is given loops over numbers
has to find out by itself where that is possible, and often does not: the same convolution ran at
13 GFLOP/s as loops that LLVM vectorised, and at 110 with the vectors of this file.

So here is a type `Vector` for Numba, and functions that jitted code calls::

    @njit
    def add_twice(x, y):
        for start in range(0, len(x), lanes(x)):
            count = len(x) - start
            u, v = load_part(x, start, count), load_part(y, start, count)
            store_part(y, start, fma(broadcast(x, 2.0), u, v), count)

Each is an *intrinsic*. Its body runs while Numba compiles: it is given the types of the arguments,
and returns a signature and a function that writes the instructions in LLVM's language. Nothing of
it is left when the program runs; a call becomes one instruction of the processor, mostly.

Arrays are one-dimensional, contiguous, of float32 or float64; an index counts numbers. Nothing is
checked when the program runs, so an index outside of an array is a fault like in C.

References
----------
LLVM Language Reference, https://llvm.org/docs/LangRef.html
Numba, "Notes on intrinsics", https://numba.readthedocs.io/en/stable/extending/high-level.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .registers import (
    Mask,
    Vector,
    call,
    check_vectors,
    llvm_type,
    load_at,
    pointer,
    repeat,
    store_at,
    suffix,
    vector_like,
)

# Between memory and registers


@intrinsic
def lanes(typing, like):
    """Give how many numbers a vector like this array or vector holds; a constant when compiled."""
    vector = vector_like(like)

    def generate(context, builder, signature, arguments):
        return context.get_constant(types.intp, vector.lanes)

    return types.intp(like), generate


@intrinsic
def load(typing, array, index):
    """Load a vector from array[index] on."""
    vector = vector_like(array)

    def generate(context, builder, signature, arguments):
        address = pointer(context, builder, array, *arguments)
        return load_at(builder, vector, address)

    return vector(array, types.intp), generate


@intrinsic
def load_part(typing, array, index, count):
    """Load the first `count` lanes of a vector, zeros in the others; touches no memory of those.

    A negative `count` loads nothing; one that exceeds the lanes loads all.
    """
    vector = vector_like(array)

    def generate(context, builder, signature, arguments):
        address = pointer(context, builder, array, *arguments[:2])
        return load_at(builder, vector, address, arguments[2])

    return vector(array, types.intp, types.intp), generate


@intrinsic
def store(typing, array, index, value):
    """Store a vector from array[index] on."""
    vector = vector_like(array)

    def generate(context, builder, signature, arguments):
        address = pointer(context, builder, array, *arguments[:2])
        store_at(builder, vector, address, arguments[2])
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), generate


@intrinsic
def store_part(typing, array, index, value, count):
    """Store the first `count` lanes of a vector; touches no memory of the others."""
    vector = vector_like(array)

    def generate(context, builder, signature, arguments):
        address = pointer(context, builder, array, *arguments[:2])
        store_at(builder, vector, address, *arguments[2:])
        return context.get_dummy_value()

    return types.void(array, types.intp, vector, types.intp), generate


@intrinsic
def splat(typing, array, index):
    """Load one number, array[index], into every lane."""
    vector = vector_like(array)

    def generate(context, builder, signature, arguments):
        number = builder.load(pointer(context, builder, array, *arguments))
        return repeat(builder, number, vector.lanes)

    return vector(array, types.intp), generate


@intrinsic
def broadcast(typing, like, number):
    """Put a number, converted to the dtype of an array or vector, into every lane."""
    vector = vector_like(like)

    def generate(context, builder, signature, arguments):
        return repeat(builder, arguments[1], vector.lanes)

    return vector(like, vector.dtype), generate


@intrinsic
def zeros(typing, like):
    """Give a vector of zeros for an array, or like a vector."""
    vector = vector_like(like)

    def generate(context, builder, signature, arguments):
        return ir.Constant(llvm_type(vector), None)

    return vector(like), generate


# Arithmetic, lane by lane. The functions below make intrinsics that differ in one instruction.


def _lanewise(doc: str, operands: int, write: Callable[..., Any]) -> Any:
    """Make an intrinsic of vectors of one type; `write` is given the builder and their values."""

    def typed(*vectors: Any) -> Any:
        check_vectors(doc, *vectors)

        def generate(context, builder, signature, arguments):
            return write(builder, vectors[0], *arguments)

        return vectors[0](*vectors), generate

    def one(typing, a):
        return typed(a)

    def two(typing, a, b):
        return typed(a, b)

    def three(typing, a, b, c):
        return typed(a, b, c)

    function = (one, two, three)[operands - 1]
    function.__doc__ = doc
    return intrinsic(function)


def _known(name: str) -> Callable[..., Any]:
    """Write a call of LLVM's function of that name, for vectors of this type."""

    def write(builder: Any, vector: Vector, *values: Any) -> Any:
        return call(builder, f"llvm.{name}.{suffix(vector)}", llvm_type(vector), list(values))

    return write


def _extreme(sign: str) -> Callable[..., Any]:
    # The processor's own maximum gives its second operand where one is NaN; so only a NaN in the
    # first has to be seen to.
    def write(builder: Any, vector: Vector, a: Any, b: Any) -> Any:
        best = builder.select(builder.fcmp_ordered(sign, a, b), a, b)
        return builder.select(builder.fcmp_unordered("uno", a, a), a, best)

    return write


add = _lanewise("a + b", 2, lambda builder, vector, a, b: builder.fadd(a, b))
subtract = _lanewise("a - b", 2, lambda builder, vector, a, b: builder.fsub(a, b))
multiply = _lanewise("a * b", 2, lambda builder, vector, a, b: builder.fmul(a, b))
divide = _lanewise("a / b", 2, lambda builder, vector, a, b: builder.fdiv(a, b))
negative = _lanewise("-a", 1, lambda builder, vector, a: builder.fneg(a))
# "fmuladd" and not "fma", which a processor without that instruction would compute in software.
fma = _lanewise("a * b + c, rounded once where the processor can", 3, _known("fmuladd"))
absolute = _lanewise("abs(a)", 1, _known("fabs"))
sqrt = _lanewise("The square root; NaN below zero", 1, _known("sqrt"))
floor = _lanewise("The nearest integer that is not larger", 1, _known("floor"))
nearest = _lanewise("The nearest integer, the even one of two", 1, _known("roundeven"))
maximum = _lanewise("The larger one, or NaN where one is NaN", 2, _extreme(">"))
minimum = _lanewise("The smaller one, or NaN where one is NaN", 2, _extreme("<"))


# Masks


def _comparison(doc: str, sign: str) -> Any:
    """Make an intrinsic that compares two vectors; a comparison with NaN is false, but for !=."""

    def compare(typing, a, b):
        check_vectors(doc, a, b)

        def generate(context, builder, signature, arguments):
            if sign == "!=":
                return builder.fcmp_unordered(sign, *arguments)
            return builder.fcmp_ordered(sign, *arguments)

        return Mask(a.lanes)(a, a), generate

    compare.__doc__ = doc
    return intrinsic(compare)


less = _comparison("a < b", "<")
less_equal = _comparison("a <= b", "<=")
greater = _comparison("a > b", ">")
greater_equal = _comparison("a >= b", ">=")
equal = _comparison("a == b", "==")
not_equal = _comparison("a != b; so not_equal(a, a) says where a is NaN", "!=")


@intrinsic
def select(typing, mask, a, b):
    """Take the lanes of `a` where the mask is true, and those of `b` elsewhere."""
    check_vectors("select", a, b)

    def generate(context, builder, signature, arguments):
        return builder.select(*arguments)

    return a(Mask(a.lanes), a, a), generate


# Across the lanes


@intrinsic
def total(typing, a):
    """Add up the lanes, in pairs, to a number."""
    check_vectors("total", a)

    def generate(context, builder, signature, arguments):
        kind = llvm_type(a).element
        name = f"llvm.vector.reduce.fadd.{suffix(a)}"
        values = [ir.Constant(kind, 0.0), arguments[0]]
        return call(builder, name, kind, values, fastmath=("reassoc",))

    return a.dtype(a), generate


@intrinsic
def largest(typing, a):
    """Give the largest of the lanes, or NaN if there is one."""
    check_vectors("largest", a)

    def generate(context, builder, signature, arguments):
        name = f"llvm.vector.reduce.fmaximum.{suffix(a)}"
        return call(builder, name, llvm_type(a).element, [arguments[0]])

    return a.dtype(a), generate
