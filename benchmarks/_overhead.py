"""The programs of `overhead.py`: the same functions, for each library to differentiate."""

import numpy as np

OPERATIONS = 10_000
LAYERS = (64, 128, 128, 10)
BATCH = 32


def chain(x, one_more, sin):
    """A scalar after `OPERATIONS` operations: x -> sin(x), then x * c, then x + c, in turn."""
    y = x
    for _ in range(OPERATIONS // 5):
        y = sin(y) * 0.9
        y = (y + x) * 1.1 - 0.1
    return one_more(y)


def mlp(parameters, images, targets, np):
    """Mean cross-entropy of a small network, written in `np`."""
    h = images
    for weight, bias in parameters[:-1]:
        h = np.tanh(np.dot(h, weight) + bias)
    weight, bias = parameters[-1]
    logits = np.dot(h, weight) + bias
    largest = np.max(logits, axis=1, keepdims=True)
    normaliser = np.log(np.sum(np.exp(logits - largest), axis=1, keepdims=True)) + largest
    return -np.mean(np.sum((logits - normaliser) * targets, axis=1))


def data(dtype=np.float64):
    """Parameters of the network, images, and targets as rows of a unit matrix."""
    rng = np.random.default_rng(0)
    parameters = [
        (rng.normal(size=(n, m)).astype(dtype) / np.sqrt(n), np.zeros(m, dtype))
        for n, m in zip(LAYERS, LAYERS[1:], strict=False)
    ]
    images = rng.normal(size=(BATCH, LAYERS[0])).astype(dtype)
    return parameters, images, np.eye(LAYERS[-1], dtype=dtype)[rng.integers(0, 10, BATCH)]
