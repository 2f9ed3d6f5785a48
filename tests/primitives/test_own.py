"""Primitives that users state themselves, and what is said of those they state wrongly."""

import inspect

import numpy as np
import pytest

import autodiff as ad
from autodiff import catalogue
from autodiff.primitives.kinds import Elementwise, General
from autodiff.primitives.primitive import primitive


class SoftSign(Elementwise):
    """x / (1 + |x|)."""

    partials = (lambda y, x: (1.0 - ad.abs(y)) ** 2,)

    def function(self, x):
        return x / (1 + np.abs(x))


def test_an_instance_works_without_the_catalogue():
    soft_sign = SoftSign()
    assert (soft_sign.name, soft_sign.kind) == ("soft_sign", "Elementwise")
    ad.check_grads(soft_sign, (np.array([0.5, -2.0]),), order=2)
    assert "soft_sign" not in catalogue.functions


def test_a_name_that_is_taken_changes_nothing():
    class Exp(SoftSign):
        pass

    with pytest.raises(ad.ArgumentError, match="already holds a function called 'exp'"):
        primitive(Exp)
    assert catalogue.primitives["exp"] is ad.exp


def test_a_forgotten_partial_is_named():
    class Forgetful(SoftSign):
        partials = ()

    with pytest.raises(ad.DifferentiationError, match="forgetful states no partial for operand 0"):
        ad.grad(Forgetful())(1.0)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_rule_returns_a_gradient_for_each_operand(count):
    class Miscounted(type(ad.multiply)):
        """x * y."""

        def pull(self, positions, gradient, output, operands, params):
            return [gradient] * count

    message = f"'miscounted' returned {count} gradients for 2 operands; it returns one for each"
    with pytest.raises(ad.GraphError, match=message):
        ad.grad(Miscounted(), argnums=(0, 1))(1.0, 2.0)


def test_a_signature_is_that_of_the_function_unless_the_call_is_its_own():
    assert list(inspect.signature(ad.exp).parameters) == ["x"]
    assert list(inspect.signature(ad.argmax).parameters)[:2] == ["x", "axis"]
    assert "windows" not in inspect.signature(ad.max_pool2d).parameters


def test_a_function_may_return_a_python_number():
    class Half(SoftSign):
        def function(self, x):
            return 0.5

    assert Half()(ad.Variable(2.0)).output == 0.5


def test_other_bases_are_told_of_a_primitive_too():
    told = []

    class Listed:
        def __init_subclass__(cls):
            told.append(cls.__name__)

    class SoftSignListed(SoftSign, Listed):
        pass

    assert (told, SoftSignListed.name) == (["SoftSignListed"], "soft_sign_listed")


def test_an_error_of_ours_is_handed_on_whatever_the_shape_rule_says():
    class Picky(General):
        def function(self, x):
            raise ad.ArgumentError("too cold")

        def shape(self, x):
            raise ad.ShapeError("too small")

    with pytest.raises(ad.ArgumentError, match="picky: too cold"):
        Picky()(ad.Variable(1.0))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("sum", "Linear"), ("max", "General"), ("equal", "Nondifferentiable"), ("matmul", "Bilinear")],
)
def test_the_kind_is_one_of_the_five(name, kind):
    assert catalogue.primitives[name].kind == kind


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("gelu", (1.0,)),
        ("softmax", ([1.0, 2.0],)),
        ("log_softmax", ([1.0, 2.0],)),
        ("leaky_relu", (-1.0,)),
        ("full", ((2,), 3.0)),
        ("dropout", (1.0, 0.0)),
        ("mse_loss", ([1.0, 2.0], [2.0, 4.0])),
    ],
)
def test_a_function_made_of_primitives_is_in_the_catalogue_by_its_name(name, args):
    ours = getattr(ad, name)
    assert catalogue.functions[name] is ours and name not in catalogue.primitives
    np.testing.assert_array_equal(catalogue.functions[name](*args), ours(*args))


def test_broadcasting_is_undone_where_a_replay_may_bring_it_and_nowhere_else():
    def used(loss):
        return [n.primitive.name for n in ad.topological_sort(ad.gradients(loss, w)) if n.inputs]

    w, x = ad.Variable(np.ones((1, 3))), ad.Constant(np.ones((1, 3)))
    assert "sum_like" not in used((w * 2.0).sum())
    loss = (w * x).sum()
    assert "sum_like" in used(loss)
    order = ad.topological_sort(loss)
    x.output = np.ones((4, 3))
    ad.forward(order)
    ad.backward(order)
    assert w.gradient.tolist() == [[4.0] * 3]
