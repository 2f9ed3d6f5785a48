"""What all optimizers share: the walk over the parameters, and the state to save."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from ..dtypes import convert, is_half
from ..errors import ArgumentError, DtypeError, GraphError, ShapeError, describe
from ..structures import Variable

State = dict[str, Any]


class Optimizer:
    """Change parameters against their gradients, a little at each `step`.

    A subclass states `update`: from a parameter's value and gradient to its new value.

    Parameters
    ----------
    params : iterable of Variable
        The parameters, as ``model.parameters()`` gives them.
    lr : float
        Learning rate; the attribute may be changed between steps, as schedules do.
    weight_decay : float
        Factor of the penalty on large parameters.

    Raises
    ------
    ArgumentError
        If there are no parameters, one is given twice, or a setting is out of its range.
    DtypeError
        If something else than a `Variable` is given.
    """

    settings: ClassVar[tuple[str, ...]] = ("lr", "weight_decay")
    """The attributes that are saved in `state_dict`."""

    def __init__(self, params: Iterable[Variable], lr: float, weight_decay: float) -> None:
        if isinstance(params, Variable):
            raise DtypeError("params must be a list of variables; got one: write [variable]")
        if not isinstance(params, Iterable):
            raise DtypeError(
                f"params must be a list of variables; got {describe(params)}"
                + ("; write model.parameters()" if hasattr(params, "parameters") else "")
            )
        self.params = list(params)
        for param in self.params:
            if not isinstance(param, Variable):
                raise DtypeError(
                    f"an optimizer changes variables; got {describe(param)}"
                    + ("; write model.parameters()" if hasattr(param, "parameters") else "")
                )
        if not self.params:
            raise ArgumentError(
                "no parameters to optimize; if they come from model.parameters(), this iterator "
                "was used up, or the model has none"
            )
        if len({id(param) for param in self.params}) != len(self.params):
            raise ArgumentError(
                "a parameter is given twice: it would be changed twice at each step"
            )
        self._nonnegative(lr=lr, weight_decay=weight_decay)
        self.lr, self.weight_decay = lr, weight_decay
        self.state: list[State] = [{} for _ in self.params]

    def update(self, value: Any, gradient: Any, state: State) -> Any:
        """The new value of one parameter. `state` is its memory, empty at the first step."""
        raise ArgumentError(
            f"{type(self).__name__} defines no update(self, value, gradient, state)"
        )

    def step(self) -> None:
        """Change every parameter that has a gradient.

        A parameter's array is replaced, never written to: arrays handed out earlier stay as they
        were.

        Raises
        ------
        GraphError
            If no parameter has a gradient.
        ShapeError
            If a gradient does not have its parameter's shape.
        """
        if all([param.gradient is None for param in self.params]):
            raise GraphError(
                "no parameter has a gradient: call ad.backward(order) before optimizer.step()"
            )
        for param, state in zip(self.params, self.state, strict=True):
            gradient = param.gradient
            if gradient is None:
                continue
            value = param.value
            if np.shape(gradient) != np.shape(value):
                raise ShapeError(
                    f"the gradient of {describe(param)} has shape {np.shape(gradient)}"
                )
            if is_half(value.dtype):  # computed in float32 and rounded once, as an operator is
                value, gradient = value.astype(np.float32), np.asarray(gradient, np.float32)
                param.output = convert(self.update(value, gradient, state), param.dtype)
            else:
                param.output = self.update(value, gradient, state)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to None."""
        for param in self.params:
            param.gradient = None

    def state_dict(self) -> dict[str, np.ndarray]:
        """Settings and memory as arrays by name, so that `ad.save` can write them to a file."""
        found = {name: np.array(getattr(self, name), dtype=float) for name in self.settings}
        for position, state in enumerate(self.state):
            for name, value in state.items():
                found[f"{position}.{name}"] = np.array(value)
        return found

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what `state_dict` returned.

        Raises
        ------
        ArgumentError
            If it is the state of another optimizer.
        ShapeError
            If it is the state of other parameters.
        """
        memory: list[State] = [{} for _ in self.params]
        for key, value in state.items():
            position, _, name = key.partition(".")
            if not name:
                continue
            if not position.isdigit() or int(position) >= len(memory):
                raise ArgumentError(
                    f"the state holds {key!r}, but this optimizer has {len(memory)} parameters"
                )
            array, param = np.array(value), self.params[int(position)]
            if name != "step" and array.shape != param.shape:
                raise ShapeError(
                    f"{key!r} has shape {array.shape}; parameter {position} is {describe(param)}"
                )
            memory[int(position)][name] = int(array) if name == "step" else array
        settings = {name for name in state if "." not in name}
        if settings != set(self.settings):
            raise ArgumentError(
                f"this is not the state of {type(self).__name__}: it holds the settings "
                f"{sorted(settings)}, not {sorted(self.settings)}"
            )
        for name in self.settings:
            restored = np.asarray(state[name]).tolist()
            kind = type(getattr(self, name))
            setattr(self, name, kind(restored) if kind in (bool, tuple) else restored)
        self.state = memory

    def _nonnegative(self, **settings: float) -> None:
        for name, setting in settings.items():
            if not isinstance(setting, int | float | np.number) or not setting >= 0:
                raise ArgumentError(
                    f"{type(self).__name__}: {name} must be a number of at least 0; got {setting!r}"
                )

    def __repr__(self) -> str:
        listed = ", ".join(f"{name}={getattr(self, name)}" for name in self.settings)
        return f"{type(self).__name__}({len(self.params)} parameters, {listed})"
