"""How long does training the reference network take, with ours and with each peer installed?

Two settings, both with plain SGD, in batches of 100, from the same initial weights and with the
same images in the same order: an epoch of MNIST, and the setting of the student report that this
book descends from, 100 epochs on 100 images in one batch. The clock runs while images are shuffled
and sliced, the network is trained, and the loss of each step is read; it does not run while a
library is imported, compiles and warms up. The first step's time is kept apart.

    python benchmarks/baseline.py

In each round every library runs once, in a process of its own, while the others are stopped; the
order is turned by one place from round to round, so that none is always first. Compare within a
round: what slows the machine down for a minute then slows neighbours alike. A library counts only
if its mean losses agree with the others' to a thousandth, since other work takes other time.

Libraries that are not installed are left out (requirements-benchmarks.txt names them). The data are
the MNIST files that `autodiff.data.load_mnist` finds or downloads.
"""

import argparse
from pathlib import Path

import autodiff as ad
from autodiff.benchmarking.participants import PARTICIPANTS
from autodiff.benchmarking.report import circumstances, save, show, spread
from autodiff.benchmarking.rounds import measure
from autodiff.benchmarking.summary import OURS, TOLERANCE, summarise, table
from autodiff.benchmarking.workloads import LEARNING_RATE, Workload

RESULTS = Path(__file__).parent / "results"
LIBRARIES = ["pytorch", "pytorch_channels_last", "tensorflow", "jax", *reversed(OURS)]
REPEATED_IMAGES, REPEATED_EPOCHS = 100, 100


def workloads(images):
    """The two settings."""
    return {
        "epoch": Workload("epoch", f"One epoch of {images:,} images", images=images),
        "repeated": Workload(
            "repeated",
            f"{REPEATED_EPOCHS} epochs on {REPEATED_IMAGES} images in one batch",
            images=REPEATED_IMAGES,
            of=REPEATED_IMAGES,
            epochs=REPEATED_EPOCHS,
        ),
    }


def joined(settings):
    """One row and one round for both settings, from the summary of each.

    Parameters
    ----------
    settings : dict
        From "epoch" and "repeated" to what `summarise` returned.

    Returns
    -------
    rows, rounds : list of dict
        Of everybody who was measured in both settings.
    """
    by_name = {
        setting: {row["name"]: row for row in found["rows"]} for setting, found in settings.items()
    }
    names = [name for name in by_name["epoch"] if name in by_name["repeated"]]
    rows = []
    for name in names:
        found = {setting: by_name[setting][name] for setting in settings}
        row = {"name": name, "label": PARTICIPANTS[name].label}
        row["counts"] = all(one["counts"] for one in found.values())
        for setting, one in found.items():
            row[setting] = dict(one["seconds"])
            if "ours_to_this" in one:
                row[setting]["autodiff_to_this"] = one["ours_to_this"]
        row["first_step"] = spread(one["first_step_seconds"] for one in found.values())
        rows.append(row)
    each = zip(*(settings[setting]["rounds"] for setting in settings), strict=True)
    rounds = [
        {
            name: {setting: one[name] for setting, one in zip(settings, both, strict=True)}
            for name in names
        }
        for both in each
    ]
    return rows, rounds


def compare(options):
    """Measure both settings and write the report."""
    data, _ = ad.data.load_mnist()
    report = {
        "benchmark": "Training the reference network on MNIST",
        **circumstances(["numpy", *(PARTICIPANTS[name].distribution for name in options.only)]),
        "settings": {
            "images": options.images,
            "batch": 100,
            "learning_rate": LEARNING_RATE,
            "dtype": "float32",
            "threads": options.threads,
            "rounds": options.rounds,
            "repeated_images": REPEATED_IMAGES,
            "repeated_epochs": REPEATED_EPOCHS,
            "loss_tolerance": TOLERANCE,
        },
    }
    show(report["benchmark"], report)
    settings = {}
    for setting, workload in workloads(options.images).items():
        print(f"\n{workload.title}", flush=True)
        found = measure(workload, options.only, data, options.rounds, options.threads)
        settings[setting] = summarise(workload.describe(data[0].shape[1:]), found)
        print(table(settings[setting]), flush=True)
    report["rows"], report["rounds"] = joined(settings)
    save(report, options.json)


def main():
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="runs of each library (default: 7)")
    parser.add_argument("--images", type=int, default=60_000, help="training images in an epoch")
    parser.add_argument("--threads", type=int, default=2, help="threads of each (default: 2)")
    parser.add_argument(
        "--only", nargs="+", choices=LIBRARIES, default=LIBRARIES, help="these libraries"
    )
    parser.add_argument("--json", default=RESULTS / "baseline.json", help="where to write")
    options = parser.parse_args()
    if options.rounds < 1 or options.images < 100:
        parser.error("at least 1 round, and 100 images")
    compare(options)


if __name__ == "__main__":
    main()
