"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ArgumentError
from ..structures import Variable
from .optimizer import Optimizer, State


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum where wanted.

    .. math:: g_t = \nabla L(\theta_{t-1}) + \lambda \theta_{t-1}, \qquad
       v_t = \mu v_{t-1} + (1 - \tau) g_t \quad (v_1 = g_1), \qquad
       \theta_t = \theta_{t-1} - \eta v_t

    With Nesterov's momentum the step is :math:`\eta (g_t + \mu v_t)`.

    Parameters
    ----------
    params : iterable of Variable
        The parameters.
    lr : float
        Learning rate :math:`\eta`.
    momentum : float
        :math:`\mu`.
    dampening : float
        :math:`\tau`.
    weight_decay : float
        :math:`\lambda`.
    nesterov : bool
        Whether to use Nesterov's momentum.

    Raises
    ------
    ArgumentError
        If a setting is out of its range, or Nesterov's momentum is asked for without momentum or
        with dampening.

    References
    ----------
    I. Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML
    2013. https://proceedings.mlr.press/v28/sutskever13.html
    """

    settings = ("lr", "momentum", "dampening", "weight_decay", "nesterov")

    def __init__(
        self,
        params: Iterable[Variable],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        self._nonnegative(momentum=momentum)
        if nesterov and (momentum == 0 or dampening != 0):
            raise ArgumentError("SGD: nesterov needs a momentum above 0 and no dampening")
        self.momentum, self.dampening, self.nesterov = momentum, dampening, nesterov

    def update(self, value: Any, gradient: Any, state: State) -> Any:
        if self.weight_decay:
            gradient = gradient + self.weight_decay * value
        if self.momentum:
            velocity = state.get("momentum_buffer")
            if velocity is None:
                velocity = gradient
            else:
                velocity = self.momentum * velocity + (1 - self.dampening) * gradient
            state["momentum_buffer"] = velocity
            gradient = gradient + self.momentum * velocity if self.nesterov else velocity
        return value - self.lr * gradient
