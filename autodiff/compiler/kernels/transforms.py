r"""The transforms of Winograd's convolution for filters of 3 x 3, between registers.

Of a row of an image, four neighbouring outputs of a filter of three weights need 12 multiplications
when each is computed by itself, but only 6 when they are computed together:

.. math:: y = A^T \left[(G w) \odot (B^T d)\right],

for d the six pixels that they meet. What stands in the brackets are values of polynomials at five
*points*, and their highest coefficients. In two dimensions each matrix acts on rows and columns,
and 36 multiplications do the work of 144. The points are 0 and plus or minus the roots of 1/2 and
of 2: the errors of rounding are a fifth of those at 0, 1, -1, 2 and -2, which most texts take.

The matrices have few and simple entries, so they are written as formulas, in the fewest additions.
A convolution is linear in w and in d; its gradients go through the transposes of the matrices.

References
----------
A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
https://arxiv.org/abs/1509.09308
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .geometry import BIAS, RELU
from .registers import (
    call,
    first_lanes,
    llvm_type,
    load_at,
    pointer,
    repeat,
    store_at,
    suffix,
    vector_like,
)

ROOT = 2**0.5


def pixels(a, b, c, d, e, f):
    """Give B^T d, of six pixels."""
    even, odd = e - c * 2.0, (d - b * 2.0) * (1 / ROOT)
    even_2, odd_2 = e - c * 0.5, (d - b * 0.5) * ROOT
    first, last = a - c * 2.5 + e, b - d * 2.5 + f
    return first, even + odd, even - odd, even_2 + odd_2, even_2 - odd_2, last


def weights(a, b, c):
    """Give G w, of three weights."""
    even, odd = (a + c * 0.5) * (-2 / 3), b * (-2 / 3 / ROOT)
    even_2, odd_2 = (a + c * 2.0) * (1 / 6), b * (ROOT / 6)
    return a, even + odd, even - odd, even_2 + odd_2, even_2 - odd_2, c


def sums(a, b, c, d, e, f):
    """Give the four outputs A^T m, of six products summed over the channels."""
    even, odd, even_2, odd_2 = b + c, (b - c) * (1 / ROOT), d + e, (d - e) * ROOT
    return a + even + even_2, odd + odd_2, even * 0.5 + even_2 * 2.0, odd * 0.5 + odd_2 * 2.0 + f


def gradients(a, b, c, d):
    """Give A g, of the gradients of four outputs: the transpose of `sums`."""
    even, odd = a + c * 0.5, (b + d * 0.5) * (1 / ROOT)
    even_2, odd_2 = a + c * 2.0, (b + d * 2.0) * ROOT
    return a, even + odd, even - odd, even_2 + odd_2, even_2 - odd_2, d


def weight_gradients(a, b, c, d, e, f):
    """Give G^T u, the gradients of three weights: the transpose of `weights`."""
    even, even_2 = (b + c) * (-2 / 3), (d + e) * (1 / 6)
    odd = (b - c) * (-2 / 3 / ROOT) + (d - e) * (ROOT / 6)
    return a + even + even_2, odd, even * 0.5 + even_2 * 2.0 + f


def both_ways(formula: Callable, rows: Sequence) -> list[tuple]:
    """Apply a formula to the columns of a square of things, then to the rows of what it gives."""
    columns = [formula(*column) for column in zip(*rows, strict=True)]
    return [formula(*row) for row in zip(*columns, strict=True)]


class _Term:
    """A register while Numba compiles: arithmetic on it writes instructions."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def __add__(self, other: _Term) -> _Term:
        return self._write(self.builder.fadd, other.value)

    def __sub__(self, other: _Term) -> _Term:
        return self._write(self.builder.fsub, other.value)

    def __mul__(self, number: float) -> _Term:
        kind = self.value.type
        return self._write(self.builder.fmul, ir.Constant(kind, [number] * kind.count))

    def _write(self, instruction: Callable, other: Any) -> _Term:
        # The processor may multiply and add in one instruction.
        return _Term(self.builder, instruction(self.value, other, flags=("contract",)))


class _Square:
    """Vectors in memory: where they lie, and which are there.

    `place` is (start, down, right), which vector the first is and how far the next row and column
    are; `bounds` is (r0, r1, c0, c1): outside of these rows and columns is nothing.
    """

    def __init__(self, context, builder, kind, array, place, bounds, side, lanes, count):
        self.builder, self.vector = builder, vector_like(kind)
        start, down, right = cgutils.unpack_tuple(builder, place)
        r0, r1, c0, c1 = cgutils.unpack_tuple(builder, bounds)
        self.addresses = []
        for row in range(side):
            at = builder.add(start, builder.mul(down, down.type(row)))
            self.addresses.append([pointer(context, builder, kind, array, at)])
            while len(self.addresses[row]) < side:
                self.addresses[row].append(builder.gep(self.addresses[row][-1], [right]))
        self.rows = [self._between(r0, number, r1) for number in range(side)]
        self.columns = [self._between(c0, number, c1) for number in range(side)]
        self.lanes = lanes

    def _between(self, first: Any, number: int, end: Any) -> Any:
        begun = self.builder.icmp_signed("<=", first, first.type(number))
        return self.builder.and_(begun, self.builder.icmp_signed(">", end, end.type(number)))

    def is_whole(self) -> Any:
        """Whether every row and column is there, for which the first and the last have to be."""
        rows = self.builder.and_(self.rows[0], self.rows[-1])
        return self.builder.and_(rows, self.builder.and_(self.columns[0], self.columns[-1]))

    def places(self, whole: bool) -> list[list[tuple[Any, Any]]]:
        """Each vector's address and the mask of its lanes; None stands for all of them."""
        return [
            [
                (address, None if whole else self._mask(row, column))
                for address, column in zip(addresses, self.columns, strict=True)
            ]
            for addresses, row in zip(self.addresses, self.rows, strict=True)
        ]

    def _mask(self, row: Any, column: Any) -> Any:
        there = repeat(self.builder, self.builder.and_(row, column), self.vector.lanes)
        return self.builder.and_(self.lanes, there)

    def load(self, address: Any, mask: Any) -> Any:
        """Write the instruction that loads a vector, with zeros where the mask has none."""
        if mask is None:
            return load_at(self.builder, self.vector, address)
        kind = llvm_type(self.vector)
        place = self.builder.bitcast(address, kind.as_pointer())
        name = f"llvm.masked.load.{suffix(self.vector)}.p0"
        return call(self.builder, name, kind, [place, self._bytes, mask, ir.Constant(kind, None)])

    def store(self, address: Any, mask: Any, value: Any) -> None:
        """Write the instruction that stores a vector, or what the mask has of it."""
        if mask is None:
            store_at(self.builder, self.vector, address, value)
            return
        place = self.builder.bitcast(address, value.type.as_pointer())
        name = f"llvm.masked.store.{suffix(self.vector)}.p0"
        call(self.builder, name, ir.VoidType(), [value, place, self._bytes, mask])

    @property
    def _bytes(self) -> Any:
        return ir.IntType(32)(self.vector.dtype.bitwidth // 8)


def transformation(formula: Callable, size: int, finish: bool = False) -> Any:
    """Make an intrinsic that transforms squares of `size` x `size` vectors, both ways.

    Jitted code calls it with an array, place and bounds of the square in it (see `_Square`), and
    the same of the target; the number of lanes, of which more than a vector has stand for all; and,
    with `finish`, a bias's array and place and the flags of BIAS and RELU, else an empty tuple.
    """
    results = len(formula(*[0.0] * size))

    @intrinsic
    def transform(typing, source, place, bounds, target, to, within, count, last):
        vector = vector_like(source)

        def generate(context, builder, signature, arguments):
            kinds = signature.args
            source, place, bounds, target, to, within, count, last = arguments
            every = first_lanes(builder, count, vector.lanes)
            tools = context, builder
            read = _Square(*tools, kinds[0], source, place, bounds, size, every, count)
            written = _Square(*tools, kinds[3], target, to, within, results, every, count)
            end = _ending(*tools, vector, kinds[7][0], last) if finish else lambda value: value

            def body(whole: bool) -> None:
                terms = [
                    [_Term(builder, read.load(*place)) for place in row]
                    for row in read.places(whole)
                ]
                found = both_ways(formula, terms)
                for numbers, row in zip(found, written.places(whole), strict=True):
                    for term, (address, mask) in zip(numbers, row, strict=True):
                        written.store(address, mask, end(term.value))

            whole = builder.icmp_signed(">=", count, count.type(vector.lanes))
            for square in (read, written):
                whole = builder.and_(whole, square.is_whole())
            with builder.if_else(whole, likely=True) as (then, otherwise):
                with then:
                    body(True)
                with otherwise:
                    body(False)
            return context.get_dummy_value()

        place, bounds = (types.UniTuple(types.intp, length) for length in (3, 4))
        given = (source, place, bounds, target, place, bounds, types.intp, last)
        return types.void(*given), generate

    return transform


def _ending(context: Any, builder: Any, vector: Any, kind: Any, last: Any) -> Callable:
    """What is done with a result before it is stored: the bias is added, the ReLU is taken."""
    bias, number, flags = cgutils.unpack_tuple(builder, last)
    zero = ir.Constant(llvm_type(vector), None)

    def asked(flag: int) -> Any:
        return builder.icmp_signed("!=", builder.and_(flags, flags.type(flag)), flags.type(0))

    number = builder.load(pointer(context, builder, kind, bias, number))
    number = builder.select(asked(BIAS), number, number.type(0.0))
    number, positive = (repeat(builder, v, vector.lanes) for v in (number, asked(RELU)))

    def end(value: Any) -> Any:
        value = builder.fadd(value, number)
        negative = builder.and_(builder.fcmp_ordered("<", value, zero), positive)
        return builder.select(negative, zero, value)

    return end
