"""Which of the two sweeps a matrix of derivatives is made by, and for which argument."""

import gc
import importlib.util
import weakref

import numpy as np
import pytest

import autodiff as ad
from autodiff.primitives.kinds import General

X = np.array([0.5, -1.0, 2.0])


class BackwardOnly(General):
    """Doubles, and has no derivative in forward mode."""

    def function(self, x):
        return x * 2.0

    def shape(self, x):
        return x

    def vjp(self, position, gradient, output, x):
        return gradient * 2.0


class ForwardOnly(General):
    """Doubles, and has no derivative in reverse mode."""

    def function(self, x):
        return x * 2.0

    def shape(self, x):
        return x

    def jvp(self, tangents, output, x):
        return tangents[0] * 2.0


@pytest.mark.parametrize(
    ("rows", "mode", "right", "wrong"),
    [
        (2, None, BackwardOnly(), ForwardOnly()),
        (3, None, BackwardOnly(), ForwardOnly()),
        (4, None, ForwardOnly(), BackwardOnly()),
        (4, "reverse", BackwardOnly(), ForwardOnly()),
        (2, "forward", ForwardOnly(), BackwardOnly()),
    ],
)
def test_the_shorter_way_is_taken_or_the_one_that_is_asked_for(rows, mode, right, wrong):
    matrix = np.arange(rows * 3.0).reshape(rows, 3)
    found = ad.jacobian(lambda x: matrix @ right(x), mode=mode)(X)
    np.testing.assert_array_equal(found, 2.0 * matrix)
    with pytest.raises(ad.DifferentiationError, match="has no (forward|reverse)-mode derivative"):
        ad.jacobian(lambda x: matrix @ wrong(x), mode=mode)(X)


def test_of_several_arguments_the_first_is_meant():
    assert ad.jacobian(lambda x, y: x**2.0 * y)(3.0, 5.0) == 30.0
    assert ad.hessian(lambda x, y: x**2.0 * y**3.0)(3.0, 2.0) == 16.0
    assert ad.jacobian(lambda x, y: x**2.0 * y, 1)(3.0, 5.0) == 9.0
    assert ad.hessian(lambda x, y: x**2.0 * y**3.0, 1)(3.0, 2.0) == 108.0


def test_no_elements_have_a_matrix_of_no_elements():
    assert ad.jacobian(lambda x: x[:0])(X).shape == (0, 3)
    assert ad.jacobian(lambda x: np.sum(x) * X)(X[:0]).shape == (3, 0)


@pytest.mark.parametrize("transform", [ad.jacobian, ad.hessian, ad.grad, ad.value_and_grad])
def test_a_transformed_function_keeps_its_name(transform):
    def energy(x):
        return np.sum(x)

    assert transform(energy).__name__ == "energy"


@pytest.mark.parametrize(
    "wrap", [ad.checkpoint, lambda f: ad.custom_gradient(lambda x: (f(x), lambda g: g))]
)
def test_a_primitive_that_was_made_for_one_function_is_freed_with_it(wrap):
    def primitive_of_a_graph():
        order = ad.topological_sort(wrap(lambda x: x * 2.0)(ad.Variable(1.0)))
        ad.forward(order)
        return weakref.ref(order[-1].primitive)

    found = primitive_of_a_graph()
    gc.collect()
    assert found() is None


def test_the_runs_of_checkpoints_are_told_apart_from_recordings():
    """A recording has a number from 0 upwards, so each run has one below."""
    node = ad.checkpoint(lambda x: x * 2.0)(ad.Variable(1.0))
    numbers = [node.primitive.run([1.0]).order[0].recording for _ in range(3)]
    assert max(numbers) < 0 and len(set(numbers)) == 3
    spec = importlib.util.find_spec("autodiff.transforms.memory")
    as_imported = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(as_imported)
    assert next(as_imported._numbers) == -1
