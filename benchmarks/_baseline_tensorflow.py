"""The reference network with TensorFlow: the whole step is one tf.function, channels last."""

import tensorflow as tf
from _measure import arguments, channels_last_weights, measure
from _training import LEARNING_RATE

options = arguments()
tf.config.threading.set_intra_op_parallelism_threads(options.threads)
tf.config.threading.set_inter_op_parallelism_threads(options.threads)
parameters = {name: tf.Variable(value) for name, value in channels_last_weights().items()}


def network(images):
    p = parameters
    y = tf.nn.relu(tf.nn.conv2d(images, p["0.weight"], 1, "VALID") + p["0.bias"])
    y = tf.nn.max_pool2d(y, 2, 2, "VALID")
    y = tf.nn.relu(tf.nn.conv2d(y, p["3.weight"], 1, "VALID") + p["3.bias"])
    y = tf.nn.max_pool2d(y, 2, 2, "VALID")
    y = tf.nn.relu(tf.reshape(y, (-1, 400)) @ p["7.weight"] + p["7.bias"])
    return y @ p["9.weight"] + p["9.bias"]


@tf.function
def train(images, labels):
    with tf.GradientTape() as tape:
        logits = network(images)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        loss = tf.reduce_mean(losses)
    variables = list(parameters.values())
    gradients = tape.gradient(loss, variables)
    for variable, gradient in zip(variables, gradients, strict=True):
        variable.assign_sub(LEARNING_RATE * gradient)
    return loss


def step(images, labels):
    # With a single channel, channels last is another shape of the same memory.
    return float(train(tf.constant(images.reshape(-1, 28, 28, 1)), tf.constant(labels)))


def reset():
    for name, value in channels_last_weights().items():
        parameters[name].assign(value)


if __name__ == "__main__":
    measure(step, reset, options)
