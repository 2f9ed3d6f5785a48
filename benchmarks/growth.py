"""How do time and memory of a training step grow with the size of the problem, beside PyTorch's?

One size is varied at a time: the batch, the side of the images, the channels, the depth. PyTorch
takes part in its default layout, with channels last, compiled and both; at each point its fastest
counts. The images are random numbers. `autodiff.benchmarking.plot_growth` draws what this writes.

    python benchmarks/growth.py
    python benchmarks/growth.py --curves channels --keep    # anew; the others stay as they were
    python benchmarks/growth.py --curves batch depth --rounds 3
"""

import argparse
from pathlib import Path

import numpy as np
from _keep import earlier

from autodiff.benchmarking.participants import PARTICIPANTS
from autodiff.benchmarking.report import circumstances, save, show
from autodiff.benchmarking.rounds import measure
from autodiff.benchmarking.summary import TOLERANCE, summarise, table
from autodiff.benchmarking.workloads import Workload

RESULTS = Path(__file__).parent / "results"
NAMES = [name for name, one in PARTICIPANTS.items() if one.library == "PyTorch"]
NAMES += ["autodiff_interpreter", "autodiff"]

# What is varied, its values, and the point of the size `n`: network, arguments, batch, side.
CURVES = {
    "batch": (
        "images in a batch",
        (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000),
        lambda n: ("reference", {}, n, 28),
    ),
    "image": (
        "side of the images, in pixels",
        (28, 56, 112, 224),
        lambda n: ("sized", {"size": n}, 20, n),
    ),
    "channels": (
        "channels of the convolutions",
        (8, 16, 32, 64, 128),
        lambda n: ("stacked", {"channels": n, "depth": 4}, 20, 28),
    ),
    "depth": (
        "layers with weights",
        (2, 5, 10, 20, 50),
        lambda n: ("stacked", {"channels": 16, "depth": n}, 20, 28),
    ),
}
OPERATIONS_OF_A_MEASUREMENT = 3e10
LEAST_STEPS, MOST_STEPS = 3, 300


def point(curve, value):
    """The workload at one value, with about equal work at each, in whole steps of a batch."""
    network, arguments, batch, side = CURVES[curve][2](value)
    workload = Workload(
        f"{curve}_{value}", f"{curve} {value}", network, batch, batch, batch, arguments=arguments
    )
    operations = workload.describe((1, side, side))["flops_per_step"]
    steps = int(min(max(OPERATIONS_OF_A_MEASUREMENT / operations, LEAST_STEPS), MOST_STEPS))
    return Workload(**{**vars(workload), "images": steps * batch, "of": steps * batch}), (
        1,
        side,
        side,
    )


def random_data(images, image):
    """Images and labels; the same at each call."""
    rng = np.random.default_rng(0)
    return rng.random((images, *image), np.float32), rng.integers(0, 10, images)


def compare(options):
    """Measure every point, and write after each what there is."""
    packages = ["numpy", "numba", *(PARTICIPANTS[name].distribution for name in options.only)]
    report = {"benchmark": "Growth of time and memory", **circumstances(packages)}
    report["settings"] = {
        "threads": options.threads,
        "rounds": options.rounds,
        "loss_tolerance": TOLERANCE,
    }
    before = earlier(report, options.json) if options.keep else {}
    curves = {one["name"]: {"date": before["date"], **one} for one in before.get("curves", [])}
    show(report["benchmark"], report)
    for curve in options.curves:
        varied, values, _ = CURVES[curve]
        found = {"name": curve, "varied": varied, "date": report["date"], "points": []}
        for value in [value for value in values if value <= options.largest]:
            workload, image = point(curve, value)
            data = random_data(workload.images, image)
            print(f"\n{varied}: {value}; {workload.steps} steps", flush=True)
            rounds = measure(workload, options.only, data, options.rounds, options.threads)
            summary = summarise(workload.describe(image), rounds)
            found["points"].append({"value": value, **summary})
            print(table(summary), flush=True)
            curves[curve] = found
            report["curves"] = [curves[name] for name in CURVES if name in curves]
            save(report, options.json)


def main():
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--curves", nargs="+", choices=CURVES, default=list(CURVES))
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME")
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each (default: 7)")
    parser.add_argument("--threads", type=int, default=2, help="threads of each (default: 2)")
    parser.add_argument("--largest", type=int, default=10_000, help="leave out greater values")
    parser.add_argument("--json", default=RESULTS / "growth.json", help="where to write")
    parser.add_argument(
        "--keep", action="store_true", help="keep the file's other curves as they are"
    )
    compare(parser.parse_args())


if __name__ == "__main__":
    main()
