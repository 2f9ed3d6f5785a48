"""Small graphs that the tests of a program's reports share."""

import numpy as np

import autodiff as ad


def convolutional(n=10):
    """A loss with convolution, pooling and a dense layer, and its parameters."""
    ad.manual_seed(0)
    model = ad.nn.Sequential(
        ad.nn.Conv2d(1, 3, 3),
        ad.nn.ReLU(),
        ad.nn.MaxPool2d(2),
        ad.nn.Flatten(),
        ad.nn.Linear(3 * 5 * 5, 4),
    )
    rng = np.random.default_rng(0)
    images = ad.Constant(rng.random((n, 1, 12, 12), dtype=np.float32), name="images")
    labels = ad.Constant(rng.integers(0, 4, n), name="labels")
    loss = ad.cross_entropy(model(images), labels)
    return loss, list(model.parameters()), images, labels


def mixed():
    """A loss in turn on NumPy, which alone has running sums, and in compiled regions."""
    rng = np.random.default_rng(0)
    x = ad.Constant(rng.normal(size=(6, 5)), name="x")
    w = ad.Variable(rng.normal(size=(5, 4)), name="w")
    v = ad.Variable(rng.normal(size=(4, 3)), name="v")
    return ((ad.cumsum(ad.tanh(x @ w), axis=1) @ v) ** 2).mean()


def without_batch():
    """A loss of parameters alone: NumPy computes it."""
    a = ad.Variable(np.arange(9.0).reshape(3, 3) / 9, name="a")
    return ad.exp(a @ a).sum()
