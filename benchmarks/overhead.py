"""What does the bookkeeping cost, where there is next to nothing to compute?

Two programs: building a chain of 10,000 scalar operations and sweeping back over it, and the
gradient of a small network written in NumPy. Ours, HIPS autograd, and for the chain PyTorch eager.
In every round each library runs in a fresh process of its own, one after the other, and who is
first goes round; all on one thread. The import is timed too, over that of NumPy.

    python benchmarks/overhead.py
"""

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import _overhead

from autodiff.benchmarking.report import circumstances, load, save, show, spread

RESULTS = Path(__file__).parent / "results"
LIBRARIES = ("autodiff", "autograd", "torch")
PAIRS = [("chain", "autograd"), ("chain", "torch"), ("network", "autograd")]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run(library):
    """One process: what it measured, and how busy the machine was before."""
    load_before = load()
    command = [sys.executable, str(Path(__file__).with_name("_overhead.py")), library]
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as an installed package is imported
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{library} failed; its message stands above")
    return {**json.loads(done.stdout), "load_before": load_before}


def check(measured):
    """The libraries must have computed the same."""
    for key in ("chain_result", "network_result"):
        results = [found[key] for found in measured.values() if key in found]
        if not all(math.isclose(one, results[0], rel_tol=1e-9) for one in results):
            sys.exit(f"the libraries do not compute the same: {key} is {results}")


def compare(options):
    """Take the libraries in turn, and report medians, spread, and ratios round by round."""
    report = {
        "benchmark": "Overhead: a chain of scalars, and the gradient of a small network",
        **circumstances(["numpy", "autograd", "torch"]),
        "settings": {
            "operations": _overhead.OPERATIONS,
            "layers": _overhead.LAYERS,
            "batch": _overhead.BATCH,
            "repeats": _overhead.REPEATS,
            "threads": 1,
        },
    }
    show(report["benchmark"], report)
    for name in LIBRARIES:
        run(name)  # the first import compiles; it is not counted
    rounds = []
    for number in range(options.rounds):
        first = number % len(LIBRARIES)
        measured = {name: run(name) for name in LIBRARIES[first:] + LIBRARIES[:first]}
        check(measured)
        rounds.append({name: measured[name] for name in LIBRARIES})
        chains = ", ".join(f"{name} {measured[name]['chain'] * 1e3:.0f} ms" for name in LIBRARIES)
        print(f"round {number + 1}: chain {chains}", flush=True)
    report["seconds"] = {
        program: {
            name: spread(r[name][program] for r in rounds)
            for name in LIBRARIES
            if program in rounds[0][name]
        }
        for program in ("import", "chain", "network")
    }
    report["ratio"] = {
        f"{program}, autodiff / {peer}": spread(
            r["autodiff"][program] / r[peer][program] for r in rounds
        )
        for program, peer in PAIRS
    }
    report["rounds"] = rounds
    print()
    for program, libraries in report["seconds"].items():
        for name, found in libraries.items():
            low, middle, high = (1e3 * found[key] for key in ("min", "median", "max"))
            print(f"{program}, {name}: median {middle:.2f} ms, {low:.2f} to {high:.2f} ms")
    for name, found in report["ratio"].items():
        print(f"{name}: median {found['median']:.2f}, {found['min']:.2f} to {found['max']:.2f}")
    save(report, options.json)


def main():
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="processes of each library")
    parser.add_argument("--json", default=RESULTS / "overhead.json", help="where to write")
    compare(parser.parse_args())


if __name__ == "__main__":
    main()
