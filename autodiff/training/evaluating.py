"""Using a trained model: how good it is, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..compiler import Program, compile
from ..errors import ShapeError, describe
from ..graph import forward
from ..ordering import topological_sort
from ..primitives.losses import cross_entropy
from ..structures import Constant
from .recorded import Data, Loss, Recorded, batches_of, mode, walk

BATCH_SIZE = 500
"""For speed alone: the result does not depend on it."""


class Evaluation:
    """A model, a loss and data; `run` may be called again after the parameters have changed.

    Attributes
    ----------
    batches : Batches
        The data.
    compiled : bool
        Whether all batches but the first, which the graph is recorded on, are computed by a
        compiled program.
    """

    def __init__(self, model: Any, data: Data, loss: Loss, batch_size: int, what: str) -> None:
        self._model, self._what = model, what
        self.batches = batches_of(data, what, batch_size, shuffle=False, seed=None)
        self.compiled = False
        self._recorded = Recorded(model, loss)

    def run(self) -> tuple[float, float | None]:
        """Mean loss and accuracy over the data; the accuracy is None where there are no classes."""
        recorded, total, examples = self._recorded, 0.0, 0
        correct: int | None = 0
        with mode(self._model, training=False):
            for images, labels in walk(self.batches, self._what):
                total += len(labels) * recorded.run(images, labels)
                right = recorded.correct(labels)
                correct = None if right is None or correct is None else correct + right
                examples += len(labels)
                if self.compiled and not isinstance(recorded.order, Program):
                    recorded.order = compile(recorded.loss, keep=[recorded.logits])
        return total / examples, None if correct is None else correct / examples


def evaluate(
    model: Callable[[Any], Any],
    data: Data,
    loss: Loss = cross_entropy,
    batch_size: int = BATCH_SIZE,
) -> tuple[float, float | None]:
    """The mean loss of a model, and its accuracy, in evaluation mode.

    Parameters
    ----------
    model : Module
        The model. Its layers are in the same mode afterwards as before.
    data : pair of array_like, or DataLoader
        Images and labels.
    loss : callable
        A function of the model's output and the labels.
    batch_size : int
        How many examples are computed at a time, where `data` is a pair.

    Returns
    -------
    loss : float
        Mean over all examples.
    accuracy : float or None
        Fraction of the examples whose largest output is that of their label; None where the labels
        are not classes.

    Raises
    ------
    ShapeError
        If images and labels differ in number, or there are none.
    IndexingError
        If a label is not a class.
    """
    return Evaluation(model, data, loss, batch_size, "data").run()


def predict(model: Callable[[Any], Any], images: Any, batch_size: int = BATCH_SIZE) -> np.ndarray:
    """The class of each image: the position of the model's largest output, in evaluation mode.

    Parameters
    ----------
    model : Module
        The model. Its layers are in the same mode afterwards as before.
    images : array_like, shape (N, ...)
        The images.
    batch_size : int
        How many are computed at a time.

    Returns
    -------
    numpy.ndarray of int, shape (N,)
        Classes.

    Raises
    ------
    ShapeError
        If there are no images, or the model does not return one row for each.
    """
    images = np.asarray(images)
    if not images.ndim or not len(images):
        raise ShapeError(f"predict needs at least one image; got shape {images.shape}")
    with mode(model, training=False):
        x = Constant(images[:batch_size], name="images")
        logits = model(x)
        if logits.ndim != 2:
            raise ShapeError(
                f"predict needs one row of logits for each image; got {describe(logits)}"
            )
        order = topological_sort(logits)
        classes = [logits.output.argmax(axis=1)]
        for start in range(batch_size, len(images), batch_size):
            x.output = images[start : start + batch_size]
            classes.append(forward(order).argmax(axis=1))
    return np.concatenate(classes)
