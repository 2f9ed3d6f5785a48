"""How long does an epoch on MNIST take, with our interpreter on NumPy and with PyTorch?

Both train the reference network with plain SGD from the same initial weights on the same batches
in the same order. In every round each library runs in a fresh process of its own, one after the
other, so that neither their threads nor a change in the machine's load favour one of them; which
of them is first alternates. A few steps warm up before the clock starts.

    python benchmarks/epoch.py

The data are the MNIST files that `autodiff.data.load_mnist` finds or downloads.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import _report
from _training import BATCH, LEARNING_RATE, WARM_UP

LIBRARIES = ("autodiff", "pytorch")


def run(library, options, seed):
    """One epoch in a process of its own: what it printed, and how busy the machine was before."""
    threads = str(options.threads)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    script = Path(__file__).with_name(f"_epoch_{library}.py")
    command = [sys.executable, str(script), "--images", str(options.images)]
    command += ["--threads", threads, "--seed", str(seed)]
    load = _report.load()
    environment = {**os.environ, **dict.fromkeys(names, threads)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{library} failed; its message stands above")
    return {**json.loads(done.stdout), "load_before": load}


def compare(options):
    """Alternate the libraries, and report medians and spread."""
    report = {
        "benchmark": "One epoch of the reference network on MNIST, SGD",
        **_report.circumstances("numpy", "torch"),
        "settings": {
            "images": options.images,
            "batch": BATCH,
            "learning_rate": LEARNING_RATE,
            "warm_up_steps": WARM_UP,
            "dtype": "float32",
            "threads": options.threads,
        },
    }
    _report.show(report["benchmark"], report)
    print(f"{options.images} images, batches of {BATCH}, {options.threads} threads\n")
    rounds = []
    for number in range(options.rounds):
        order = LIBRARIES if number % 2 == 0 else LIBRARIES[::-1]
        measured = {library: run(library, options, number) for library in order}
        ours, theirs = (measured[library]["loss"] for library in LIBRARIES)
        if abs(ours - theirs) > 1e-3 * theirs:
            sys.exit(f"the libraries do not compute the same: mean losses {ours} and {theirs}")
        rounds.append({library: measured[library] for library in LIBRARIES})
        times = ", ".join(f"{name} {measured[name]['seconds']:.2f} s" for name in LIBRARIES)
        print(f"round {number + 1}: {times}; mean loss {ours:.4f}", flush=True)
    seconds = {name: [r[name]["seconds"] for r in rounds] for name in LIBRARIES}
    report["seconds"] = {name: _report.summary(values) for name, values in seconds.items()}
    report["ratio"] = _report.summary(
        ours / theirs for ours, theirs in zip(*seconds.values(), strict=True)
    )
    report["rounds"] = rounds
    print()
    for name, found in report["seconds"].items():
        print(f"{name}: median {found['median']:.2f} s, {found['min']:.2f} to {found['max']:.2f} s")
    ratio = report["ratio"]
    print(
        f"autodiff / pytorch, round by round: median {ratio['median']:.2f}, "
        f"{ratio['min']:.2f} to {ratio['max']:.2f}"
    )
    _report.save(report, options.json)


def main():
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="epochs of each library")
    parser.add_argument("--images", type=int, default=60_000, help="training images in an epoch")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of each")
    parser.add_argument("--json", default=_report.RESULTS / "epoch.json", help="where to write")
    compare(parser.parse_args())


if __name__ == "__main__":
    main()
