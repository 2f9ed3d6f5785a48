"""The catalogue: from a name to the function that has it.

It is empty until `primitives/` fills it. That is its purpose: a floor below, such as the notation
of nodes, can say "the function called add" without importing the floor above that defines it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

primitives: dict[str, Any] = {}
"""Every primitive by its name: what the tests, the benchmark and the book's table walk over."""

functions: dict[str, Callable[..., Any]] = {}
"""Every function on nodes by its name: the primitives and the plain functions built of them."""

numpy_functions: dict[Callable[..., Any], Callable[..., Any]] = {}
"""NumPy's function to ours, for ``np.exp(node)``."""


def add_function(
    name: str, function: Callable[..., Any], numpy: tuple[Callable[..., Any], ...] = ()
) -> None:
    """Enter `function` under `name`, and as the meaning of each NumPy function in `numpy`.

    Raises
    ------
    ValueError
        If the name is taken: two functions of one name would hide each other.
    """
    if name in functions:
        raise ValueError(f"the catalogue already holds a function called {name!r}")
    functions[name] = function
    for numpy_function in numpy:
        numpy_functions[numpy_function] = function


def stands_for(*numpy: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a plain function: enter it by its name, and as what NumPy's functions mean."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        add_function(function.__name__, function, numpy)
        return function

    return enter
