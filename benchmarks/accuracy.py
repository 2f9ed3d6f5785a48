"""Does the same training reach the same accuracy as in PyTorch?

Over several seeds: PyTorch draws the initial weights and the order of the batches, and both
libraries train the reference network from them for three epochs of MNIST, with SGD 0.01 and with
Adam 0.001. Their first losses must agree step by step, and their test accuracies in the mean. Ours
trains by a compiled program; the interpreter's first epoch is compared with it.

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
STEPS_OF_A_MEAN = 60


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


def train_pytorch(model, epochs, batches, optimizer, test):
    losses, accuracies = [], []
    for _ in range(epochs):
        for images, labels in batches:
            optimizer.zero_grad()
            logits = model(torch.from_numpy(images))
            loss = nn.functional.cross_entropy(logits, torch.from_numpy(labels))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        accuracies.append(accuracy_pytorch(model, *test))
    return losses, accuracies


def accuracy_pytorch(model, images, labels):
    with torch.no_grad():
        predicted = model(torch.from_numpy(images)).argmax(1).numpy()
    return float(np.mean(predicted == labels))


def train(state, name, orders, data, **options):
    """Train ours from given weights, and return its history."""
    model = ad.nn.reference_network()
    model.load_state_dict(state)
    optimizer = getattr(ad.optim, name)(model.parameters(), lr=SETTINGS[name])
    return ad.training.fit(
        model,
        Epochs(*data, orders),
        epochs=len(orders),
        optimizer=optimizer,
        progress=False,
        **options,
    )


def means(losses):
    """The mean loss of each stretch of steps."""
    return np.reshape(losses, (-1, STEPS_OF_A_MEAN)).mean(axis=1).round(5).tolist()


def apart(ours, theirs):
    """The largest relative difference of the first losses."""
    return float(np.abs(np.divide(ours, theirs)[:FIRST_STEPS] - 1).max())


def compare(name, seed, epochs, data):
    """Train both; their losses and test accuracies, and how far the first losses are apart."""
    (images, labels), test = data
    torch.manual_seed(seed)
    theirs = nn.Sequential(*map(translate, ad.nn.reference_network()))
    orders = [torch.randperm(len(labels)).numpy() for _ in range(epochs)]
    state = {key: value.numpy().copy() for key, value in theirs.state_dict().items()}
    losses, accuracies = train_pytorch(
        theirs,
        epochs,
        Epochs(images, labels, orders),
        getattr(torch.optim, name)(theirs.parameters(), lr=SETTINGS[name]),
        test,
    )
    history = train(state, name, orders, (images, labels), test=test)
    interpreted = train(state, name, orders[:1], (images, labels), compile=False).loss
    first_epoch = history.loss[: len(interpreted)]
    return {
        "seed": seed,
        "autodiff": history.test_accuracy[-1],
        "pytorch": accuracies[-1],
        "loss_difference": apart(history.loss, losses),
        "losses": {"autodiff": means(history.loss), "pytorch": means(losses)},
        "test_accuracy": {"autodiff": history.test_accuracy, "pytorch": accuracies},
        "compiled_to_interpreted": {
            "first_steps": apart(first_epoch, interpreted),
            "epoch": abs(statistics.fmean(first_epoch) / statistics.fmean(interpreted) - 1),
        },
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
    report["steps_of_a_mean"] = STEPS_OF_A_MEAN
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
                f"{run['loss_difference']:.1e}, from the interpreter's by "
                f"{run['compiled_to_interpreted']['first_steps']:.1e}",
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
