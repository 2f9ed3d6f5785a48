"""Save and load arrays by name, as safetensors: a format that holds data and no code.

Python's pickle, which other libraries use, runs whatever code a file contains. Here a file can do
no more than fail to be read. PyTorch reads and writes the same format, so that parameters can be
exchanged in both directions.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .dtypes import as_dtype, kind
from .errors import DataError, DataNotFoundError, DtypeError, describe
from .lazy import load as load_module
from .structures import GraphNode

TYPES = {
    "BOOL": "bool",
    **{f"{sign}{bits}": f"{sign.lower()}{bits // 8}" for sign in "IU" for bits in (8, 16, 32, 64)},
    **{f"F{bits}": f"f{bits // 8}" for bits in (16, 32, 64)},
    "BF16": "bfloat16",
    "C64": "c8",
}
"""From the names of types in a safetensors file to NumPy's; the safetensors package's own table
has no bfloat16."""


def save(path: str | Path, model: Any) -> None:
    """Save a model's parameters and buffers, or a dict of arrays, to a safetensors file.

    The file is written beside its place and then moved there, so that an interrupted write leaves
    the old file as it was.

    Parameters
    ----------
    path : path_like
        The file; by custom its name ends in .safetensors.
    model : Module, Optimizer or dict of str to array_like
        Anything with a `state_dict`, or the dict itself. Nodes stand for their output.

    Raises
    ------
    DtypeError
        If it is neither, a name is no string, or a value is no numeric array.
    DataNotFoundError
        If the folder does not exist.
    """
    state = model.state_dict() if hasattr(model, "state_dict") else model
    if not isinstance(state, Mapping):
        raise DtypeError(f"save takes a model or a dict of name to array; got {describe(model)}")
    arrays = {_checked_name(name): _plain(name, value) for name, value in state.items()}
    path = Path(path)
    if not path.parent.is_dir():
        raise DataNotFoundError(f"cannot save {path}: the folder {path.parent} does not exist")
    if path.is_dir():
        raise DataError(f"cannot save {path}: it is a folder")
    content = load_module("safetensors.numpy", "saving").save(arrays)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, _usual_mode(path))
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def load(path: str | Path) -> dict[str, np.ndarray]:
    """Load the arrays of a safetensors file, by name.

    Parameters
    ----------
    path : path_like
        A file that `save` or PyTorch's ``safetensors.torch.save_file`` has written.

    Returns
    -------
    dict of str to numpy.ndarray
        What ``model.load_state_dict`` takes, sorted by name.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    DataError
        If it is no safetensors file.
    """
    path = Path(path)
    if path.is_dir():
        raise DataError(f"cannot load {path}: it is a folder")
    if not path.is_file():
        raise DataNotFoundError(f"no such file: {path}")
    content = path.read_bytes()
    safetensors = load_module("safetensors", "loading")
    try:
        found = {name: _array(entry) for name, entry in safetensors.deserialize(content)}
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, KeyError):
            raise DataError(
                f"{path} holds an array of type {error.args[0]}, which NumPy lacks; in PyTorch "
                "convert it with .float() before saving"
            ) from error
        hint = ""
        if content[:4] == b"PK\x03\x04" or content[:1] == b"\x80":
            hint = (
                "; it looks like a pickle of torch.save, which may run code and is not read here: "
                "in PyTorch write safetensors.torch.save_file(model.state_dict(), path)"
            )
        raise DataError(f"{path} is not a safetensors file: {error}{hint}") from error
    # The order that safetensors gives changes from run to run.
    return dict(sorted(found.items()))


def _checked_name(name: Any) -> str:
    if not isinstance(name, str):
        raise DtypeError(f"the names of saved arrays are strings; got {name!r}")
    return name


def _array(entry: dict[str, Any]) -> np.ndarray:
    """One array of a file; KeyError if its type is none of ours."""
    dtype = as_dtype(TYPES[entry["dtype"]])
    return np.frombuffer(entry["data"], dtype).reshape(entry["shape"])


def _plain(name: str, value: Any) -> np.ndarray:
    """`value` as an array of the machine's byte order, contiguous: the file format needs both."""
    if isinstance(value, Mapping):
        raise DtypeError(
            f"{name!r} is a dict; save one flat dict, with names such as '{name}.weight'"
        )
    array = np.asarray(value.output if isinstance(value, GraphNode) else value)
    if kind(array.dtype) not in "biuf" or array.dtype.itemsize > 8:
        raise DtypeError(
            f"{name!r} cannot be saved: safetensors holds real numbers of at most 64 bits; got "
            f"{array.dtype}"
        )
    return np.asarray(array, dtype=array.dtype.newbyteorder("="), order="C")


def _usual_mode(path: Path) -> int:
    """The permissions that the file has, or that a new file gets: a temporary one is private."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
