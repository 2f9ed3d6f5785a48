"""Types of numbers: which a node can hold, which carry a gradient, and which are halves.

NumPy has float16. The other half, bfloat16, is one that the package ml_dtypes adds; to NumPy it is
a type of unknown kind, "V" for void. What the rest of the library asks about a dtype is asked here,
so that both halves are floating types like any other.

References
----------
IEEE Standard for Floating-Point Arithmetic, IEEE Std 754-2019.
https://doi.org/10.1109/IEEESTD.2019.8766229

D. Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019.
https://arxiv.org/abs/1905.12322
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .errors import DtypeError
from .lazy import load

_NO_HALF = frozenset([float, int, bool, complex, np.float64, np.float32, np.complex128])
"""Types of numbers that are not half; asked at every operator of a graph of scalars."""


def kind(dtype: np.dtype) -> str:
    """NumPy's letter for the kind of a dtype: "b", "i", "u", "f" or "c"; "f" for bfloat16 too."""
    return "f" if dtype.kind == "V" and dtype.name == "bfloat16" else dtype.kind


def is_numeric(dtype: np.dtype) -> bool:
    """Whether a node can hold values of this dtype: numbers and truth values."""
    return kind(dtype) in "biufc"


def is_floating(dtype: np.dtype) -> bool:
    """Whether it is a floating dtype, bfloat16 included."""
    return kind(dtype) == "f"


def is_differentiable(dtype: np.dtype) -> bool:
    """Whether values of this dtype can carry a gradient: floating and complex ones can."""
    return dtype.kind in "fc" or is_floating(dtype)


def is_half(dtype: np.dtype) -> bool:
    """Whether it is float16 or bfloat16."""
    return dtype.itemsize == 2 and is_floating(dtype)


def any_half(values: Iterable[Any]) -> bool:
    """Whether one of these arrays or nodes is in half precision."""
    for value in values:
        if type(value) not in _NO_HALF:
            dtype = getattr(value, "dtype", None)
            if dtype is not None and dtype.itemsize == 2 and is_half(dtype):
                return True
    return False


def as_dtype(dtype: Any) -> np.dtype:
    """`dtype` as NumPy's object; the name "bfloat16" is understood as well.

    Raises
    ------
    DtypeError
        If it is no dtype.
    MissingDependencyError
        If it is "bfloat16", and the package ml_dtypes is not installed.
    """
    try:
        if isinstance(dtype, str) and dtype == "bfloat16":
            return np.dtype(load("ml_dtypes", "bfloat16").bfloat16)
        return np.dtype(dtype)
    except TypeError:
        raise DtypeError(f"{dtype!r} is no dtype") from None


def epsilon(dtype: np.dtype) -> float:
    """Distance from 1 to the next larger number of a floating or complex dtype."""
    return 2.0**-7 if dtype.kind == "V" else float(np.finfo(dtype).eps)


def largest(dtype: np.dtype) -> float:
    """The largest number of a floating dtype."""
    return (2.0 - 2.0**-7) * 2.0**127 if dtype.kind == "V" else float(np.finfo(dtype).max)


def convert(value: Any, dtype: np.dtype) -> Any:
    """An array in another dtype. A number too large for a half becomes infinite, as in PyTorch."""
    if not is_half(dtype):
        return value.astype(dtype)
    with np.errstate(over="ignore"):
        return value.astype(dtype)
