"""Figures of what was measured: speed, ratios, growth, and training beside another library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autodiff.lazy import load
from autodiff.plotting import COLORS, LINESTYLES

MARKERS = "osv^D"
OURS, OTHERS = COLORS[4], COLORS[0]


def plot_speed(workload: Mapping[str, Any]) -> Any:
    """Draw the times of everybody who was measured in a workload, the fastest at the bottom.

    Parameters
    ----------
    workload : dict
        One of the workloads that ``benchmarks/speed.py`` wrote.

    Returns
    -------
    matplotlib.figure.Figure
        A grey dot for each round, and a diamond at the median, on a logarithmic axis.

    Raises
    ------
    MissingDependencyError
        If Matplotlib is not installed.
    """
    pyplot = load("matplotlib.pyplot", "drawing a figure")
    rows = [row for row in workload["rows"] if row["counts"]]
    rows.sort(key=lambda row: -row["seconds"]["median"])
    figure, ax = pyplot.subplots(figsize=(6.4, 0.8 + 0.33 * len(rows)))
    for place, row in enumerate(rows):
        times = [one[row["name"]]["seconds"] / row["share"] for one in workload["rounds"]]
        median = row["seconds"]["median"]
        color = OURS if row["library"] == "autodiff" else OTHERS
        ax.plot(times, [place] * len(times), "o", color="0.7", markersize=5)
        ax.plot(median, place, "D", color=color, markersize=6)
        ax.annotate(
            f"{median:.3g} s",
            (max(times), place),
            textcoords="offset points",
            xytext=(8, 0),
            va="center",
            fontsize="small",
        )
    ax.set_yticks(range(len(rows)), [row["label"] for row in rows])
    ax.set(xlabel="seconds", xscale="log", ylim=(len(rows) - 0.5, -0.5))
    ax.margins(x=0.15)
    ax.xaxis.set_major_formatter("{x:g}")
    return figure


def plot_ratios(
    report: Mapping[str, Any], libraries: tuple[str, ...] = ("PyTorch", "JAX", "TensorFlow")
) -> Any:
    """Draw our time as a share of the best time of other libraries, workload by workload.

    Parameters
    ----------
    report : dict
        What ``benchmarks/speed.py`` wrote.
    libraries : tuple of str
        Which ones.

    Returns
    -------
    matplotlib.figure.Figure
        A marker at the median of the rounds, and a bar from the least to the greatest; left of the
        line at 1 ours is faster.

    Raises
    ------
    MissingDependencyError
        If Matplotlib is not installed.
    """
    pyplot = load("matplotlib.pyplot", "drawing a figure")
    workloads = list(report["workloads"].values())
    figure, ax = pyplot.subplots(figsize=(7.6, 1.2 + 0.45 * len(workloads)))
    for number, library in enumerate(libraries):
        shift = 0.22 * (number - (len(libraries) - 1) / 2)
        for place, workload in enumerate(workloads):
            found = workload["against"].get(library)
            if found:
                time = found["time"]
                y, color = place + shift, COLORS[number]
                ax.hlines(y, time["min"], time["max"], color=color, linestyle="-", linewidth=1.5)
                ax.plot(time["median"], y, MARKERS[number], color=color, markersize=6)
        ax.plot([], [], MARKERS[number], color=COLORS[number], label=f"beside {library}'s best")
    ax.axvline(1, color="black", linestyle="-", linewidth=1)
    ax.set_yticks(range(len(workloads)), [_broken(one["title"]) for one in workloads])
    ax.tick_params(axis="y", labelsize="small")
    ax.set(xlabel="our time / its time", xscale="log", ylim=(len(workloads) - 0.5, -0.5))
    ax.xaxis.set_major_formatter("{x:g}")
    figure.legend(loc="outside upper center", ncols=len(libraries), fontsize="small")
    return figure


def _broken(title: str) -> str:
    """A long title in two lines."""
    middle = title.find(" ", len(title) // 2)
    return title if len(title) < 30 or middle < 0 else f"{title[:middle]}\n{title[middle + 1 :]}"


def plot_growth(
    report: Mapping[str, Any], what: str = "time", libraries: tuple[str, ...] | None = None
) -> Any:
    """Draw time or memory of a step against each size that was varied.

    Parameters
    ----------
    report : dict
        What ``benchmarks/growth.py`` wrote.
    what : str
        "time" or "memory".
    libraries : tuple of str, optional
        Which libraries to draw, each in its fastest way at each point; all where not given.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each of the varied sizes.

    Raises
    ------
    MissingDependencyError
        If Matplotlib is not installed.
    """
    pyplot = load("matplotlib.pyplot", "drawing a figure")
    curves = report["curves"]
    figure, axes = pyplot.subplots(2, -(-len(curves) // 2), figsize=(7.6, 5.6), squeeze=False)
    for ax, curve in zip(axes.flat, curves, strict=False):
        shown = libraries or tuple(dict.fromkeys(lib for p in curve["points"] for lib in p["best"]))
        for number, library in enumerate(shown):
            points = [point for point in curve["points"] if library in point["best"]]
            ax.plot(
                [point["value"] for point in points],
                [_height(point, library, what) for point in points],
                marker=MARKERS[number % len(MARKERS)],
                markersize=4,
                color=COLORS[number % len(COLORS)],
                linestyle=LINESTYLES[number % len(LINESTYLES)],
                label=library,
            )
        unit = "ms a step" if what == "time" else "MiB of growth"
        ax.set(xlabel=curve["varied"], ylabel=unit, xscale="log", yscale="log")
        values = [point["value"] for point in curve["points"]]
        ax.set_xticks(values, [f"{value:,}" for value in values], fontsize="x-small")
        ax.set_xticks([], minor=True)
        ax.yaxis.set_major_formatter("{x:g}")
    for ax in list(axes.flat)[len(curves) :]:
        ax.remove()
    axes[0, 0].legend(fontsize="small")
    return figure


def _height(point: Mapping[str, Any], library: str, what: str) -> float:
    [row] = [row for row in point["rows"] if row["name"] == point["best"][library]]
    if what == "time":
        return 1e3 * row["seconds"]["median"] / point["steps"]
    return max(row["memory_growth"], 1) / 2**20


def plot_training(report: Mapping[str, Any]) -> Any:
    """Draw the losses of one training in two libraries, and the test accuracies of all.

    Parameters
    ----------
    report : dict
        What ``benchmarks/accuracy.py`` wrote.

    Returns
    -------
    matplotlib.figure.Figure
        Left the loss of the first seed, for each optimizer; right the accuracy after each epoch,
        for each optimizer and seed. Ours is drawn as a line, the other library as markers on it.

    Raises
    ------
    MissingDependencyError
        If Matplotlib is not installed.
    """
    pyplot = load("matplotlib.pyplot", "drawing a figure")
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(7.6, 3.4))
    for number, (name, found) in enumerate(report["optimizers"].items()):
        color, marker = COLORS[number], MARKERS[number]
        for seed, run in enumerate(found["runs"]):
            losses, accuracies = run["losses"], run["test_accuracy"]
            steps = [report["steps_of_a_mean"] * (i + 0.5) for i in range(len(losses["pytorch"]))]
            epochs = range(1, 1 + len(accuracies["pytorch"]))
            if seed == 0:
                left.plot(steps, losses["autodiff"], "-", color=color, label=f"{name}, autodiff")
                label = f"{name}, PyTorch"
                left.plot(steps[::2], losses["pytorch"][::2], marker, color=color, label=label)
            for library, style in (("autodiff", "-"), ("pytorch", marker)):
                values = [100 * value for value in accuracies[library]]
                right.plot(epochs, values, style, color=color, linewidth=1, markersize=4)
    left.set(xlabel="step", ylabel="loss", ylim=(0, None))
    left.legend(fontsize="small")
    right.set(xlabel="epoch", ylabel="test accuracy in %", xticks=list(epochs))
    return figure
