"""The update of all parameters at once, as the last part of a training step.

A region leaves one sum of gradients for each share of the batch. Here the shares are added, and the
optimizer's rule is applied, element by element, in one pass over memory that the threads divide
among them. The parameters lie one behind the other in one array; the array of each is a part of it.

Arrays that were handed out belong to the user, so the new values are written to a new array.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import lazy
from ..optim import SGD, Adam, AdamW, Optimizer, RMSprop
from ..structures import Clock, Variable
from . import cache

FIELDS = ("shares", "length", "sums", "sums_bytes", "gradient", "value", "result", "settings")
"""What the control block of an update holds, before the addresses of the memories."""

_TEXT = '''"""The sum of all shares of a gradient, and a step of an optimizer."""

import numpy as np
from numba import carray, cfunc
from autodiff.compiler.kernels.updates import {rule}, sum_shares
from autodiff.compiler.kernels.views import view


@cfunc("void(CPointer(int64), int64)", cache=True)
def region(control_address, share):
    control = carray(control_address, {length})
    threads, length = control[0], control[1]
    first = length * share // threads // 16 * 16
    last = length * (share + 1) // threads // 16 * 16 if share + 1 < threads else length
    gradient = view(control[4] + first * {size}, np.{dtype})
    sum_shares(control[2] + first * {size}, control[3], threads, gradient, last - first)
    value = view(control[5] + first * {size}, np.{dtype})
    result = view(control[6] + first * {size}, np.{dtype})
    settings = view(control[7], np.float64)
{memories}
    {rule}(value, gradient, {names}, result, settings, last - first)
'''


class Rule(NamedTuple):
    """An optimizer's rule as a kernel.

    Attributes
    ----------
    kernel : str
        Its name in `kernels.updates`.
    memories : tuple of str
        The arrays that it keeps for each parameter, by their names in the optimizer's state.
    settings : callable
        From the optimizer, the number of the step and whether its memory is new, to an array.
    used : callable
        Whether the optimizer, as it is set, uses a memory.
    """

    kernel: str
    memories: tuple[str, ...]
    settings: Callable[[Any, Any, int, bool], np.ndarray]
    used: Callable[[Any, str], bool]


def _sgd(kernels: Any, optimizer: SGD, step: int, fresh: bool) -> np.ndarray:
    settings = {name: getattr(optimizer, name) for name in optimizer.settings}
    return kernels.sgd_settings(**settings, first=fresh)


def _adam(kernels: Any, optimizer: Adam, step: int, fresh: bool) -> np.ndarray:
    settings = {name: getattr(optimizer, name) for name in optimizer.settings}
    return kernels.adam_settings(step, **settings, decoupled=isinstance(optimizer, AdamW))


def _rmsprop(kernels: Any, optimizer: RMSprop, step: int, fresh: bool) -> np.ndarray:
    return kernels.rmsprop_settings(
        **{name: getattr(optimizer, name) for name in optimizer.settings}
    )


_AVERAGES = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
_adam_rule = Rule("adam", _AVERAGES, _adam, lambda o, name: o.amsgrad or name != _AVERAGES[2])

RULES: dict[type[Optimizer], Rule] = {
    SGD: Rule("sgd", ("momentum_buffer",), _sgd, lambda o, name: bool(o.momentum)),
    Adam: _adam_rule,
    AdamW: _adam_rule,
    RMSprop: Rule(
        "rmsprop",
        ("square_avg", "grad_avg", "momentum_buffer"),
        _rmsprop,
        lambda o, name: {"grad_avg": o.centered, "momentum_buffer": bool(o.momentum)}.get(name, 1),
    ),
}
"""The optimizers whose rule is compiled; others take their own step on NumPy."""


class Update:
    """A compiled step of one optimizer.

    Parameters
    ----------
    optimizer : Optimizer
        One whose class is in `RULES`.
    places : sequence of (Variable, int)
        Its parameters, and where the gradient of each begins among the sums.
    sums : ndarray, shape (shares, length)
        Where a region leaves the sums.
    """

    def __init__(
        self, optimizer: Optimizer, places: Sequence[tuple[Variable, int]], sums: np.ndarray
    ) -> None:
        self.optimizer, self.places, self.sums = optimizer, places, sums
        self.rule = RULES[type(optimizer)]
        shares, length = sums.shape
        dtype = sums.dtype
        names = [f"memory{index}" for index in range(len(self.rule.memories))]
        text = _TEXT.format(
            rule=self.rule.kernel,
            length=len(FIELDS) + len(names),
            size=dtype.itemsize,
            dtype=dtype.name,
            names=", ".join(names),
            memories="\n".join(
                f"    {name} = view(control[{len(FIELDS) + index}] + first * {dtype.itemsize}, "
                f"np.{dtype.name})"
                for index, name in enumerate(names)
            ),
        )
        self._address = cache.load(text).region.address
        self._kernels = lazy.load("autodiff.compiler.kernels.updates", "compiled programs")
        self._team = lazy.load("autodiff.compiler.team", "compiled programs")
        self._value = np.zeros(length, dtype)
        self._views: list[np.ndarray] = []
        self._memories = {
            name: np.zeros(length if self.rule.used(optimizer, name) else 0, dtype)
            for name in self.rule.memories
        }
        self._parts: list[dict[str, np.ndarray]] = [{} for _ in places]
        self._positions = {id(param): index for index, param in enumerate(optimizer.params)}
        control = [shares, length, sums.ctypes.data, sums.strides[0], 0, 0, 0, 0]
        memories = [memory.ctypes.data for memory in self._memories.values()]
        self._control = np.array([*control, *memories], np.int64)
        self._shares = shares

    def run(self) -> np.ndarray:
        """Take a step; returns the sums of all shares."""
        self._gather()
        step, fresh = self._remember()
        settings = self.rule.settings(self._kernels, self.optimizer, step, fresh)
        gradient, result = np.empty_like(self._value), np.empty_like(self._value)
        arrays = (gradient, self._value, result, settings)
        self._control[4:8] = [array.__array_interface__["data"][0] for array in arrays]
        self._team.run(self._address, self._control, self._shares)
        self._value, self._views = result, []
        Clock.now += 1
        for variable, start in self.places:
            shape = variable.shape
            part = slice(start, start + variable.size)
            view = result[part].reshape(shape)
            variable.value, variable.tick = view, Clock.now
            self._views.append(view)
        return gradient

    def _gather(self) -> None:
        """Let `_value` hold what the parameters are now, whoever set them."""
        if self._views and all(
            [v.value is view for (v, _), view in zip(self.places, self._views, strict=True)]
        ):
            return
        self._value = np.zeros_like(self._value)
        for variable, start in self.places:
            self._value[start : start + variable.size] = variable.value.ravel()

    def _remember(self) -> tuple[int, bool]:
        """Let the memories hold the optimizer's state, and the state be parts of them."""
        used = [name for name, memory in self._memories.items() if len(memory)]
        step, fresh = 1, True
        for (variable, start), parts in zip(self.places, self._parts, strict=True):
            state = self.optimizer.state[self._positions[id(variable)]]
            if isinstance(self.optimizer, Adam):
                step = state["step"] = state.get("step", 0) + 1
            for name in used:
                if name in state:
                    fresh = False
                if name not in parts or state.get(name) is not parts[name]:
                    memory = self._memories[name][start : start + variable.size]
                    parts[name] = memory.reshape(variable.shape)
                    parts[name][...] = state.get(name, 0.0)
                    state[name] = parts[name]
        return step, fresh


def can_update(optimizer: Optimizer, variables: Sequence[Variable]) -> bool:
    """Whether the optimizer's rule is compiled, and its parameters are all among `variables`.

    Its memory must be of one age: the averages of Adam are corrected by the number of steps.
    """
    known = {id(variable) for variable in variables}
    if type(optimizer) not in RULES or not all(id(param) in known for param in optimizer.params):
        return False
    ages = {tuple(sorted(state)) + (state.get("step"),) for state in optimizer.state}
    return len(ages) == 1
