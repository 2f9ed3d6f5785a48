"""Curves of time and memory against the size of a problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autodiff.lazy import load
from autodiff.plotting import COLORS, LINESTYLES

MARKERS = "osv^D"


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
    figure, axes = pyplot.subplots(2, -(-len(curves) // 2), figsize=(6.4, 5.2), squeeze=False)
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
    for ax in list(axes.flat)[len(curves) :]:
        ax.remove()
    axes[0, 0].legend(fontsize="small")
    return figure


def _height(point: Mapping[str, Any], library: str, what: str) -> float:
    [row] = [row for row in point["rows"] if row["name"] == point["best"][library]]
    if what == "time":
        return 1e3 * row["seconds"]["median"] / point["steps"]
    return max(row["memory_growth"], 1) / 2**20
