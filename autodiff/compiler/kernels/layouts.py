"""From the user's arrays, one example after the other, to tiles with the batch last, and back.

Both are the transpose of a matrix: n examples of F numbers become F rows of n. Read along the rows
and written along the columns, each number would cost an access of its own. Here square blocks are
transposed inside of the registers, L vectors of L lanes at a time, by Eklundh's exchanges: blocks
of 1, then 2, 4, ... lanes change places between pairs of vectors, L log2(L) shuffles in all.

References
----------
J. O. Eklundh, "A Fast Computer Method for Matrix Transposing", IEEE Transactions on Computers C-21,
1972. https://doi.org/10.1109/T-C.1972.223584
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from ...primitives.windows import NO_BORDERS, Borders
from .registers import check_vectors, load_at, pointer, store_at, vector_like
from .vectors import lanes


def layout_geometry(shape: Sequence[int], borders: Borders = NO_BORDERS) -> np.ndarray:
    """What the kernels must know about one example.

    Parameters
    ----------
    shape : sequence of int
        Shape of an example, such as (F,) or (C, H, W).
    borders : pair of pairs of int
        Zeros around the rows and columns of images, in the layout with the batch last only.

    Returns
    -------
    array of int64, shape (4 + runs,)
        Numbers of an example in the user's array and in the tile; number of runs that stay
        contiguous, their length, and where each starts in the tile.
    """
    if borders == NO_BORDERS:
        size = int(np.prod(shape))
        return np.array((size, size, 1, size, 0), np.int64)
    channels, height, width = shape
    (top, bottom), (left, right) = borders
    rows, columns = top + height + bottom, left + width + right
    starts = (np.arange(channels)[:, None] * rows + top + np.arange(height)) * columns + left
    head = (channels * height * width, channels * rows * columns, channels * height, width)
    return np.concatenate([head, starts.ravel()]).astype(np.int64)


def _exchange(builder: Any, vectors: list[Any], width: int) -> list[Any]:
    """Exchange blocks of `width` lanes between vectors that are `width` apart."""
    lanes, result = len(vectors), list(vectors)
    numbers = ir.VectorType(ir.IntType(32), lanes)
    # Lanes of the second vector count on from those of the first.
    upper = [k if not k & width else k - width + lanes for k in range(lanes)]
    lower = [k + width if not k & width else k + lanes for k in range(lanes)]
    for i in range(lanes):
        if not i & width:
            pair = vectors[i], vectors[i + width]
            result[i] = builder.shuffle_vector(*pair, ir.Constant(numbers, upper))
            result[i + width] = builder.shuffle_vector(*pair, ir.Constant(numbers, lower))
    return result


@intrinsic
def transpose_block(typing, source, at, step, target, to, stride, rows, columns):
    """Transpose `rows` x `columns` numbers, at most as many as a vector has lanes either way.

    Rows of the source are `step` numbers apart, those of the target `stride`.
    """
    vector = vector_like(source)
    check_vectors("transpose_block", vector, vector_like(target))

    def generate(context, builder, signature, values):
        read, at, step, written, to, stride, rows, columns = values

        def least(a: Any, b: Any) -> Any:
            return builder.select(builder.icmp_signed("<", a, b), a, b)

        vectors, zero = [], at.type(0)
        for k in range(vector.lanes):
            # Behind the last row it is read again, and its numbers are not stored.
            row = least(at.type(k), builder.sub(rows, at.type(1)))
            place = builder.add(at, builder.mul(row, step))
            address = pointer(context, builder, source, read, place)
            vectors.append(load_at(builder, vector, address, columns))
        for width in (1 << k for k in range(vector.lanes.bit_length() - 1)):
            vectors = _exchange(builder, vectors, width)
        for k, value in enumerate(vectors):
            place = builder.add(to, builder.mul(to.type(k), stride))
            address = pointer(context, builder, target, written, place)
            count = builder.select(builder.icmp_signed("<", to.type(k), columns), rows, zero)
            store_at(builder, vector, address, value, count)
        return context.get_dummy_value()

    index = types.intp
    return types.void(source, index, index, target, index, index, index, index), generate


@njit(nogil=True, cache=True)
def batch_last(source, target, geometry, n):
    """Examples (n, F) as a tile (F, n), with zeros in its borders.

    Parameters
    ----------
    source, target : array
        n * F numbers; the tile may have more, for its borders.
    geometry : array
        As `layout_geometry` gives it.
    n : int
        Number of examples.
    """
    size, runs, length = geometry[0], geometry[2], geometry[3]
    if geometry[1] != size:
        for k in range(geometry[1] * n):
            target[k] = 0
    for run in range(runs):
        for start in range(0, length, lanes(source)):
            for example in range(0, n, lanes(source)):
                at = example * size + run * length + start
                to = (geometry[4 + run] + start) * n + example
                transpose_block(source, at, size, target, to, n, n - example, length - start)


@njit(nogil=True, cache=True)
def batch_first(source, target, geometry, n):
    """A tile (F, n) as examples (n, F): the inverse of `batch_last`, which leaves borders out."""
    size, runs, length = geometry[0], geometry[2], geometry[3]
    for run in range(runs):
        for example in range(0, n, lanes(source)):
            for start in range(0, length, lanes(source)):
                at = (geometry[4 + run] + start) * n + example
                to = example * size + run * length + start
                transpose_block(source, at, n, target, to, size, length - start, n - example)
