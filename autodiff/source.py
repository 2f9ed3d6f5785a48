"""The source of the package, as the book quotes it: asked of Python, so that it cannot drift."""

from __future__ import annotations

import ast
import inspect
import textwrap
from types import ModuleType
from typing import Any

from .errors import DtypeError, describe


class Source:
    """A piece of Python source that Jupyter shows as highlighted code.

    Attributes
    ----------
    code : str
        The text.
    """

    def __init__(self, code: str) -> None:
        self.code = code

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.code}\n```"

    def __repr__(self) -> str:
        return self.code


def source(*things: Any, docstring: bool = False) -> Source:
    """The source of functions, classes, primitives or modules.

    Parameters
    ----------
    *things : object
        What to quote; for a primitive, such as ``ad.exp``, the class that states it.
    docstring : bool
        Whether to keep the docstrings.

    Returns
    -------
    Source
        Shown by Jupyter as highlighted code; its text is the attribute `code`.

    Raises
    ------
    DtypeError
        If one of them has no Python source.
    """
    return Source("\n\n\n".join(_quote(thing, docstring) for thing in things))


def _quote(thing: Any, docstring: bool) -> str:
    if not (inspect.isroutine(thing) or isinstance(thing, type | ModuleType | property)):
        thing = type(thing)
    if isinstance(thing, property):
        thing = thing.fget
    try:
        text = inspect.getsource(thing)
    except (OSError, TypeError):
        raise DtypeError(f"source: {describe(thing)} has no Python source to show") from None
    code = textwrap.dedent(text).strip()
    return code if docstring else _without_docstrings(code)


def _without_docstrings(code: str) -> str:
    """Cut every docstring out of `code`, and leave every other line as it was written."""
    lines: list[str | None] = list(code.split("\n"))
    for node in ast.walk(ast.parse(code)):
        body = getattr(node, "body", None)
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is None or not isinstance(body, list):
            continue
        first = body[0]
        if len(body) == 1 and not isinstance(node, ast.Module):
            lines[first.lineno - 1] = " " * first.col_offset + "..."
        for number in range(first.lineno - 1 + (len(body) == 1), first.end_lineno or first.lineno):
            lines[number] = None
        after = first.end_lineno or first.lineno
        if len(body) > 1 and after < len(lines) and lines[after] == "":
            lines[after] = None
    return "\n".join(line for line in lines if line is not None)
