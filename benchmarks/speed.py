"""How fast is each library, on each network and size of batch that the book talks about?

Every library runs in its best configuration in a process of its own; in each round each runs once,
in balanced order, while the others are stopped. All begin with the same weights and see the same
images in the same order. The clock runs from shuffling to the last loss read. A row counts only if
its mean losses agree with the others' to a thousandth. Compilation and warm-up have a table of
their own.

What more threads gain is measured apart, as the workload `threads`: two processes of ours take
turns, so that the two times of a ratio are taken right after each other.

    python benchmarks/speed.py
    python benchmarks/speed.py --workloads reference mlp --rounds 3 --scale 0.1
    python benchmarks/speed.py --workloads mlp threads --keep    # anew; others stay as they were

Libraries that are not installed are left out (requirements-benchmarks.txt names them). The data are
the MNIST files that `autodiff.data.load_mnist` finds or downloads.
"""

import argparse
import dataclasses
from pathlib import Path

from _keep import earlier

import autodiff as ad
from autodiff.benchmarking.participants import PARTICIPANTS
from autodiff.benchmarking.report import circumstances, save, show
from autodiff.benchmarking.rounds import first_steps, measure
from autodiff.benchmarking.summary import TOLERANCE, ratios, summarise, table
from autodiff.benchmarking.workloads import LEARNING_RATE, Workload

RESULTS = Path(__file__).parent / "results"

WORKLOADS = [
    Workload("reference", "Reference network, batches of 100"),
    Workload("reference_10", "Reference network, batches of 10", batch=10),
    Workload("reference_1000", "Reference network, batches of 1000", batch=1000),
    Workload("lenet5", "LeNet-5 with tanh and average pooling, batches of 100", "lenet5"),
    Workload(
        "lenet5_relu",
        "LeNet-5 with ReLU and max pooling, batches of 100",
        "lenet5_relu",
        images=12_000,
    ),
    Workload(
        "pytorch_example",
        "PyTorch's own MNIST example network, batches of 64",
        "pytorch_example",
        batch=64,
        images=3_200,
    ),
    Workload("mlp", "MLP 784-256-128-10, batches of 100", "mlp"),
    Workload(
        "report",
        "The student report's setting: 100 epochs on 100 images in one batch",
        images=100,
        of=100,
        epochs=100,
    ),
    Workload(
        "inference_1", "Inference, one image at a time", batch=1, images=2_000, training=False
    ),
    Workload("inference_1000", "Inference, batches of 1000", batch=1000, training=False),
]
# One library, with one thread and with all: it stands apart from the comparisons. As such a round
# takes seconds and not minutes, there are more of them.
THREADS = Workload("threads", "Reference network, batches of 100, with one thread and with all")
MORE_ROUNDS = 3

LAYOUT = "pytorch_compile_channels_last"
EVERYWHERE = [
    name for name in PARTICIPANTS if name not in ("autodiff_1_thread", "hips", "sgemm", LAYOUT)
]
# HIPS autograd for scale, where its step takes less than seconds; a layout of images, where there
# are convolutions; and what a measure needs.
ALSO = {
    "hips": ["reference", "reference_10", "lenet5", "mlp", "report", "inference_1"],
    LAYOUT: [one.name for one in WORKLOADS if one.network != "mlp"],
    "sgemm": ["reference"],
    "autodiff_1_thread": [],
}

# measure: (workload, what is measured, must, aim). A share or a speed-up must be at least that, and
# any other number at most.
MEASURES = {
    "reference network, batch 100: time / best PyTorch": ("reference", "PyTorch", 0.5, 0.3),
    "the same / best JAX": ("reference", "JAX", 0.3, 0.15),
    "the same / best TensorFlow": ("reference", "TensorFlow", 0.3, 0.15),
    "the same, batch 10 / best PyTorch": ("reference_10", "PyTorch", 0.7, 0.4),
    "the same, batch 1000 / best PyTorch": ("reference_1000", "PyTorch", 0.7, 0.4),
    "LeNet-5 / best PyTorch": ("lenet5", "PyTorch", 0.6, 0.35),
    "LeNet-5, ReLU and max pooling / best PyTorch": ("lenet5_relu", "PyTorch", 0.6, 0.35),
    "PyTorch's MNIST example network / best PyTorch": ("pytorch_example", "PyTorch", 1.1, 0.8),
    "MLP 784-256-128-10 / best PyTorch": ("mlp", "PyTorch", 0.8, 0.5),
    "the report's setting / best PyTorch": ("report", "PyTorch", 0.5, 0.3),
    "inference, batch 1 / best PyTorch": ("inference_1", "PyTorch", 0.7, 0.4),
    "inference, batch 1000 / best PyTorch": ("inference_1000", "PyTorch", 0.7, 0.4),
    "share of the sgemm peak in a training step": ("reference", "peak", 0.3, 0.55),
    "NumPy backend alone / PyTorch default": ("reference", "numpy", 1.5, 1.0),
    "growth of peak memory / best PyTorch's": ("reference", "memory", 0.7, 0.4),
    "speed-up from 1 to 2 threads": ("threads", "threads", 1.7, 1.9),
}
AT_LEAST = ("peak", "threads")


def value(report, what):
    """One measure of a summarised workload; None where somebody it needs was not measured."""
    rounds, counting = report["rounds"], {row["name"] for row in report["rows"] if row["counts"]}
    pairs = {
        "numpy": ("autodiff_interpreter", "pytorch"),
        "threads": ("autodiff_1_thread", "autodiff"),
    }
    if what in pairs:
        return ratios(rounds, *pairs[what])["median"] if counting.issuperset(pairs[what]) else None
    if report["ours"] not in counting:
        return None
    if what == "peak":
        found = report.get("share_of_peak", {}).get(report["ours"])
        return found and found["median"]
    against = report["against"].get("PyTorch" if what == "memory" else what)
    if against is None:
        return None
    return against["memory"] if what == "memory" else against["time"]["median"]


def verdicts(report):
    """Each measure with what it must be and what it aims at, and whether it is that."""
    found, reports = [], {**report["workloads"], "threads": report.get("threads")}
    for measure_, (workload, what, must, aim) in MEASURES.items():
        number = value(reports[workload], what) if reports.get(workload) else None
        holds = [
            None if number is None else number >= limit if what in AT_LEAST else number <= limit
            for limit in (must, aim)
        ]
        found.append(
            {
                "measure": measure_,
                "value": number,
                "must": must,
                "aim": aim,
                "at_least": what in AT_LEAST,
                "meets_must": holds[0],
                "meets_aim": holds[1],
            }
        )
    return found


def print_verdicts(found):
    print(f"\n{'measure':56}{'value':>8}{'must':>10}{'aim':>10}")
    for one in found:
        if one["value"] is not None:
            sign = ">=" if one["at_least"] else "<="
            word = "aim met" if one["meets_aim"] else "must met" if one["meets_must"] else "NOT MET"
            print(
                f"{one['measure']:56}{one['value']:8.2f}{sign:>4} {one['must']:5.2f}"
                f"{sign:>4} {one['aim']:5.2f}  {word}"
            )


def participants(workload):
    """The names of those who take part in a workload, in the order of the tables."""
    if workload.name == THREADS.name:
        return ["autodiff_1_thread", "autodiff"]
    return [one for one in PARTICIPANTS if one in EVERYWHERE or workload.name in ALSO[one]]


def scaled(workload, scale):
    """The same workload with a share of its images, or of its epochs."""
    if workload.epochs > 1:
        return dataclasses.replace(workload, epochs=max(1, round(workload.epochs * scale)))
    batches = max(1, round(workload.images * scale / workload.batch))
    return dataclasses.replace(workload, images=batches * workload.batch)


def compare(options):
    """Measure every workload, and write after each what there is."""
    data, _ = ad.data.load_mnist()
    packages = ["numpy", "scipy", "numba", *(one.distribution for one in PARTICIPANTS.values())]
    report = {"benchmark": "Speed on MNIST", **circumstances(packages)}
    report["settings"] = {
        "learning_rate": LEARNING_RATE,
        "dtype": "float32",
        "threads": options.threads,
        "rounds": options.rounds,
        "loss_tolerance": TOLERANCE,
        "scale": options.scale,
    }
    show(report["benchmark"], report)
    chosen = [one for one in [*WORKLOADS, THREADS] if one.name in options.workloads]
    chosen = [scaled(one, options.scale) for one in chosen]
    names = options.only or list(PARTICIPANTS)
    before = earlier(report, options.json) if options.keep else {}
    report["workloads"] = before.get("workloads", {})
    report |= {key: before[key] for key in ("threads", "compilation") if key in before}
    for workload in chosen:
        here = [name for name in participants(workload) if name in names]
        described = workload.describe(data[0].shape[1:])
        print(
            f"\n{workload.title}: {workload.images:,} images of {workload.of:,}, "
            f"{workload.steps} steps, {described['flops_per_step'] / 1e6:.0f} MFLOP a step",
            flush=True,
        )
        rounds = options.rounds * (MORE_ROUNDS if workload.name == THREADS.name else 1)
        found = measure(workload, here, data, rounds, options.threads)
        summary = {"date": report["date"], **summarise(described, found)}
        print(table(summary), flush=True)
        enter(report, workload, summary)
        report["measures"] = verdicts(report)
        save(report, options.json)
    if options.compilation:
        print("\nfirst step, with an empty cache and in a second process")
        compiling = [name for name in names if name in [*EVERYWHERE, LAYOUT]]
        report["compilation"] = first_steps(chosen[0], compiling, data, options.threads)
        for name, one in report["compilation"].items():
            print(f"  {PARTICIPANTS[name].label:38}{one['cold']:8.2f} s {one['warm']:8.2f} s")
        save(report, options.json)
    print_verdicts(report["measures"])


def enter(report, workload, summary):
    """Put what was found in its place, in the order of the list above."""
    if workload.name == THREADS.name:
        report["threads"] = summary
        return
    found = {**report["workloads"], workload.name: summary}
    report["workloads"] = {one.name: found[one.name] for one in WORKLOADS if one.name in found}


def main():
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    names = [workload.name for workload in [*WORKLOADS, THREADS]]
    parser.add_argument("--workloads", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--only", nargs="+", choices=list(PARTICIPANTS), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each (default: 7)")
    parser.add_argument("--threads", type=int, default=2, help="threads of each (default: 2)")
    parser.add_argument(
        "--scale", type=float, default=1, help="share of each workload (default: 1)"
    )
    parser.add_argument(
        "--compilation", action=argparse.BooleanOptionalAction, default=True, help="its own table"
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep what the file says of other workloads"
    )
    parser.add_argument("--json", default=RESULTS / "speed.json", help="where to write")
    options = parser.parse_args()
    if min(options.rounds, options.threads) < 1 or not 0 < options.scale <= 1:
        parser.error("rounds and threads must be at least 1, and 0 < scale <= 1")
    compare(options)


if __name__ == "__main__":
    main()
