"""Does the same training reach the same accuracy as in PyTorch?

Over several seeds: PyTorch draws the initial weights and the order of the batches, and both
libraries train the reference network from them for three epochs of MNIST, with SGD 0.01 and with
Adam 0.001. Their first losses must agree step by step, and their test accuracies in the mean.

    python benchmarks/accuracy.py

The data are the MNIST files that `autodiff.data.load_mnist` finds or downloads.
"""

import argparse
import statistics
from pathlib import Path

import numpy as np
import torch
from torch import nn

import autodiff as ad
from autodiff.benchmarking.peers.pytorch import translate
from autodiff.benchmarking.report import circumstances, save, show

RESULTS = Path(__file__).parent / "results"

BATCH = 100
SETTINGS = {"SGD": 0.01, "Adam": 0.001}
LEAST = {"SGD": 0.91, "Adam": 0.97}
LARGEST_DIFFERENCE = 0.003
FIRST_STEPS = 100


class Epochs:
    """Batches in given orders, one order an epoch: what both libraries are trained on."""

    def __init__(self, images, labels, orders):
        self.images, self.labels, self.orders = images, labels, orders
        self.epoch = 0

    def __len__(self):
        return len(self.orders[0]) // BATCH

    def __iter__(self):
        order = self.orders[self.epoch]
        self.epoch += 1
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            yield self.images[chosen], self.labels[chosen]


def train_pytorch(model, epochs, batches, optimizer):
    losses = []
    for _ in range(epochs):
        for images, labels in batches:
            optimizer.zero_grad()
            logits = model(torch.from_numpy(images))
            loss = nn.functional.cross_entropy(logits, torch.from_numpy(labels))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def accuracy_pytorch(model, images, labels):
    with torch.no_grad():
        predicted = model(torch.from_numpy(images)).argmax(1).numpy()
    return float(np.mean(predicted == labels))


def compare(name, seed, epochs, data):
    """Train both; their test accuracies, and how far their first losses are apart."""
    (images, labels), test = data
    torch.manual_seed(seed)
    ours = ad.nn.reference_network()
    theirs = nn.Sequential(*map(translate, ours))
    orders = [torch.randperm(len(labels)).numpy() for _ in range(epochs)]
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    rate = SETTINGS[name]
    losses = train_pytorch(
        theirs,
        epochs,
        Epochs(images, labels, orders),
        getattr(torch.optim, name)(theirs.parameters(), lr=rate),
    )
    history = ad.training.fit(
        ours,
        Epochs(images, labels, orders),
        epochs=epochs,
        optimizer=getattr(ad.optim, name)(ours.parameters(), lr=rate),
        progress=False,
    )
    apart = np.abs(np.array(history.loss[:FIRST_STEPS]) / losses[:FIRST_STEPS] - 1).max()
    return {
        "seed": seed,
        "autodiff": ad.training.evaluate(ours, test)[1],
        "pytorch": accuracy_pytorch(theirs, *test),
        "loss_difference": float(apart),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds (default: 3)")
    parser.add_argument("--epochs", type=int, default=3, help="epochs (default: 3)")
    parser.add_argument("--output", default=RESULTS / "accuracy.json")
    options = parser.parse_args()
    data = ad.data.load_mnist()
    report = circumstances(["numpy", "torch"])
    report |= {"epochs": options.epochs, "batch_size": BATCH, "first_steps": FIRST_STEPS}
    report["optimizers"] = {}
    show("Test accuracy on MNIST after the same training", report)
    for name, rate in SETTINGS.items():
        runs = []
        for seed in range(options.seeds):
            runs.append(compare(name, seed, options.epochs, data))
            run = runs[-1]
            print(
                f"{name} {rate:g}, seed {seed}: autodiff {run['autodiff']:.2%}, PyTorch "
                f"{run['pytorch']:.2%}; losses of the first {FIRST_STEPS} steps differ by at most "
                f"{run['loss_difference']:.1e}",
                flush=True,
            )
        means = {
            library: statistics.fmean(run[library] for run in runs)
            for library in ("autodiff", "pytorch")
        }
        difference = means["autodiff"] - means["pytorch"]
        holds = abs(difference) <= LARGEST_DIFFERENCE and means["autodiff"] >= LEAST[name]
        report["optimizers"][name] = {
            "learning_rate": rate,
            "runs": runs,
            "mean": means,
            "difference": difference,
            "required": {"least": LEAST[name], "largest_difference": LARGEST_DIFFERENCE},
            "holds": holds,
        }
        print(
            f"{name}: mean {means['autodiff']:.2%} and {means['pytorch']:.2%}, "
            f"{100 * difference:+.2f} points apart; {'as required' if holds else 'NOT as required'}"
        )
    save(report, options.output)


if __name__ == "__main__":
    main()
