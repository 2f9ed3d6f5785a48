r"""Mixed precision: compute in halves where it is safe, and scale the loss so that it stays so.

A half takes half the memory, and loses twice. Its precision: a sum or a small update drowns in
rounding. Therefore parameters stay in float32, and every operator on halves accumulates in float32
(`autodiff.evaluation`). Its range, of float16: a gradient below :math:`2^{-25}` becomes 0.
Therefore the loss is multiplied by a scale :math:`s`, which multiplies every gradient by it, and
the gradients are divided by :math:`s` again, in float32, before the parameters are changed::

    scaler = ad.precision.GradScaler()
    with ad.precision.autocast("float16"):
        loss = ad.cross_entropy(model(x), labels)
    order = ad.topological_sort(scaler.scale(loss))
    for x.output, labels.output in batches:
        ad.forward(order)
        ad.backward(order)
        scaler.step(optimizer)
        scaler.update()

bfloat16 has the range of float32 and needs no scale.

References
----------
P. Micikevicius et al., "Mixed Precision Training", ICLR 2018. https://arxiv.org/abs/1710.03740
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from .catalogue import primitives
from .dtypes import as_dtype, is_half
from .errors import ArgumentError, DtypeError, GraphError, describe
from .recording import thread
from .structures import Constant, GraphNode


@contextmanager
def autocast(dtype: Any = "bfloat16", enabled: bool = True) -> Iterator[None]:
    """Build what follows in mixed precision, as ``torch.autocast`` does on a processor.

    Products of matrices and convolutions take their operands, and give their results, in halves;
    losses, and what is delicate, such as solving a linear system, take float32; all other operators
    compute in the type that they are given. `autocast_table` lists which is which. An operand is
    cast by an `astype` operator, so that its gradient comes back in its own type: parameters stay
    in float32. Float64 is left alone.

    A graph that is built within is recorded with its casts, and may be replayed outside. A
    derivative computes in the types that were recorded, wherever it is taken. It may also decorate
    a function.

    Parameters
    ----------
    dtype : {"bfloat16", "float16"} or dtype_like
        The half type.
    enabled : bool
        False switches casting off, within a region where it is on.

    Raises
    ------
    DtypeError
        If `dtype` is no half type.
    """
    half = as_dtype(dtype)
    if not is_half(half):
        raise DtypeError(f"autocast takes 'float16' or 'bfloat16'; got {half}")
    before = thread.state.autocast
    thread.state.autocast = half if enabled else None
    try:
        yield
    finally:
        thread.state.autocast = before


def autocast_table() -> dict[str, list[str]]:
    """What `autocast` does to the primitives of the catalogue, by name; to others it does nothing.

    Returns
    -------
    dict of str to list of str
        Under "half" those that take and give halves, under "float32" those that take float32. A
        primitive says so itself, by its attribute `autocast`.
    """
    return {
        policy: sorted(name for name, one in primitives.items() if one.autocast == policy)
        for policy in ("half", "float32")
    }


class GradScaler:
    r"""Scale the loss, so that no gradient vanishes in float16, and find the scale that does.

    The scale begins large. A step whose gradients are not all finite is left out, and the scale
    shrinks; after `growth_interval` good steps in a row it grows. It is that of
    ``torch.amp.GradScaler``, method by method.

    Parameters
    ----------
    init_scale : float
        The first scale.
    growth_factor : float
        What it is multiplied by after `growth_interval` steps without an overflow; above 1.
    backoff_factor : float
        What it is multiplied by after an overflow; below 1.
    growth_interval : int
        How many good steps in a row let it grow.
    enabled : bool
        Where False, losses are not scaled and every step is taken.

    Raises
    ------
    ArgumentError
        If a setting is out of its range.
    """

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        for name, value, fits, wanted in (
            ("init_scale", init_scale, init_scale > 0, "above 0"),
            ("growth_factor", growth_factor, growth_factor > 1, "above 1"),
            ("backoff_factor", backoff_factor, 0 < backoff_factor < 1, "between 0 and 1"),
            ("growth_interval", growth_interval, growth_interval >= 1, "at least 1"),
        ):
            if not fits:
                raise ArgumentError(f"GradScaler: {name} must be {wanted}; got {value!r}")
        self.growth_factor, self.backoff_factor = growth_factor, backoff_factor
        self.growth_interval, self.enabled = growth_interval, enabled
        self._scale = Constant(np.array(init_scale, np.float32), name="scale")
        self._good_steps = 0
        self._unscaled: dict[Any, bool] = {}  # optimizer -> whether its gradients are all finite
        self._stepped: set[Any] = set()

    def scale(self, outputs: Any) -> Any:
        """`outputs` times the scale: a loss to take gradients of, or a number to seed them with.

        The scale is a leaf of the graph, so that a replay multiplies by the present one.
        """
        if not self.enabled:
            return outputs
        return outputs * (self._scale if isinstance(outputs, GraphNode) else self._scale.output)

    def get_scale(self) -> float:
        """The present scale; 1 where not enabled."""
        return float(self._scale.output) if self.enabled else 1.0

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of an optimizer's parameters by the scale, to look at them or clip.

        `step` does it where it was not done.

        Raises
        ------
        GraphError
            If it was done since the last `update`, or no parameter has a gradient.
        DtypeError
            If a parameter is in float16: its gradient would vanish again.
        """
        if not self.enabled:
            return
        if optimizer in self._stepped:
            raise GraphError("unscale_ is called after step: call it between backward and step")
        if optimizer in self._unscaled:
            raise GraphError(
                "unscale_ was already called for this optimizer since the last update(): the "
                "gradients would be divided twice"
            )
        params = [param for param in optimizer.params if param.gradient is not None]
        if not params:
            raise GraphError(
                "no parameter of this optimizer has a gradient: call ad.backward(order) first"
            )
        for param in params:
            if param.dtype == np.float16:
                raise DtypeError(
                    f"{describe(param)} is a parameter in float16, whose gradient would vanish "
                    "when it is divided by the scale; keep parameters in float32, and let "
                    "autocast cast them"
                )
        inverse = np.float32(1.0 / float(self._scale.output))
        finite = True
        for param in params:
            finite = finite and bool(np.isfinite(param.gradient).all())
            with np.errstate(invalid="ignore"):
                param.gradient = (param.gradient * inverse).astype(param.gradient.dtype, copy=False)
        self._unscaled[optimizer] = finite

    def step(self, optimizer: Any) -> None:
        """Unscale the gradients, and change the parameters if all of them are finite.

        Raises
        ------
        GraphError
            If it was called for this optimizer since the last `update`.
        """
        if not self.enabled:
            optimizer.step()
            return
        if optimizer in self._stepped:
            raise GraphError("step was already called since the last update(): call update() first")
        if optimizer not in self._unscaled:
            self.unscale_(optimizer)
        self._stepped.add(optimizer)
        if self._unscaled[optimizer]:
            optimizer.step()

    def update(self, new_scale: float | None = None) -> None:
        """Choose the scale of the next step; call it once, after the step of every optimizer.

        Parameters
        ----------
        new_scale : float, optional
            The scale to use; by default it follows from what the gradients were.

        Raises
        ------
        GraphError
            If no gradients were looked at since the last update.
        """
        if not self.enabled:
            return
        if new_scale is not None:
            self._set(new_scale)
        elif not self._unscaled:
            raise GraphError("update: no gradients were looked at; call step(optimizer) first")
        elif not all(self._unscaled.values()):
            self._good_steps = 0
            self._set(self.get_scale() * self.backoff_factor)
        else:
            self._good_steps += 1
            if self._good_steps == self.growth_interval:
                self._good_steps = 0
                self._set(self.get_scale() * self.growth_factor)
        self._unscaled, self._stepped = {}, set()

    def _set(self, scale: float) -> None:
        with np.errstate(over="ignore"):
            new = np.array(scale, np.float32)
        if math.isfinite(float(new)):  # it may not grow beyond float32
            self._scale.output = new

    def state_dict(self) -> dict[str, Any]:
        """Scale and settings, under the names that PyTorch gives them; empty where not enabled."""
        if not self.enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self.growth_factor,
            "backoff_factor": self.backoff_factor,
            "growth_interval": self.growth_interval,
            "_growth_tracker": self._good_steps,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what `state_dict` returned.

        Raises
        ------
        ArgumentError
            If it is something else.
        """
        if not self.enabled:
            return
        if set(state) != set(self.state_dict()):
            raise ArgumentError(
                f"this is not the state of a GradScaler: it holds {sorted(state)}, "
                f"not {sorted(self.state_dict())}"
            )
        restored = {name: np.asarray(value).item() for name, value in state.items()}
        self._set(restored["scale"])
        self.growth_factor = restored["growth_factor"]
        self.backoff_factor = restored["backoff_factor"]
        self.growth_interval = int(restored["growth_interval"])
        self._good_steps = int(restored["_growth_tracker"])
