"""An epoch with PyTorch: its usual loop and default settings, from our initial weights."""

import torch
from _training import LEARNING_RATE, arguments, measure
from torch import nn

import autodiff as ad

model = nn.Sequential(
    nn.Conv2d(1, 6, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(400, 84),
    nn.ReLU(),
    nn.Linear(84, 10),
)
initial = ad.nn.reference_network(rng=0).state_dict()
model.load_state_dict({name: torch.from_numpy(value) for name, value in initial.items()})
optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)


def step(images, labels):
    """Forward, backward, an update."""
    optimizer.zero_grad()
    logits = model(torch.from_numpy(images))
    loss = nn.functional.cross_entropy(logits, torch.from_numpy(labels))
    loss.backward()
    optimizer.step()
    return loss.item()


if __name__ == "__main__":
    options = arguments()
    torch.set_num_threads(options.threads)
    measure(step, options)
