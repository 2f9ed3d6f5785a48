r"""Softmax, its logarithm and the cross-entropy of tiles, batch last: C classes of ``run`` lanes.

A vector holds one class of several examples, so that maxima and sums over the classes are those of
whole vectors. The loss and its gradient are made in one pass: the powers :math:`e^{z_c - \max z}`
are what both need.

Where each example has a label for each of D places, as the pixels of an image have, a run is D * n
lanes, and labels are (D, n).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .masks import lane, with_lane
from .mathematics import exp, log
from .vectors import (
    add,
    broadcast,
    divide,
    lanes,
    load_part,
    maximum,
    multiply,
    store_part,
    subtract,
    zeros,
)


def classes_geometry(classes: int, places: int = 1) -> np.ndarray:
    """The numbers of classes C and of places D, for the kernels that take labels."""
    return np.array((classes, places), np.int64)


@njit(nogil=True, cache=True)
def softmax_cross_entropy(logits, labels, loss, gradient, scale, weight, geometry, n):
    r"""Add ``scale`` times the losses of all lanes to `loss`, and write their gradient.

    .. math:: \ell = \ln \sum_c e^{z_c} - z_t, \qquad
       \partial \ell / \partial z_c = \operatorname{softmax}(z)_c - [c = t]

    Parameters
    ----------
    logits : array, C * D * n numbers
        Logits (C, D, n).
    labels : array of integers, D * n numbers
        The true classes (D, n).
    loss : array, 1 number
        What is added to.
    gradient : array, C * D * n numbers or none
        The gradient times ``weight``; not computed where the array is empty.
    scale, weight : float
        One over the number of labels in the batch, and that times the gradient of the mean loss.
    geometry : array
        As `classes_geometry` gives it.
    n : int
        Number of examples.

    Returns
    -------
    int
        How many labels are not classes: those are left out.
    """
    classes, run, wrong, total = geometry[0], geometry[1] * n, 0, 0.0
    wanted = gradient.size > 0
    for p in range(0, run, lanes(logits)):
        count = min(run - p, lanes(logits))
        top = load_part(logits, p, count)
        for c in range(1, classes):
            top = maximum(top, load_part(logits, c * run + p, count))
        powers = zeros(logits)
        for c in range(classes):
            power = exp(subtract(load_part(logits, c * run + p, count), top))
            powers = add(powers, power)
            if wanted:
                store_part(gradient, c * run + p, power, count)
        picked = top
        for k in range(count):
            label = labels[p + k]
            if 0 <= label < classes:
                picked = with_lane(picked, k, logits[label * run + p + k])
        # Shifted first, so that large logits lose no digit in the difference.
        losses = subtract(log(powers), subtract(picked, top))
        if wanted:
            share = divide(broadcast(logits, weight), powers)
            for c in range(classes):
                here = multiply(load_part(gradient, c * run + p, count), share)
                store_part(gradient, c * run + p, here, count)
        for k in range(count):
            label = labels[p + k]
            if 0 <= label < classes:
                total += lane(losses, k)
                if wanted:
                    gradient[label * run + p + k] -= weight
            else:
                wrong += 1
    loss[0] += total * scale
    return wrong


@njit(nogil=True, cache=True)
def softmax(x, y, geometry, n):
    """Softmax over the middle axis: x and y (A, R, B, n), `geometry` as `reduce_geometry` gives."""
    reduced, run = geometry[1], geometry[2] * n
    for a in range(geometry[0]):
        for p in range(0, run, lanes(x)):
            at, count = a * reduced * run + p, run - p
            top, powers = load_part(x, at, count), zeros(x)
            for r in range(1, reduced):
                top = maximum(top, load_part(x, at + r * run, count))
            for r in range(reduced):
                power = exp(subtract(load_part(x, at + r * run, count), top))
                powers = add(powers, power)
                store_part(y, at + r * run, power, count)
            for r in range(reduced):
                share = divide(load_part(y, at + r * run, count), powers)
                store_part(y, at + r * run, share, count)


@njit(nogil=True, cache=True)
def log_softmax(x, y, geometry, n):
    """Logarithm of the softmax over the middle axis: x and y (A, R, B, n)."""
    reduced, run = geometry[1], geometry[2] * n
    for a in range(geometry[0]):
        for p in range(0, run, lanes(x)):
            at, count = a * reduced * run + p, run - p
            top, powers = load_part(x, at, count), zeros(x)
            for r in range(1, reduced):
                top = maximum(top, load_part(x, at + r * run, count))
            for r in range(reduced):
                shifted = subtract(load_part(x, at + r * run, count), top)
                powers = add(powers, exp(shifted))
                store_part(y, at + r * run, shifted, count)
            scale = log(powers)
            for r in range(reduced):
                here = subtract(load_part(y, at + r * run, count), scale)
                store_part(y, at + r * run, here, count)


@njit(nogil=True, cache=True)
def one_hot(labels, y, geometry, n):
    """1 at the class of each lane and 0 elsewhere: y (C, D, n); returns how many are no classes."""
    classes, run, wrong = geometry[0], geometry[1] * n, 0
    for k in range(classes * run):
        y[k] = 0
    for k in range(run):
        if 0 <= labels[k] < classes:
            y[labels[k] * run + k] = 1
        else:
            wrong += 1
    return wrong
