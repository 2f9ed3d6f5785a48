"""The floors of this package as a picture: each module above those that it builds on.

Read from the source, so that the book can show what has been built so far and cannot drift.
"""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ..errors import ArgumentError
from ..lazy import load

PACKAGE = Path(__file__).resolve().parent.parent
LEFT_OUT = ("__init__", "__main__", "benchmarking")
"""These stand on the whole, and a reader needs none of them."""

BOX = {"boxstyle": "round,pad=0.3"}
NEW = {"facecolor": "#333333", "edgecolor": "#333333"}
BUILT = {"facecolor": "#d9d9d9", "edgecolor": "#333333"}
TO_COME = {"facecolor": "white", "edgecolor": "#8c8c8c", "linestyle": ":"}


class Floors:
    """The modules and folders of the package, and what each imports from the others.

    Parameters
    ----------
    left_out : collection of str
        Names of modules and folders that are not counted.

    Attributes
    ----------
    uses : dict of str to set of str
        For each module or folder the others that it imports.
    """

    def __init__(self, left_out: Collection[str] = LEFT_OUT) -> None:
        paths = [path for path in sorted(PACKAGE.iterdir()) if path.stem not in left_out]
        sources = {path.stem: _sources(path) for path in paths}
        self.uses: dict[str, set[str]] = {
            unit: {name for file in files for name in _imported(file)} & set(sources) - {unit}
            for unit, files in sources.items()
            if files
        }

    def rows(self) -> list[list[str]]:
        """The modules from the ground up, each on the floor above the highest that it uses."""
        height: dict[str, int] = {}
        for unit in graphlib.TopologicalSorter(self.uses).static_order():
            height[unit] = 1 + max([height[used] for used in self.uses[unit]], default=-1)
        floors = range(max(height.values()) + 1)
        return [sorted(unit for unit in height if height[unit] == floor) for floor in floors]

    def missing(self, built: Collection[str]) -> set[str]:
        """What the modules of `built` import and `built` does not hold.

        Raises
        ------
        ArgumentError
            If a name is not that of a module.
        """
        self._check(built)
        return {used for unit in built for used in self.uses[unit]} - set(built)

    def draw(self, new: Collection[str], built: Collection[str] = ()) -> Any:
        """Draw all floors: dark what is `new`, light what was `built` before, dotted the rest.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ArgumentError
            If a name is not that of a module.
        MissingDependencyError
            If Matplotlib is not installed.
        """
        self._check([*new, *built])
        plt = load("matplotlib.pyplot", "drawing the floors")
        rows = self.rows()
        _, axis = plt.subplots(figsize=(7.5, 0.42 * len(rows) + 0.4))
        for floor, row in enumerate(rows):
            axis.axhline(floor - 0.5, color="#d9d9d9", linewidth=0.8, linestyle="-")
            for place, unit in enumerate(row):
                look = NEW if unit in new else BUILT if unit in built else TO_COME
                color = "white" if unit in new else "black" if unit in built else "#595959"
                folder = (PACKAGE / unit).is_dir()
                axis.text(
                    place - (len(row) - 1) / 2,
                    floor,
                    f"{unit}/" if folder else unit,
                    ha="center",
                    va="center",
                    fontsize=10,
                    weight="bold" if unit in new else "normal",
                    color=color,
                    bbox=BOX | look,
                )
        half = max(map(len, rows)) / 2
        axis.set(xlim=(-half, half), ylim=(-0.6, len(rows) - 0.4))
        axis.set_axis_off()
        return axis

    def _check(self, names: Collection[str]) -> None:
        for name in names:
            if name not in self.uses:
                raise ArgumentError(
                    f"the package has no module {name!r}; it has {', '.join(sorted(self.uses))}"
                )


def _sources(path: Path) -> list[Path]:
    return sorted(path.glob("**/*.py")) if path.is_dir() else [path] * (path.suffix == ".py")


def _imported(file: Path) -> set[str]:
    """The modules of the package that a file names in its imports, one dot for each folder."""
    dots = len(file.relative_to(PACKAGE).parts)
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == dots:
            named = [node.module] if node.module else [alias.name for alias in node.names]
            found |= {name.partition(".")[0] for name in named}
    return found
