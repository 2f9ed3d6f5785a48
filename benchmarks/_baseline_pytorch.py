"""The reference network with PyTorch's usual loop, in its default layout or with channels last."""

import torch
from _measure import arguments, initial, measure
from _training import LEARNING_RATE
from torch import nn

options = arguments()
torch.set_num_threads(options.threads)
layout = torch.channels_last if options.channels_last else torch.contiguous_format
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
).to(memory_format=layout)
optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)


def step(images, labels):
    optimizer.zero_grad()
    logits = model(torch.from_numpy(images).to(memory_format=layout))
    loss = nn.functional.cross_entropy(logits, torch.from_numpy(labels))
    loss.backward()
    optimizer.step()
    return loss.item()


def reset():
    model.load_state_dict({name: torch.from_numpy(value) for name, value in initial().items()})


if __name__ == "__main__":
    reset()
    measure(step, reset, options)
