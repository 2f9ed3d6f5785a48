"""HIPS autograd, with its own convolution: NumPy below, and a tape of Python objects above."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
from autograd import value_and_grad
from autograd.scipy.signal import convolve

from autodiff import nn

from ..workloads import LEARNING_RATE

ROWS_AND_COLUMNS, CHANNELS = ([2, 3], [2, 3]), ([1], [1])


def pool(layer: Any, x: Any) -> Any:
    """Windows that do not overlap, as an axis of their own, as in HIPS's example of a network."""
    side = layer.kernel_size
    n, channels, rows, columns = x.shape
    rows, columns = rows // side, columns // side
    windows = x[:, :, : rows * side, : columns * side]
    windows = windows.reshape(n, channels, rows, side, columns, side)
    if isinstance(layer, nn.MaxPool2d):
        return np.max(np.max(windows, axis=5), axis=3)
    return np.mean(np.mean(windows, axis=5), axis=3)


def apply(name: str, layer: Any, p: dict[str, Any], x: Any) -> Any:
    """One layer."""
    if isinstance(layer, nn.Conv2d):
        rows, columns = layer.padding
        x = np.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)), "constant")
        # A convolution proper turns the filter, which a network's convolution does not.
        turned = p[f"{name}.weight"][:, :, ::-1, ::-1]
        y = convolve(x, turned, axes=ROWS_AND_COLUMNS, dot_axes=CHANNELS, mode="valid")
        return y + p[f"{name}.bias"][:, None, None]
    if isinstance(layer, nn.Linear):
        return np.dot(x, p[f"{name}.weight"].T) + p[f"{name}.bias"]
    if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
        return pool(layer, x)
    if isinstance(layer, nn.Flatten):
        return x.reshape(x.shape[0], -1)
    return {"ReLU": lambda x: np.maximum(x, 0), "Tanh": np.tanh}[type(layer).__name__](x)


class HIPS:
    """Parameters as a dict of arrays."""

    def __init__(self, model: nn.Sequential, threads: int) -> None:
        # NumPy's own threads are set by the process's environment.
        del threads
        self.layers = list(model.named_children())
        self.initial = model.state_dict()
        self.differentiated = value_and_grad(self.mean_loss)
        self.reset()

    def logits(self, p: dict[str, Any], x: Any) -> Any:
        for name, layer in self.layers:
            x = apply(name, layer, p, x)
        return x

    def mean_loss(self, p: dict[str, Any], x: Any, labels: Any) -> Any:
        logits = self.logits(p, x)
        largest = np.max(logits, axis=1, keepdims=True)
        shifted = logits - largest
        logarithms = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
        return -np.mean(logarithms[np.arange(len(labels)), labels])

    def step(self, images: Any, labels: Any) -> float:
        loss, gradients = self.differentiated(self.parameters, images, labels)
        for name, gradient in gradients.items():
            self.parameters[name] -= LEARNING_RATE * gradient
        return float(loss)

    def infer(self, images: Any) -> Any:
        return self.logits(self.parameters, images)

    def reset(self) -> None:
        self.parameters = {name: value.copy() for name, value in self.initial.items()}
