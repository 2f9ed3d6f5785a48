"""The command line: ``python -m autodiff train``, ``draw`` and ``benchmark``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__
from .benchmarking import command as benchmark
from .data import load_digits, load_mnist
from .draw import draw
from .errors import ArgumentError, AutodiffError, DataNotFoundError, ShapeError
from .nn import Sequential, lenet5, reference_network
from .optim import SGD, Adam, AdamW, RMSprop
from .primitives.losses import cross_entropy
from .primitives.random import manual_seed
from .serialize import load, save
from .structures import Constant
from .training import History, fit

MODELS = {"reference": reference_network, "lenet5": lenet5}
OPTIMIZERS: dict[str, Any] = {"sgd": SGD, "adam": Adam, "adamw": AdamW, "rmsprop": RMSprop}
PLOT_FORMATS = (".png", ".svg", ".pdf")
LEARNING_RATES = {"sgd": 0.01, "adam": 0.001, "adamw": 0.001, "rmsprop": 0.001}

EXAMPLES = """\
examples:
  python -m autodiff train
      MNIST where it is found on this machine, else scikit-learn's digits
  python -m autodiff train --data mnist --epochs 3 --optimizer adam --save digits.safetensors
  python -m autodiff train --init digits.safetensors --lr 0.0001 --plot history.png
      go on from saved parameters, and plot loss and accuracy
  python -m autodiff draw --collapse --output network.svg
  python -m autodiff benchmark --images 6000
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 where it succeeded, 2 where its input was at fault, 130 where it was interrupted.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.run is None:
        parser.print_help()
        return 0
    try:
        options.run(options)
    except (AutodiffError, OSError) as error:
        message = "; ".join(line.strip() for line in str(error).splitlines())
        print(f"python -m autodiff {options.command}: error: {message}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autodiff",
        description="Train a convolutional network on handwritten digits, draw its graph, or "
        "compare its speed with other libraries.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"autodiff {__version__}")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="{train,draw,benchmark}"
    )
    _add_train(commands)
    _add_draw(commands)
    benchmark.add(commands)
    return parser


def _add_train(commands: Any) -> None:
    train = commands.add_parser(
        "train",
        help="train a network on handwritten digits",
        description="Train a network on handwritten digits, and report loss and accuracy after "
        "each epoch.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    train.set_defaults(run=_train)
    what = train.add_argument_group("what is learned")
    what.add_argument(
        "--data",
        choices=["mnist", "digits", "auto"],
        default="auto",
        help="mnist: 70,000 images, downloaded where they are not on this machine; digits: "
        "scikit-learn's 1,797 images, enlarged to 28x28; auto (default): mnist where it is on this "
        "machine, else digits",
    )
    what.add_argument(
        "--root",
        metavar="FOLDER",
        help="folder that holds the MNIST files; else the environment variable AUTODIFF_DATA and "
        "the user's cache are looked through",
    )
    what.add_argument(
        "--model",
        choices=list(MODELS),
        default="reference",
        help="reference (default): the book's network, 35,474 parameters; lenet5: 61,706",
    )
    what.add_argument(
        "--init", metavar="FILE", help="initial parameters, a safetensors file (PyTorch's too)"
    )
    how = train.add_argument_group("how it is learned")
    how.add_argument(
        "--epochs", type=_positive, default=1, help="passes through the data (default: 1)"
    )
    how.add_argument(
        "--batch-size", type=_positive, default=100, help="images in a step (default: 100)"
    )
    how.add_argument("--optimizer", choices=list(OPTIMIZERS), default="sgd", help="default: sgd")
    how.add_argument(
        "--lr", type=float, help="learning rate (default: 0.01 for sgd, 0.001 for the others)"
    )
    how.add_argument(
        "--seed",
        type=int,
        default=0,
        help="of the initial parameters and the order of the images (default: 0)",
    )
    how.add_argument(
        "--no-compile",
        action="store_true",
        help="let the interpreter train, and not a compiled program, which takes some seconds to "
        "compile when a network is trained for the first time",
    )
    results = train.add_argument_group("results")
    results.add_argument("--save", metavar="FILE", help="write the parameters (safetensors)")
    results.add_argument(
        "--plot", metavar="FILE", help="plot loss and accuracy (.png, .svg or .pdf)"
    )
    results.add_argument("--history", metavar="FILE", help="write loss and accuracy (JSON)")
    results.add_argument("--quiet", action="store_true", help="show no progress bar")


def _add_draw(commands: Any) -> None:
    command = commands.add_parser(
        "draw",
        help="draw the graph of a network",
        description="Draw the sorted graph of a network and its loss, with Graphviz.",
    )
    command.set_defaults(run=_draw)
    command.add_argument("--model", choices=list(MODELS), default="reference")
    command.add_argument(
        "--output",
        metavar="FILE",
        default="graph.svg",
        help=".dot for the source, .svg or another format of Graphviz (default: graph.svg)",
    )
    command.add_argument("--collapse", action="store_true", help="draw each layer as one node")


def _train(options: argparse.Namespace) -> None:
    for path in (options.save, options.plot, options.history):
        _check_target(path)
    if options.plot is not None and Path(options.plot).suffix not in PLOT_FORMATS:
        raise ArgumentError(f"a plot is written as {', '.join(PLOT_FORMATS)}; got {options.plot}")
    manual_seed(options.seed)
    model = MODELS[options.model]()
    if options.init is not None:
        try:
            model.load_state_dict(load(options.init))
        except (ArgumentError, ShapeError) as error:
            why = str(error).removesuffix("; pass strict=False to load the rest")
            raise ArgumentError(
                f"{options.init} holds the parameters of another network than --model "
                f"{options.model}: {why}"
            ) from error
    train, test, name = _data(options)
    lr = LEARNING_RATES[options.optimizer] if options.lr is None else options.lr
    optimizer = OPTIMIZERS[options.optimizer](model.parameters(), lr=lr)
    print(
        f"{options.model} network, {_count(model):,} parameters; {name}, {len(train[0]):,} images; "
        f"{options.optimizer}, lr {lr:g}, batches of {options.batch_size}, seed {options.seed}"
    )
    history = fit(
        model,
        train,
        test,
        epochs=options.epochs,
        optimizer=optimizer,
        batch_size=options.batch_size,
        progress=not options.quiet,
        callback=lambda history: print(history.summary(), flush=True),
        compile=False if options.no_compile else None,
    )
    _write_results(options, model, history)


def _data(options: argparse.Namespace) -> tuple[Any, Any, str]:
    if options.data == "digits":
        return *load_digits(size=28), "digits"
    try:
        return *load_mnist(options.root, download=options.data == "mnist"), "MNIST"
    except DataNotFoundError:
        # A folder that was named, or data that were asked for by name, must be there.
        if options.data == "mnist" or options.root is not None:
            raise
    print("MNIST is not on this machine; --data mnist downloads it. Training on digits instead.")
    return *load_digits(size=28), "digits"


def _write_results(options: argparse.Namespace, model: Sequential, history: History) -> None:
    if options.save is not None:
        save(options.save, model)
        print(f"parameters: {options.save}")
    if options.history is not None:
        history.save(options.history)
        print(f"history: {options.history}")
    if options.plot is not None:
        history.plot().savefig(options.plot)
        print(f"plot: {options.plot}")


def _check_target(path: str | None) -> None:
    """Whether a file can be written is found out before the work, not after it."""
    if path is not None and Path(path).is_dir():
        raise ArgumentError(f"cannot write {path}: it is a folder")
    if path is not None and not Path(path).parent.is_dir():
        raise DataNotFoundError(
            f"cannot write {path}: the folder {Path(path).parent} does not exist"
        )


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a positive integer; got {text}")
    return int(text)


def _draw(options: argparse.Namespace) -> None:
    _check_target(options.output)
    model = MODELS[options.model](rng=0)
    images = Constant(np.zeros((1, 1, 28, 28), np.float32), name="images")
    labels = Constant(np.zeros(1, np.int64), name="labels")
    picture = draw(cross_entropy(model(images), labels), collapse=options.collapse)
    picture.save(options.output)
    print(f"{picture!r}: {options.output}")


def _count(model: Sequential) -> int:
    return sum(parameter.size for parameter in model.parameters())


if __name__ == "__main__":
    sys.exit(main())
