"""Networks trained by compiled programs, beside twins that the interpreter trains.

A share of the networks is tested, chosen by hash; ``AUTODIFF_SHARE=1`` tests all.
"""

import os
import zlib

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn

SHARE = float(os.environ.get("AUTODIFF_SHARE", "0.25"))
ALWAYS = {"every layer", "normalised"}
SIZES = (9, 9, 1, 2, 33)
STEPS = 20


class Residual(nn.Module):
    """A convolution beside the way around it."""

    def __init__(self, channels):
        self.inner = nn.Conv2d(channels, channels, 3, padding="same")

    def forward(self, x):
        return ad.relu(x + self.inner(ad.leaky_relu(x, 0.1)))


class Shared(nn.Module):
    """One layer that is used twice, and a parameter that NumPy alone has a primitive for."""

    def __init__(self, width):
        self.inner = nn.Linear(width, width)
        self.shift = ad.Variable(np.linspace(-1, 1, width).astype(np.float32))

    def forward(self, x):
        return self.inner(ad.tanh(self.inner(x))) + ad.cumsum(self.shift)


def reference():
    return nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 12), nn.ReLU(), nn.Linear(12, 4),
    )  # fmt: skip


def padded():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 4),
    )  # fmt: skip


def every_layer():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.GELU(), Residual(4), nn.AvgPool2d(2, 1),
        nn.ConvTranspose2d(4, 4, 3, stride=2, output_padding=1), nn.Sigmoid(),
        nn.Conv2d(4, 6, 3, dilation=2, groups=2, bias=False), nn.MaxPool2d(3, 2, 1),
        nn.Flatten(1, -1), nn.Linear(54, 10), nn.LayerNorm(10), Shared(10), nn.Linear(10, 4),
    )  # fmt: skip


def normalised():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(64, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 4),
    )  # fmt: skip


def dropped():
    return nn.Sequential(
        nn.Flatten(), nn.Dropout(0.2), nn.Linear(100, 16), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(16, 4),
    )  # fmt: skip


NETWORKS = {
    "reference": (reference, SIZES),
    "padded": (padded, SIZES),
    "every layer": (every_layer, SIZES),
    "normalised": (normalised, (9, 9, 33, 5)),
    "normalised by what was": (lambda: normalised().eval(), SIZES),
    "dropped": (dropped, SIZES),
}
OPTIMIZERS = {
    "sgd": lambda params: ad.optim.SGD(params, lr=0.05),
    "momentum": lambda params: ad.optim.SGD(params, 0.05, momentum=0.9, nesterov=True,
                                            weight_decay=1e-3),
    "adam": lambda params: ad.optim.Adam(params, lr=1e-3),
    "adamw": lambda params: ad.optim.AdamW(params, lr=1e-3),
    "rmsprop": lambda params: ad.optim.RMSprop(params, lr=1e-4),
}  # fmt: skip


def chosen(names):
    return [name for name in names if name in ALWAYS or zlib.crc32(name.encode()) < SHARE * 2**32]


def batch(rng, n):
    return rng.normal(size=(n, 1, 10, 10)).astype(np.float32), rng.integers(0, 4, n)


class Side:
    """A model with leaves, loss and optimizer of its own."""

    def __init__(self, make, optimizer, images, labels):
        ad.manual_seed(0)
        self.model = make()
        self.params = list(self.model.parameters())
        self.optimizer = optimizer(self.params)
        self.x, self.t = ad.Constant(images, name="x"), ad.Constant(labels, name="t")
        logits = self.model(self.x)
        self.loss = ad.cross_entropy(logits, self.t) + 0.1 * ad.mean(ad.square(logits))

    def feed(self, images, labels):
        self.x.output, self.t.output = images, labels


def train(make, optimizer, sizes=SIZES, steps=STEPS):
    """Losses of both sides, and both sides, after the same steps on the same batches."""
    rng = np.random.default_rng(1)
    first = batch(rng, sizes[0])
    ours, theirs = Side(make, optimizer, *first), Side(make, optimizer, *first)
    program = ad.compile(ours.loss, optimizer=ours.optimizer)
    order = ad.topological_sort(theirs.loss)
    found = []
    for step in range(steps):
        data = batch(rng, sizes[step % len(sizes)])
        ours.feed(*data)
        theirs.feed(*data)
        ad.manual_seed(step)
        loss = program.step()
        ad.manual_seed(step)
        expected = ad.forward(order)
        ad.backward(order)
        theirs.optimizer.step()
        found.append((loss, expected))
    return np.array(found, float), ours, theirs


def assert_alike(losses, ours, theirs, rtol=1e-4):
    np.testing.assert_allclose(losses[:, 0], losses[:, 1], rtol=1e-5)
    states = ours.model.state_dict(), theirs.model.state_dict()
    for name in states[0]:
        mine, other = (np.asarray(state[name], float) for state in states)
        assert np.abs(mine - other).max() <= rtol * max(np.abs(other).max(), 1e-3), name


@pytest.mark.parametrize("name", chosen(NETWORKS))
def test_training_is_that_of_the_interpreter(name):
    make, sizes = NETWORKS[name]
    assert_alike(*train(make, OPTIMIZERS["momentum"], sizes))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_steps_as_by_hand(name):
    losses, ours, theirs = train(padded, OPTIMIZERS[name])
    assert_alike(losses, ours, theirs)
    assert losses[-1, 0] != losses[0, 0]


def test_dropout_draws_as_the_interpreter_does():
    losses, ours, theirs = train(dropped, OPTIMIZERS["sgd"], steps=4)
    assert_alike(losses, ours, theirs)


KINDS = {
    "columns": np.asfortranarray,
    "every second": lambda images: np.repeat(images, 2, axis=0)[::2],
    "turned": lambda images: images[..., ::-1],
    "read-only": lambda images: np.broadcast_to(images[:1], images.shape),
    "unaligned": lambda images: unaligned(images),
    "float16": lambda images: images.astype(np.float16),
    "float64": lambda images: images.astype(np.float64),
    "other byte order": lambda images: images.astype(">f4"),
    "bytes": lambda images: (images * 50).astype(np.uint8),
}


def unaligned(array):
    raw = np.zeros(array.nbytes + 1, np.uint8)
    view = raw[1:].view(array.dtype).reshape(array.shape)
    view[:] = array
    return view


@pytest.mark.parametrize("kind", KINDS)
def test_data_may_lie_in_memory_and_be_stored_as_it_likes(kind):
    rng = np.random.default_rng(2)
    images, labels = batch(rng, 6)
    images = KINDS[kind](images)
    labels = labels.astype(np.uint8 if kind == "bytes" else np.int32)
    ours, theirs = (Side(padded, OPTIMIZERS["sgd"], images, labels) for _ in range(2))
    program, order = ad.compile(ours.loss), ad.topological_sort(theirs.loss)
    for sweepable in (program, order):
        ad.forward(sweepable)
        ad.backward(sweepable)
    assert ours.loss.output.dtype == theirs.loss.output.dtype
    np.testing.assert_allclose(ours.loss.output, theirs.loss.output, rtol=1e-5)
    for mine, other in zip(ours.params, theirs.params, strict=True):
        error = np.abs(mine.gradient - other.gradient).max()
        assert error <= 1e-5 * np.abs(other.gradient).max()


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("place", ["image", "infinite image", "filter", "bias"])
def test_what_is_no_number_stays_so(place):
    rng = np.random.default_rng(3)
    images, labels = batch(rng, 6)
    if "image" in place:
        images[2, 0, 4, 4] = np.inf if place.startswith("infinite") else np.nan
    ours, theirs = (Side(padded, OPTIMIZERS["sgd"], images, labels) for _ in range(2))
    for side in (ours, theirs):
        if place in ("filter", "bias"):
            parameter = side.params[0 if place == "filter" else 1]
            array = np.array(parameter.output)
            array.flat[0] = np.nan
            parameter.output = array
    with np.errstate(all="ignore"):
        for sweepable in (ad.compile(ours.loss), ad.topological_sort(theirs.loss)):
            ad.forward(sweepable)
            ad.backward(sweepable)
    np.testing.assert_equal(np.isnan(ours.loss.output), np.isnan(theirs.loss.output))
    for mine, other in zip(ours.params, theirs.params, strict=True):
        assert np.isnan(other.gradient).any()
        if place in ("filter", "bias") or mine.ndim < 4:
            np.testing.assert_array_equal(np.isnan(mine.gradient), np.isnan(other.gradient))
        else:
            # Times zero, where ReLU was off, no number is still none; not so in the fused kernel.
            assert np.isnan(mine.gradient).any()
