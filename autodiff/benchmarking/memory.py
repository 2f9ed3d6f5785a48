"""By how much a process's memory grows at its peak."""

from __future__ import annotations

import gc
import re
import sys
from pathlib import Path

from autodiff.lazy import load

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def resident(which: str) -> int | None:
    """Bytes in memory now (``VmRSS``) or at the peak (``VmHWM``); None where Linux is not."""
    try:
        found = re.search(rf"^{which}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found.group(1)) * 1024 if found else None


def highest() -> int:
    """Bytes at the peak since the process began, where the peak cannot be reset."""
    resource = load("resource", "measuring memory")
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


class Growth:
    """Peak memory from now on, above what is in memory now.

    Linux lets a process forget its earlier peak. Elsewhere the earlier peak remains, and growth
    that stays below it is not seen; `reset` says which of the two was measured.
    """

    def __init__(self) -> None:
        gc.collect()
        try:
            RESET.write_text("5")
            self.reset = True
        except OSError:
            self.reset = False
        before = resident("VmRSS") if self.reset else highest()
        self.before = highest() if before is None else before

    def read(self) -> dict[str, int | bool]:
        """Bytes before, and how many more at the peak since."""
        peak = resident("VmHWM") if self.reset else highest()
        peak = highest() if peak is None else peak
        return {"before": self.before, "growth": peak - self.before, "reset": self.reset}
