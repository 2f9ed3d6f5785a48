"""JAX against this library: a fixed share of the composites, and every perturbation program.

`make conformance` compares all composites and writes `results/jax.json`.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from composites import GRAMMAR, composite
from confusion import PROGRAMS
from share import chosen

import autodiff as ad

RESULTS = json.loads((Path(__file__).parent / "results" / "jax.json").read_text())
SHARE = 0.05
FEW = [seed for seed in range(RESULTS["composites"]) if chosen(f"composite {seed}", SHARE)]


@pytest.fixture(scope="module")
def jax_comparison():
    pytest.importorskip("jax", reason="JAX is not installed: make conformance installs it")
    return pytest.importorskip("jax_comparison")


@pytest.mark.parametrize("seed", FEW)
def test_composite(seed, jax_comparison):
    assert jax_comparison.outcome(seed) == {} or seed in jax_comparison.EXPLAINED


@pytest.mark.parametrize("name", PROGRAMS)
def test_perturbation_confusion(name, jax_comparison):
    program, wanted = PROGRAMS[name]
    for outer, inner in jax_comparison.MIXTURES:
        found = jax_comparison.in_jax(program, outer, inner)
        assert found == pytest.approx(wanted, rel=1e-12, abs=1e-12)


def test_complex_functions(jax_comparison):
    assert jax_comparison.complex_outcomes() == {}


def test_a_wrong_derivative_is_seen(jax_comparison):
    def f(lib, x):
        name = type(lib).__name__
        return lib.sum(lib.sin(x)) if name == "Jax" else lib.sum(lib.sin(x) * 1.0001)

    x = composite(0).at
    assert set(jax_comparison.compare(f, x, x)) == {
        "value",
        "value of nodes",
        "grad",
        "jvp",
        "hessian",
    }


def test_a_composite_depends_on_its_seed_alone():
    assert composite(5) == composite(5) != composite(6)
    f, again = composite(5), composite(5)
    assert f(ad, f.at) == again(ad, again.at)


def test_where_jax_is_wrong_this_library_is_right():
    """Near 0, sinc'' is -pi^2/3 + pi^4 x^2/10 - ..., of which JAX keeps six digits."""
    [x, _] = composite(117).at * 0.3
    assert composite(117).instructions[0].function == "sinc" and abs(x) < 1e-4
    exact = -(np.pi**2) / 3 + np.pi**4 * x**2 / 10
    assert ad.grad(ad.grad(ad.sinc))(x) == pytest.approx(exact, rel=1e-14)


def test_the_committed_composites_are_those_of_the_grammar():
    assert RESULTS["passed"] >= 100
    assert RESULTS["passed"] + len(RESULTS["failed"]) == RESULTS["composites"]
    assert set(RESULTS["functions"]) == set(GRAMMAR)
    assert RESULTS["complex functions failed"] == {}


def test_every_disagreement_is_explained():
    assert [seed for seed, why in RESULTS["failed"].items() if "sinc" not in why] == []
