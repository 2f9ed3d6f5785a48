"""JAX: the whole step is one jitted function, channels last."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from autodiff import nn

from ..workloads import LEARNING_RATE
from .channels_last import borders, channels_last_weights

LAYOUT = ("NHWC", "HWIO", "NHWC")


def pool(layer: Any, x: Any) -> Any:
    """The maximum, or the mean, of each window."""
    pairs = [(n, n) if isinstance(n, int) else n for n in (layer.kernel_size, layer.stride)]
    (rows, columns), (down, right) = pairs
    window, strides = (1, rows, columns, 1), (1, down, right, 1)
    if isinstance(layer, nn.MaxPool2d):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, strides, "VALID")
    sums = jax.lax.reduce_window(x, 0.0, jax.lax.add, window, strides, "VALID")
    return sums / (rows * columns)


def apply(name: str, layer: Any, p: dict[str, Any], x: Any) -> Any:
    """One layer."""
    if isinstance(layer, nn.Conv2d):
        weight, bias = p[name]
        around, layout = borders(layer.padding), {"dimension_numbers": LAYOUT}
        return jax.lax.conv_general_dilated(x, weight, layer.stride, around, **layout) + bias
    if isinstance(layer, nn.Linear):
        weight, bias = p[name]
        return x @ weight + bias
    if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
        return pool(layer, x)
    if isinstance(layer, nn.Flatten):
        return x.reshape(x.shape[0], -1)
    return {"ReLU": jax.nn.relu, "Tanh": jnp.tanh}[type(layer).__name__](x)


class JAX:
    """Parameters, and the jitted functions of them."""

    def __init__(self, model: nn.Sequential, threads: int, image: tuple[int, ...]) -> None:
        # XLA asks the system how many cores the process may use: `threads` of them.
        del threads
        self.layers = list(model.named_children())
        self.initial = channels_last_weights(model, image)
        self.train, self.network = jax.jit(self.updated), jax.jit(self.logits)
        self.reset()

    def logits(self, p: dict[str, Any], x: Any) -> Any:
        for name, layer in self.layers:
            x = apply(name, layer, p, x)
        return x

    def mean_loss(self, p: dict[str, Any], x: Any, labels: Any) -> Any:
        logarithms = jax.nn.log_softmax(self.logits(p, x))
        return -jnp.take_along_axis(logarithms, labels[:, None], axis=1).mean()

    def updated(self, p: dict[str, Any], x: Any, labels: Any) -> Any:
        loss, gradients = jax.value_and_grad(self.mean_loss)(p, x, labels)
        return jax.tree.map(lambda w, g: w - LEARNING_RATE * g, p, gradients), loss

    def step(self, images: np.ndarray, labels: np.ndarray) -> float:
        # With a single channel, channels last is another shape of the same memory.
        self.parameters, loss = self.train(self.parameters, images.transpose(0, 2, 3, 1), labels)
        return float(loss)

    def infer(self, images: np.ndarray) -> np.ndarray:
        return np.asarray(self.network(self.parameters, images.transpose(0, 2, 3, 1)))

    def reset(self) -> None:
        self.parameters = jax.tree.map(jnp.asarray, self.initial)
