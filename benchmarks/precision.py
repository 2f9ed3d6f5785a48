"""Does mixed precision train as well as float32, and what does it save?

The reference network on MNIST, from PyTorch's initialisation, with SGD 0.01 and batches of 100: in
float32, float16 (with a scaled loss) and bfloat16, from the same weights and in the same order of
batches. Accuracy is that of the test images, computed in the same precision; memory is what the
operators of the graph hold, and how far the process grew in training; time is that of an epoch, of
one thread, since NumPy converts halves with one.

    python benchmarks/precision.py

The data are the MNIST files that `autodiff.data.load_mnist` finds or downloads.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

import autodiff as ad
from autodiff.benchmarking.report import circumstances, load, save, show, spread

RESULTS = Path(__file__).parent / "results"
BATCH = 100
STEPS = 20
LEARNING_RATE = 0.01
PRECISIONS = ("float32", "float16", "bfloat16")
LARGEST_DIFFERENCE = 0.003
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def activations(precision):
    """Bytes of the arrays that the operators of one training graph hold, each array once."""
    model = ad.nn.reference_network(rng=0)
    x = ad.Constant(np.zeros((BATCH, 1, 28, 28), np.float32))
    labels = np.zeros(BATCH, np.int64)
    if precision == "float32":
        loss = ad.cross_entropy(model(x), labels)
    else:
        with ad.precision.autocast(precision):
            loss = ad.cross_entropy(model(x), labels)
    owners = {}
    for node in ad.topological_sort(loss):
        if isinstance(node, ad.Operator):
            array = np.asarray(node.output)
            while isinstance(array.base, np.ndarray):
                array = array.base
            owners[id(array)] = array
    leaves = {id(leaf.output) for leaf in (x, *model.parameters())}
    return sum(array.nbytes for key, array in owners.items() if key not in leaves)


def grown():
    """The most memory that this process has had so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def fit(model, data, precision, epochs, seed):
    return ad.training.fit(
        model,
        data,
        epochs=epochs,
        lr=LEARNING_RATE,
        batch_size=BATCH,
        seed=seed,
        precision=None if precision == "float32" else precision,
        progress=False,
    )


def growth_in_training(precision):
    """How many bytes of memory the process needs more than before, to train on random images."""
    rng = np.random.default_rng(0)
    images = rng.random((STEPS * BATCH, 1, 28, 28), np.float32)
    labels = rng.integers(0, 10, STEPS * BATCH)
    model = ad.nn.reference_network(rng=0)
    before = grown()
    fit(model, (images, labels), precision, 1, 0)
    return grown() - before


def train(precision, seed, epochs):
    """One training, in this process."""
    growth = growth_in_training(precision)  # first, while nothing else has needed memory
    train_data, test_data = ad.data.load_mnist()
    model = ad.nn.reference_network(rng=seed)
    history = fit(model, train_data, precision, epochs, seed)
    if precision == "float32":
        loss, accuracy = ad.training.evaluate(model, test_data)
    else:
        with ad.precision.autocast(precision):
            loss, accuracy = ad.training.evaluate(model, test_data)
    return {
        "seed": seed,
        "accuracy": accuracy,
        "test_loss": loss,
        "seconds": history.seconds,
        "process_growth_bytes": growth,
        "activation_bytes": activations(precision),
    }


def measure(precision, seed, epochs):
    """One training, in a process of its own."""
    arguments = ["--precision", precision, "--seed", str(seed), "--epochs", str(epochs)]
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        env={**os.environ, **ONE_THREAD},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds (default: 3)")
    parser.add_argument("--epochs", type=int, default=3, help="epochs (default: 3)")
    parser.add_argument("--output", default=RESULTS / "precision.json")
    parser.add_argument("--precision", choices=PRECISIONS, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.precision:
        print(json.dumps(train(options.precision, options.seed, options.epochs)))
        return
    report = circumstances(("numpy", "ml_dtypes"))
    report |= {"epochs": options.epochs, "batch_size": BATCH, "learning_rate": LEARNING_RATE}
    report |= {"threads": 1, "load_before": load(), "precisions": {}}
    show("The reference network on MNIST in three precisions", report)
    runs = {precision: [] for precision in PRECISIONS}
    for seed in range(options.seeds):  # in turns, so that a busy machine slows all alike
        for precision in PRECISIONS:
            run = measure(precision, seed, options.epochs)
            runs[precision].append(run)
            print(
                f"{precision}, seed {seed}: accuracy {run['accuracy']:.2%}, "
                f"{statistics.median(run['seconds']):.1f} s an epoch",
                flush=True,
            )
    single = statistics.fmean(run["accuracy"] for run in runs["float32"])
    for precision, measured in runs.items():
        mean = statistics.fmean(run["accuracy"] for run in measured)
        difference = mean - single
        found = {
            "runs": measured,
            "mean_accuracy": mean,
            "difference": difference,
            "holds": abs(difference) <= LARGEST_DIFFERENCE,
            "epoch_seconds": spread(s for run in measured for s in run["seconds"]),
            "activation_bytes": measured[0]["activation_bytes"],
            "process_growth_bytes": spread(run["process_growth_bytes"] for run in measured),
        }
        report["precisions"][precision] = found
        print(
            f"{precision}: mean {mean:.2%}, {100 * difference:+.2f} points from float32; "
            f"activations {found['activation_bytes'] / 1e6:.1f} MB, process grew by "
            f"{found['process_growth_bytes']['median'] / 1e6:.0f} MB, "
            f"{found['epoch_seconds']['median']:.1f} s an epoch"
        )
    report |= {"load_after": load(), "largest_difference": LARGEST_DIFFERENCE}
    save(report, options.output)


if __name__ == "__main__":
    main()
