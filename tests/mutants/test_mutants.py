"""The committed results of `make mutants`: enough mutants, enough of them noticed, each of the
others explained. And the exchange of live functions, on which the results rest.
"""

import importlib
import json
import sys
from pathlib import Path

import pytest
import swapping

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = json.loads((HERE / "results.json").read_text(encoding="utf-8"))
FILES = RESULTS["files"]


def noticed(one):
    return one["killed"] + one["timeout"]


def test_the_sample_is_large_enough():
    assert sum(one["mutants"] for one in FILES.values()) >= 400
    assert [file for file, one in FILES.items() if one["mutants"] < min(40, one["possible"])] == []


def test_every_file_was_sampled_or_waits():
    def files(*folders):
        paths = [path for folder in folders for path in (ROOT / "autodiff" / folder).glob("*.py")]
        return {path.relative_to(ROOT).as_posix() for path in paths}

    assert {"autodiff/graph.py", *files("structures", "transforms")} <= set(FILES)
    assert files("primitives") <= {*FILES, *RESULTS["waiting"]}
    assert not set(FILES) & set(RESULTS["waiting"])


def test_nine_of_ten_mutants_are_noticed():
    mutants = sum(one["mutants"] for one in FILES.values())
    assert sum(noticed(one) for one in FILES.values()) / mutants >= 0.9


def test_the_core_suite_is_quick():
    assert RESULTS["core suite"]["seconds"] < 15


@pytest.mark.parametrize("file", FILES)
def test_the_numbers_of_a_file_fit_together_and_every_survivor_has_a_reason(file):
    one = FILES[file]
    assert one["mutants"] == noticed(one) + len(one["survived"])
    assert [change for change in one["survived"] if not change["reason"]] == []


def test_the_totals_are_the_sums():
    for name in ("mutants", "killed", "timeout"):
        assert RESULTS["totals"][name] == sum(one[name] for one in FILES.values())
    assert RESULTS["totals"]["survived"] == sum(len(one["survived"]) for one in FILES.values())


SOURCE = """
import functools

def twice(f):
    @functools.wraps(f)
    def applied(x):
        return f(x) * 2
    return applied

@twice
def plus(x):
    return x + 1

class Kind:
    rules = (lambda x: x + 3, lambda x: x * 5)
    size = 7

    def rule(self, x, by=11):
        return self.rules[0](x) * by
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "to_be_changed.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("to_be_changed")
    del sys.modules["to_be_changed"]


def change(module, old, new):
    text = SOURCE.replace(old, new)
    assert text != SOURCE
    return swapping.swap(module.__file__, SOURCE, text, swapping.live_functions())


def test_functions_that_others_hold_are_exchanged(module):
    plus, kind = module.plus, module.Kind()
    assert (plus(1), kind.rule(1), kind.rules[1](1)) == (4, 44, 5)
    assert change(module, "x + 1", "x - 1") > 0
    assert (plus(1), kind.rule(1)) == (0, 44)


@pytest.mark.parametrize(
    ("old", "new", "values"),
    [
        ("f(x) * 2", "f(x) * 3", (6, 44, 5)),
        ("x + 3", "x - 3", (4, -22, 5)),
        ("x * 5", "x * 6", (4, 44, 6)),
        ("(x) * by", "(x) + by", (4, 15, 5)),
    ],
)
def test_each_of_several_functions_on_a_line_is_found(module, old, new, values):
    kind = module.Kind()
    change(module, old, new)
    assert (module.plus(1), kind.rule(1), kind.rules[1](1)) == values


@pytest.mark.parametrize(
    ("old", "new"), [("by=11", "by=12"), ("size = 7", "size = 8"), ("@twice\n", "")]
)
def test_what_runs_at_import_needs_an_import(module, old, new):
    with pytest.raises(swapping.NeedsImport):
        change(module, old, new)
    assert module.plus(1) == 4


def test_a_module_is_imported_from_another_text(module, monkeypatch):
    text = SOURCE.replace("by=11", "by=12")
    swapping.forget((str(Path(module.__file__).parent),), keep=str(HERE))
    finder = swapping.Substitute("to_be_changed", module.__file__, text)
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    assert importlib.import_module("to_be_changed").Kind().rule(1) == 48
    assert module.Kind().rule(1) == 44


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("autodiff/graph.py", "autodiff.graph"),
        ("autodiff/structures/__init__.py", "autodiff.structures"),
    ],
)
def test_a_file_is_imported_by_its_name(file, name):
    assert swapping.module_name(file) == name
