"""What happened during training: numbers to keep, to save and to plot."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..lazy import load
from ..plotting import COLORS, LINESTYLES

MARKERS = "osv^D*xP"
STRETCHES = 20
"""How many points a line of gradient norms has at most."""


@dataclass
class History:
    """The course of a training, as `fit` records it.

    Attributes
    ----------
    loss : list of float
        Loss of each step, on the batch that the step learned from.
    epoch_loss : list of float
        Mean over each epoch of the losses of its examples.
    train_accuracy : list of float
        Fraction of the examples of each epoch that were classified correctly when their turn to
        be learned from came, while the parameters were changing; empty where there are no classes.
    test_loss, test_accuracy : list of float
        Loss and accuracy on the test data after each epoch; empty without test data.
    learning_rate : list of float
        Learning rate of each epoch.
    seconds : list of float
        Time that each epoch took, without the test; in the first one also to compile the program.
    gradient_norms : dict of str to list of float
        For each parameter the Euclidean norm of its gradient at each step, where asked for.
    """

    loss: list[float] = field(default_factory=list)
    epoch_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    gradient_norms: dict[str, list[float]] = field(default_factory=dict)

    @property
    def epochs(self) -> int:
        """Number of epochs that were completed."""
        return len(self.epoch_loss)

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain lists and numbers."""
        return asdict(self)

    def save(self, path: str | Path) -> None:
        """Write `to_dict` to a JSON file."""
        Path(path).write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8")

    def summary(self) -> str:
        """The last epoch in one line."""
        if not self.epochs:
            return "no epoch completed"
        parts = [f"epoch {self.epochs}", f"loss {self.epoch_loss[-1]:.4f}"]
        if self.train_accuracy:
            parts.append(f"train accuracy {self.train_accuracy[-1]:.2%}")
        if self.test_accuracy:
            parts.append(f"test accuracy {self.test_accuracy[-1]:.2%}")
        return ", ".join([*parts, f"{self.seconds[-1]:.1f} s"])

    def __repr__(self) -> str:
        return f"<History of {self.epochs} epochs, {len(self.loss)} steps>"

    def plot(self) -> Any:
        """Plot the loss, the accuracy and, where recorded, the gradient norms.

        Lines differ in style and marker as well as in colour, so that they can be told apart in
        greyscale.

        Returns
        -------
        matplotlib.figure.Figure
            Shown by Jupyter as the value of a cell; ``figure.savefig(path)`` writes it to a file.

        Raises
        ------
        MissingDependencyError
            If Matplotlib is not installed.
        """
        panels = [_plot_loss]
        panels += [_plot_accuracy] if self.train_accuracy or self.test_accuracy else []
        panels += [_plot_gradients] if self.gradient_norms else []
        with _style() as pyplot:
            figure, axes = pyplot.subplots(
                1,
                len(panels),
                figsize=(4.2 * len(panels) + (self.gradient_norms != {}), 3.4),
                squeeze=False,
                layout="constrained",
            )
            for panel, ax in zip(panels, axes[0], strict=True):
                panel(self, ax)
            # Closed, it is shown once, as the value of a cell, and not again at the cell's end.
            pyplot.close(figure)
        return figure


@contextmanager
def _style() -> Iterator[Any]:
    pyplot = load("matplotlib.pyplot", "plotting a history")
    with pyplot.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        yield pyplot


def _plot_loss(history: History, ax: Any) -> None:
    steps = range(1, len(history.loss) + 1)
    ax.plot(steps, history.loss, color="0.7", linestyle="-", linewidth=0.8, label="each step")
    ends = _epoch_ends(history)
    # A mean over an epoch belongs to its middle, a test to its end.
    middles = [end - ends[0] / 2 for end in ends]
    ax.plot(middles, history.epoch_loss, "k-", marker="o", label="mean of an epoch")
    if history.test_loss:
        ax.plot(ends, history.test_loss, color=COLORS[0], linestyle="--", marker="s", label="test")
    ax.set(xlabel="step", ylabel="loss", ylim=(0, None), title="Loss")
    ax.legend(frameon=False)


def _plot_accuracy(history: History, ax: Any) -> None:
    lines = (
        (history.train_accuracy, "training", "black", "-", "o"),
        (history.test_accuracy, "test", COLORS[0], "--", "s"),
    )
    for values, label, color, linestyle, marker in lines:
        if values:
            percent = [100 * value for value in values]
            ax.plot(
                range(1, len(values) + 1),
                percent,
                color=color,
                linestyle=linestyle,
                marker=marker,
                label=label,
            )
    ax.set(xlabel="epoch", ylabel="accuracy in %", title="Accuracy")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False)


def _plot_gradients(history: History, ax: Any) -> None:
    for number, (name, norms) in enumerate(history.gradient_norms.items()):
        # Means of stretches of steps: single norms jump about, and eight lines are a tangle.
        length = max(1, math.ceil(len(norms) / STRETCHES))
        starts = range(0, len(norms), length)
        means = [
            sum(norms[start : start + length]) / len(norms[start : start + length])
            for start in starts
        ]
        ax.plot(
            [start + (length + 1) / 2 for start in starts],
            means,
            color=COLORS[number % len(COLORS)],
            linestyle=LINESTYLES[number % len(LINESTYLES)],
            marker=MARKERS[number % len(MARKERS)],
            markersize=4,
            linewidth=1,
            label=name,
        )
    ax.set(xlabel="step", ylabel="norm of the gradient", yscale="log", title="Gradients")
    ax.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))


def _epoch_ends(history: History) -> list[float]:
    per_epoch = len(history.loss) / max(history.epochs, 1)
    return [per_epoch * (epoch + 1) for epoch in range(history.epochs)]
