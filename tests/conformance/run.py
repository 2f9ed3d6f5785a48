"""Run the conformance suites whole, and write their results: `make conformance`.

python tests/conformance/run.py [torch] [jax] [expressions]
"""

import importlib
import sys
import time
from pathlib import Path

import page

from autodiff.benchmarking import report

HERE = Path(__file__).resolve().parent

SUITES = {
    "torch": ("torch_outcomes", ("numpy", "torch")),
    "jax": ("jax_comparison", ("numpy", "jax")),
    "expressions": ("expressions", ("numpy", "hypothesis")),
}


def main(wanted):
    for name in wanted or SUITES:
        module, packages = SUITES[name]
        start = time.perf_counter()
        found = importlib.import_module(module).results()
        seconds = round(time.perf_counter() - start)
        circumstances = report.circumstances(packages)
        whole = {"suite": name, **circumstances, "seconds": seconds, **found}
        report.save(whole, HERE / "results" / f"{name}.json")
        print(f"{name}: {seconds} s; results/{name}.json")
    page.main([])


if __name__ == "__main__":
    main(sys.argv[1:])
