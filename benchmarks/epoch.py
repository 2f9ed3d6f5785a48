"""How long does an epoch on MNIST take, with our interpreter on NumPy and with PyTorch?

Both train the reference network with plain SGD from the same initial weights on the same batches
in the same order, each in a process of its own, in turn; which of them is first alternates. This is
the measure of the NumPy backend alone. `speed.py` measures everybody.

    python benchmarks/epoch.py

The data are the MNIST files that `autodiff.data.load_mnist` finds or downloads.
"""

import argparse
import sys
from pathlib import Path

import autodiff as ad
from autodiff.benchmarking.report import circumstances, save, show, spread
from autodiff.benchmarking.rounds import measure
from autodiff.benchmarking.summary import ratios, summarise, table
from autodiff.benchmarking.workloads import LEARNING_RATE, Workload

RESULTS = Path(__file__).parent / "results"
LIBRARIES = {"autodiff": "autodiff_interpreter", "pytorch": "pytorch"}


def compare(options):
    """Alternate the libraries, and report medians and spread."""
    data, _ = ad.data.load_mnist()
    workload = Workload("epoch", "One epoch of the reference network", images=options.images)
    report = {
        "benchmark": "One epoch of the reference network on MNIST, SGD",
        **circumstances(["numpy", "torch"]),
        "settings": {
            "images": workload.images,
            "batch": workload.batch,
            "learning_rate": LEARNING_RATE,
            "dtype": "float32",
            "threads": options.threads,
        },
    }
    show(report["benchmark"], report)
    names = list(LIBRARIES.values())
    found = measure(workload, names, data, options.rounds, options.threads)
    if found["left_out"]:
        sys.exit("; ".join(f"{name}: {why}" for name, why in found["left_out"].items()))
    summary = summarise(workload.describe(data[0].shape[1:]), found)
    print(table(summary))
    if not all(row["counts"] for row in summary["rows"]):
        sys.exit("the libraries do not compute the same: see the mean losses above")
    rounds = summary["rounds"]
    report["seconds"] = {
        library: spread(one[name]["seconds"] for one in rounds)
        for library, name in LIBRARIES.items()
    }
    report["ratio"] = ratios(rounds, *names)
    report["rounds"] = [
        {library: one[name] for library, name in LIBRARIES.items()} for one in rounds
    ]
    save(report, options.json)


def main():
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="epochs of each library")
    parser.add_argument("--images", type=int, default=60_000, help="training images in an epoch")
    parser.add_argument("--threads", type=int, default=2, help="threads of each")
    parser.add_argument("--json", default=RESULTS / "epoch.json", help="where to write")
    compare(parser.parse_args())


if __name__ == "__main__":
    main()
