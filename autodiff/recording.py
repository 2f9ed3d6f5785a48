"""What the user's Python code decided while a graph was built.

``if node > 0:`` takes a branch, and the graph holds only the branch that was taken. ``for row in
node:`` takes as many turns as there are rows. Each such decision is remembered by the operators
built after it, so that a replay in which it would fall otherwise can be refused instead of
returning the values of the wrong branch.

A sweep ends a recording: what was decided before it is not remembered by what is built after it.
Until then a decision keeps its condition's graph alive, so that a long loop that decides and never
sweeps should ask ``node.output``.
"""

from __future__ import annotations

import dataclasses
import linecache
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PACKAGE = str(Path(__file__).parent)


@dataclasses.dataclass(slots=True, eq=False)
class Branch:
    """One decision: who was asked what, the answer, the line that asked, the decision before.

    `originals` says which nodes those of the condition stand for, where they are copies.
    """

    condition: Any
    question: Callable[[Any], Any]
    answer: Any
    line: str
    recording: int
    previous: Branch | None
    originals: dict[Any, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True)
class State:
    """What the operators that a thread builds remember, and how many transforms are open.

    `branches` are the decisions taken so far, newest first. `scope` is the path of the layers that
    are being called, outermost first, such as ``"Sequential/0 Conv2d"``. `recording` counts the
    sweeps, each of which ends a recording. `watching` asks for a look at every value. `repeating`
    says that a checkpoint runs its function again, so that what has an effect has had it.
    `autocast` is the half type that products of matrices are to be computed in, or None.
    """

    branches: Branch | None = None
    scope: str = ""
    recording: int = 0
    depth: int = 0
    watching: bool = False
    repeating: bool = False
    autocast: Any = None


class _Thread(threading.local):
    """The state of each thread, one object: finding what belongs to a thread takes a while."""

    def __init__(self) -> None:
        self.state = State()


thread = _Thread()


def decide(condition: Any, question: Callable[[Any], Any]) -> Any:
    """Ask `condition`, whose answer Python code is about to act on, and remember the answer."""
    answer, state = question(condition), thread.state
    line, before = user_line(), state.branches
    state.branches = Branch(condition, question, answer, line, state.recording, before)
    return answer


def truth(condition: Any) -> bool:
    """Whether a node with one element is true."""
    return bool(condition.value)


def length(node: Any) -> int:
    """The length of a node's first axis."""
    return node.shape[0]


def finish() -> None:
    """Begin a new recording: a sweep over a graph ends the building of it.

    Inside a transform the outer function is still being recorded, so its decisions stay.
    """
    state = thread.state
    if state.depth == 0:
        state.branches = None
        state.recording += 1


def user_line() -> str:
    """File, line and text of the innermost caller outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    file, number = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, number).strip()
    # A notebook's cell has a name that says nothing to its reader.
    place = f"line {number} of a notebook cell" if "ipykernel_" in file else f"{file}:{number}"
    return f"{place} ({text})" if text else place
