"""The parts of floating-point numbers, and polynomials: what elementary functions are made of.

A number is stored as its sign, its exponent and its mantissa. So multiplying by a power of two, or
asking how many powers of two a number holds, is a step of integer arithmetic on its bits.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from .registers import Vector, call, check_vectors, llvm_type, repeat, suffix

MANTISSA = {types.float32: 23, types.float64: 52}
"""How many bits the mantissa has."""

SQRT_HALF = {types.float32: 0x3F3504F3, types.float64: 0x3FE6A09E667F3BCD}
"""The bits of the square root of one half."""


def _integers(vector: Vector) -> tuple[ir.VectorType, Any]:
    """The type of the bits of a vector, and a function that makes constants of it."""
    kind = ir.VectorType(ir.IntType(vector.dtype.bitwidth), vector.lanes)
    return kind, lambda number: ir.Constant(kind, [number] * vector.lanes)


@intrinsic
def power_of_two(typing, n):
    """:math:`2^n` for integers n, as numbers, in the range of the normal exponents."""
    check_vectors("power_of_two", n)
    kind, constant = _integers(n)

    def generate(context, builder, signature, values):
        mantissa = MANTISSA[n.dtype]
        bias = (1 << (n.dtype.bitwidth - 2 - mantissa)) - 1
        exponent = builder.add(builder.fptosi(values[0], kind), constant(bias))
        return builder.bitcast(builder.shl(exponent, constant(mantissa)), llvm_type(n))

    return n(n), generate


def _above_sqrt_half(builder: Any, vector: Vector, value: Any) -> Any:
    """The bits of a positive number, less those of the square root of one half."""
    kind, constant = _integers(vector)
    return builder.sub(builder.bitcast(value, kind), constant(SQRT_HALF[vector.dtype]))


@intrinsic
def exponent(typing, x):
    r"""The integer e, as a number, with :math:`x = 2^e m` and :math:`\sqrt{1/2} \le m < \sqrt2`.

    `x` is a normal positive number.
    """
    check_vectors("exponent", x)
    _, constant = _integers(x)

    def generate(context, builder, signature, values):
        bits = _above_sqrt_half(builder, x, values[0])
        return builder.sitofp(builder.ashr(bits, constant(MANTISSA[x.dtype])), llvm_type(x))

    return x(x), generate


@intrinsic
def mantissa(typing, x):
    """The number m that belongs to `exponent`."""
    check_vectors("mantissa", x)
    _, constant = _integers(x)

    def generate(context, builder, signature, values):
        low = constant((1 << MANTISSA[x.dtype]) - 1)
        bits = builder.and_(_above_sqrt_half(builder, x, values[0]), low)
        whole = builder.add(bits, constant(SQRT_HALF[x.dtype]))
        return builder.bitcast(whole, llvm_type(x))

    return x(x), generate


@intrinsic
def with_sign(typing, x, sign):
    """Give `x` the sign of another vector."""
    check_vectors("with_sign", x, sign)

    def generate(context, builder, signature, values):
        return call(builder, f"llvm.copysign.{suffix(x)}", llvm_type(x), list(values))

    return x(x, x), generate


def _of_dtype(vector: Vector, table: Any, name: str) -> tuple[float, ...]:
    """The numbers of that name in a table {name: (those of float32, those of float64)}."""
    numbers = table.get(name)
    if numbers is None:
        raise TypingError(f"there is no constant {name!r}")
    return numbers[vector.dtype == types.float64]


def tabled(table: dict[str, tuple[tuple[float, ...], tuple[float, ...]]]) -> tuple[Any, Any]:
    """Make two intrinsics that know a table {name: (those of float32, those of float64)}.

    ``constant(x, "name")`` is a vector of the only number of that name, in the dtype of `x`, and
    ``polynomial(x, "name")`` the polynomial whose coefficients these are, the highest first, by
    Horner's rule.
    """

    @intrinsic(prefer_literal=True)
    def constant(typing, x, name):
        """Give a vector of one number of the table."""
        check_vectors("constant", x)

        def generate(context, builder, signature, values):
            [number] = _of_dtype(x, table, name.literal_value)
            return repeat(builder, ir.Constant(llvm_type(x).element, number), x.lanes)

        return x(x, name), generate

    @intrinsic(prefer_literal=True)
    def polynomial(typing, x, name):
        """Give the value of a polynomial of the table."""
        check_vectors("polynomial", x)

        def generate(context, builder, signature, values):
            kind, kernel = llvm_type(x), f"llvm.fmuladd.{suffix(x)}"
            highest, *others = [
                ir.Constant(kind, [number] * x.lanes)
                for number in _of_dtype(x, table, name.literal_value)
            ]
            result = highest
            for number in others:
                result = call(builder, kernel, kind, [result, values[0], number])
            return result

        return x(x, name), generate

    return constant, polynomial


@intrinsic(prefer_literal=True)
def lane_by_lane(typing, name, *operands):
    """Call a function of C's mathematical library for each lane of its operands."""
    if isinstance(operands[0], types.BaseTuple):
        operands = tuple(operands[0])
    check_vectors("lane_by_lane", *operands)
    vector = operands[0]

    def generate(context, builder, signature, values):
        kind, numbers = llvm_type(vector), values[1]
        ending = "f" if vector.dtype == types.float32 else ""
        result = ir.Constant(kind, ir.Undefined)
        for k in range(vector.lanes):
            position = ir.IntType(32)(k)
            lanes = [
                builder.extract_element(builder.extract_value(numbers, i), position)
                for i in range(len(operands))
            ]
            number = call(builder, name.literal_value + ending, kind.element, lanes)
            result = builder.insert_element(result, number, position)
        return result

    return vector(name, types.UniTuple(vector, len(operands))), generate
