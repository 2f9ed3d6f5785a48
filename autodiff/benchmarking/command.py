"""``python -m autodiff benchmark``: a comparison with whatever libraries are installed."""

from __future__ import annotations

import argparse
import dataclasses
import os
from pathlib import Path
from typing import Any

from autodiff.data import load_digits, load_mnist
from autodiff.errors import ArgumentError, DataNotFoundError

from .participants import PARTICIPANTS
from .report import circumstances, save, show
from .rounds import measure
from .summary import summarise, table
from .workloads import NETWORKS, Workload

DESCRIPTION = (
    "Train a network with this library and with each peer that is installed (PyTorch, JAX, "
    "TensorFlow, Keras, HIPS autograd), all from the same weights and on the same batches, in "
    "processes that take turns; print medians, and how long ours takes compared with each."
)
FOR_SCALE = ("hips", "autodiff_1_thread", "sgemm")


def add(commands: Any) -> None:
    """Add the command and its options."""
    command = commands.add_parser(
        "benchmark", help="compare the speed with other libraries", description=DESCRIPTION
    )
    command.set_defaults(run=run)
    command.add_argument(
        "--data",
        choices=["mnist", "digits", "auto"],
        default="auto",
        help="auto (default): MNIST where it is on this machine, else scikit-learn's digits",
    )
    command.add_argument("--root", metavar="FOLDER", help="folder that holds the MNIST files")
    command.add_argument("--model", choices=_models(), default="reference")
    command.add_argument("--batch-size", type=int, default=100, help="default: 100")
    command.add_argument(
        "--images", type=int, help="measure an epoch of this many images (default: all)"
    )
    command.add_argument("--rounds", type=int, default=3, help="measurements of each (default: 3)")
    command.add_argument(
        "--threads", type=int, default=min(2, os.cpu_count() or 1), help="of each library"
    )
    command.add_argument(
        "--only", nargs="+", choices=list(PARTICIPANTS), metavar="NAME", help="these participants"
    )
    command.add_argument("--json", metavar="FILE", help="write every round, as JSON")


def _models() -> list[str]:
    return [name for name in NETWORKS if name not in ("sized", "stacked")]


def run(options: argparse.Namespace) -> None:
    """Measure, and print a table.

    Raises
    ------
    ArgumentError
        If a number is less than 1, or there are fewer images than a batch needs.
    DataNotFoundError
        If MNIST was asked for by name and is not there.
    BenchmarkError
        If nobody could be measured.
    """
    for name in ("rounds", "threads", "batch_size"):
        if getattr(options, name) < 1:
            raise ArgumentError(f"--{name.replace('_', '-')} must be at least 1")
    data, source = _data(options)
    of = len(data[1])
    images = of if options.images is None else min(options.images, of)
    if images < options.batch_size:
        raise ArgumentError(f"{images} images are fewer than a batch of {options.batch_size}")
    workload = Workload(
        "command",
        f"Training on {source}",
        network=options.model,
        batch=options.batch_size,
        images=images,
        of=of,
    )
    names = options.only or [name for name in PARTICIPANTS if name not in FOR_SCALE]
    report = circumstances(["numpy", *(PARTICIPANTS[name].distribution for name in names)])
    show(workload.title, report)
    report |= {"settings": dataclasses.asdict(workload) | {"threads": options.threads}}
    print(
        f"{options.model} network, {images:,} images in batches of {options.batch_size}, "
        f"{options.threads} threads, {options.rounds} rounds",
        flush=True,
    )
    found = measure(workload, names, data, options.rounds, options.threads, _say)
    report["result"] = summarise(workload.describe(data[0].shape[1:]), found)
    print(f"\nseconds\n{table(report['result'])}")
    for library, against in report["result"]["against"].items():
        ratio = against["time"]
        print(
            f"{PARTICIPANTS[report['result']['ours']].label} / best {library}: "
            f"{ratio['median']:.2f} ({ratio['min']:.2f} .. {ratio['max']:.2f})"
        )
    if options.json is not None:
        save(report, options.json)
        print(f"every round: {Path(options.json)}")


def _say(text: str) -> None:
    print(text, flush=True)


def _data(options: argparse.Namespace) -> tuple[Any, str]:
    if options.data != "digits":
        try:
            return load_mnist(options.root, download=options.data == "mnist")[0], "MNIST"
        except DataNotFoundError:
            if options.data == "mnist" or options.root is not None:
                raise
    return load_digits(size=28)[0], "digits"
