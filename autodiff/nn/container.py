"""Modules that hold other modules in an order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import ArgumentError, DtypeError, IndexingError, describe
from .module import Module


class Container(Module):
    """Modules under the names "0", "1", ..., or under names of their own."""

    def __init__(self, *modules: Any) -> None:
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            named = dict(modules[0])
        else:
            named = {str(position): module for position, module in enumerate(modules)}
        for name, module in named.items():
            self._add(name, module)

    def _add(self, name: str, module: Any) -> None:
        if not isinstance(module, Module):
            kind = type(self).__name__
            if isinstance(module, type) and issubclass(module, Module):
                raise DtypeError(
                    f"{kind} needs modules; part {name} is the class {module.__name__}: "
                    f"write {module.__name__}(...)"
                )
            raise DtypeError(
                f"{kind} needs modules; part {name} is {describe(module)}; for a function such as "
                "ad.relu use its layer, ad.nn.ReLU()"
            )
        if hasattr(type(self), name) or not name or "." in name:
            raise ArgumentError(f"{name!r} cannot be the name of a part of {type(self).__name__}")
        setattr(self, name, module)

    def append(self, module: Module) -> Container:
        """Add a module at the end."""
        self._add(str(len(self)), module)
        return self

    def __len__(self) -> int:
        return len(list(self.children()))

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, position: int) -> Module:
        parts = list(self.children())
        try:
            return parts[position]
        except IndexError:
            raise IndexingError(
                f"{type(self).__name__} has {len(parts)} parts; there is no number {position}"
            ) from None


class Sequential(Container):
    """Modules called one after the other, each with the result of the one before.

    Parameters
    ----------
    *modules : Module
        The parts, named "0", "1", ...; or one dict from names to modules.

    Raises
    ------
    DtypeError
        If a part is no module.
    """

    def __getitem__(self, position: Any) -> Any:
        """One part, or for a slice the `Sequential` of several, which keep their names."""
        if not isinstance(position, slice):
            return super().__getitem__(position)
        return Sequential(dict(list(self.named_children())[position]))

    def forward(self, x: Any) -> Any:
        for module in self:
            x = module(x)
        return x


class ModuleList(Container):
    """A list of modules whose parameters are found; what is done with them is up to its owner.

    Parameters
    ----------
    modules : iterable of Module
        The parts, named "0", "1", ...
    """

    def __init__(self, modules: Any = ()) -> None:
        super().__init__(*modules)
