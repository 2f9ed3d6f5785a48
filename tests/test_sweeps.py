"""What a sweep takes, and what it ends."""

import numpy as np
import pytest

import autodiff as ad


def test_a_plain_list_that_is_sorted_will_do():
    w = ad.Variable(np.arange(3.0))
    nodes = list(ad.topological_sort((w * w).sum()))
    assert ad.forward(nodes) == 5.0
    ad.backward(nodes)
    np.testing.assert_array_equal(w.gradient, [0.0, 2.0, 4.0])


@pytest.mark.parametrize("sweep", [ad.forward, ad.backward])
def test_a_sweep_ends_a_recording(sweep):
    """What was decided before it does not matter to a graph that is built after it."""
    v, w = ad.Variable(1.0), ad.Variable(1.0)
    sweep(ad.topological_sort(v * 2.0 if v > 0 else v))
    order = ad.topological_sort(w * 3.0)
    v.output = -1.0
    assert ad.forward(order) == 3.0
