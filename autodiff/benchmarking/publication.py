"""The published results: what the scripts in ``benchmarks/`` wrote, for chapters to show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import DataNotFoundError

# An installed library carries the results with it; in a checkout they lie beside the scripts.
_INSTALLED = Path(__file__).parent / "results"
_CHECKOUT = Path(__file__).parents[2] / "benchmarks" / "results"


def _folder() -> Path:
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


def names() -> list[str]:
    """The names of all published results."""
    return sorted(path.stem for path in _folder().glob("*.json"))


def published(name: str) -> dict[str, Any]:
    """A published result, as the script ``benchmarks/<name>.py`` wrote it.

    Parameters
    ----------
    name : str
        The name of the script, such as ``"speed"``.

    Returns
    -------
    dict
        The date, the machine, the versions, and what was measured.

    Raises
    ------
    DataNotFoundError
        If no result of that name has been published.
    """
    path = _folder() / f"{name}.json"
    if not path.is_file():
        there = ", ".join(names()) or "none"
        raise DataNotFoundError(f"no result called {name!r} is published; there are: {there}")
    return json.loads(path.read_text(encoding="utf-8"))
