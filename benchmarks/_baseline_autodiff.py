"""The reference network with our interpreter: the graph is recorded once and replayed."""

import numpy as np
from _measure import arguments, initial, measure
from _training import BATCH, LEARNING_RATE

import autodiff as ad

model = ad.nn.reference_network(rng=0)
optimizer = ad.optim.SGD(model.parameters(), lr=LEARNING_RATE)
x = ad.Constant(np.zeros((BATCH, 1, 28, 28), np.float32), name="images")
t = ad.Constant(np.zeros(BATCH, np.int64), name="labels")
order = ad.topological_sort(ad.cross_entropy(model(x), t))


def step(images, labels):
    x.output, t.output = images, labels
    loss = ad.forward(order)
    ad.backward(order)
    optimizer.step()
    return float(loss)


def reset():
    model.load_state_dict(initial())


if __name__ == "__main__":
    measure(step, reset, arguments())
