"""Scikit-learn's handwritten digits: real handwriting that needs no download."""

from __future__ import annotations

import random

import numpy as np

from ..errors import ArgumentError
from ..lazy import load

Split = tuple[np.ndarray, np.ndarray]

TRAINING_IMAGES = 1437


def load_digits(size: int = 8) -> tuple[Split, Split]:
    """Load scikit-learn's 1,797 handwritten digits.

    The split into training and test images is always the same.

    Parameters
    ----------
    size : int
        Height and width: 8, as they are, or 28, enlarged to 20 by 20 pixels with a border of 4,
        as MNIST's digits are framed.

    Returns
    -------
    train, test : pair of numpy.ndarray
        1,437 and 360 images, float32 of shape (N, 1, size, size) in [0, 1], and their labels 0 to
        9, int64 of shape (N,).

    Raises
    ------
    ArgumentError
        If `size` is neither 8 nor 28.
    MissingDependencyError
        If scikit-learn is not installed.

    References
    ----------
    E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository, 1998. https://doi.org/10.24432/C50P49
    """
    if size not in (8, 28):
        raise ArgumentError(f"load_digits: size must be 8 or 28; got {size!r}")
    bunch = load("sklearn.datasets", "load_digits").load_digits()
    values = np.asarray(bunch.images).astype(np.int64)
    images = values.astype(np.float32) / 16 if size == 8 else _enlarge(values)
    images = images[:, np.newaxis]
    labels = np.asarray(bunch.target).astype(np.int64)
    order = _fixed_order(len(images))
    train, test = order[:TRAINING_IMAGES], order[TRAINING_IMAGES:]
    return (images[train], labels[train]), (images[test], labels[test])


def _fixed_order(count: int) -> np.ndarray:
    """A shuffled order that is the same everywhere and always.

    Python promises that ``Random(seed).random()`` never changes; NumPy promises that of no
    generator of its present kind.
    """
    generator = random.Random(0)
    return np.argsort([generator.random() for _ in range(count)], kind="stable")


def _enlarge(values: np.ndarray) -> np.ndarray:
    """From 8x8 values of 0 to 16 to 28x28 pixels of 0 to 1: bilinear to 20x20, and a border of 4.

    In tenths, the weights of the interpolation are integers, so that the result is exact and the
    same on every machine.
    """
    tenths = np.zeros((20, 8), np.int64)
    for row in range(20):
        # The centre of pixel `row` of 20 lies at this place, in tenths of a pixel of 8.
        place = min(max(4 * row - 3, 0), 70)
        below, fraction = divmod(place, 10)
        tenths[row, below] += 10 - fraction
        if fraction:
            tenths[row, below + 1] += fraction
    enlarged = tenths @ values @ tenths.T
    framed = np.pad(enlarged, ((0, 0), (4, 4), (4, 4)))
    return (framed / 1600).astype(np.float32)
