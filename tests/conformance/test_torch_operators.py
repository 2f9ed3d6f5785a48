"""PyTorch's operator database against this library: a fixed share of its samples.

`make conformance` compares all of them and writes `results/torch.json`, which names the functions
here, so that collecting the tests needs no PyTorch.
"""

import json
from pathlib import Path

import pytest
from share import chosen

RESULTS = json.loads((Path(__file__).parent / "results" / "torch.json").read_text())
SHARE = 0.25


@pytest.fixture(scope="module")
def outcomes(torch):
    return pytest.importorskip("torch_outcomes", exc_type=ImportError)


@pytest.fixture(scope="module")
def offered(outcomes):
    return outcomes.offered()


def test_no_function_is_missing_silently(offered):
    assert sorted(offered) == sorted(RESULTS["functions"])


@pytest.mark.parametrize("name", RESULTS["functions"])
def test_function(name, outcomes, offered):
    entry = offered[name]
    unexplained = {}
    for case in outcomes.cases(name, *entry):
        if chosen(case.name, SHARE):
            found, explained = outcomes.outcome(case)
            if not explained:
                unexplained[case.name] = found
    assert unexplained == {}


@pytest.mark.parametrize(
    "name", [name for name, found in RESULTS["functions"].items() if any(found["errors"].values())]
)
def test_errors(name, outcomes, offered):
    unexplained = {}
    for case in outcomes.error_cases(name, *offered[name]):
        found, explained = outcomes.error_outcome(case)
        if not explained:
            unexplained[case.name] = found
    assert unexplained == {}


# The comparison itself: it must see a wrong derivative.


def test_a_wrong_number_is_seen(outcomes, offered):
    operator, _ = offered["exp"]

    def almost(lib, x):
        return lib.exp(x) * 1.00001

    [case, *_] = outcomes.cases("exp", operator, almost)
    checks = [fault.split(":")[0] for fault in case.compare()]
    assert checks == ["value", "reverse", "forward", "second"]


def test_a_wrong_derivative_is_seen(outcomes, offered):
    operator, _ = offered["exp"]

    def value_of_exp_and_slope_of_sin(lib, x):
        sine = lib.sin(x)
        return lib.stop_gradient(lib.exp(x) - sine) + sine

    [case, *_] = outcomes.cases("exp", operator, value_of_exp_and_slope_of_sin)
    checks = [fault.split(":")[0] for fault in case.compare()]
    assert checks == ["reverse", "forward", "second"]


def test_an_unexplained_fault_is_reported(outcomes, offered):
    operator, _ = offered["exp"]

    def refused(lib, x):
        raise RuntimeError("cannot")

    [case, *_] = outcomes.cases("exp", operator, refused)
    found, explained = outcomes.outcome(case)
    assert found == "value: RuntimeError: cannot" and not explained


def test_a_quarter_is_chosen(outcomes, offered):
    names = [
        case.name
        for name in ("linspace", "diff", "einsum")
        for case in outcomes.cases(name, *offered[name])
    ]
    few = [name for name in names if chosen(name, SHARE)]
    assert 0.15 < len(few) / len(names) < 0.35
