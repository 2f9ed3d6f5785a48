"""What every benchmark states about where it ran, and how it summarises what it measured."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .. import __version__


def processor() -> str:
    """The model of the processor, as the operating system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def load() -> float | None:
    """How many processes wanted a core in the last minute, on average; None where not known."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def circumstances(packages: Iterable[str] = ()) -> dict[str, Any]:
    """Machine, versions and date. No name of a host or folder: the result is published.

    Parameters
    ----------
    packages : iterable of str
        Distributions whose versions matter; one that is not installed is left out.
    """
    versions = {"python": platform.python_version()}
    for package in dict.fromkeys(packages):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "date": datetime.date.today().isoformat(),
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "versions": {**versions, "autodiff": __version__},
    }


def spread(values: Iterable[float]) -> dict[str, float]:
    """Median, least and greatest."""
    values = list(values)
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def show(title: str, report: dict[str, Any]) -> None:
    """Print the circumstances of a report."""
    machine = report["machine"]
    print(title)
    print(
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; {report['date']}"
    )
    versions = report["versions"].items()
    print(", ".join(f"{name} {version}" for name, version in versions), flush=True)


def save(report: dict[str, Any], path: str | Path) -> None:
    """Write a report as JSON."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
