"""Primitives that only the compiler makes: several operators in one.

Each has a definition in NumPy like any other primitive, so that a graph can be run by the
interpreter after every pass, and a kernel be tested against it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue import functions
from ..primitives.convolution import conv2d
from ..primitives.losses import cross_entropy, one_hot_like
from ..primitives.maxima import chosen_taps
from ..primitives.pooling import max_pool2d, pooling_windows
from ..primitives.primitive import Primitive
from ..primitives.windows import Windows, batch_first, batch_last, remove


class MatmulNT(Primitive):
    r""":math:`A B^T`, with both matrices as they lie in memory."""

    def function(self, a: Any, b: Any) -> Any:
        return a @ b.T

    def shape(self, a, b):
        return (a[0], b[0])

    def examples(self, rng):
        yield (rng.normal(size=(3, 4)), rng.normal(size=(2, 4))), {}


class MatmulTN(Primitive):
    r""":math:`A^T B`, with both matrices as they lie in memory."""

    def function(self, a: Any, b: Any) -> Any:
        return a.T @ b

    def shape(self, a, b):
        return (a[1], b[1])

    def examples(self, rng):
        yield (rng.normal(size=(4, 3)), rng.normal(size=(4, 2))), {}


matmul_nt = MatmulNT()
matmul_tn = MatmulTN()


class Conv2dBias(Primitive):
    """Convolution, plus a bias for each filter, then ReLU where `relu` is set."""

    def function(self, x: Any, w: Any, b: Any, relu: bool, **geometry: Any) -> Any:
        y = conv2d.function(x, w, **geometry) + np.reshape(b, (1, -1, 1, 1))
        return np.maximum(y, 0) if relu else y

    def shape(self, x, w, b, relu, **geometry):
        return conv2d.shape(x, w, **geometry)

    def examples(self, rng):
        x, w, b = rng.normal(size=(2, 2, 5, 6)), rng.normal(size=(4, 1, 3, 2)), rng.normal(size=4)
        geometry = {
            "stride": (2, 1),
            "padding": ((1, 1), (0, 1)),
            "dilation": (1, 2),
            "groups": 2,
        }
        yield (x, w, b), {**geometry, "relu": False}
        yield (x, w, b), {**geometry, "relu": True}


class Dense(Primitive):
    r""":math:`x W^T + b`, then ReLU where `relu` is set: a layer of neurons."""

    def function(self, x: Any, w: Any, b: Any, relu: bool) -> Any:
        y = x @ w.T + b
        return np.maximum(y, 0) if relu else y

    def shape(self, x, w, b, relu):
        return (x[0], w[0])

    def examples(self, rng):
        x, w, b = rng.normal(size=(5, 4)), rng.normal(size=(3, 4)), rng.normal(size=3)
        yield (x, w, b), {"relu": False}
        yield (x, w, b), {"relu": True}


class MaxPoolCode(Primitive):
    """Max-pooling that remembers where it found each maximum; two outputs.

    The second, the *code*, is the number of the chosen tap, or 255 where `relu` is set and the
    maximum is not positive, so that no gradient flows. What is no number is no such maximum: a
    gradient that vanished there would hide it. ReLU and the maximum commute, so that ReLU is
    applied to the maxima alone.
    """

    outputs = ("maxima", "code")

    def function(self, x: Any, windows: Windows, relu: bool) -> Any:
        y = max_pool2d.function(x, windows)
        code = np.full(y.shape, 255, np.uint8)
        for tap, chosen in enumerate(chosen_taps(x, y, windows)):
            code[batch_first(chosen)] = tap
        if relu:
            y = np.maximum(y, 0)
            code[y <= 0] = 255
        return y, code

    def shape(self, x, windows, relu):
        return max_pool2d.shape(x, windows)

    def examples(self, rng):
        for (x, kernel), params in max_pool2d.examples(rng):
            windows = pooling_windows("max_pool2d", kernel, **params)
            yield (x,), {"windows": windows, "relu": False}
            yield (x,), {"windows": windows, "relu": True}


class Conv2dPool(Primitive):
    """Convolution with bias, then max-pooling that remembers, with ReLU: three layers in one.

    Two outputs, as `MaxPoolCode`. The images between the two are never stored.
    """

    outputs = ("maxima", "code")

    def function(self, x: Any, w: Any, b: Any, windows: Windows, relu: bool, **params: Any) -> Any:
        images = conv2d_bias.function(x, w, b, relu=False, **params)
        return max_pool_code.function(images, windows, relu)

    def shape(self, x, w, b, windows, relu, **params):
        return max_pool2d.shape(conv2d.shape(x, w, **params), windows)

    def examples(self, rng):
        for (x, w, b), params in conv2d_bias.examples(rng):
            relu = params.pop("relu")
            yield (x, w, b), {**params, "windows": pooling_windows("max_pool2d", 2), "relu": relu}


class MaxUnpool(Primitive):
    """Carry gradients back to the pixels that a code names."""

    shape_only = (2,)

    def function(self, g: Any, code: Any, like: Any, windows: Windows) -> Any:
        windows = windows.around(np.shape(like)[2:])
        shares, codes = batch_last(g), batch_last(code)
        result = np.zeros(batch_last(like, windows.borders).shape, like.dtype)
        for tap, target in enumerate(windows.taps(result)):
            target += np.where(codes == tap, shares, 0)
        return batch_first(remove(result, windows.borders))

    def shape(self, g, code, like, windows):
        return like

    def examples(self, rng):
        for (x,), params in max_pool_code.examples(rng):
            y, code = max_pool_code.function(x, **params)
            yield (rng.normal(size=y.shape), code, x), {"windows": params["windows"]}


class Chain(Primitive):
    """Elementwise operators, one after the other, in one pass over memory.

    Parameters
    ----------
    steps : tuple of (Primitive, tuple of int, dict)
        Each step's primitive, operands and arguments. Operand i of n is the chain's own operand;
        operand n + k the result of step k. The last step's result is the chain's.
    """

    def function(self, *operands: Any, steps: tuple[Any, ...]) -> Any:
        values = list(operands)
        for primitive, positions, params in steps:
            values.append(primitive.function(*[values[i] for i in positions], **params))
        return values[-1]

    def shape(self, *shapes, steps):
        return np.broadcast_shapes(*shapes)

    def examples(self, rng):
        negative, exp = functions["negative"], functions["exp"]
        yield (rng.normal(size=(2, 3)),), {"steps": ((negative, (0,), {}), (exp, (1,), {}))}


class CrossEntropyGradient(Primitive):
    r"""Derivative of the sum of cross-entropies in the logits, times a number.

    .. math:: \bar z_{nc} = s \, \bigl(\operatorname{softmax}(z_n)_c - [c = t_n]\bigr)
    """

    def function(self, logits: Any, labels: Any, scale: Any) -> Any:
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return (shares - one_hot_like.function(labels, logits)) * scale

    def shape(self, logits, labels, scale):
        return logits

    def examples(self, rng):
        yield (rng.normal(size=(4, 3)), np.array([0, 2, 1, 1]), 0.25), {}


class CrossEntropyPair(Primitive):
    """The cross-entropy and its gradient in the logits times a number: two outputs."""

    outputs = ("loss", "gradient")

    def function(self, logits: Any, labels: Any, scale: Any) -> Any:
        loss = cross_entropy.function(logits, labels)
        return loss, cross_entropy_gradient.function(logits, labels, scale)

    def shape(self, logits, labels, scale):
        return ()

    def examples(self, rng):
        return cross_entropy_gradient.examples(rng)


conv2d_bias = Conv2dBias()
dense = Dense()
max_pool_code = MaxPoolCode()
conv2d_pool = Conv2dPool()
max_unpool = MaxUnpool()
chain = Chain()
cross_entropy_gradient = CrossEntropyGradient()
cross_entropy_pair = CrossEntropyPair()
