"""The published results are found in a checkout and in an installed library."""

import json
import tomllib
from pathlib import Path

import pytest

import autodiff as ad
from autodiff.benchmarking import published
from autodiff.benchmarking.publication import _INSTALLED

ROOT = Path(__file__).resolve().parents[2]


def test_gives_what_the_script_wrote():
    stored = json.loads((ROOT / "benchmarks/results/epoch.json").read_text(encoding="utf-8"))
    assert published("epoch") == stored


def test_an_installed_library_carries_the_results_with_it(tmp_path, monkeypatch):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {"benchmarks/results": _INSTALLED.relative_to(ROOT).as_posix()}
    (tmp_path / "trial.json").write_text('{"date": "2026-01-01"}')
    monkeypatch.setattr("autodiff.benchmarking.publication._INSTALLED", tmp_path)
    assert published("trial") == {"date": "2026-01-01"}


def test_a_name_that_is_not_there_is_answered_by_those_that_are():
    with pytest.raises(ad.errors.DataNotFoundError, match="'base' is published.*accuracy, .*epoch"):
        published("base")
