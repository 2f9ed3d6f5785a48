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


def _adam_uses(optimizer: Adam, memory: str) -> bool:
    return memory != "max_exp_avg_sq" or bool(optimizer.amsgrad)


def _rmsprop_uses(optimizer: RMSprop, memory: str) -> bool:
    needed = {"grad_avg": optimizer.centered, "momentum_buffer": optimizer.momentum}
    return bool(needed.get(memory, True))


_adam_rule = Rule("adam", ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"), _adam, _adam_uses)

RULES: dict[type[Optimizer], Rule] = {
    SGD: Rule("sgd", ("momentum_buffer",), _sgd, lambda sgd, memory: bool(sgd.momentum)),
    Adam: _adam_rule,
    AdamW: _adam_rule,
    RMSprop: Rule(
        "rmsprop", ("square_avg", "grad_avg", "momentum_buffer"), _rmsprop, _rmsprop_uses
    ),
}
"""The optimizers whose rule is compiled; others take their own step on NumPy."""


class Update:
    """A compiled step of one optimizer.

    Parameters
    ----------
    optimizer : Optimizer
        One whose class is in `RULES`.
    names : dict
        Its parameters in their order, and the name of the gradient of each in `record`.
    sums : ndarray, shape (shares, length)
        Where a region leaves the sums.
    record : numpy.dtype
        What a row of the sums holds, by names.

    Attributes
    ----------
    address : int
        Where the parameters are since the last step, one behind the other as in `record`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        names: dict[Variable, str],
        sums: np.ndarray,
        record: np.dtype,
    ) -> None:
        self.optimizer, self.names, self.sums = optimizer, names, sums
        self.rule = RULES[type(optimizer)]
        shares, length = sums.shape
        dtype = sums.dtype
        numbered = [f"memory{index}" for index in range(len(self.rule.memories))]
        text = _TEXT.format(
            rule=self.rule.kernel,
            length=len(FIELDS) + len(numbered),
            size=dtype.itemsize,
            dtype=dtype.name,
            names=", ".join(numbered),
            memories="\n".join(
                f"    {name} = view(control[{len(FIELDS) + index}] + first * {dtype.itemsize}, "
                f"np.{dtype.name})"
                for index, name in enumerate(numbered)
            ),
        )
        self._address = cache.load(text).region.address
        self._kernels = lazy.load("autodiff.compiler.kernels.updates", "compiled programs")
        self._team = lazy.load("autodiff.compiler.team", "compiled programs")
        self._record = record
        self._value, self.address = np.zeros((), record), 0
        self._views: list[np.ndarray] = []
        self._used = [self.rule.used(optimizer, name) for name in self.rule.memories]
        self._memories = {
            name: np.zeros((), record) if used else None
            for name, used in zip(self.rule.memories, self._used, strict=True)
        }
        self._parts: list[dict[str, np.ndarray]] = [{} for _ in names]
        self._settings = self.rule.settings(self._kernels, optimizer, 1, True)
        memories = [self._settings, *self._memories.values()]
        addresses = [0 if memory is None else memory.ctypes.data for memory in memories]
        control = [shares, length, sums.ctypes.data, sums.strides[0], 0, 0, 0, *addresses]
        self._control = np.array(control, np.int64)
        self._shares = shares

    def fits(self) -> bool:
        """Whether the optimizer is still as this update was made for.

        Its memories must be in use as they were, and of one age: the averages of Adam are
        corrected by the number of steps.
        """
        if [self.rule.used(self.optimizer, name) for name in self.rule.memories] != self._used:
            return False
        state = self.optimizer.state
        return not any(state) or len({(*sorted(one), one.get("step")) for one in state}) == 1

    def run(self) -> np.ndarray:
        """Take a step; returns the sums of all shares, one `record`."""
        self._gather()
        step, fresh = self._remember()
        self._settings[:] = self.rule.settings(self._kernels, self.optimizer, step, fresh)
        memory = np.empty((2, self.sums.shape[1]), self.sums.dtype)
        start = memory.__array_interface__["data"][0]
        self._control[4:7] = start, self.address, start + memory.nbytes // 2
        self._team.run(self._address, self._control, self._shares)
        pair = memory.view(self._record)
        gradient, result = pair[0, 0, ...], pair[1, 0, ...]
        self._value, self.address, self._views = result, start + memory.nbytes // 2, []
        Clock.now += 1
        for variable, name in self.names.items():
            variable.value = view = result[name]
            variable.tick = Clock.now
            self._views.append(view)
        return gradient

    def _gather(self) -> None:
        """Let `_value` hold what the parameters are now, whoever set them."""
        if self._views and all(
            [param.value is view for param, view in zip(self.names, self._views, strict=True)]
        ):
            return
        self._value = np.zeros((), self._record)
        self.address = self._value.ctypes.data
        for variable, name in self.names.items():
            self._value[name] = variable.value

    def _remember(self) -> tuple[int, bool]:
        """Let the memories hold the optimizer's state, and the state be parts of them."""
        kept = [(name, memory) for name, memory in self._memories.items() if memory is not None]
        step, fresh = 1, True
        for place, parts, state in zip(
            self.names.values(), self._parts, self.optimizer.state, strict=True
        ):
            if isinstance(self.optimizer, Adam):
                step = state["step"] = state.get("step", 0) + 1
            for name, memory in kept:
                if name in state:
                    fresh = False
                if name not in parts or state.get(name) is not parts[name]:
                    parts[name] = memory[place]
                    parts[name][...] = state.get(name, 0.0)
                    state[name] = parts[name]
        return step, fresh


def can_update(optimizer: Optimizer, variables: Sequence[Variable]) -> bool:
    """Whether the optimizer's rule is compiled, and its parameters are all among `variables`.

    A class derived from one of the library's may have another rule, and takes its own steps.
    """
    known = {id(variable) for variable in variables}
    return type(optimizer) in RULES and all(id(param) in known for param in optimizer.params)
