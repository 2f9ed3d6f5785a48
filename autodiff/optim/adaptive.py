"""Optimizers that give each element a step of its own: Adam, AdamW, RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..structures import Variable
from .optimizer import Optimizer, State


class Adam(Optimizer):
    r"""Adam: steps of about the size of the learning rate, whatever the gradient's scale.

    .. math:: m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t, \qquad
       v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2, \qquad
       \theta_t = \theta_{t-1} - \eta \frac{m_t / (1 - \beta_1^t)}{\sqrt{v_t / (1 - \beta_2^t)} +
       \epsilon}

    Parameters
    ----------
    params : iterable of Variable
        The parameters.
    lr : float
        Learning rate :math:`\eta`.
    betas : pair of float
        :math:`\beta_1` and :math:`\beta_2`, each from 0 to below 1.
    eps : float
        :math:`\epsilon`.
    weight_decay : float
        :math:`\lambda`; :math:`\lambda \theta` is added to the gradient.
    amsgrad : bool
        Divide by the largest :math:`v_t` so far instead of the present one.

    Raises
    ------
    ArgumentError
        If a setting is out of its range.

    References
    ----------
    D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
    https://arxiv.org/abs/1412.6980
    """

    settings = ("lr", "betas", "eps", "weight_decay", "amsgrad")

    def __init__(
        self,
        params: Iterable[Variable],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        self._nonnegative(eps=eps)
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ArgumentError(
                f"{type(self).__name__}: betas must be two numbers from 0 to below 1; got {betas!r}"
            )
        self.betas, self.eps, self.amsgrad = tuple(betas), eps, amsgrad

    def update(self, value: Any, gradient: Any, state: State) -> Any:
        if self.weight_decay:
            value, gradient = self.decay(value, gradient)
        first, second = self.betas
        step = state["step"] = state.get("step", 0) + 1
        mean = state.get("exp_avg", 0.0)
        square = state.get("exp_avg_sq", 0.0)
        mean = state["exp_avg"] = first * mean + (1 - first) * gradient
        square = state["exp_avg_sq"] = second * square + (1 - second) * (gradient * gradient)
        if self.amsgrad:
            square = state["max_exp_avg_sq"] = np.maximum(state.get("max_exp_avg_sq", 0.0), square)
        root = np.sqrt(square) / (1 - second**step) ** 0.5 + self.eps
        return value - (self.lr / (1 - first**step)) * (mean / root)

    def decay(self, value: Any, gradient: Any) -> tuple[Any, Any]:
        """Apply weight decay: to the gradient here, to the parameter itself in AdamW."""
        return value, gradient + self.weight_decay * value


class AdamW(Adam):
    r"""Adam with decoupled weight decay: :math:`\theta` first shrinks by the factor :math:`1 -
    \eta\lambda`, and the decay does not enter the averages.

    Parameters
    ----------
    params : iterable of Variable
        The parameters.
    lr, betas, eps, amsgrad
        As in `Adam`.
    weight_decay : float
        :math:`\lambda`.

    References
    ----------
    I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
    https://arxiv.org/abs/1711.05101
    """

    def __init__(
        self,
        params: Iterable[Variable],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)

    def decay(self, value: Any, gradient: Any) -> tuple[Any, Any]:
        """Apply weight decay to the parameter itself."""
        return value * (1 - self.lr * self.weight_decay), gradient


class RMSprop(Optimizer):
    r"""Divide each gradient by a running root mean square of its predecessors.

    .. math:: v_t = \alpha v_{t-1} + (1 - \alpha) g_t^2, \qquad
       \theta_t = \theta_{t-1} - \eta \frac{g_t}{\sqrt{v_t} + \epsilon}

    Parameters
    ----------
    params : iterable of Variable
        The parameters.
    lr : float
        Learning rate :math:`\eta`.
    alpha : float
        :math:`\alpha`.
    eps : float
        :math:`\epsilon`.
    weight_decay : float
        :math:`\lambda`; :math:`\lambda \theta` is added to the gradient.
    momentum : float
        Momentum of the steps.
    centered : bool
        Divide by the standard deviation instead: subtract the squared running mean under the root.

    Raises
    ------
    ArgumentError
        If a setting is out of its range.

    References
    ----------
    T. Tieleman, G. Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning, 2012.
    https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
    """

    settings = ("lr", "alpha", "eps", "weight_decay", "momentum", "centered")

    def __init__(
        self,
        params: Iterable[Variable],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        self._nonnegative(alpha=alpha, eps=eps, momentum=momentum)
        self.alpha, self.eps = alpha, eps
        self.momentum, self.centered = momentum, centered

    def update(self, value: Any, gradient: Any, state: State) -> Any:
        if self.weight_decay:
            gradient = gradient + self.weight_decay * value
        square = state.get("square_avg", 0.0)
        square = self.alpha * square + (1 - self.alpha) * (gradient * gradient)
        state["square_avg"] = square
        if self.centered:
            mean = self.alpha * state.get("grad_avg", 0.0) + (1 - self.alpha) * gradient
            state["grad_avg"] = mean
            square = square - mean * mean
        step = gradient / (np.sqrt(square) + self.eps)
        if self.momentum:
            step = state["momentum_buffer"] = (
                self.momentum * state.get("momentum_buffer", 0.0) + step
            )
        return value - self.lr * step
