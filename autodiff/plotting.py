"""One style for every figure: readable in greyscale, and by readers who see colours differently."""

from __future__ import annotations

from typing import Any

from .lazy import load

# Okabe and Ito's palette, ordered so that neighbours also differ in lightness.
# M. Okabe, K. Ito, "Color Universal Design", 2008. https://jfly.uni-koeln.de/color/
COLORS = ("#0072B2", "#E69F00", "#000000", "#009E73", "#D55E00", "#56B4E9", "#CC79A7")
LINESTYLES = ("-", "--", ":", "-.", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))


def use_style() -> None:
    """Set Matplotlib to the style of the book, for this process.

    Raises
    ------
    MissingDependencyError
        If Matplotlib is not installed.
    """
    matplotlib = load("matplotlib", "drawing a figure")
    cycler: Any = load("cycler", "drawing a figure").cycler
    matplotlib.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=COLORS, linestyle=LINESTYLES),
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": "medium",
            "figure.constrained_layout.use": True,
            "figure.dpi": 100,
            "figure.figsize": (6.4, 3.6),
            "font.size": 11,
            "grid.alpha": 0.3,
            "image.cmap": "gray_r",
            "lines.linewidth": 2,
            "svg.hashsalt": "autodiff",
        }
    )
