"""What do PyTorch and JAX answer where there is no derivative?

Runs every case of `_conventions.py` in the two peers and stores their answers, which the book
prints beside ours. Nothing is timed.

    python benchmarks/conventions.py
"""

import argparse
from pathlib import Path

import jax
import torch
from _conventions import CASES, jax_numpy, ours, pytorch, same

from autodiff.benchmarking.report import circumstances, save, show

RESULTS = Path(__file__).parent / "results"


def main():
    """Ask both peers, say where we differ, and write the answers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", default=RESULTS / "conventions.json", help="where to write")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    report = {
        "benchmark": "Gradients where there is no derivative",
        **circumstances(["numpy", "torch", "jax"]),
        "answers": [],
    }
    show(report["benchmark"], report)
    for case in CASES:
        mine, theirs, jaxs = ours(case), pytorch(case, torch), jax_numpy(case, jax)
        if not (same(mine, theirs) and same(mine, jaxs)):
            print(f"{case.ours} at {case.at}: ours {mine}, PyTorch {theirs}, JAX {jaxs}")
        # JSON has no word for infinity or NaN, so numbers are stored as text.
        report["answers"].append(
            {
                "at": list(map(repr, case.at)),
                "torch": {"program": case.torch, "gradient": list(map(repr, theirs))},
                "jax": {"program": case.jax, "gradient": list(map(repr, jaxs))},
            }
        )
    save(report, options.json)


if __name__ == "__main__":
    main()
