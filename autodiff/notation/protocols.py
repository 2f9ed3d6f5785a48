"""NumPy's own functions on nodes: ``np.exp(a)``, ``np.sum(a)``, by NumPy's two protocols."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..catalogue import functions, numpy_functions
from ..errors import DifferentiationError, DtypeError


class Protocols:
    """What NumPy calls when one of its functions is given a node."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or ufunc not in numpy_functions:
            name = ufunc.__name__
            is_numpys = getattr(np, name, None) is ufunc  # SciPy has some too
            called = (f"np.{name}" if is_numpys else name) + f".{method}" * (method != "__call__")
            ours = f"use ad.{name}, or " if not is_numpys and name in functions else ""
            raise DifferentiationError(
                f"{called} has no derivative here; {ours}for the array alone use node.output"
            )
        if kwargs:
            raise DifferentiationError(
                f"np.{ufunc.__name__} on a node takes no {', '.join(sorted(kwargs))}: nodes are "
                "never written in place, nor arrays with them; for array += node write "
                "array = array + node"
            )
        return numpy_functions[ufunc](*inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function not in numpy_functions:
            raise DifferentiationError(
                f"{_numpy_name(function)} has no derivative here; for the array alone use "
                "node.output"
            )
        ours = numpy_functions[function]
        try:
            return ours(*args, **kwargs)
        except TypeError:
            # Most likely one of the arguments of NumPy's that there are not here, such as dtype=.
            signature = inspect.signature(ours)
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                names = ", ".join(signature.parameters)
                raise DtypeError(
                    f"{_numpy_name(function)} on a node takes ({names}): {error}"
                ) from None
            raise


def _numpy_name(function: Any) -> str:
    return f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)
