"""TensorFlow: the whole step is one tf.function, channels last, with or without XLA."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from autodiff import nn

from ..workloads import LEARNING_RATE
from .channels_last import borders, channels_last_weights


def use_threads(threads: int) -> None:
    """Hold TensorFlow to a number of threads; before it computes anything."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def apply(name: str, layer: Any, p: dict[str, Any], x: Any) -> Any:
    """One layer."""
    if isinstance(layer, nn.Conv2d):
        weight, bias = p[name]
        around = [(0, 0), *borders(layer.padding), (0, 0)]
        return tf.nn.bias_add(tf.nn.conv2d(x, weight, layer.stride, around), bias)
    if isinstance(layer, nn.Linear):
        weight, bias = p[name]
        return tf.nn.bias_add(x @ weight, bias)
    if isinstance(layer, nn.MaxPool2d):
        return tf.nn.max_pool2d(x, layer.kernel_size, layer.stride, "VALID")
    if isinstance(layer, nn.AvgPool2d):
        return tf.nn.avg_pool2d(x, layer.kernel_size, layer.stride, "VALID")
    if isinstance(layer, nn.Flatten):
        return tf.reshape(x, (-1, int(np.prod(x.shape[1:]))))
    return {"ReLU": tf.nn.relu, "Tanh": tf.nn.tanh}[type(layer).__name__](x)


class TensorFlow:
    """Variables, and the traced functions of them."""

    def __init__(
        self, model: nn.Sequential, threads: int, image: tuple[int, ...], xla: bool = False
    ) -> None:
        use_threads(threads)
        self.layers = list(model.named_children())
        self.initial = channels_last_weights(model, image)
        self.parameters = {
            name: [tf.Variable(value) for value in values] for name, values in self.initial.items()
        }
        self.train = tf.function(self.updated, jit_compile=xla)
        self.network = tf.function(self.logits, jit_compile=xla)

    def logits(self, x: Any) -> Any:
        for name, layer in self.layers:
            x = apply(name, layer, self.parameters, x)
        return x

    def updated(self, x: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, self.logits(x))
            loss = tf.reduce_mean(losses)
        variables = [variable for pair in self.parameters.values() for variable in pair]
        gradients = tape.gradient(loss, variables)
        for variable, gradient in zip(variables, gradients, strict=True):
            variable.assign_sub(LEARNING_RATE * gradient)
        return loss

    def step(self, images: np.ndarray, labels: np.ndarray) -> float:
        # With a single channel, channels last is another shape of the same memory.
        x = tf.constant(images.transpose(0, 2, 3, 1))
        return float(self.train(x, tf.constant(labels)))

    def infer(self, images: np.ndarray) -> np.ndarray:
        return self.network(tf.constant(images.transpose(0, 2, 3, 1))).numpy()

    def reset(self) -> None:
        for name, values in self.initial.items():
            for variable, value in zip(self.parameters[name], values, strict=True):
                variable.assign(value)
