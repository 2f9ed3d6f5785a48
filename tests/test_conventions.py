"""What we answer where there is no derivative, held against PyTorch's and JAX's answers.

The peers' answers are recorded; PyTorch is asked again where it is installed.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

import autodiff as ad

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
sys.path.append(str(BENCHMARKS))

from _conventions import CASES, ours, pytorch, same  # noqa: E402

RECORDED = json.loads((BENCHMARKS / "results" / "conventions.json").read_text())["answers"]

each_case = pytest.mark.parametrize(
    ("case", "recorded"),
    list(zip(CASES, RECORDED, strict=True)),
    ids=[f"{case.ours} at {case.at}" for case in CASES],
)


def gradient(recorded, peer):
    return [float(number) for number in recorded[peer]["gradient"]]


@each_case
def test_what_is_recorded_are_the_answers_to_these_programs(case, recorded):
    """If this fails: python benchmarks/conventions.py."""
    programs = recorded["torch"]["program"], recorded["jax"]["program"]
    assert (programs, recorded["at"]) == ((case.torch, case.jax), list(map(repr, case.at)))


@each_case
def test_every_difference_has_its_reason_and_every_reason_a_difference(case, recorded):
    mine = ours(case)
    agrees = [same(mine, gradient(recorded, peer)) for peer in ("torch", "jax")]
    assert any(agrees), "a convention of nobody else's"
    assert bool(case.reason) == (not all(agrees))
    for peer, name, agreed in zip(("PyTorch", "JAX"), ("JAX", "PyTorch"), agrees, strict=True):
        if case.reason and not agreed and "see" not in case.reason and "as for" not in case.reason:
            assert f"as in {name}" in case.reason and peer in case.reason


@each_case
@pytest.mark.filterwarnings("ignore:.*degrees of freedom")
def test_pytorch_still_answers_what_is_recorded(case, recorded, torch):
    assert same(pytorch(case, torch), gradient(recorded, "torch"))


def test_the_comparison_tells_gradients_apart():
    assert same([math.nan, 1.0], [math.nan, 1.0]) and same([-0.0], [0.0])
    assert not same([math.nan], [0.0]) and not same([1.0], [0.5])
    assert not same([math.inf], [-math.inf])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_conventions_do_not_depend_on_the_dtype(dtype):
    for f, at, expected in (
        (ad.relu, [0.0], [0.0]),
        (ad.abs, [0.0], [0.0]),
        (ad.max, [2.0, 2.0], [0.5, 0.5]),
        (lambda x: ad.maximum(x[0], x[1]), [1.0, 1.0], [0.5, 0.5]),
        (ad.linalg.norm, [0.0, 0.0], [0.0, 0.0]),
        (ad.prod, [0.0, 2.0], [2.0, 0.0]),
    ):
        found = ad.grad(lambda x, f=f: ad.sum(f(x)))(np.array(at, dtype))
        assert found.dtype == dtype and found.tolist() == expected


def test_forward_mode_has_the_same_conventions():
    """Both modes come from one rule; the directional derivative is the gradient's product."""
    for program, at in (
        (ad.relu, [0.0]),
        (ad.leaky_relu, [0.0]),
        (ad.abs, [0.0]),
        (ad.max, [2.0, 2.0, 1.0]),
        (ad.sort, [2.0, 1.0, 1.0]),
        (lambda x: ad.clip(x, -1.0, 1.0), [-1.0, 1.0]),
        (ad.linalg.norm, [0.0, 0.0]),
        (ad.prod, [0.0, 2.0, 3.0]),
    ):
        x, direction = np.array(at), np.arange(1.0, 1.0 + len(at))
        along = np.sum(ad.jvp(program, (x,), (direction,))[1])
        assert along == ad.grad(lambda x, f=program: ad.sum(f(x)))(x) @ direction
