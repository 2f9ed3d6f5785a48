"""What the user's Python code decided while a graph was built.

``if node > 0:`` takes a branch, and the graph holds only the branch that was taken. Each such
decision is remembered by the operators built after it, so that a replay in which the decision would
fall otherwise can be refused instead of returning the values of the wrong branch.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

_PACKAGE = str(Path(__file__).parent)


class Branch(NamedTuple):
    """One decision: the condition, what it was, the line that asked, and the decision before it."""

    condition: Any
    taken: bool
    line: str
    recording: int
    previous: Branch | None


class _Thread(threading.local):
    """What the operators that this thread builds remember, and how many transforms are open.

    `branches` are the decisions taken so far, newest first. `scope` is the path of the layers that
    are being called, outermost first, such as ``"Sequential/0 Conv2d"``. `recording` counts the
    sweeps, each of which ends a recording. `watching` asks for a look at every value.
    """

    branches: Branch | None = None
    scope: str = ""
    recording: int = 0
    depth: int = 0
    watching: bool = False


thread = _Thread()


def decide(condition: Any, taken: bool) -> bool:
    """Remember that `condition` was asked for its truth, and answer `taken`."""
    thread.branches = Branch(condition, taken, user_line(), thread.recording, thread.branches)
    return taken


def finish() -> None:
    """Begin a new recording: a sweep over a graph ends the building of it.

    Inside a transform the outer function is still being recorded, so its decisions stay.
    """
    if thread.depth == 0:
        thread.branches = None
        thread.recording += 1


def user_line() -> str:
    """File and line of the innermost caller outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
