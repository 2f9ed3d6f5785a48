import json
import re
import subprocess
import sys

import numpy as np
import pytest

import autodiff as ad
from autodiff.__main__ import main


@pytest.fixture(autouse=True)
def no_data(monkeypatch, tmp_path_factory):
    monkeypatch.delenv("AUTODIFF_DATA", raising=False)
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr("autodiff.data.mnist._cache", lambda: cache)
    monkeypatch.setattr("autodiff.data.mnist.MIRRORS", ())


def test_train_on_digits(tmp_path, capsys):
    parameters, plot = tmp_path / "model.safetensors", tmp_path / "history.svg"
    history = tmp_path / "history.json"
    arguments = ["train", "--data", "digits", "--epochs", "2", "--optimizer", "adam"]
    arguments += ["--save", str(parameters), "--plot", str(plot), "--history", str(history)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "reference network, 35,474 parameters; digits, 1,437 images; adam, lr 0.001" in printed
    assert "epoch 2, loss " in printed and "test accuracy" in printed
    assert plot.read_text().startswith("<?xml")
    recorded = json.loads(history.read_text())
    assert len(recorded["epoch_loss"]) == 2
    model = ad.nn.reference_network()
    model.load_state_dict(ad.load(parameters))
    _, test = ad.data.load_digits(28)
    _, accuracy = ad.training.evaluate(model, test)
    assert accuracy == recorded["test_accuracy"][-1]

    # A second run goes on from there.
    again = [*arguments[:3], "--init", str(parameters), "--lr", "0", "--model", "reference"]
    assert main(again) == 0
    assert f"test accuracy {accuracy:.2%}" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_run(tmp_path):
    files = [tmp_path / name for name in ("one", "two", "three")]
    for path, seed in zip(files, ("3", "3", "4"), strict=True):
        assert main(["train", "--data", "digits", "--seed", seed, "--save", str(path)]) == 0
    one, two, three = [ad.load(path)["0.weight"] for path in files]
    assert np.array_equal(one, two) and not np.array_equal(one, three)


@pytest.mark.parametrize(("option", "expected"), [([], None), (["--no-compile"], False)])
def test_compilation_can_be_switched_off(monkeypatch, option, expected):
    seen = []

    def fit(*args, **options):
        seen.append(options["compile"])
        return ad.training.History()

    monkeypatch.setattr("autodiff.__main__.fit", fit)
    assert main(["train", "--data", "digits", *option]) == 0
    assert seen == [expected]


def test_auto_falls_back_to_digits(capsys):
    assert main(["train", "--model", "lenet5", "--optimizer", "rmsprop"]) == 0
    printed = capsys.readouterr().out
    assert "MNIST is not on this machine" in printed and "lenet5 network, 61,706" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--data mnist", "MNIST was not found in .* AUTODIFF_DATA"),
        ("--root {tmp}", "no MNIST files in .*"),
        ("--data digits --lr -1", "lr must be a number of at least 0"),
        ("--data digits --lr 3e38", "training diverged; use a smaller learning rate than 3e.38"),
        ("--data digits --seed -1", "a seed is a non-negative integer"),
        ("--data digits --init {tmp}/nowhere", "no such file: .*nowhere"),
        ("--data digits --save {tmp}/nowhere/file", "the folder .*nowhere does not exist"),
        ("--data digits --save {tmp}", "cannot write .*: it is a folder"),
        ("--data digits --plot {tmp}/plot.txt", r"a plot is written as .png, .svg, .pdf; got"),
    ],
)
def test_bad_input_gives_one_line(tmp_path, capsys, arguments, message):
    assert main(["train", *arguments.format(tmp=tmp_path).split()]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("python -m autodiff train: error: ")
    assert re.search(message, lines[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train --data cifar", "invalid choice: 'cifar'"),
        ("fly", "invalid choice: 'fly'"),
        ("train --epochs two", "--epochs: must be a positive integer; got two"),
        ("train --batch-size 0", "--batch-size: must be a positive integer; got 0"),
    ],
)
def test_arguments_that_are_no_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments.split())
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error


def test_a_drawing_that_cannot_be_written(tmp_path, capsys):
    assert main(["draw", "--output", f"{tmp_path}/nowhere/graph.svg"]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err


def test_parameters_of_another_network(tmp_path, capsys):
    ad.save(tmp_path / "lenet.safetensors", ad.nn.lenet5())
    assert main(["train", "--data", "digits", "--init", str(tmp_path / "lenet.safetensors")]) == 2
    assert "the state does not fit Sequential; unexpected: 11.bias" in capsys.readouterr().err


def test_interrupted(monkeypatch, capsys):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("autodiff.__main__.fit", stop)
    assert main(["train", "--data", "digits"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize("options", [[], ["--collapse"], ["--model", "lenet5"]])
def test_draw(tmp_path, capsys, options):
    path = tmp_path / "graph.dot"
    assert main(["draw", "--output", str(path), *options]) == 0
    text = path.read_text()
    assert text.startswith("digraph") and "images" in text and "labels" in text
    assert "nodes" in capsys.readouterr().out


def test_draw_into_an_unknown_format(tmp_path, capsys):
    assert main(["draw", "--output", str(tmp_path / "graph.xyz")]) == 2
    assert "error: " in capsys.readouterr().err


def test_help(capsys):
    assert main([]) == 0
    top = capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        main(["train", "--help"])
    assert caught.value.code == 0
    printed = capsys.readouterr().out
    assert "examples:" in top and "examples:" in printed
    for option in ("data", "root", "model", "init", "epochs", "batch-size", "optimizer", "lr"):
        assert f"--{option}" in printed
    for option in ("seed", "save", "plot", "no-compile"):
        assert f"--{option}" in printed


def test_as_a_module():
    result = subprocess.run(
        [sys.executable, "-m", "autodiff", "--version"], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == f"autodiff {ad.__version__}"


def test_importing_is_light():
    code = (
        "import sys, autodiff; heavy = {'scipy', 'matplotlib', 'sklearn', 'pooch', 'tqdm', "
        "'safetensors', 'numba', 'graphviz', 'platformdirs'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
