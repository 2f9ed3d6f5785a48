"""What stands in a node for a value that a compiled program did not keep."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from .errors import ProgramError


class Missing:
    """A shape and a dtype without numbers. To use it as an array raises ProgramError.

    Attributes
    ----------
    shape, dtype
        Those of the value.
    """

    __slots__ = ("dtype", "shape", "what")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, what: str) -> None:
        self.shape, self.dtype, self.what = shape, dtype, what

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def refuse(self) -> NoReturn:
        """Say what happened, and how to get the value."""
        raise ProgramError(
            f"the value of {self.what} was fused away: the compiled program did not keep it; "
            "name it in ad.compile(..., keep=[...]), or run ad.forward on the sorted graph"
        )

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.refuse()

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.refuse()

    def __array_function__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.refuse()

    def __bool__(self) -> NoReturn:
        self.refuse()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self.refuse()
