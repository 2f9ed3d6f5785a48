r"""Schedules: learning rates that change from epoch to epoch.

With :math:`t` the number of epochs done and :math:`\eta_0` the optimizer's learning rate when the
schedule was made, each schedule states its rate in closed form; `step` moves on to the next epoch.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ..errors import ArgumentError, DtypeError, describe
from .optimizer import Optimizer


class Schedule:
    """What all schedules share. A subclass states `rate`.

    Attributes
    ----------
    last_epoch : int
        Number of epochs done.

    Raises
    ------
    DtypeError
        If `optimizer` is no optimizer.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise DtypeError(f"a schedule needs an optimizer; got {describe(optimizer)}")
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.last_epoch = 0
        optimizer.lr = self.rate(0)

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        raise ArgumentError(f"{type(self).__name__} defines no rate(self, epoch)")

    def step(self) -> None:
        """Move on to the next epoch: call it after the epoch's last ``optimizer.step()``."""
        self.last_epoch += 1
        self.optimizer.lr = self.rate(self.last_epoch)

    def get_last_lr(self) -> list[float]:
        """The present learning rate, in a list as in PyTorch."""
        return [self.optimizer.lr]


class StepLR(Schedule):
    r"""A step down every few epochs: :math:`\eta_t = \eta_0 \gamma^{\lfloor t / s \rfloor}`.

    Parameters
    ----------
    optimizer : Optimizer
        Whose learning rate is changed.
    step_size : int
        Number of epochs :math:`s` between steps.
    gamma : float
        Factor :math:`\gamma`.
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        if not isinstance(step_size, int) or step_size < 1:
            raise ArgumentError(f"StepLR: step_size must be a positive integer; got {step_size!r}")
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        return self.base_lr * self.gamma ** (epoch // self.step_size)


class ExponentialLR(Schedule):
    r"""The same factor every epoch: :math:`\eta_t = \eta_0 \gamma^t`.

    Parameters
    ----------
    optimizer : Optimizer
        Whose learning rate is changed.
    gamma : float
        Factor :math:`\gamma`.
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        return self.base_lr * self.gamma**epoch


class CosineAnnealingLR(Schedule):
    r"""Half a cosine: :math:`\eta_t = \eta_\min + \frac12 (\eta_0 - \eta_\min) (1 + \cos(\pi t /
    T))`.

    Parameters
    ----------
    optimizer : Optimizer
        Whose learning rate is changed.
    T_max : int
        Number of epochs :math:`T` until the least rate is reached.
    eta_min : float
        Least rate.

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017.
    https://arxiv.org/abs/1608.03983
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        if not isinstance(T_max, int) or T_max < 1:
            raise ArgumentError(
                f"CosineAnnealingLR: T_max must be a positive integer; got {T_max!r}"
            )
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        wave = 1 + math.cos(math.pi * epoch / self.T_max)
        return self.eta_min + (self.base_lr - self.eta_min) * wave / 2


class LambdaLR(Schedule):
    r"""Any factor: :math:`\eta_t = \eta_0 f(t)`.

    Parameters
    ----------
    optimizer : Optimizer
        Whose learning rate is changed.
    lr_lambda : callable
        The function :math:`f`, from the number of epochs done to a factor.
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        return self.base_lr * self.lr_lambda(epoch)
