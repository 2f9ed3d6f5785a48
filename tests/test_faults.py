"""Faults seen in other teaching libraries, each as a test that this library does not have it."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.normal(size=(6, 1, 8, 8)), np.array([0, 1, 2, 0, 1, 2])


def small_network():
    ad.manual_seed(0)
    return ad.nn.Sequential(
        ad.nn.Conv2d(1, 2, 3),
        ad.nn.ReLU(),
        ad.nn.MaxPool2d(2),
        ad.nn.Flatten(),
        ad.nn.Linear(18, 3),
    )


def test_flatten_that_cuts_the_graph_so_that_filters_never_train():
    model = small_network()
    loss = ad.cross_entropy(model(ad.Constant(IMAGES)), LABELS)
    ad.backward(ad.topological_sort(loss))
    for name, parameter in model.named_parameters():
        assert np.any(parameter.gradient), f"{name} has no gradient"


def test_data_that_cuts_the_graph():
    w = ad.Variable(np.ones(3))
    assert not hasattr(w, "data")
    with pytest.raises(ad.DtypeError, match="would cut the graph"):
        np.array(w * 2.0)
    with pytest.raises(ad.ArgumentError, match="would cut the graph"):
        ad.Variable(w * 2.0)


@pytest.mark.parametrize(
    "reduce",
    [
        lambda x: ad.mean(x),
        lambda x: ad.max(x),
        lambda x: ad.min(x, axis=(2, 3)),
        lambda x: ad.max_pool2d(x, 2),
        lambda x: ad.avg_pool2d(x, 2),
    ],
)
def test_mean_max_or_pooling_without_gradient(reduce):
    ad.check_grads(reduce, (IMAGES[:2],), order=1)


def test_backward_that_takes_two_to_the_n_steps():
    calls = []

    @ad.custom_gradient
    def counted(x):
        return x * 1.0, lambda gradient: (calls.append(1), gradient)[1]

    x = ad.Variable(1.0)
    root = x
    for _ in range(40):
        root = counted(root)
        root = root + root
    order = ad.topological_sort(root)
    ad.backward(order)
    assert len(order) == 81 and len(calls) == 40
    assert x.gradient == 2.0**40


def test_recursion_error_at_a_thousand_nodes():
    depth = 10 * sys.getrecursionlimit()

    def chain(x):
        for _ in range(depth):
            x = x + 1.0
        return x * x

    x = ad.Variable(0.0)
    order = ad.topological_sort(chain(x))
    ad.forward(order)
    ad.backward(order)
    assert x.gradient == ad.gradients(order[-1], x).output == ad.grad(chain)(0.0) == 2.0 * depth
    assert ad.jvp(chain, (0.0,), (1.0,))[1] == 2.0 * depth
    assert "add" in repr(order[2])


@pytest.mark.parametrize("shapes", [((3,), (2, 3)), ((2, 1), (1, 3)), ((), (2, 3)), ((1, 1), (3,))])
@pytest.mark.parametrize("apply", [ad.add, ad.subtract, ad.multiply, ad.divide, ad.maximum])
def test_broadcasting_whose_gradient_has_the_wrong_shape(shapes, apply):
    a, b = [ad.Variable(RNG.uniform(1, 2, shape)) for shape in shapes]
    ad.backward(ad.topological_sort(apply(a, b).sum()))
    assert a.gradient.shape == a.shape and b.gradient.shape == b.shape
    ad.check_grads(apply, (a.output, b.output), order=1)


def test_a_bias_added_to_a_batch_gets_the_sum_over_the_batch():
    bias = ad.Variable(np.zeros(3))
    ad.backward(ad.topological_sort(np.sum(np.ones((5, 3)) + bias)))
    np.testing.assert_array_equal(bias.gradient, [5.0, 5.0, 5.0])


def test_minus_x_with_the_wrong_gradient():
    for negate in (lambda x: -x, lambda x: 0.0 - x, lambda x: x * -1, lambda x: 1.0 - x):
        assert ad.grad(negate)(2.0) == -1.0
    assert ad.grad(lambda x: (-x) * (-x))(3.0) == 6.0
    assert ad.grad(lambda a, b: a - b, (0, 1))(5.0, 3.0) == (1.0, -1.0)


@pytest.mark.parametrize("f", [ad.tanh, ad.sigmoid, ad.gelu, ad.softmax, ad.log_softmax])
def test_tanh_that_overflows(f):
    for scale in (1e2, 1e4, 1e100):
        x = scale * np.array([-1.0, 0.0, 1.0])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            value, gradient = ad.value_and_grad(lambda x: f(x)[1])(x)
        assert np.isfinite(value) and np.isfinite(gradient).all()


def test_ties_in_max():
    """The gradient is shared, so that a step along it changes the maximum as it says."""
    np.testing.assert_array_equal(ad.grad(np.max)(np.array([2.0, 1.0, 2.0])), [0.5, 0.0, 0.5])
    assert ad.grad(ad.maximum, (0, 1))(3.0, 3.0) == (0.5, 0.5)
    assert ad.grad(lambda x: ad.maximum(x, x))(3.0) == 1.0
    pooled = ad.grad(lambda x: ad.max_pool2d(x, 2).sum())(np.zeros((1, 1, 2, 2)))
    assert pooled.sum() == 1.0


def test_demos_that_are_not_seeded_and_miss_the_accuracy_they_promise():
    def run():
        model = small_network()
        history = ad.training.fit(model, (IMAGES, LABELS), epochs=3, batch_size=4, progress=False)
        return history.loss, model.state_dict()

    (losses, state), (again, same) = run(), run()
    assert losses == again
    for name, array in state.items():
        np.testing.assert_array_equal(array, same[name])


def test_a_second_backward_that_doubles_the_gradients():
    w = ad.Variable(3.0)
    order = ad.topological_sort(w * w)
    for _ in range(3):
        ad.backward(order)
        assert w.gradient == 6.0


def test_a_gradient_sent_on_before_it_is_complete():
    """y is used twice; plain recursion would hand on its gradient after the first use."""
    assert ad.grad(lambda x: (lambda y: y * y + np.sin(y))(x * x))(1.0) == pytest.approx(
        2 * (2 + np.cos(1.0))
    )


FIRST_CHANGE = """
import autodiff as ad

w, x = ad.Variable(1.0), ad.Constant(1.0)
y = w * 2.0 if x > 0 else w * 3.0
order = ad.topological_sort(y)
x.output = -1.0
for sweep in (ad.forward, ad.backward):
    try:
        sweep(order)
    except ad.AutodiffError as error:
        print(type(error).__name__)
"""


def test_the_values_of_a_refused_branch_are_not_differentiated_from_the_first_change_on():
    """In a process of its own: in this one, leaves have changed before."""
    run = [sys.executable, "-c", FIRST_CHANGE]
    found = subprocess.run(run, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["BranchError", "StaleError"]
