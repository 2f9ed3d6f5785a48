"""An epoch with our interpreter: define the graph once, on the first batch, and then replay it."""

import numpy as np
from _training import BATCH, LEARNING_RATE, arguments, measure

import autodiff as ad

model = ad.nn.reference_network(rng=0)
optimizer = ad.optim.SGD(model.parameters(), lr=LEARNING_RATE)
x = ad.Constant(np.zeros((BATCH, 1, 28, 28), np.float32), name="images")
t = ad.Constant(np.zeros(BATCH, np.int64), name="labels")
order = ad.topological_sort(ad.cross_entropy(model(x), t))


def step(images, labels):
    """New data in the leaves, both sweeps, an update."""
    x.output, t.output = images, labels
    loss = ad.forward(order)
    ad.backward(order)
    optimizer.step()
    return float(loss)


if __name__ == "__main__":
    measure(step, arguments())
