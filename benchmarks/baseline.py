"""How long does training the reference network take, with ours and with each peer installed?

Two settings, both with plain SGD, in batches of 100, from the same initial weights and with the
same images in the same order: an epoch of MNIST, and the setting of the student report that this
book descends from, 100 epochs on 100 images in one batch. The clock runs while images are shuffled
and sliced, the network is trained, and the loss of each step is read; it does not run while a
library is imported, compiles and warms up. The first step's time is kept apart.

    python benchmarks/baseline.py

In each round every library runs once, in a process of its own, one after the other; the order
is turned by one place from round to round, so that none is always first. Compare within a
round: what slows the machine down for a minute then slows neighbours alike. A library counts only
if its mean losses agree with the others' to a thousandth, since other work takes other time.

Libraries that are not installed are left out (requirements-benchmarks.txt names them). The data are
the MNIST files that `autodiff.data.load_mnist` finds or downloads.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import _report
from _measure import REPEATED_EPOCHS, REPEATED_IMAGES
from _training import BATCH, LEARNING_RATE, WARM_UP

import autodiff as ad

# name: (label, module, distribution, script and its own options)
LIBRARIES = {
    "pytorch": ("PyTorch", "torch", "torch", ["_baseline_pytorch.py"]),
    "pytorch_channels_last": (
        "PyTorch, channels last",
        "torch",
        "torch",
        ["_baseline_pytorch.py", "--channels-last"],
    ),
    "tensorflow": (
        "TensorFlow, tf.function",
        "tensorflow",
        "tensorflow",
        ["_baseline_tensorflow.py"],
    ),
    "jax": ("JAX, jit", "jax", "jax", ["_baseline_jax.py"]),
    "autodiff": ("autodiff, interpreter", "autodiff", "numpy", ["_baseline_autodiff.py"]),
}
SETTINGS = ("epoch", "repeated")
TOLERANCE = 1e-3


def run(name, options, seed):
    """One library in a process of its own: what it measured, and the load before it."""
    threads = str(options.threads)
    variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    script, *own = LIBRARIES[name][3]
    command = [sys.executable, str(Path(__file__).with_name(script)), *own]
    command += ["--images", str(options.images), "--threads", threads, "--seed", str(seed)]
    environment = {**os.environ, **dict.fromkeys(variables, threads), "TF_CPP_MIN_LOG_LEVEL": "2"}
    load = _report.load()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stderr}\n{LIBRARIES[name][0]} failed; its message stands above")
    return {**json.loads(done.stdout.splitlines()[-1]), "load_before": load}


def agree(rounds, name):
    """Whether the mean losses of a library are, in every round, those of the libraries together."""
    for measured in rounds:
        for setting in SETTINGS:
            middle = statistics.median(one[setting]["loss"] for one in measured.values())
            if abs(measured[name][setting]["loss"] - middle) > TOLERANCE * middle:
                return False
    return True


def summarise(rounds, names):
    """A row for each library: medians and spread, and how many times as long as it ours takes."""
    rows = []
    for name in names:
        row = {"name": name, "label": LIBRARIES[name][0], "counts": agree(rounds, name)}
        for setting in SETTINGS:
            seconds = [measured[name][setting]["seconds"] for measured in rounds]
            row[setting] = _report.summary(seconds)
            if "autodiff" in names:
                ours = [measured["autodiff"][setting]["seconds"] for measured in rounds]
                row[setting]["autodiff_to_this"] = _report.summary(
                    one / other for one, other in zip(ours, seconds, strict=True)
                )
        row["first_step"] = _report.summary(m[name]["first_step_seconds"] for m in rounds)
        rows.append(row)
    return rows


def show(rows, options):
    """Print medians and spread."""
    titles = {
        "epoch": f"one epoch of {options.images} images",
        "repeated": f"{REPEATED_EPOCHS} epochs on {REPEATED_IMAGES} images in one batch",
    }
    for setting, title in titles.items():
        print(f"\n{title}: median (least .. greatest), and ours divided by it, round by round")
        for row in rows:
            found = row[setting]
            line = f"{row['label']:24} {found['median']:8.3f} s ({found['min']:.3f} .. "
            line += f"{found['max']:.3f})"
            if ratio := found.get("autodiff_to_this"):
                line += f"  {ratio['median']:.2f} ({ratio['min']:.2f} .. {ratio['max']:.2f})"
            print(line if row["counts"] else f"{line}  DOES NOT COUNT: another loss")


def compare(options):
    """Measure all rounds and write the report."""
    names = [
        name
        for name, (_, module, _, _) in LIBRARIES.items()
        if importlib.util.find_spec(module) and name in options.only
    ]
    if not names:
        sys.exit(f"none of {', '.join(options.only)} is installed")
    ad.data.load_mnist()  # a download, or the message that there are no data, comes before all
    distributions = dict.fromkeys(["numpy", *(LIBRARIES[name][2] for name in names)])
    report = {
        "benchmark": "Training the reference network on MNIST",
        **_report.circumstances(*distributions),
        "settings": {
            "images": options.images,
            "batch": BATCH,
            "learning_rate": LEARNING_RATE,
            "dtype": "float32",
            "threads": options.threads,
            "warm_up_steps": WARM_UP,
            "rounds": options.rounds,
            "repeated_images": REPEATED_IMAGES,
            "repeated_epochs": REPEATED_EPOCHS,
            "loss_tolerance": TOLERANCE,
        },
    }
    report["versions"]["autodiff"] = ad.__version__
    _report.show(report["benchmark"], report)
    print(f"batches of {BATCH}, {options.threads} threads, {options.rounds} rounds\n")
    if hasattr(os, "sched_setaffinity"):  # for libraries that ask the system for their threads
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[: options.threads])
    rounds = []
    for number in range(options.rounds):
        turn = number % len(names)
        measured = {name: run(name, options, number) for name in names[turn:] + names[:turn]}
        rounds.append({name: measured[name] for name in names})
        times = ", ".join(f"{name} {rounds[-1][name]['epoch']['seconds']:.2f} s" for name in names)
        print(f"round {number + 1}: {times}", flush=True)
    report["rows"] = summarise(rounds, names)
    report["rounds"] = rounds
    show(report["rows"], options)
    _report.save(report, options.json)


def main():
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="runs of each library (default: 7)")
    parser.add_argument("--images", type=int, default=60_000, help="training images in an epoch")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of each")
    parser.add_argument(
        "--only", nargs="+", choices=LIBRARIES, default=list(LIBRARIES), help="these libraries"
    )
    parser.add_argument("--json", default=_report.RESULTS / "baseline.json", help="where to write")
    options = parser.parse_args()
    if options.rounds < 1 or options.images < BATCH:
        parser.error(f"at least 1 round, and {BATCH} images")
    compare(options)


if __name__ == "__main__":
    main()
