"""Run the conformance suites whole, and write their results: `make conformance`.

python tests/conformance/run.py [torch] [jax] [expressions]
"""

import importlib
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "benchmarks"))

import _report  # noqa: E402 (it lies beside the benchmarks)
import page  # noqa: E402

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
        report = {"suite": name, **_report.circumstances(*packages), "seconds": seconds, **found}
        _report.save(report, HERE / "results" / f"{name}.json")
        print(f"{name}: {seconds} s; results/{name}.json")
    page.main([])


if __name__ == "__main__":
    main(sys.argv[1:])
