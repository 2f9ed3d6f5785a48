"""``python -m autodiff benchmark``."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import autodiff as ad
from autodiff.__main__ import main


def test_the_command_compares_and_writes_every_round(tmp_path, capsys):
    path = tmp_path / "result.json"
    arguments = ["benchmark", "--data", "digits", "--only", "autodiff_interpreter", "--rounds", "2"]
    arguments += ["--images", "300", "--threads", "1", "--json", str(path)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "reference network, 300 images in batches of 100, 1 threads, 2 rounds" in printed
    assert "autodiff, interpreter on NumPy" in printed and "ours / this" in printed
    report = json.loads(path.read_text())
    assert len(report["result"]["rounds"]) == 2 and report["result"]["rows"][0]["counts"]
    assert report["machine"]["cores"] and report["versions"]["autodiff"] == ad.__version__


def test_the_command_runs_from_anywhere(tmp_path):
    command = [sys.executable, "-m", "autodiff", "benchmark", "--data", "digits", "--rounds", "1"]
    command += ["--images", "100", "--only", "autodiff_interpreter", "--model", "mlp"]
    paths = {"PYTHONPATH": str(Path(ad.__file__).parents[1])}
    run = subprocess.run(
        command, cwd=tmp_path, env=os.environ | paths, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert "Training on digits" in run.stdout and "mlp network" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--rounds 0", "--rounds must be at least 1"),
        ("--threads 0", "--threads must be at least 1"),
        ("--batch-size 0", "--batch-size must be at least 1"),
        ("--images 50", "50 images are fewer than a batch of 100"),
        ("--data mnist --root {tmp}", "no MNIST files in"),
    ],
)
def test_bad_input_of_the_command_gives_one_line(arguments, message, tmp_path, capsys):
    given = arguments.format(tmp=tmp_path).split()
    assert main(["benchmark", "--data", "digits", *given]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("python -m autodiff benchmark: error: ")
    assert message in lines[0]
