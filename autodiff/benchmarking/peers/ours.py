"""Our own library: the graph is recorded once, and then replayed or run as a compiled program."""

from __future__ import annotations

import importlib.util

import numpy as np

import autodiff as ad
from autodiff.lazy import load

from ..workloads import LEARNING_RATE


class Autodiff:
    """The interpreter: define the graph once, and replay it on each batch."""

    def __init__(
        self, model: ad.nn.Sequential, threads: int, image: tuple[int, ...], batch: int
    ) -> None:
        del threads
        self.model, self.initial = model, model.state_dict()
        self.optimizer = ad.optim.SGD(model.parameters(), lr=LEARNING_RATE)
        self.x = ad.Constant(np.zeros((batch, *image), np.float32), name="images")
        self.t = ad.Constant(np.zeros(batch, np.int64), name="labels")
        self.logits = model(self.x)
        self.loss = ad.cross_entropy(self.logits, self.t)
        self.prepare()

    def prepare(self) -> None:
        self.order = ad.topological_sort(self.loss)
        self.order_of_logits = ad.topological_sort(self.logits)

    def step(self, images: np.ndarray, labels: np.ndarray) -> float:
        self.x.output, self.t.output = images, labels
        loss = ad.forward(self.order)
        ad.backward(self.order)
        self.optimizer.step()
        return float(loss)

    def infer(self, images: np.ndarray) -> np.ndarray:
        self.x.output = images
        return ad.forward(self.order_of_logits)

    def reset(self) -> None:
        self.model.load_state_dict(self.initial)


class Compiled(Autodiff):
    """The compiled program, with the update inside of it."""

    def prepare(self) -> None:
        # Every library's imports come before the first step, and so do those of our compiler: its
        # modules, which are loaded when they are first needed, and all that Numba loads for them.
        if importlib.util.find_spec("numba"):
            for module in ("lowerings", "team"):
                load(f"autodiff.compiler.{module}", "the compiled kernels")
        self.program = ad.compile(self.loss, optimizer=self.optimizer)
        self.program_of_logits = ad.compile(self.logits)

    def step(self, images: np.ndarray, labels: np.ndarray) -> float:
        self.x.output, self.t.output = images, labels
        return float(self.program.step())

    def infer(self, images: np.ndarray) -> np.ndarray:
        self.x.output = images
        return ad.forward(self.program_of_logits)
