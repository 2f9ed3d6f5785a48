"""What is measured: a network, its batches, and how much of an epoch.

Every library gets the network as a `Sequential` of ours, and translates it. So all have the same
layers, begin with the same weights, and need no description of their own.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

import autodiff as ad
from autodiff import nn

LEARNING_RATE = 0.01


def mlp(rng: Any = None) -> nn.Sequential:
    """784-256-128-10."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 256, rng=rng),
        nn.ReLU(),
        nn.Linear(256, 128, rng=rng),
        nn.ReLU(),
        nn.Linear(128, 10, rng=rng),
    )


def lenet5_relu(rng: Any = None) -> nn.Sequential:
    """LeNet-5 as many write it today: ReLU for tanh, and the maximum for the average."""
    newer = {nn.Tanh: nn.ReLU, nn.AvgPool2d: lambda: nn.MaxPool2d(2)}
    return nn.Sequential(
        *[newer.get(type(one), lambda one=one: one)() for one in ad.nn.lenet5(rng=rng)]
    )


def pytorch_example(rng: Any = None) -> nn.Sequential:
    """The network of PyTorch's own MNIST example, without its dropout: 1,199,882 parameters.

    References
    ----------
    https://github.com/pytorch/examples/blob/main/mnist/main.py
    """
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, rng=rng),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(9216, 128, rng=rng),
        nn.ReLU(),
        nn.Linear(128, 10, rng=rng),
    )


def sized(size: int = 28, rng: Any = None) -> nn.Sequential:
    """The reference network for images of another size."""
    side = ((size - 2) // 2 - 2) // 2
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 3, rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * side * side, 84, rng=rng),
        nn.ReLU(),
        nn.Linear(84, 10, rng=rng),
    )


def stacked(channels: int = 16, depth: int = 3, rng: Any = None) -> nn.Sequential:
    """`depth` layers with weights: convolutions of equal width that keep the size, and a last one.

    The images are halved once, after the first convolution.
    """
    layers: list[nn.Module] = [nn.Conv2d(1, channels, 3, padding=1, rng=rng), nn.ReLU()]
    layers.append(nn.MaxPool2d(2))
    for _ in range(depth - 2):
        layers += [nn.Conv2d(channels, channels, 3, padding=1, rng=rng), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * 14 * 14, 10, rng=rng))


NETWORKS: dict[str, Any] = {
    "reference": ad.nn.reference_network,
    "lenet5": ad.nn.lenet5,
    "lenet5_relu": lenet5_relu,
    "pytorch_example": pytorch_example,
    "mlp": mlp,
    "sized": sized,
    "stacked": stacked,
}


@dataclass(frozen=True)
class Workload:
    """One row of a comparison.

    Attributes
    ----------
    name, title : str
        Short and long name.
    network : str
        One of `NETWORKS`, and `arguments` for it.
    batch : int
        Examples in a step; a last batch that is smaller is left out.
    images : int
        Examples that make an epoch here; see `of`.
    of : int
        Examples of a whole epoch. Where `images` is less, a share of the epoch is measured.
    epochs : int
        How often these images are walked through in one measurement.
    training : bool
        Whether parameters are updated; else only the network's output is computed.
    """

    name: str
    title: str
    network: str = "reference"
    batch: int = 100
    images: int = 60_000
    of: int = 60_000
    epochs: int = 1
    training: bool = True
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Steps of one measurement."""
        return self.images // self.batch * self.epochs

    def model(self) -> nn.Sequential:
        """The network with its initial weights, the same each time."""
        return NETWORKS[self.network](**self.arguments, rng=np.random.default_rng(0))

    def describe(self, image: tuple[int, ...]) -> dict[str, Any]:
        """What a report says about it, for images of a shape (C, H, W)."""
        model = self.model()
        return {
            **asdict(self),
            "share_of_epoch": self.images / self.of,
            "steps": self.steps,
            "parameters": sum(parameter.size for parameter in model.parameters()),
            "flops_per_step": self.batch * operations(model, image, self.training),
        }


def operations(model: nn.Sequential, image: tuple[int, ...], training: bool = True) -> int:
    """Multiplications and additions of the products in a step with one image of shape (C, H, W).

    A product that takes k operations forward needs k for the gradient of its weights, and k for
    that of its input; the first layer's input needs none. Bias, activations, pooling, the loss and
    the update are not counted.
    """
    x = np.zeros((1, *image), np.float32)
    total, first = 0, True
    for layer in model:
        y = layer(ad.Constant(x)).output
        if isinstance(layer, nn.Conv2d | nn.Linear):
            # Each number of the result is a sum over the weights of its filter, or of its row.
            forward = 2 * y.size * (layer.weight.size // layer.weight.shape[0])
            total += forward * (1 if not training else 2 if first else 3)
            first = False
        x = y
    return total
