"""What is swept in place of a graph, as a compiled program is."""

import pytest

import autodiff as ad


class Doubling(ad.ordering.Sweepable):
    def __init__(self):
        self.calls = []

    def forward(self):
        self.calls.append("forward")
        return 2.0

    def backward(self, gradient=None, accumulate=False):
        self.calls.append((gradient, accumulate))


def test_a_program_is_swept_in_place_of_a_graph():
    program = Doubling()
    assert ad.forward(program) == 2.0
    assert ad.backward(program) is None
    ad.backward(program, 3.0, accumulate=True)
    assert program.calls == ["forward", (None, False), (3.0, True)]


@pytest.mark.parametrize("sweep", [ad.forward, ad.backward])
def test_the_sweep_of_a_program_ends_a_recording_too(sweep):
    v, w = ad.Variable(1.0), ad.Variable(1.0)
    assert v > 0
    sweep(Doubling())
    order = ad.topological_sort(w * 3.0)
    v.output = -1.0
    assert ad.forward(order) == 3.0


@pytest.mark.parametrize("missing", ["forward", "backward"])
def test_a_program_states_both_sweeps(missing):
    stated = {"forward": lambda self: 3.0, "backward": lambda self: None}
    del stated[missing]
    with pytest.raises(TypeError, match=f"abstract class Half .*'?{missing}"):
        type("Half", (ad.ordering.Sweepable,), stated)()
