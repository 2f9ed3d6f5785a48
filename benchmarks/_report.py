"""What every benchmark states about where it ran, and how it summarises what it measured."""

import datetime
import importlib.metadata
import json
import os
import platform
import statistics
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def processor():
    """The model of the processor, as the operating system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def load():
    """How many processes wanted a core in the last minute, on average; None where not known."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def circumstances(*packages):
    """Machine, versions and date. No name of a host or folder: the result is published."""
    return {
        "date": datetime.date.today().isoformat(),
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "versions": {
            "python": platform.python_version(),
            **{package: importlib.metadata.version(package) for package in packages},
        },
    }


def summary(values):
    """Median and spread."""
    values = list(values)
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def show(title, report):
    """Print the circumstances of a report."""
    machine = report["machine"]
    print(title)
    print(
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; {report['date']}"
    )
    print(", ".join(f"{name} {version}" for name, version in report["versions"].items()))


def save(report, path):
    """Write a report as JSON."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
