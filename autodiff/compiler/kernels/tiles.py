r"""Tiles of sums that stay in the registers: where a matrix product spends its time.

A processor multiplies and adds faster than it loads. A tile of :math:`R` rows and :math:`C`
columns of vectors loads :math:`R` numbers and :math:`C` vectors and multiplies each with each, so
that :math:`R + C` loads feed :math:`R C` multiplications. The larger the tile the better, as long
as its sums, the :math:`C` vectors and one number fit into the registers,
:math:`(R + 1)\, C + 1 \le` `REGISTERS`: 8 x 3 or 6 x 4 with AVX-512, 6 x 2 or 4 x 3 with AVX2.

Every number of rows needs instructions of its own, and nobody would want to read all of them. They
are written by loops: the two intrinsics below run while Numba compiles, and where they say
``for row in range(rows)``, each turn writes one more instruction.

References
----------
K. Goto, R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
https://doi.org/10.1145/1356052.1356053
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.cgutils import for_range, for_range_slice
from numba.extending import intrinsic

from .geometry import ACCUMULATE, BIAS, RELU, RUN
from .registers import (
    REGISTERS,
    VECTOR_BITS,
    Vector,
    call,
    llvm_type,
    load_at,
    pointer,
    repeat,
    store_at,
    suffix,
    vector_like,
)

MOST_ROWS = 8 if REGISTERS == 32 else 6
"""How many rows the highest tile has."""

_integer = ir.IntType(64)


def widest(rows: int) -> int:
    """How many columns a tile of so many rows has; more than 6 would leave long remainders."""
    return max(1, min(6, (REGISTERS - 1) // (rows + 1)))


class _Tile:
    """Rows times columns of sums: variables, which LLVM keeps in registers.

    Its methods write instructions. `part` says how many lanes of a vector there are in memory; None
    stands for all.
    """

    def __init__(self, builder: Any, vector: Vector, rows: int, columns: int) -> None:
        self.builder, self.vector, self.rows, self.columns = builder, vector, rows, columns
        self.zero = ir.Constant(llvm_type(vector), None)
        self.sums = {
            (row, column): cgutils.alloca_once(builder, self.zero.type)
            for row in range(rows)
            for column in range(columns)
        }
        self.set(lambda row, column: self.zero)

    def get(self, row: int, column: int) -> Any:
        return self.builder.load(self.sums[row, column])

    def set(self, value: Callable[[int, int], Any]) -> None:
        """Set each sum to value(row, column)."""
        for place, variable in self.sums.items():
            self.builder.store(value(*place), variable)

    def add_products(self, lefts: list[Any], rights: list[Any]) -> None:
        """Multiply each row's vector with each column's."""
        name = f"llvm.fmuladd.{suffix(self.vector)}"

        def added(row: int, column: int) -> Any:
            values = [lefts[row], rights[column], self.get(row, column)]
            return call(self.builder, name, self.zero.type, values)

        self.set(added)

    def numbers(self, address: Any, stride: Any) -> list[Any]:
        """For each row a number, in all lanes."""
        places = _steps(self.builder, address, stride, self.rows)
        return [repeat(self.builder, self.builder.load(p), self.vector.lanes) for p in places]

    def vectors(self, places: list[Any], part: Any) -> list[Any]:
        return [load_at(self.builder, self.vector, place, part) for place in places]

    def neighbours(self, address: Any) -> list[Any]:
        """For each column the address of a vector, side by side."""
        return _steps(self.builder, address, _integer(self.vector.lanes), self.columns)

    def load(self, rows: list[Any], part: Any) -> None:
        """Set the sums to what is in memory from these addresses on."""
        values = [self.vectors(self.neighbours(row), part) for row in rows]
        self.set(lambda row, column: values[row][column])

    def store(self, rows: list[Any], part: Any) -> None:
        """Store each row from its address on."""
        if part is None:
            self._store(rows, None)
            return
        # A masked store takes many cycles with AVX2, and of most vectors all lanes are there.
        whole = self.builder.icmp_signed(">=", part, part.type(self.vector.lanes))
        with self.builder.if_else(whole) as (then, otherwise):
            with then:
                self._store(rows, None)
            with otherwise:
                self._store(rows, part)

    def _store(self, rows: list[Any], part: Any) -> None:
        for row, start in enumerate(rows):
            for column, place in enumerate(self.neighbours(start)):
                store_at(self.builder, self.vector, place, self.get(row, column), part)

    def relu(self) -> None:
        def positive(row: int, column: int) -> Any:
            value = self.get(row, column)
            negative = self.builder.fcmp_ordered("<", value, self.zero)
            return self.builder.select(negative, self.zero, value)

        self.set(positive)

    def totals(self) -> Iterator[tuple[int, int, Any]]:
        """For each row and column the sum over the lanes."""
        name, number = f"llvm.vector.reduce.fadd.{suffix(self.vector)}", self.zero.type.element
        for row, column in self.sums:
            values = [ir.Constant(number, 0.0), self.get(row, column)]
            yield row, column, call(self.builder, name, number, values, fastmath=("reassoc",))


def _steps(builder: Any, address: Any, stride: Any, count: int) -> list[Any]:
    """The addresses `stride` apart, each from the one before: so there is nothing to multiply."""
    found = [address]
    while len(found) < count:
        found.append(builder.gep(found[-1], [stride]))
    return found


def _keep_rolled(builder: Any, *ends: Any) -> None:
    """Tell LLVM not to repeat the bodies of the loops that end with these blocks.

    It would, four times: compilation then takes longer and, as most of these loops have few turns,
    the program too. In LLVM's language the note on a loop names itself first.
    """
    disable = builder.module.add_metadata(["llvm.loop.unroll.disable"])
    note = builder.module.add_metadata([disable, disable])
    note.operands = (note, disable)
    for end in ends:
        end.terminator.set_metadata("llvm.loop", note)


def _for_each_height(builder: Any, rows: Any, write: Callable[[int], None]) -> None:
    """Write instructions for each number of rows, and a jump to those that are needed."""
    end = builder.append_basic_block("end")
    switch = builder.switch(rows, end)
    for height in range(1, MOST_ROWS + 1):
        block = builder.append_basic_block(f"rows{height}")
        switch.add_case(rows.type(height), block)
        builder.position_at_end(block)
        write(height)
        builder.branch(end)
    builder.position_at_end(end)


@intrinsic
def multiply_rows(typing, rows, left, right, result, bias, taps, inner, length, flags):
    r"""Compute a few rows of a product, at most `MOST_ROWS`, and `length` numbers of each.

    .. math:: y[y_0 + r y_s + p] = \sum_{t=t_0}^{t_1-1} \sum_{c=0}^{inner-1}
              w[w_0 + r w_s + w_t + c w_i]\; x[x_0 + u x_t + c x_i + p]

    Parameters
    ----------
    rows : int
        Number of rows; for more than `MOST_ROWS` nothing is computed.
    left, right, result : tuple
        What is multiplied and where the result goes: (w, w0, ws, wi), (x, x0, xi), (y, y0, ys).
    bias : tuple
        An array, and where in it the rows' biases begin.
    taps : tuple
        (table, t0, t1, u): tap t has its :math:`x_t` and :math:`w_t` at 2 t in the table.
    flags : int
        What happens besides, of ACCUMULATE, BIAS and RELU.
    """
    vector = vector_like(right[0])

    def generate(context, builder, signature, arguments):
        kinds = signature.args
        rows, left, right, result, bias, taps, inner, length, flags = arguments
        w, w0, ws, wi = cgutils.unpack_tuple(builder, left)
        x, x0, xi = cgutils.unpack_tuple(builder, right)
        y, y0, ys = cgutils.unpack_tuple(builder, result)
        b, b0 = cgutils.unpack_tuple(builder, bias)
        table, t0, t1, unit = cgutils.unpack_tuple(builder, taps)
        first_w, first_x, first_y, first_b, table = (
            pointer(context, builder, kind[0], array, start)
            for kind, array, start in (
                (kinds[1], w, w0), (kinds[2], x, x0), (kinds[3], y, y0), (kinds[4], b, b0),
                (kinds[5], table, _integer(0)),
            )
        )  # fmt: skip
        one = _integer(1)

        def asked(flag: int) -> Any:
            return builder.icmp_signed("!=", builder.and_(flags, flags.type(flag)), flags.type(0))

        def tile(height: int, columns: int, vector: Vector, start: Any, part: Any) -> None:
            sums = _Tile(builder, vector, height, columns)
            places = _steps(builder, builder.gep(first_y, [start]), ys, height)
            with builder.if_then(asked(BIAS)):
                biases = sums.numbers(first_b, one)
                sums.set(lambda row, column: biases[row])
            with builder.if_then(asked(ACCUMULATE)):
                sums.load(places, part)
            with for_range_slice(builder, t0, t1, one) as (tap, _):
                entry = builder.gep(table, [builder.shl(tap, one)])
                far = builder.mul(builder.load(entry), unit)
                tap_x = builder.gep(first_x, [builder.add(start, far)])
                tap_w = builder.gep(first_w, [builder.load(builder.gep(entry, [one]))])
                with for_range(builder, inner) as loop:
                    here = builder.gep(tap_x, [builder.mul(loop.index, xi)])
                    rights = sums.vectors(sums.neighbours(here), part)
                    here = builder.gep(tap_w, [builder.mul(loop.index, wi)])
                    sums.add_products(sums.numbers(here, ws), rights)
                    inner_end = builder.block
                tap_end = builder.block
            _keep_rolled(builder, inner_end, tap_end)
            with builder.if_then(asked(RELU)):
                sums.relu()
            sums.store(places, part)

        def write(height: int) -> None:
            lanes, columns = vector.lanes, widest(height)
            step = _integer(columns * lanes)
            whole = builder.mul(builder.sdiv(length, step), step)
            with for_range_slice(builder, _integer(0), whole, step) as (start, _):
                tile(height, columns, vector, start, None)
            with for_range_slice(builder, whole, length, _integer(lanes)) as (start, _):
                part = builder.sub(length, start)
                if VECTOR_BITS < 512:
                    tile(height, 1, vector, start, part)
                    return
                # Many processors do two products of half vectors in the time of a whole one.
                half = Vector(vector.dtype, VECTOR_BITS // 2)
                short = builder.icmp_signed("<=", part, part.type(half.lanes))
                with builder.if_else(short) as (then, otherwise):
                    with then:
                        tile(height, 1, half, start, part)
                    with otherwise:
                        tile(height, 1, vector, start, part)

        _for_each_height(builder, rows, write)
        return context.get_dummy_value()

    integer = types.intp
    result_type = types.void(integer, left, right, result, bias, taps, integer, integer, integer)
    return result_type, generate


@intrinsic
def correlate_rows(typing, rows, left, right, result, runs, taps):
    r"""Add the correlations of a few rows, at most `MOST_ROWS`, with all taps.

    .. math:: w[w_0 + r w_s + w_t] \mathrel{+}=
              \sum_{runs} \sum_p g[g_0 + u G + r g_s + p]\; x[x_0 + u (X + x_t) + p]

    Parameters
    ----------
    rows : int
        Number of rows; for more than `MOST_ROWS` nothing is computed.
    left, right, result : tuple
        What is multiplied and where the result goes: (g, g0, gs), (x, x0), (w, w0, ws).
    runs : tuple
        Where in the table the runs begin and end. A run has G, X and its length, divided by u.
    taps : tuple
        (table, t0, t1, u): tap t has its :math:`x_t` and :math:`w_t` at 2 t in the table.
    """
    vector = vector_like(right[0])

    def generate(context, builder, signature, arguments):
        kinds = signature.args
        rows, left, right, result, runs, taps = arguments
        g, g0, gs = cgutils.unpack_tuple(builder, left)
        x, x0 = cgutils.unpack_tuple(builder, right)
        w, w0, ws = cgutils.unpack_tuple(builder, result)
        begin, end = cgutils.unpack_tuple(builder, runs)
        table, t0, t1, unit = cgutils.unpack_tuple(builder, taps)
        first_g, first_x, first_w, table = (
            pointer(context, builder, kind[0], array, start)
            for kind, array, start in (
                (kinds[1], g, g0), (kinds[2], x, x0), (kinds[3], w, w0),
                (kinds[5], table, _integer(0)),
            )
        )  # fmt: skip
        one = _integer(1)

        def tile(height: int, columns: int, tap: Any) -> None:
            sums = _Tile(builder, vector, height, columns)
            tap = builder.gep(table, [builder.shl(tap, one)])
            entries = _steps(builder, tap, _integer(2), columns)
            offsets = [builder.mul(builder.load(entry), unit) for entry in entries]
            with for_range_slice(builder, begin, end, _integer(RUN)) as (run, _):
                numbers = _steps(builder, builder.gep(table, [run]), one, 3)
                written, read, length = (
                    builder.mul(builder.load(number), unit) for number in numbers
                )

                def step(start: Any, part: Any) -> None:
                    here = builder.gep(first_g, [builder.add(written, start)])
                    lefts = sums.vectors(_steps(builder, here, gs, height), part)
                    here = builder.gep(first_x, [builder.add(read, start)])
                    places = [builder.gep(here, [offset]) for offset in offsets]
                    sums.add_products(lefts, sums.vectors(places, part))

                whole = builder.and_(length, _integer(-vector.lanes))
                with for_range_slice(builder, _integer(0), whole, _integer(vector.lanes)) as (p, _):
                    step(p, None)
                with builder.if_then(builder.icmp_signed("<", whole, length)):
                    step(whole, builder.sub(length, whole))
            starts = _steps(builder, first_w, ws, height)
            weights = [builder.load(builder.gep(entry, [one])) for entry in entries]
            for row, column, total in sums.totals():
                place = builder.gep(starts[row], [weights[column]])
                builder.store(builder.fadd(builder.load(place), total), place)

        def write(height: int) -> None:
            columns = _integer(widest(height))
            blocks = builder.sdiv(builder.sub(t1, t0), columns)
            whole = builder.add(t0, builder.mul(blocks, columns))
            with for_range_slice(builder, t0, whole, columns) as (tap, _):
                tile(height, widest(height), tap)
            with for_range_slice(builder, whole, t1, one) as (tap, _):
                tile(height, 1, tap)

        _for_each_height(builder, rows, write)
        return context.get_dummy_value()

    return types.void(types.intp, left, right, result, runs, taps), generate
