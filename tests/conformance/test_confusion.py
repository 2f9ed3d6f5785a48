"""Derivatives inside derivatives, in every mixture of the modes, against their closed forms."""

import pytest
from confusion import PROGRAMS

import autodiff as ad

MODES = {
    "reverse": ad.grad,
    "forward": lambda f: lambda x: ad.jvp(f, (x,), (1.0,))[1],
    "pullback": lambda f: lambda x: ad.vjp(f, x)[1](1.0)[0],
}


@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_closed_form(name, outer, inner):
    program, wanted = PROGRAMS[name]
    assert program(MODES[outer], MODES[inner], ad) == pytest.approx(wanted, rel=1e-12, abs=1e-12)
