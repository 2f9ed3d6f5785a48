r"""Dense layers for a tile of one example.

With the batch last, the lanes of a vector hold one feature of several examples. Of one example
alone there is nothing else to put into them, so here they run along the features. Each weight is
used once: what takes time is to read them, whatever is done with them.
"""

from __future__ import annotations

from numba import njit

from .geometry import ACCUMULATE, BIAS, RELU
from .vectors import fma, lanes, load, load_part, splat, store_part, total, zeros


@njit(nogil=True, inline="always")
def dense_of_one(w, x, y, bias, outputs, inputs, flags):
    """Multiply the matrix w, (outputs, inputs), with the vector x: a scalar product a row."""
    width = lanes(x)
    for row in range(outputs):
        # Four sums, since the next multiplication need not wait for the last one's result.
        a, b, c, d = zeros(x), zeros(x), zeros(x), zeros(x)
        place, start = 0, row * inputs
        while place + 4 * width <= inputs:
            a = fma(load(w, start + place), load(x, place), a)
            b = fma(load(w, start + place + width), load(x, place + width), b)
            c = fma(load(w, start + place + 2 * width), load(x, place + 2 * width), c)
            d = fma(load(w, start + place + 3 * width), load(x, place + 3 * width), d)
            place += 4 * width
        while place < inputs:
            rest = inputs - place
            a = fma(load_part(w, start + place, rest), load_part(x, place, rest), a)
            place += width
        value = (total(a) + total(b)) + (total(c) + total(d))
        if flags & ACCUMULATE:
            value += y[row]
        elif flags & BIAS:
            value += bias[row]
        if flags & RELU and value < 0:
            value = y.dtype.type(0)
        y[row] = value


@njit(nogil=True, inline="always")
def dense_input_of_one(w, g, x, outputs, inputs, flags):
    """Multiply the transpose of w, (outputs, inputs), with the vector g: a sum of the rows of w."""
    width = lanes(x)
    for place in range(0, inputs, 4 * width):
        rest = inputs - place
        a, b, c, d = zeros(x), zeros(x), zeros(x), zeros(x)
        if flags & ACCUMULATE:
            a, b = load_part(x, place, rest), load_part(x, place + width, rest - width)
            c = load_part(x, place + 2 * width, rest - 2 * width)
            d = load_part(x, place + 3 * width, rest - 3 * width)
        for row in range(outputs):
            number, start = splat(g, row), row * inputs + place
            a = fma(number, load_part(w, start, rest), a)
            b = fma(number, load_part(w, start + width, rest - width), b)
            c = fma(number, load_part(w, start + 2 * width, rest - 2 * width), c)
            d = fma(number, load_part(w, start + 3 * width, rest - 3 * width), d)
        store_part(x, place, a, rest)
        store_part(x, place + width, b, rest - width)
        store_part(x, place + 2 * width, c, rest - 2 * width)
        store_part(x, place + 3 * width, d, rest - 3 * width)
