"""The clock of `baseline.py`: what each library's process does with its training step."""

import argparse
import json
import os
import statistics
import time

from _training import BATCH, WARM_UP, batches

import autodiff as ad

REPEATED_IMAGES = 100
REPEATED_EPOCHS = 100


def arguments():
    """What `baseline.py` tells the process that it starts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=60_000, help="training images in an epoch")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads to use")
    parser.add_argument("--seed", type=int, default=0, help="decides on the order of the images")
    parser.add_argument("--channels-last", action="store_true", help="PyTorch's other layout")
    return parser.parse_args()


def initial():
    """The weights that every library begins with: name -> array, in our layouts (OIHW, out-in)."""
    return ad.nn.reference_network(rng=0).state_dict()


def channels_last_weights():
    """The same for libraries that keep channels last: HWIO, and flattening row, column, channel."""
    weights = dict(initial())
    for name in ("0.weight", "3.weight"):
        weights[name] = weights[name].transpose(2, 3, 1, 0)
    dense = weights["7.weight"].reshape(84, 16, 5, 5).transpose(0, 2, 3, 1)
    weights["7.weight"] = dense.reshape(84, 400).T
    weights["9.weight"] = weights["9.weight"].T
    return {name: value.copy() for name, value in weights.items()}


def walk(step, loader, epochs):
    """Seconds and mean loss of some epochs, from shuffling to the last loss read."""
    losses = []
    start = time.perf_counter()
    for _ in range(epochs):
        for images, labels in loader:
            losses.append(step(images, labels))
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "loss": statistics.fmean(losses)}


def measure(step, reset, options):
    """Both settings, from the initial weights each, after a few steps to warm up; as JSON."""
    warm_up = iter(batches(WARM_UP * BATCH, options.seed))
    start = time.perf_counter()
    step(*next(warm_up))
    first = time.perf_counter() - start
    for images, labels in warm_up:
        step(images, labels)
    loader, repeated = (batches(n, options.seed) for n in (options.images, REPEATED_IMAGES))
    reset()
    found = {"first_step_seconds": first, "repeated": walk(step, repeated, REPEATED_EPOCHS)}
    reset()
    found["epoch"] = walk(step, loader, 1)
    print(json.dumps(found))
