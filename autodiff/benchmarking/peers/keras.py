"""Keras on TensorFlow: `fit` walks through the epoch itself, and compiles what it can with XLA."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np
from keras import layers

from autodiff import nn

from ..workloads import LEARNING_RATE
from .channels_last import channels_last_weights
from .tensorflow import use_threads


def translate(layer: Any) -> list[Any]:
    """Keras's layers that do the same."""
    if isinstance(layer, nn.Conv2d):
        padded = [layers.ZeroPadding2D(layer.padding)] if any(layer.padding) else []
        return [*padded, layers.Conv2D(layer.out_channels, layer.kernel_size, layer.stride)]
    if isinstance(layer, nn.Linear):
        return [layers.Dense(layer.out_features)]
    if isinstance(layer, nn.MaxPool2d):
        return [layers.MaxPooling2D(layer.kernel_size, layer.stride)]
    if isinstance(layer, nn.AvgPool2d):
        return [layers.AveragePooling2D(layer.kernel_size, layer.stride)]
    if isinstance(layer, nn.Flatten):
        return [layers.Flatten()]
    return [layers.Activation(type(layer).__name__.lower())]


class Losses(keras.callbacks.Callback):
    """Reads the loss after each step, as the loops of the others do.

    Keras tells the mean over the epoch so far, from which the loss of the step follows.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[float] = []
        self.total = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.total = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        total = float(logs["loss"]) * (batch + 1)
        self.found.append(total - self.total)
        self.total = total


class Keras:
    """A compiled model."""

    def __init__(self, model: nn.Sequential, threads: int, image: tuple[int, ...]) -> None:
        use_threads(threads)
        channels, *sides = image
        translated = [one for layer in model for one in translate(layer)]
        self.model = keras.Sequential([keras.Input((*sides, channels)), *translated])
        self.initial = [w for pair in channels_last_weights(model, image).values() for w in pair]
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile(keras.optimizers.SGD(LEARNING_RATE), loss)
        self.reset()

    def step(self, images: np.ndarray, labels: np.ndarray) -> float:
        [loss] = self.epoch(images.transpose(0, 2, 3, 1), labels, len(labels))
        return loss

    def epoch(self, images: np.ndarray, labels: np.ndarray, batch: int) -> list[float]:
        losses = Losses()
        self.model.fit(
            images, labels, batch_size=batch, shuffle=False, verbose=0, callbacks=[losses]
        )
        return losses.found

    def walk(self, loader: Any, epochs: int, steps: int) -> dict[str, Any]:
        """The same as `worker.walk`, with `fit` in place of the loop over batches."""
        found: list[float] = []
        images, labels = loader.arrays
        last_batch = steps // epochs * loader.batch_size
        start = time.perf_counter()
        for _ in range(epochs):
            # `fit` shuffles by itself, but then in an order that no other library sees.
            order = loader.rng.permutation(loader.examples)[:last_batch]
            shuffled = images[order].transpose(0, 2, 3, 1)
            found += self.epoch(shuffled, labels[order], loader.batch_size)
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "inside": None, "results": found}

    def infer(self, images: np.ndarray) -> np.ndarray:
        return self.model.predict_on_batch(images.transpose(0, 2, 3, 1))

    def reset(self) -> None:
        self.model.set_weights(self.initial)
