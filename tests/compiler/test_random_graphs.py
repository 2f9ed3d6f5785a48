"""Random graphs of layers, compiled, beside the interpreter, and replayed with other batches.

Each seed is a recipe. A few are tested; ``AUTODIFF_GRAPHS=100`` tests a hundred, about ten seconds
each, since every one is another program.
"""

import math
import os

import agreement
import numpy as np
import pytest

import autodiff as ad

GRAPHS = int(os.environ.get("AUTODIFF_GRAPHS", "2"))

CHANGES = [
    ad.relu, ad.tanh, ad.sigmoid, ad.gelu, ad.square, ad.sin, ad.cos, ad.abs, ad.expm1,
    lambda z: ad.exp(z * 0.3), lambda z: ad.sqrt(ad.abs(z) + 0.5), lambda z: 1.0 - z,
    lambda z: ad.leaky_relu(z, 0.2), lambda z: ad.clip(z, -1.0, 1.0), lambda z: z**3,
    lambda z: ad.log1p(ad.square(z)), lambda z: 2.0 / (z * z + 1.0), lambda z: -z,
    lambda z: ad.where(z > 0.1, z, -0.5 * z), lambda z: ad.maximum(z, 0.3),
]  # fmt: skip
JOINTS = [
    lambda a, b: a * b, lambda a, b: a + b, lambda a, b: b - a, ad.maximum, ad.minimum,
    lambda a, b: a / (b * b + 1.0),
]  # fmt: skip


class Recipe:
    """A graph from a seed. Built with the same leaves it is the same graph, for any batch."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.seed = seed
        self.dtype = np.float32 if rng.random() < 0.85 else np.float64
        self.channels, self.side = int(rng.integers(1, 4)), int(rng.integers(5, 9))
        self.width, self.depth = int(rng.integers(1, 6)), int(rng.integers(4, 10))
        self.parameters = {}

    def data(self, n, seed=0):
        rng = np.random.default_rng([self.seed, n, seed])
        return {
            "x": rng.normal(size=(n, self.channels, self.side, self.side)).astype(self.dtype),
            "z": rng.normal(size=(n, self.width)).astype(self.dtype),
            "s": rng.normal(size=(n, 1)).astype(self.dtype),
            "m": rng.random((n, 1)) > 0.5,
            "t": rng.integers(0, 2, n).astype(["i8", "i4", "u1"][self.seed % 3]),
            "k": np.linspace(0.5, 1.5, 4).astype(self.dtype),  # as long as some batches, and none
        }

    def __call__(self, **leaves):
        self.rng, self.leaves, self.used = np.random.default_rng([self.seed, 1]), leaves, {}
        self.images, self.rows, self.terms = [leaves["x"]], [leaves["z"]], []
        for _ in range(self.depth):
            step = STEPS[int(self.rng.integers(len(STEPS)))]
            step(self)
        logits = self.rows[-1] @ self.parameter(self.rows[-1].shape[1], 3)
        flat = as_rows(self.images[-1])
        found = flat @ self.parameter(flat.shape[1], 2)
        loss = ad.cross_entropy(logits, leaves["t"]) * ad.mean(leaves["k"])
        loss = loss + ad.mse_loss(found, ad.tanh(found)) + sum(self.terms)
        first = next(iter(self.used.values()))
        kept = [self.pick(self.rows), self.pick(self.images), logits, ad.argmax(logits, axis=1)]
        return loss + 0.01 * ad.sum(first * first), kept

    def parameter(self, *shape):
        """The next parameter: one that was given, or a new one."""
        name = f"w{len(self.used)}"
        if name not in self.leaves:
            rng = np.random.default_rng([self.seed, len(self.used), 2])
            array = (rng.normal(size=shape) * 0.5).astype(self.dtype)
            self.parameters[name] = array
            self.used[name] = ad.Variable(array, name=name)
        else:
            self.used[name] = self.leaves[name]
        return self.used[name]

    def pick(self, values):
        """One of the last values, so that some are used twice."""
        return values[int(self.rng.integers(max(0, len(values) - 3), len(values)))]

    def choice(self, options):
        return options[int(self.rng.integers(len(options)))]

    def maybe(self, share=0.5):
        return self.rng.random() < share


def as_rows(images):
    return images.reshape(-1, math.prod(images.shape[1:]))


def convolve(r):
    x, (kh, kw) = r.pick(r.images), r.rng.integers(1, 4, 2)
    stride, padding, dilation = r.choice([1, 1, 2]), r.choice([0, 1]), r.choice([1, 1, 2])
    if (max(kh, kw) - 1) * dilation >= min(x.shape[2:]) + 2 * padding:
        return
    groups = x.shape[1] if r.maybe(0.25) else 1
    filters = groups * r.choice([1, 2, 3])
    weights = r.parameter(filters, x.shape[1] // groups, int(kh), int(kw))
    bias = r.parameter(filters) if r.maybe(0.6) else None
    around = "same" if stride == 1 and r.maybe(0.2) else padding
    y = ad.conv2d(x, weights, bias, stride, around, dilation, groups)
    r.images.append(ad.relu(y) if r.maybe() else y)


def pool(r):
    x, size = r.pick(r.images), r.choice([1, 2, 3])
    if size > min(x.shape[2:]):
        return
    stride, padding = r.choice([1, 2, 3]), int(r.rng.integers(0, size // 2 + 1))
    if r.maybe(0.65):
        r.images.append(ad.max_pool2d(x, size, stride, padding, ceil_mode=r.maybe(0.3)))
    else:
        r.images.append(ad.avg_pool2d(x, size, stride, padding))


def enlarge(r):
    x = r.pick(r.images)
    if x.shape[2] < 7:
        weights, bias = r.parameter(x.shape[1], 2, 2, 3), r.parameter(2) if r.maybe() else None
        r.images.append(ad.conv_transpose2d(x, weights, bias, 2, 0, r.choice([0, 1])))


def change(r):
    values = r.choice([r.images, r.rows])
    values.append(r.choice(CHANGES)(r.pick(values)))


def join_with_parameter(r):
    x = r.pick(r.images)
    _, c, h, w = x.shape
    shape = r.choice([(c, 1, 1), (1, c, 1, 1), (h, w), (), (1,), (w,), (c, h, w)])
    r.images.append(r.choice(JOINTS)(x, r.parameter(*shape)))
    rows = r.pick(r.rows)
    shape = r.choice([(rows.shape[1],), (1, rows.shape[1]), (), (1, 1)])
    r.rows.append(r.choice(JOINTS)(rows, r.parameter(*shape)))


def connect(r):
    x, outputs = r.pick(r.rows), r.choice([1, 2, 5])
    if r.maybe():
        y = x @ r.parameter(x.shape[1], outputs)
    else:
        y = x @ r.parameter(outputs, x.shape[1]).T
    y = y + r.parameter(outputs) if r.maybe(0.6) else y
    r.rows.append(ad.relu(y) if r.maybe() else y)


def flatten(r):
    r.rows.append(as_rows(r.pick(r.images)))


def reduce_features(r):
    x, axes = r.pick(r.images), r.choice([(1, 2, 3), (2, 3), (1,), (3,), (1, 3)])
    function = r.choice([ad.sum, ad.mean, ad.max, ad.min])
    if r.maybe():
        r.images.append(x * function(x, axis=axes, keepdims=True) * 0.1)
    else:
        y = function(x, axis=axes)
        r.rows.append(y.reshape(-1, math.prod(y.shape[1:])))


def normalise(r):
    if r.maybe():
        x, axes = r.pick(r.images), r.choice([(0,), (0, 2, 3), (1, 2, 3)])
        centred = x - ad.mean(x, axis=axes, keepdims=True)
        square = ad.mean(ad.square(centred), axis=axes, keepdims=True)
        r.images.append(centred / ad.sqrt(square + 0.1))
    else:
        x = r.pick(r.rows)
        r.rows.append((x - ad.mean(x, axis=0)) * (ad.var(x, axis=1, keepdims=True) + 0.5))


def leave_the_region(r):
    x = r.pick(r.rows)
    if r.maybe():
        r.rows.append(ad.concatenate([x, r.rows[0] * r.leaves["s"]], axis=1))
    else:
        r.rows.append(ad.cumsum(x, axis=1) * 0.3)


def meet_over_the_batch(r):
    x = r.pick(r.rows)
    product = x.T @ r.rows[0] * 0.1
    r.terms.append(ad.sum(ad.tanh(product)) * 0.1)
    if r.maybe():
        r.rows.append(ad.tanh(x @ product))


def choose(r):
    x = r.pick(r.rows)
    y = ad.where(r.leaves["m"], x, r.leaves["s"] * x)
    r.rows.append(y if r.maybe() else ad.softmax(y, 1))
    if r.maybe(0.3):
        r.terms.append(ad.mean(ad.log_softmax(x, 1) * x) * 0.3)


STEPS = [
    convolve, convolve, convolve, pool, pool, enlarge, change, change, change, join_with_parameter,
    connect, connect, flatten, reduce_features, normalise, leave_the_region, meet_over_the_batch,
    choose,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(GRAPHS))
def test_random_graph(seed):
    recipe = Recipe(seed)
    n = [4, 1, 3, 17][seed % 4]
    recipe(**{name: ad.Constant(array) for name, array in recipe.data(n).items()})
    sizes = [1, 2, 64] if seed % 4 == 0 else [2]
    replays = [recipe.data(size, 1) for size in sizes]
    agreement.check(recipe, recipe.data(n), dict(recipe.parameters), replays)
