"""A model and its loss as a graph: recorded on the first batch, replayed on all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from ..compiler import Program
from ..data import DataLoader
from ..errors import DataError, DtypeError, IndexingError, ShapeError, describe
from ..graph import forward
from ..nn import Module
from ..ordering import Order, topological_sort
from ..primitives.losses import cross_entropy
from ..structures import Constant, GraphNode

Loss = Callable[[Any, Any], Any]
Data = Any
"""A pair of arrays, a DataLoader, or another iterable of batches that can be walked repeatedly."""


class Batches(Protocol):
    """So many pairs of images and labels, each time it is walked."""

    def __iter__(self) -> Iterator[Any]: ...

    def __len__(self) -> int: ...


class Recorded:
    """The graph of a model and its loss.

    Attributes
    ----------
    logits, loss : GraphNode
        The model's output and the loss, on the present batch.
    order : list of GraphNode
        The sorted graph; where it was compiled, the program that goes where it went.
    """

    logits: GraphNode
    loss: GraphNode
    order: Order | Program

    def __init__(self, model: Callable[[Any], Any], loss: Loss) -> None:
        self._model, self._loss = model, loss
        self._images: Constant | None = None
        self._labels: Constant | None = None

    def run(self, images: np.ndarray, labels: np.ndarray) -> float:
        """Compute the loss of a batch, and everything that leads to it."""
        if self._images is None or self._labels is None:
            self._record(images, labels)
        else:
            # Step 3: new data in the leaves, then forward.
            self.put(images, labels)
            forward(self.order)
        return float(self.loss.output)

    def put(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Put a batch into the leaves of the recorded graph, and compute nothing."""
        assert self._images is not None and self._labels is not None
        self._images.output = images
        self._labels.output = labels

    def correct(self, labels: np.ndarray) -> int | None:
        """How many examples of the batch are classified correctly; None without classes."""
        logits = self.logits.output
        if logits.ndim != 2 or labels.ndim != 1 or labels.dtype.kind not in "iu":
            return None
        return int(np.count_nonzero(logits.argmax(axis=1) == labels))

    def _record(self, images: np.ndarray, labels: np.ndarray) -> None:
        x, targets = Constant(images, name="images"), Constant(labels, name="labels")
        logits = self._model(x)
        if not isinstance(logits, GraphNode):
            raise DtypeError(f"the model must return a node; it returned {describe(logits)}")
        if self._loss is cross_entropy and (logits.ndim != 2 or logits.shape[0] != len(images)):
            raise ShapeError(
                f"the model returned shape {logits.shape} for a batch of shape {images.shape}; "
                f"cross_entropy needs a row of logits for each example, ({len(images)}, classes); "
                "is an ad.nn.Flatten() or the last ad.nn.Linear missing?"
            )
        loss = self._loss(logits, targets)
        if not isinstance(loss, GraphNode) or loss.shape != ():
            raise ShapeError(
                f"the loss must be a node of shape (); it returned {describe(loss)}; "
                "reduce it, for instance with .mean()"
            )
        self._images, self._labels, self.logits, self.loss = x, targets, logits, loss
        self.order = topological_sort(loss)


def batches_of(data: Data, what: str, batch_size: int, shuffle: bool, seed: Any) -> Batches:
    """`data` as something that gives batches of images and labels, each time it is walked.

    Raises
    ------
    DtypeError
        If it is neither a pair of arrays nor an iterable of pairs.
    ShapeError
        If the arrays have different numbers of examples, or none.
    """
    arrays = isinstance(data, list) and all([isinstance(part, np.ndarray) for part in data])
    if (isinstance(data, tuple) or arrays) and len(data) == 2:
        return DataLoader(*data, batch_size=batch_size, shuffle=shuffle, seed=seed)
    if isinstance(data, DataLoader):
        if len(data.arrays) != 2:
            raise DtypeError(
                f"{what} needs batches of images and labels; this DataLoader holds "
                f"{len(data.arrays)} arrays"
            )
        return data
    if isinstance(data, Iterable) and isinstance(data, Sized) and not isinstance(data, np.ndarray):
        return data
    raise DtypeError(
        f"{what} must be a pair (images, labels) or a DataLoader; got {describe(data)}"
    )


def walk(batches: Batches, what: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The batches of one epoch, as arrays."""
    found = False
    for batch in batches:
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise DtypeError(f"each batch of {what} must be a pair of images and labels")
        found = True
        images, labels = batch
        yield np.asarray(images), np.asarray(labels)
    if not found:
        raise DataError(f"{what} gave no batch in this epoch")


def check_labels(batches: Batches, what: str, classes: int) -> None:
    """Look at all labels at once, so that a wrong one is not found late in training.

    Raises
    ------
    DtypeError
        If they are not integers.
    IndexingError
        If one is not in 0 to `classes` - 1.
    """
    if not isinstance(batches, DataLoader):
        return
    labels = batches.arrays[1]
    if labels.dtype.kind not in "iu":
        raise DtypeError(
            f"the labels of {what} must be integers; got {labels.dtype}: write labels.astype(int)"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise IndexingError(
            f"the labels of {what} must lie in 0 to {classes - 1}, since the model returns "
            f"{classes} logits; got {labels.min()} to {labels.max()}"
        )


@contextmanager
def mode(model: Any, training: bool) -> Iterator[None]:
    """Switch a model to training or evaluation, and back to what each of its layers was."""
    if not isinstance(model, Module):
        yield
        return
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, was in before:
            module.training = was
