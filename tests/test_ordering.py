"""A sorted graph is a list that finds nodes by what they are."""

import threading

import numpy as np
import pytest

import autodiff as ad

W = ad.Variable(np.ones(3), name="w")
LOSS = (W * W).sum()
ORDER = ad.topological_sort(LOSS)


def test_a_node_is_found_by_identity():
    twin = ad.Variable(np.ones(3))
    assert W in ORDER and LOSS in ORDER and twin not in ORDER
    assert ORDER.index(W) == 0 and ORDER.index(LOSS) == 2
    assert (ORDER.count(W), ORDER.count(twin)) == (1, 0)


@pytest.mark.parametrize("bounds", [(1,), (0, 0)])
def test_a_node_that_is_not_there(bounds):
    with pytest.raises(ad.GraphError, match="Variable 'w' of shape .* is not in this graph"):
        ORDER.index(W, *bounds)


def test_accumulation_holds_for_variables_also_when_the_batch_changes():
    x, w = ad.Constant(np.ones((4, 3))), ad.Variable(np.ones(3))
    order = ad.topological_sort((x @ w).sum())
    ad.backward(order)
    x.output = np.ones((2, 3))
    ad.forward(order)
    ad.backward(order, accumulate=True)
    np.testing.assert_array_equal(w.gradient, np.full(3, 6.0))


def test_a_root_named_twice_hides_no_other():
    a, b = ad.Variable(1.0), ad.Variable(2.0)
    order = ad.topological_sort([a, a, b])
    assert [node is other for node, other in zip(order, (a, b), strict=True)] == [True, True]
    assert type(order)().branches is None


def test_the_order_is_that_of_a_depth_first_recursion():
    def recursive(node):
        if node not in visited:
            visited.add(node)
            for operand in node.inputs:
                recursive(operand)
            expected.append(node)

    rng = np.random.default_rng(0)
    nodes = [ad.Variable(1.0), ad.Variable(2.0)]
    for _ in range(100):
        left, right = rng.integers(max(0, len(nodes) - 6), len(nodes), size=2)
        nodes.append(nodes[left] + (nodes[right] if rng.random() < 0.7 else 1.0))
    roots = [nodes[60], nodes[-1], nodes[30]]
    visited, expected = set(), []
    for root in roots:
        recursive(root)
    order = ad.topological_sort(roots)
    assert list(map(id, order)) == list(map(id, expected)) and len(order) > 60


def test_each_thread_begins_with_a_recording_of_its_own():
    found = []
    thread = threading.Thread(target=lambda: found.append(ad.recording.thread.state.recording))
    thread.start()
    thread.join()
    assert found == [0]
