"""Layers, with PyTorch's names, argument order, defaults, weight layouts and initialisation.

The one difference in names: PyTorch's ``dim`` is ``axis``, as in NumPy.
"""

from .activation import GELU, Dropout, ReLU, Sigmoid, Softmax, Tanh
from .container import ModuleList, Sequential
from .convolution import Conv2d, ConvTranspose2d
from .linear import Flatten, Linear
from .models import lenet5, reference_network
from .module import Module
from .normalization import BatchNorm1d, BatchNorm2d, LayerNorm
from .pooling import AvgPool2d, MaxPool2d

__all__ = [
    "GELU",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv2d",
    "ConvTranspose2d",
    "Dropout",
    "Flatten",
    "LayerNorm",
    "Linear",
    "MaxPool2d",
    "Module",
    "ModuleList",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "lenet5",
    "reference_network",
]
