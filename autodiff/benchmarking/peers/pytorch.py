"""PyTorch's usual loop: in its default layout, with channels last, or compiled."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from autodiff import nn as ours

from ..workloads import LEARNING_RATE


def translate(layer: ours.Module) -> nn.Module:
    """PyTorch's layer that does the same."""
    if isinstance(layer, ours.Conv2d):
        sizes = layer.in_channels, layer.out_channels, layer.kernel_size
        return nn.Conv2d(*sizes, layer.stride, layer.padding, layer.dilation, layer.groups)
    if isinstance(layer, ours.Linear):
        return nn.Linear(layer.in_features, layer.out_features)
    if isinstance(layer, ours.MaxPool2d):
        return nn.MaxPool2d(layer.kernel_size, layer.stride, layer.padding)
    if isinstance(layer, ours.AvgPool2d):
        return nn.AvgPool2d(layer.kernel_size, layer.stride, layer.padding)
    return getattr(nn, type(layer).__name__)()


class PyTorch:
    """A network, its optimizer, and a step."""

    def __init__(
        self,
        model: ours.Sequential,
        threads: int,
        channels_last: bool = False,
        compiled: bool = False,
    ) -> None:
        torch.set_num_threads(threads)
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.initial = model.state_dict()
        self.model = nn.Sequential(*map(translate, model)).to(memory_format=self.layout)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=LEARNING_RATE)
        self.network = torch.compile(self.model) if compiled else self.model
        self.loss = torch.compile(self.mean_loss) if compiled else self.mean_loss
        self.reset()

    def mean_loss(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(self.model(images), labels)

    def step(self, images: np.ndarray, labels: np.ndarray) -> float:
        self.optimizer.zero_grad()
        x = torch.from_numpy(images).to(memory_format=self.layout)
        loss = self.loss(x, torch.from_numpy(labels))
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.inference_mode()
    def infer(self, images: np.ndarray) -> np.ndarray:
        return self.network(torch.from_numpy(images).to(memory_format=self.layout)).numpy()

    def reset(self) -> None:
        state = {name: torch.from_numpy(value) for name, value in self.initial.items()}
        self.model.load_state_dict(state)
