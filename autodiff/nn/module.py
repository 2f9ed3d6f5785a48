"""Modules: parameters and the function that uses them, kept together.

A module finds its parameters by looking at its own attributes. A `Variable` is a parameter, a
`Constant` is a buffer (saved, but not trained), and a `Module` is a part, whose parameters count
too. A parameter's name is the path of attributes that leads to it: ``"0.weight"``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .. import recording
from ..dtypes import as_dtype, is_floating
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..structures import Constant, GraphNode, Leaf, Variable


class IncompatibleKeys(NamedTuple):
    """What `Module.load_state_dict` found missing, and what it did not expect."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """A layer, or a network of layers. A subclass states `forward`, and its `__init__` sets
    variables and other modules as attributes.

    Attributes
    ----------
    training : bool
        Whether dropout drops and batch normalisation uses the batch; see `train` and `eval`. The
        mode is fixed in a graph when the graph is recorded.

    Examples
    --------
    ::

        class Net(ad.nn.Module):
            def __init__(self):
                self.hidden = ad.nn.Linear(784, 100)
                self.last = ad.nn.Linear(100, 10)

            def forward(self, x):
                return self.last(ad.relu(self.hidden(x)))
    """

    training: bool = True
    _attached: str = ""

    def forward(self, *inputs: Any) -> Any:
        """Compute the result. A subclass states it; users call the module itself."""
        raise ArgumentError(f"{type(self).__name__} defines no forward(self, x)")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Run `forward` on nodes; every operator built in it remembers this module in its `scope`.

        An array becomes a `Constant`. So all that the layers do is recorded and happens again in a
        replay, also where no parameter is involved yet, as when a network begins with dropout.
        """
        inputs = tuple([Constant(x) if isinstance(x, np.ndarray) else x for x in inputs])
        outer = recording.thread.state.scope
        own = type(self).__name__
        if outer:
            own = f"{outer}/{self._attached} {own}" if self._attached else f"{outer}/{own}"
        recording.thread.state.scope = own
        try:
            return self.forward(*inputs, **options)
        finally:
            recording.thread.state.scope = outer

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, list | tuple | dict):
            parts = list(value.values()) if isinstance(value, dict) else list(value)
            if any([isinstance(part, Module | Variable) for part in parts]):
                raise ArgumentError(
                    f"{type(self).__name__}.{name} is a plain {type(value).__name__} of modules or "
                    "variables, whose parameters would not be found and so never trained; "
                    "write ad.nn.ModuleList([...]) or ad.nn.Sequential(...)"
                )
        object.__setattr__(self, name, value)
        if isinstance(value, Leaf) and value.name is None:
            value.name = name
        elif isinstance(value, Module):
            value._attach(name)

    def _attach(self, name: str) -> None:
        """Make this module the part called `name` of another: the names below follow."""
        for path, leaf in self._named(Leaf):
            if leaf.name == path:
                leaf.name = f"{name}.{path}"
        object.__setattr__(self, "_attached", name)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct parts, with their names."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value

    def children(self) -> Iterator[Module]:
        """The direct parts."""
        return (child for _, child in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """The module itself (by the name ``""``) and all below it, with their paths; each once."""
        seen: set[int] = set()
        for path, module in self._walk(prefix):
            if id(module) not in seen:
                seen.add(id(module))
                yield path, module

    def modules(self) -> Iterator[Module]:
        """The module itself and all below it, each once."""
        return (module for _, module in self.named_modules())

    def _walk(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        yield prefix, self
        for name, child in self.named_children():
            yield from child._walk(f"{prefix}.{name}" if prefix else name)

    def _named(self, kind: type[Leaf]) -> Iterator[tuple[str, Any]]:
        """The leaves of a kind with their paths; one that is shared comes once for each path."""
        for prefix, module in self._walk():
            for name, value in vars(module).items():
                if isinstance(value, kind):
                    yield f"{prefix}.{name}" if prefix else name, value

    def named_parameters(self) -> Iterator[tuple[str, Variable]]:
        """The parameters with their names, such as ``"0.weight"``; a shared one comes once."""
        return _once(self._named(Variable))

    def parameters(self) -> Iterator[Variable]:
        """The parameters, each once: what an optimizer takes."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Constant]]:
        """Saved data that is not trained, such as running statistics, with their names."""
        return _once(self._named(Constant))

    def buffers(self) -> Iterator[Constant]:
        """Saved data that is not trained."""
        return (buffer for _, buffer in self.named_buffers())

    def state_dict(self) -> dict[str, np.ndarray]:
        """A copy of every parameter and buffer by its name: what `ad.save` writes to a file."""
        state: dict[str, np.ndarray] = {}
        for prefix, module in self._walk():
            # PyTorch lists a layer's parameters before its buffers.
            for kind in (Variable, Constant):
                for name, value in vars(module).items():
                    if isinstance(value, kind):
                        state[f"{prefix}.{name}" if prefix else name] = np.array(value.output)
        return state

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Set parameters and buffers from arrays by name, keeping their dtype.

        Either everything fits and is set, or nothing is.

        Parameters
        ----------
        state : mapping of str to array_like
            As `state_dict` or `ad.load` return it, or PyTorch's through a safetensors file.
        strict : bool
            Whether a missing or an unexpected name is an error.

        Returns
        -------
        IncompatibleKeys
            The missing and the unexpected names; both empty where `strict`.

        Raises
        ------
        ArgumentError
            If names are missing or unexpected, and `strict`.
        ShapeError
            If an array has another shape than its parameter.
        """
        if not isinstance(state, Mapping):
            raise DtypeError(
                f"load_state_dict takes a dict of name to array; got {describe(state)}; "
                "for a file write model.load_state_dict(ad.load(path))"
            )
        own = dict(self._named(Leaf))
        missing = [name for name in own if name not in state]
        unexpected = [name for name in state if name not in own]
        if strict and (missing or unexpected):
            lines = [f"the state does not fit {type(self).__name__}"]
            lines += [f"missing: {', '.join(missing)}"] if missing else []
            lines += [f"unexpected: {', '.join(unexpected)}"] if unexpected else []
            raise ArgumentError("; ".join(lines) + "; pass strict=False to load the rest")
        arrays = {name: _array(state[name]) for name in own if name in state}
        wrong = [
            f"{name} has shape {arrays[name].shape} in the state and {own[name].shape} here"
            for name in arrays
            if arrays[name].shape != own[name].shape
        ]
        if wrong:
            raise ShapeError(f"the state does not fit {type(self).__name__}: {'; '.join(wrong)}")
        for name, array in arrays.items():
            own[name].output = array.astype(own[name].dtype)
        return IncompatibleKeys(missing, unexpected)

    def train(self, mode: bool = True) -> Module:
        """Switch this module and all below it to training: graphs recorded from now on drop out."""
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Module:
        """Switch to evaluation: graphs recorded from now on use running statistics."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to None."""
        for parameter in self.parameters():
            parameter.gradient = None

    def to(self, dtype: Any) -> Module:
        """Convert every floating parameter and buffer to another floating dtype.

        Graphs that were recorded before are to be built anew.
        """
        new = as_dtype(dtype)
        if not is_floating(new):
            raise DtypeError(f"a module is converted to a floating dtype; got {new}")
        for _, leaf in self._named(Leaf):
            if is_floating(leaf.dtype):
                leaf.to(new)
        return self

    def extra_repr(self) -> str:
        """What stands between the brackets of the printed layer."""
        return ""

    def __repr__(self) -> str:
        parts = [
            f"({name}): {child!r}".replace("\n", "\n  ") for name, child in self.named_children()
        ]
        if not parts:
            return f"{type(self).__name__}({self.extra_repr()})"
        return "\n  ".join([f"{type(self).__name__}({self.extra_repr()}", *parts]) + "\n)"


def _once(named: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    for path, leaf in named:
        if id(leaf) not in seen:
            seen.add(id(leaf))
            yield path, leaf


def _array(value: Any) -> np.ndarray:
    return np.asarray(value.output if isinstance(value, GraphNode) else value)
