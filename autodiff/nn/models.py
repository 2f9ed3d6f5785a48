"""The networks of the book."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitives.random import Rng, as_generator
from .activation import ReLU, Tanh
from .container import Sequential
from .convolution import Conv2d
from .linear import Flatten, Linear
from .pooling import AvgPool2d, MaxPool2d


def reference_network(*, dtype: Any = np.float32, rng: Rng = None) -> Sequential:
    """The network whose training the book explains and measures: 35,474 parameters.

    Two convolutions, each with ReLU and pooling, and two linear layers; no padding. It takes
    pictures of shape (N, 1, 28, 28) and returns logits of shape (N, 10).

    Parameters
    ----------
    dtype : dtype_like
        Floating type of the parameters.
    rng : numpy.random.Generator or int, optional
        Where the initial values come from; the library-wide generator where not given.
    """
    options: dict[str, Any] = {"dtype": dtype, "rng": as_generator(rng)}
    return Sequential(
        Conv2d(1, 6, 3, **options),
        ReLU(),
        MaxPool2d(2),
        Conv2d(6, 16, 3, **options),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(400, 84, **options),
        ReLU(),
        Linear(84, 10, **options),
    )


def lenet5(*, dtype: Any = np.float32, rng: Rng = None) -> Sequential:
    """LeNet-5 in its usual modern form: 61,706 parameters, tanh, average pooling.

    It takes pictures of shape (N, 1, 28, 28), which the first layer pads to 32x32, and returns
    logits of shape (N, 10).

    Parameters
    ----------
    dtype : dtype_like
        Floating type of the parameters.
    rng : numpy.random.Generator or int, optional
        Where the initial values come from; the library-wide generator where not given.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document
    Recognition", Proceedings of the IEEE 86(11), 1998. https://doi.org/10.1109/5.726791
    """
    options: dict[str, Any] = {"dtype": dtype, "rng": as_generator(rng)}
    return Sequential(
        Conv2d(1, 6, 5, padding=2, **options),
        Tanh(),
        AvgPool2d(2),
        Conv2d(6, 16, 5, **options),
        Tanh(),
        AvgPool2d(2),
        Flatten(),
        Linear(400, 120, **options),
        Tanh(),
        Linear(120, 84, **options),
        Tanh(),
        Linear(84, 10, **options),
    )
