"""Steps of optimizers: the formulas of `autodiff.optim`, one pass over each parameter.

The new value goes to another array, since an array that was handed out belongs to the user; the
optimizer's own averages are overwritten. Each operation is rounded as NumPy rounds it, so that a
compiled step and `Optimizer.step` give the same parameters, bit by bit.

Arrays are flat, and n is how many numbers they hold. Averages that a setting does not use may be
empty.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .vectors import (
    add,
    broadcast,
    divide,
    lanes,
    load_part,
    maximum,
    multiply,
    sqrt,
    store_part,
    subtract,
)
from .views import view


def sgd_settings(
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    first: bool = False,
) -> np.ndarray:
    """What `sgd` must know; `first` is for the step that starts the velocity, with momentum."""
    return np.array((lr, weight_decay, momentum, 1 - dampening, nesterov, first), np.float64)


@njit(nogil=True, cache=True)
def sgd(value, gradient, velocity, result, settings, n):
    """Stochastic gradient descent."""
    lr, decay, momentum, share, nesterov, first = settings[:6]
    for p in range(0, n, lanes(value)):
        v, g = load_part(value, p, n - p), load_part(gradient, p, n - p)
        if decay != 0:
            g = add(g, multiply(broadcast(v, decay), v))
        if momentum != 0:
            moved = g
            if first == 0:
                old = multiply(broadcast(v, momentum), load_part(velocity, p, n - p))
                moved = add(old, multiply(broadcast(v, share), g))
            store_part(velocity, p, moved, n - p)
            g = add(g, multiply(broadcast(v, momentum), moved)) if nesterov != 0 else moved
        store_part(result, p, subtract(v, multiply(broadcast(v, lr), g)), n - p)


def adam_settings(
    step: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    decoupled: bool = False,
) -> np.ndarray:
    """What `adam` must know at a step, counted from 1; `decoupled` weight decay is AdamW's."""
    first, second = betas
    shrink = 1 - lr * weight_decay if decoupled else 1.0
    into = 0.0 if decoupled else weight_decay
    numbers = (lr / (1 - first**step), (1 - second**step) ** 0.5, eps)
    means = (first, 1 - first, second, 1 - second)
    return np.array((*numbers, *means, into, shrink, amsgrad), np.float64)


@njit(nogil=True, cache=True)
def adam(value, gradient, mean, square, largest, result, settings, n):
    """Adam and AdamW; the averages are zeros at the first step."""
    lr, root, eps, keep, take, keep_square, take_square, decay, shrink, amsgrad = settings[:10]
    for p in range(0, n, lanes(value)):
        v, g = load_part(value, p, n - p), load_part(gradient, p, n - p)
        if decay != 0:
            g = add(g, multiply(broadcast(v, decay), v))
        if shrink != 1:
            v = multiply(v, broadcast(v, shrink))
        m = multiply(broadcast(v, keep), load_part(mean, p, n - p))
        m = add(m, multiply(broadcast(v, take), g))
        store_part(mean, p, m, n - p)
        s = multiply(broadcast(v, keep_square), load_part(square, p, n - p))
        s = add(s, multiply(broadcast(v, take_square), multiply(g, g)))
        store_part(square, p, s, n - p)
        if amsgrad != 0:
            s = maximum(load_part(largest, p, n - p), s)
            store_part(largest, p, s, n - p)
        below = add(divide(sqrt(s), broadcast(v, root)), broadcast(v, eps))
        step = multiply(broadcast(v, lr), divide(m, below))
        store_part(result, p, subtract(v, step), n - p)


def rmsprop_settings(
    lr: float,
    alpha: float,
    eps: float,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
) -> np.ndarray:
    """What `rmsprop` must know."""
    return np.array((lr, alpha, 1 - alpha, eps, weight_decay, momentum, centered), np.float64)


@njit(nogil=True, cache=True)
def rmsprop(value, gradient, square, mean, velocity, result, settings, n):
    """RMSprop; the averages and the velocity are zeros at the first step."""
    lr, keep, take, eps, decay, momentum, centered = settings[:7]
    for p in range(0, n, lanes(value)):
        v, g = load_part(value, p, n - p), load_part(gradient, p, n - p)
        if decay != 0:
            g = add(g, multiply(broadcast(v, decay), v))
        s = multiply(broadcast(v, keep), load_part(square, p, n - p))
        s = add(s, multiply(broadcast(v, take), multiply(g, g)))
        store_part(square, p, s, n - p)
        if centered != 0:
            m = multiply(broadcast(v, keep), load_part(mean, p, n - p))
            m = add(m, multiply(broadcast(v, take), g))
            store_part(mean, p, m, n - p)
            s = subtract(s, multiply(m, m))
        step = divide(g, add(sqrt(s), broadcast(v, eps)))
        if momentum != 0:
            step = add(multiply(broadcast(v, momentum), load_part(velocity, p, n - p)), step)
            store_part(velocity, p, step, n - p)
        store_part(result, p, subtract(v, multiply(broadcast(v, lr), step)), n - p)


@njit(nogil=True)
def sum_shares(address, step, shares, total, n):
    """Add the sums of all shares, `step` bytes apart, in the order of their numbers."""
    first = view(address, total.dtype)
    for p in range(0, n, lanes(total)):
        result = load_part(first, p, n - p)
        for share in range(1, shares):
            other = view(address + share * step, total.dtype)
            result = add(result, load_part(other, p, n - p))
        store_part(total, p, result, n - p)
