"""The reference network with JAX: the whole step is one jitted function, channels last."""

import jax
import jax.numpy as jnp
from _measure import arguments, channels_last_weights, measure
from _training import LEARNING_RATE

LAYOUT = ("NHWC", "HWIO", "NHWC")


def convolve(x, w):
    return jax.lax.conv_general_dilated(x, w, (1, 1), "VALID", dimension_numbers=LAYOUT)


def pool(x):
    window = (1, 2, 2, 1)
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")


def mean_loss(p, images, labels):
    y = pool(jax.nn.relu(convolve(images, p["0.weight"]) + p["0.bias"]))
    y = pool(jax.nn.relu(convolve(y, p["3.weight"]) + p["3.bias"]))
    y = jax.nn.relu(y.reshape(-1, 400) @ p["7.weight"] + p["7.bias"])
    logarithms = jax.nn.log_softmax(y @ p["9.weight"] + p["9.bias"])
    return -jnp.take_along_axis(logarithms, labels[:, None], axis=1).mean()


@jax.jit
def train(p, images, labels):
    loss, gradients = jax.value_and_grad(mean_loss)(p, images, labels)
    return jax.tree.map(lambda w, g: w - LEARNING_RATE * g, p, gradients), loss


parameters = {}


def step(images, labels):
    # With a single channel, channels last is another shape of the same memory.
    new, loss = train(parameters, images.reshape(-1, 28, 28, 1), labels)
    parameters.update(new)
    return float(loss)


def reset():
    parameters.update({name: jnp.asarray(value) for name, value in channels_last_weights().items()})


if __name__ == "__main__":
    reset()
    measure(step, reset, arguments())
