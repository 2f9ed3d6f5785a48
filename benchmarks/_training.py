"""The clock that every library's training step runs under, in a process of its own."""

import argparse
import json
import os
import statistics
import time

import autodiff as ad

BATCH = 100
LEARNING_RATE = 0.01
WARM_UP = 20


def arguments():
    """What `epoch.py` tells the process that it starts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=60_000, help="training images in an epoch")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads to use")
    parser.add_argument("--seed", type=int, default=0, help="decides on the order of the images")
    return parser.parse_args()


def batches(count, seed):
    """Images and labels of `count` examples in batches, in an order that `seed` decides."""
    (images, labels), _ = ad.data.load_mnist()
    data = images[:count], labels[:count]
    return ad.data.DataLoader(data, batch_size=BATCH, shuffle=True, seed=seed, drop_last=True)


def measure(step, options):
    """Train for an epoch, after a few steps to warm up; print its time and its mean loss."""
    for images, labels in batches(WARM_UP * BATCH, options.seed):
        step(images, labels)
    loader = batches(options.images, options.seed)
    losses = []
    start = time.perf_counter()
    for images, labels in loader:
        losses.append(step(images, labels))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "loss": statistics.fmean(losses)}))
