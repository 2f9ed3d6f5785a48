"""Random expression graphs differentiated in four ways; `make conformance` runs 50,000 of them."""

import json
from pathlib import Path

import expressions
import numpy as np
import pytest
from expressions import FUNCTIONS, Disagreement, Instruction, Program, check, programs
from hypothesis import HealthCheck, given, settings

import autodiff as ad

RESULTS = json.loads((Path(__file__).parent / "results" / "expressions.json").read_text())


@settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
@given(programs())
def test_four_ways_agree(program):
    check(program)


def test_every_function_was_met_in_the_long_run():
    assert set(RESULTS["functions"]) == set(FUNCTIONS)
    assert RESULTS["programs"] >= 50_000
    assert min(RESULTS["functions"].values()) > 1_000


def one_step(function, shape=(2, 3), axis=None):
    return Program((shape,), (Instruction(function, (0,), axis),), (1,), 7)


@pytest.mark.parametrize("function", expressions.ONE)
def test_a_program_of_one_step(function):
    check(one_step(function))


@pytest.mark.parametrize("function", expressions.ALONG)
@pytest.mark.parametrize("axis", [0, 1])
def test_a_program_along_an_axis(function, axis):
    check(one_step(function, axis=axis))


# The check itself: each of the four ways must be able to disagree.


def mutated(monkeypatch, wrong):
    monkeypatch.setitem(FUNCTIONS, "sin", wrong)
    with pytest.raises(Disagreement) as error:
        check(one_step("sin"))
    return str(error.value)


def test_a_wrong_value_is_seen(monkeypatch):
    def wrong(lib, x):
        return lib.multiply(1.0 if lib is np else 1.0 + 1e-6, lib.sin(x))

    assert mutated(monkeypatch, wrong).startswith("value")


def test_a_cut_gradient_is_seen(monkeypatch):
    def wrong(lib, x):
        return lib.sin(x) if lib is np else ad.sin(x) * ad.stop_gradient(ad.ones_like(x) * 1.0)

    monkeypatch.setitem(FUNCTIONS, "sin", wrong)
    check(one_step("sin"))

    def cut(lib, x):
        return lib.sin(x) if lib is np else ad.stop_gradient(ad.sin(x)) + 0.0 * x

    assert mutated(monkeypatch, cut).startswith("forward and differences")


def test_a_wrong_direction_of_modes_is_seen(monkeypatch):
    class Lopsided(type(ad.sin)):
        """A sine whose rule for reverse mode is not that for forward mode."""

        def vjp(self, position, gradient, output, *inputs, **params):
            return 1.001 * super().vjp(position, gradient, output, *inputs, **params)

    lopsided = Lopsided()
    message = mutated(monkeypatch, lambda lib, x: np.sin(x) if lib is np else lopsided(x))
    assert message.startswith("reverse and forward")


def test_a_gradient_graph_that_remembers_is_seen(monkeypatch):
    class Remembering(type(ad.sin)):
        """A sine whose derivative is a number of the moment, and no node of the graph."""

        calls = 0

        def vjp(self, position, gradient, output, *inputs, **params):
            Remembering.calls += 1
            found = super().vjp(position, gradient, output, *inputs, **params)
            return found * (1.0 if Remembering.calls == 1 else 1.01)

    remembering = Remembering()
    message = mutated(monkeypatch, lambda lib, x: np.sin(x) if lib is np else remembering(x))
    assert message.startswith("numbers and graph")
