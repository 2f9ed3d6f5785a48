"""Types of numbers: which can be held, which carry a gradient, and what bfloat16 is.

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

from typing import Any

import numpy as np

from .errors import DtypeError
from .lazy import load


def kind(dtype: np.dtype) -> str:
    """NumPy's letter for the kind of a dtype: "b", "i", "u", "f" or "c"; "f" for bfloat16 too."""
    return "f" if dtype.kind == "V" and dtype.name == "bfloat16" else dtype.kind


def is_numeric(dtype: np.dtype) -> bool:
    """Whether a node can hold values of this dtype: numbers and truth values."""
    return kind(dtype) in "biufc"


def is_differentiable(dtype: np.dtype) -> bool:
    """Whether values of this dtype can carry a gradient: floating and complex ones can."""
    return dtype.kind in "fc" or kind(dtype) == "f"


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
