"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from ..errors import ArgumentError, DivergenceError, DtypeError, describe
from ..graph import backward
from ..lazy import load
from ..nn import Module
from ..optim import SGD, Optimizer, Schedule
from ..precision import GradScaler, autocast
from ..primitives.losses import cross_entropy
from .compiled import CompiledStep, pays
from .evaluating import BATCH_SIZE, Evaluation
from .history import History
from .recorded import Batches, Data, Loss, Recorded, batches_of, check_labels, mode, walk

LEAST_SCALE = 2.0**-10
"""Gradients that overflow at this scale of the loss are not too large: they are infinite."""


def fit(
    model: Module,
    train: Data,
    test: Data = None,
    epochs: int = 1,
    optimizer: Optimizer | None = None,
    loss: Loss = cross_entropy,
    batch_size: int = 100,
    lr: float | None = None,
    shuffle: bool = True,
    seed: Any = None,
    schedule: Schedule | None = None,
    record_gradients: bool = False,
    progress: bool = True,
    callback: Callable[[History], Any] | None = None,
    precision: str | None = None,
    compile: bool | None = None,
) -> History:
    """Train a model.

    The graph is built once, on the first batch. Each later step puts its batch into the leaves of
    that graph and replays it forward; then come backward and the optimizer. Of a longer training
    all of this is done by a program that is compiled after the first batch.

    Parameters
    ----------
    model : Module
        The model; its parameters are changed. Its layers are in the same mode afterwards as before.
    train : pair of array_like, or DataLoader
        Images and labels.
    test : pair of array_like, or DataLoader, optional
        Images and labels to measure the accuracy on after each epoch.
    epochs : int
        How often to go through the training data.
    optimizer : Optimizer, optional
        How the parameters are changed; `SGD` with learning rate `lr` where not given.
    loss : callable
        A function of the model's output and the labels, with a scalar result.
    batch_size : int
        Number of examples in a step, where `train` is a pair.
    lr : float, optional
        Learning rate where no optimizer is given; 0.01.
    shuffle : bool
        Whether each epoch has another order, where `train` is a pair.
    seed : int or numpy.random.Generator, optional
        Where that order comes from; the library-wide generator (`autodiff.manual_seed`) where not
        given.
    schedule : Schedule, optional
        Moved on after each epoch.
    record_gradients : bool
        Whether to record the norm of each parameter's gradient at each step.
    progress : bool
        Whether to show a progress bar; it is shown only on a terminal. While a program is being
        compiled it says so.
    callback : callable, optional
        Called with the history after each epoch.
    precision : {"float16", "bfloat16"}, optional
        Train and test in mixed precision, `ad.precision.autocast`; for float16 with a `GradScaler`.
        The parameters stay in float32. The interpreter computes it.
    compile : bool, optional
        Whether the steps are taken by a compiled program, `ad.compile`, or by the interpreter; the
        losses are the same but for rounding. By default they are compiled where Numba is installed,
        there are at least 100 steps, and `precision` is not given; so are the tests, if there are
        at least 100 batches of them in all. A program of a new kind of network takes some seconds
        to compile, in the first epoch; it is kept on disk, in the folder that the environment
        variable ``AUTODIFF_CACHE_DIR`` names or the user's cache, and read from there the next
        time.

    Returns
    -------
    History
        Loss, accuracy and times.

    Raises
    ------
    ShapeError
        If images and labels differ in number or there are none, or the model's output or the loss
        has the wrong shape.
    IndexingError
        If a label is not a class.
    DivergenceError
        If the loss is not finite; the message names the step and the likely cause, and the
        parameters are what they were before that step. In float16 also if the gradients overflow
        at any scale.
    """
    if not isinstance(model, Module):
        raise DtypeError(f"fit trains an ad.nn.Module; got {describe(model)}")
    if not isinstance(epochs, int) or epochs < 1:
        raise ArgumentError(f"epochs must be a positive integer; got {epochs!r}")
    if optimizer is not None and lr is not None:
        raise ArgumentError("give lr to the optimizer, or give no optimizer")
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise DtypeError(
            f"optimizer must be one of ad.optim, such as ad.optim.Adam(model.parameters()); "
            f"got {describe(optimizer)}"
        )
    own = {id(parameter) for parameter in model.parameters()}
    if optimizer is not None and own.isdisjoint(map(id, optimizer.params)):
        raise ArgumentError(
            "the optimizer holds none of this model's parameters, so that nothing would be "
            "learned; make it from model.parameters() of the model that is trained"
        )
    optimizer = optimizer or SGD(model.parameters(), lr=0.01 if lr is None else lr)
    batches = batches_of(train, "train", batch_size, shuffle, seed)
    evaluation = None if test is None else Evaluation(model, test, loss, BATCH_SIZE, "test")
    if precision not in (None, "float16", "bfloat16"):
        raise ArgumentError(f"precision is 'float16', 'bfloat16' or None; got {precision!r}")
    scaler = GradScaler(enabled=precision == "float16")
    compiled = pays(compile, epochs * len(batches), precision)
    if evaluation is not None:
        evaluation.compiled = pays(compile, epochs * len(evaluation.batches), precision)
    loop = _Loop(model, optimizer, loss, batches, record_gradients, scaler, compiled)
    for epoch in range(epochs):
        title = f"epoch {epoch + 1}/{epochs}"
        with _bar(len(batches), title, progress) as bar, _casts(precision):
            with mode(model, training=True):
                loop.epoch(bar, title)
            if evaluation is not None:
                bar.set_description(f"{title}, testing")
                test_loss, accuracy = evaluation.run()
                bar.set_description(title)
                loop.history.test_loss.append(test_loss)
                if accuracy is not None:
                    loop.history.test_accuracy.append(accuracy)
        if schedule is not None:
            schedule.step()
        if callback is not None:
            callback(loop.history)
    return loop.history


class _Loop:
    """What lasts from step to step."""

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        loss: Loss,
        batches: Batches,
        record_gradients: bool,
        scaler: GradScaler,
        compiled: bool,
    ) -> None:
        self.history = History()
        self._optimizer, self._batches, self._loss = optimizer, batches, loss
        self._recorded, self._scaler = Recorded(model, loss), scaler
        self._compiled = compiled
        self._program: CompiledStep | None = None
        self._named = list(model.named_parameters())
        self._watched = self._named if record_gradients else []
        self.history.gradient_norms = {name: [] for name, _ in self._watched}

    def epoch(self, bar: Any, title: str) -> None:
        """Learn from every batch once."""
        history, start = self.history, time.perf_counter()
        if self._compiled and not history.loss:
            bar.set_description(f"{title}, compiling")
        total, examples = 0.0, 0
        correct: int | None = 0
        for images, labels in walk(self._batches, "train"):
            value = self.step(images, labels)
            right = self._recorded.correct(labels)
            correct = None if right is None or correct is None else correct + right
            total += value * len(labels)
            examples += len(labels)
            if not bar.disable:
                bar.set_postfix(loss=f"{total / examples:.4f}", refresh=False)
                bar.update()
            if len(history.loss) == 2:
                bar.set_description(title, refresh=False)
        self._check_parameters()
        history.seconds.append(time.perf_counter() - start)
        history.epoch_loss.append(total / examples)
        history.learning_rate.append(self._optimizer.lr)
        if correct is not None:
            history.train_accuracy.append(correct / examples)

    def step(self, images: np.ndarray, labels: np.ndarray) -> float:
        """Learn from one batch: forward, backward, update."""
        recorded, program, history = self._recorded, self._program, self.history
        # A number that overflows is reported below, with its cause, and not by NumPy in passing.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            value = program(images, labels) if program else recorded.run(images, labels)
            if not math.isfinite(value):
                raise DivergenceError(self._why(value, images))
            if not history.loss:
                self._begin()
            if program is None:
                backward(recorded.order, gradient=self._scaler.scale(1.0), retain_grad=False)
                self._scaler.step(self._optimizer)
                self._check_scale()
            for name, parameter in self._watched:
                history.gradient_norms[name].append(float(np.linalg.norm(parameter.gradient)))
        history.loss.append(value)
        return value

    def _begin(self) -> None:
        """What can be done once the graph is recorded, before anything is learned."""
        if self._loss is cross_entropy:
            check_labels(self._batches, "train", self._recorded.logits.shape[-1])
        if self._compiled:
            self._program = CompiledStep(self._recorded, self._optimizer)

    def _check_scale(self) -> None:
        self._scaler.update()
        if self._scaler.get_scale() < LEAST_SCALE:
            raise DivergenceError(
                f"the gradients are not finite at step {len(self.history.loss) + 1}, even with the "
                f"loss scaled by {self._scaler.get_scale():g}: float16 ends at 65504; use "
                "precision='bfloat16'"
            )

    def _check_parameters(self) -> None:
        """The last update of an epoch is seen by no loss; it may have overflowed all the same."""
        for name, parameter in self._named:
            if not np.isfinite(parameter.value).all():
                raise DivergenceError(
                    f"parameter {name} is not finite after step {len(self.history.loss)}: training "
                    f"diverged; use a smaller learning rate than {self._optimizer.lr:g}"
                )

    def _why(self, value: float, images: np.ndarray) -> str:
        step = len(self.history.loss) + 1
        text = f"the loss is {value} at step {step}"
        if not np.isfinite(images).all():
            return f"{text}: the batch holds numbers that are not finite; clean the images first"
        largest = float(np.abs(images).max())
        scale = f", or scale the images, which reach {largest:g}, to [0, 1]" if largest > 10 else ""
        return (
            f"{text}: training diverged; use a smaller learning rate than "
            f"{self._optimizer.lr:g}{scale}"
        )


def _casts(precision: str | None) -> AbstractContextManager[None]:
    return nullcontext() if precision is None else autocast(precision)


def _bar(total: int, title: str, progress: bool) -> Any:
    """A progress bar; tqdm leaves it out by itself where nobody watches a terminal."""
    tqdm = load("tqdm", "the progress bar").tqdm
    return tqdm(total=total, desc=title, unit="batch", disable=None if progress else True)
