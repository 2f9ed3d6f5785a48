"""Optimizers and schedules, with PyTorch's names, arguments, defaults and formulas."""

from .adaptive import Adam, AdamW, RMSprop
from .optimizer import Optimizer
from .schedules import CosineAnnealingLR, ExponentialLR, LambdaLR, Schedule, StepLR
from .sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LambdaLR",
    "Optimizer",
    "RMSprop",
    "Schedule",
    "StepLR",
]
