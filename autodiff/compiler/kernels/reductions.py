"""Sums, maxima and their positions of tiles, batch last.

A value of n examples, reduced over features, is seen as (A, R, B * n): the R numbers that meet are
B * n apart, and neighbouring lanes reduce side by side, so that no vector has to be summed across.
Axes in front of the reduced ones make A, those behind B.

Sums over the batch, which gradients of parameters need, are *added to* their result, since each
tile holds only some of the examples.

Adding many numbers to one loses digits: the error grows with the length of the chain. Here chains
are short: sums of blocks of 64, and then the sum of those.

References
----------
N. J. Higham, "The Accuracy of Floating Point Summation", SIAM J. Scientific Computing 14, 1993.
https://doi.org/10.1137/0914050
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .masks import both, either, lane, neither
from .vectors import (
    add,
    broadcast,
    greater,
    lanes,
    load_part,
    maximum,
    multiply,
    not_equal,
    select,
    store_part,
    total,
    zeros,
)

BLOCK = 64
"""How many numbers are added in a chain before their sum is added to that of other chains."""


def reduce_geometry(before: int, reduced: int, behind: int = 1) -> np.ndarray:
    """The lengths A, R, B of the features before, in and behind the reduced axes."""
    return np.array((before, reduced, behind), np.int64)


@njit(nogil=True, cache=True)
def sum_features(x, y, scale, geometry, n):
    """Sums over features times a number: x (A, R, B, n), y (A, B, n)."""
    reduced, run = geometry[1], geometry[2] * n
    for a in range(geometry[0]):
        for p in range(0, run, lanes(x)):
            result = zeros(x)
            for block in range(0, reduced, BLOCK):
                chain = zeros(x)
                for r in range(block, min(block + BLOCK, reduced)):
                    chain = add(chain, load_part(x, (a * reduced + r) * run + p, run - p))
                result = add(result, chain)
            store_part(y, a * run + p, multiply(result, broadcast(y, scale)), run - p)


@njit(nogil=True, cache=True)
def max_features(x, y, sign, geometry, n):
    """Maxima over features, where `sign` is 1, or minima, where it is -1: x (A, R, B, n).

    One that is not a number wins.
    """
    reduced, run = geometry[1], geometry[2] * n
    turn = broadcast(x, sign)
    for a in range(geometry[0]):
        for p in range(0, run, lanes(x)):
            best = broadcast(x, -np.inf)
            for r in range(reduced):
                here = load_part(x, (a * reduced + r) * run + p, run - p)
                best = maximum(best, multiply(here, turn))
            store_part(y, a * run + p, multiply(best, turn), run - p)


@njit(nogil=True, cache=True)
def argmax_features(x, y, sign, geometry, n):
    """Positions of the first maxima, or minima where `sign` is -1: y (A, B, n), integers.

    The first one that is not a number wins.
    """
    reduced, run = geometry[1], geometry[2] * n
    turn = broadcast(x, sign)
    for a in range(geometry[0]):
        for p in range(0, run, lanes(x)):
            best, position = multiply(load_part(x, a * reduced * run + p, run - p), turn), zeros(x)
            for r in range(1, reduced):
                here = multiply(load_part(x, (a * reduced + r) * run + p, run - p), turn)
                broken = both(not_equal(here, here), neither(not_equal(best, best)))
                take = either(greater(here, best), broken)
                best = select(take, here, best)
                position = select(take, broadcast(x, r), position)
            for k in range(min(lanes(x), run - p)):
                y[a * run + p + k] = int(lane(position, k))


@njit(nogil=True, cache=True)
def sum_batch(x, partial, scale, geometry, n):
    """Add sums over the batch, and over features, times a number: x (A, R, B, n), partial (A, B).

    The gradient of a bias of C channels has A = C and R = H * W, that of a dense layer A = F, a
    sum of everything A = 1; R and B are 1 where not named.
    """
    reduced, behind = geometry[1], geometry[2]
    # Where no axis is kept behind, the examples and the features are one long run.
    runs, run = (1, reduced * n) if behind == 1 else (reduced, n)
    block = BLOCK * lanes(x)
    for a in range(geometry[0]):
        for b in range(behind):
            result = zeros(x)
            for r in range(runs):
                at = ((a * reduced + r) * behind + b) * n
                for first in range(0, run, 2 * block):
                    left, right = zeros(x), zeros(x)
                    last = min(first + 2 * block, run)
                    for p in range(first, last, 2 * lanes(x)):
                        left = add(left, load_part(x, at + p, last - p))
                        second = p + lanes(x)
                        right = add(right, load_part(x, at + second, last - second))
                    result = add(result, add(left, right))
            partial[a * behind + b] += total(result) * scale
