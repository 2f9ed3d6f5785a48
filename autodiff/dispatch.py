"""Multiple dispatch on (backend, primitive).

An operator says *what* is computed; a backend says *how*. Which implementation runs depends on
both, so the choice is a dispatch on two types at once, as in Julia: among all implementations that
apply, the one whose pair of types is most specific wins, and a tie is an error. A backend can so
replace one operator or a whole kind of operators, and inherits the rest.

References
----------
J. Bezanson, A. Edelman, S. Karpinski, V. B. Shah, "Julia: A Fresh Approach to Numerical Computing",
SIAM Review 59(1), 2017. https://doi.org/10.1137/141000671
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import DispatchError

Kernel = Callable[..., Any]


class Backend:
    """A way to execute primitives. A subclass inherits every implementation of its base."""


class NumPy(Backend):
    """The definition: each primitive's own `function`, in NumPy."""


class Dispatcher:
    """A table from pairs of types to factories, each of which makes a kernel for one primitive."""

    def __init__(self) -> None:
        self._factories: dict[tuple[type, type], Callable[[Any], Kernel]] = {}
        self._chosen: dict[tuple[type, type], Callable[[Any], Kernel]] = {}
        self._resolved: dict[tuple[type, Any], Kernel] = {}

    def implements(self, backend: type[Backend], primitive: type) -> Callable[[Callable], Callable]:
        """Register a factory: called with a primitive, it returns the kernel that runs it."""

        def register(factory: Callable[[Any], Kernel]) -> Callable[[Any], Kernel]:
            if (backend, primitive) in self._factories:
                raise DispatchError(
                    f"({backend.__name__}, {primitive.__name__}) already has an implementation; "
                    "a second one would silently replace it"
                )
            self._factories[backend, primitive] = factory
            self._chosen.clear()
            self._resolved.clear()
            return factory

        return register

    def kernel(self, backend: type[Backend], primitive: Any) -> Kernel:
        """The kernel of the most specific implementation for this backend and this primitive.

        It is remembered, and with it the primitive, for as long as the program runs: unless the
        primitive is `transient`, made anew for each call, as a checkpoint is.

        Raises
        ------
        DispatchError
            If no implementation applies, or two apply and neither is more specific than the other.
        """
        try:
            return self._resolved[backend, primitive]
        except KeyError:
            pair = backend, type(primitive)
            if pair not in self._chosen:
                self._chosen[pair] = self._factories[self._most_specific(*pair)]
            kernel = self._chosen[pair](primitive)
            if not getattr(primitive, "transient", False):
                self._resolved[backend, primitive] = kernel
            return kernel

    def _most_specific(self, backend: type, primitive: type) -> tuple[type, type]:
        applicable = [
            pair
            for pair in self._factories
            if issubclass(backend, pair[0]) and issubclass(primitive, pair[1])
        ]
        if not applicable:
            raise DispatchError(
                f"no implementation of {primitive.__name__} for {backend.__name__}; register one "
                f"with @implements({backend.__name__}, {primitive.__name__})"
            )
        winners = [
            pair
            for pair in applicable
            if all(_at_least_as_specific(pair, other) for other in applicable)
        ]
        if not winners:
            pairs = ", ".join(
                f"({first.__name__}, {second.__name__})" for first, second in applicable
            )
            raise DispatchError(
                f"{primitive.__name__} on {backend.__name__} is ambiguous: of {pairs} none is most "
                f"specific; implement ({backend.__name__}, {primitive.__name__}) to decide"
            )
        return winners[0]


def _at_least_as_specific(pair: tuple[type, type], other: tuple[type, type]) -> bool:
    return issubclass(pair[0], other[0]) and issubclass(pair[1], other[1])


dispatcher = Dispatcher()
implements = dispatcher.implements
kernel = dispatcher.kernel
