"""Compiled regions, kept on disk.

The text of a region is written to a file whose name is a digest of all that it depends on. Numba
keeps the machine code of a function beside the file that it is in, so that a second process finds
both.
"""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
from pathlib import Path
from types import ModuleType

from .. import lazy
from ..errors import ArgumentError

VARIABLE = "AUTODIFF_CACHE_DIR"


def folder() -> Path:
    """Where compiled regions are kept.

    The folder that the environment variable ``AUTODIFF_CACHE_DIR`` names, else the user's cache
    folder; a temporary one where that cannot be written to.

    Raises
    ------
    ArgumentError
        If the folder that the variable names cannot be written to.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        try:
            return _made(Path(chosen))
        except OSError as error:
            raise ArgumentError(
                f"the environment variable {VARIABLE} names the folder {chosen}, in which compiled "
                f"programs cannot be kept ({error}); name one that can be written to, or unset it"
            ) from error
    usual = Path(lazy.load("platformdirs", "the cache of programs").user_cache_path("autodiff"))
    try:
        return _made(usual)
    except OSError:
        return _temporary()


def load(text: str) -> ModuleType:
    """The module with this text; written to the cache if it is not there."""
    digest = hashlib.sha256((text + _kernels()).encode()).hexdigest()[:16]
    name = f"autodiff_program_{digest}"
    path = folder() / f"{name}.py"
    if not path.exists():
        # Renamed into place, so that another process never reads half of it.
        handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(draft, path)
    return lazy.load_file(name, path)


@functools.cache
def _kernels() -> str:
    """A digest of the kernels, which are compiled into every region."""
    parts = sorted((Path(__file__).parent / "kernels").glob("*.py"))
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


@functools.cache
def _temporary() -> Path:
    return Path(tempfile.mkdtemp(prefix="autodiff-"))


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=path):
        return path
