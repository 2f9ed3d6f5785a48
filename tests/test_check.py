"""A checker is worth what it catches: rules with planted faults, of every mode and order."""

import dataclasses

import numpy as np
import pytest

import autodiff as ad
from autodiff.primitives.kinds import General

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3))


class Rule(General):
    """The square with stated derivatives, outside the catalogue."""

    def __init__(self, name, reverse=None, forward=None):
        self.name = name
        self.reverse = reverse or (lambda g, x: g * 2.0 * x)
        self.forward = forward or (lambda t, x: t * 2.0 * x)

    def function(self, x):
        return x * x

    def vjp(self, position, gradient, output, x):
        return self.reverse(gradient, x)

    def jvp(self, tangents, output, x):
        return self.forward(tangents[0], x)


right = Rule("right")


class Twice(Rule):
    """2 x, the derivative of the square, again with stated derivatives."""

    def __init__(self, name, reverse=None, forward=None):
        super().__init__(name, reverse or (lambda g, x: g * 2.0), forward or (lambda t, x: t * 2.0))

    def function(self, x):
        return 2.0 * x


def test_right_derivatives_pass():
    assert ad.check_grads(right, (X,), order=3) is None
    ad.check_grads(lambda x, w: ad.tanh(x @ w).sum(), (X, RNG.normal(size=(3, 4))), order=3)
    ad.check_grads(lambda x: np.exp(x) / (1 + x**2), (X,))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_wrong_first_derivative_is_caught(mode):
    fault = Rule("fault", **{mode: lambda direction, x: direction * 2.1 * x})
    with pytest.raises(ad.GradientError, match=f"derivative of order 1, {mode} mode"):
        ad.check_grads(fault, (X,))
    other = {"forward": "reverse", "reverse": "forward"}[mode]
    ad.check_grads(fault, (X,), modes=other, order=1)


@pytest.mark.parametrize("inner", ["forward", "reverse"])
@pytest.mark.parametrize("outer", ["forward", "reverse"])
def test_a_wrong_second_derivative_is_caught(inner, outer):
    twice = Twice("twice", **{outer: lambda direction, x: direction * 3.0})
    fault = Rule("fault", **{inner: lambda direction, x: direction * twice(x)})
    ad.check_grads(fault, (X,), order=1)
    with pytest.raises(ad.GradientError, match=f"derivative of order 2, {outer} over {inner} mode"):
        ad.check_grads(fault, (X,), order=2)


def test_a_third_derivative_is_checked_where_it_is_asked_for():
    # The second derivative of x^3 is 6 x; its derivative is said to be 7.
    six = Twice("six", lambda g, x: g * 7.0, lambda t, x: t * 7.0)
    six.function = lambda x: 6.0 * x
    three = Rule("three", lambda g, x: g * six(x), lambda t, x: t * six(x))
    three.function = lambda x: 3.0 * x * x
    cube = Rule("cube", lambda g, x: g * three(x), lambda t, x: t * three(x))
    cube.function = lambda x: x * x * x
    ad.check_grads(cube, (X,), order=2)
    with pytest.raises(ad.GradientError, match="derivative of order 3, forward over forward over"):
        ad.check_grads(cube, (X,), order=3)


@dataclasses.dataclass
class Pair:
    left: object
    right: object


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_the_message_names_argument_index_and_numbers(mode):
    spoilt = np.ones((2, 3))
    spoilt[1, 2] = 1.5
    fault = Rule("fault", **{mode: lambda direction, x: direction * 2.0 * x * spoilt})
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

    def f(scale, tree):
        return (scale * fault(tree["w"][1].right)).sum()

    with pytest.raises(ad.GradientError) as caught:
        ad.check_grads(f, (2.0, {"b": 1.0, "w": [X, Pair(0.5, x)]}), modes=mode)
    message = str(caught.value)
    assert "1 of 15 derivatives of the result differ" in message
    assert "args[1]['w'][1].right, index (1, 2): expected 24" in message
    assert "found 36, which differs by 12 (0.5 of it)" in message
    assert isinstance(caught.value, AssertionError) and isinstance(caught.value, ad.AutodiffError)


def test_the_worst_come_first_and_not_all_are_listed():
    off = np.array([1.0, 1.01, 1.1, 1.02, 1.03, 1.04, 1.05])
    fault = Rule("fault", lambda g, x: g * 2.0 * x * off)
    with pytest.raises(ad.GradientError) as caught:
        ad.check_grads(lambda x: fault(x).sum(), (np.ones(7),), modes="reverse")
    first, *rest = str(caught.value).splitlines()
    assert "6 of 7 derivatives" in first and len(rest) == 5
    assert "index (2,)" in rest[0] and "index (6,)" in rest[1]


def test_one_wrong_element_among_many_is_caught():
    spoilt = np.ones(10_000)
    spoilt[1234] = 1.1
    fault = Rule("fault", lambda g, x: g * 2.0 * x * spoilt)
    x = np.random.default_rng(0).normal(size=10_000)
    with pytest.raises(ad.GradientError, match=r"1 of 10000 derivatives.*\n.*index \(1234,\)"):
        ad.check_grads(lambda x: fault(x).sum(), (x,), modes="reverse", order=1)


def test_results_may_be_trees_and_arrays():
    def f(x, w):
        return {"product": x @ w, "rest": [ad.sin(x), 3.0]}

    ad.check_grads(f, (X, RNG.normal(size=(3, 2))))
    fault = Rule("fault", lambda g, x: g * 2.2 * x)
    with pytest.raises(
        ad.GradientError, match="the result, weighted by fixed random numbers, differ"
    ):
        ad.check_grads(lambda x: {"a": ad.exp(x), "b": [fault(x)]}, (X,))


def test_a_rule_that_forgets_an_operand_is_caught():
    class Forgetful(General):
        name = "forgetful"

        def function(self, x, y):
            return x * y

        def vjp(self, position, gradient, output, x, y):
            return gradient * y if position == 0 else None

        def jvp(self, tangents, output, x, y):
            return None if tangents[0] is None else tangents[0] * y

    with pytest.raises(ad.GradientError, match=r"args\[1\]: expected 2, found 0"):
        ad.check_grads(Forgetful(), (2.0, 3.0), modes="reverse", order=1)


def test_complex_arguments_are_checked_in_both_parts():
    z = RNG.normal(size=3) + 1j * RNG.normal(size=3)
    ad.check_grads(lambda z: ad.exp(z) * z, (z,))
    ad.check_grads(lambda z: ad.abs(z).sum(), (z,), order=1)
    forgot_conj = Rule("forgot_conj", lambda g, x: g * 2.0 * x)
    with pytest.raises(
        ad.GradientError, match=r"args\[0\], index \(\d,\), imaginary part: expected"
    ):
        ad.check_grads(forgot_conj, (z,), modes="reverse")


def test_float32_is_checked_in_float64():
    seen = set()

    def f(x):
        seen.add(x.dtype)
        return ad.exp(x).sum()

    ad.check_grads(f, (X.astype(np.float32),))
    assert seen == {np.dtype(np.float64)}
    with pytest.raises(ad.DtypeError, match="result .* float32 for float64 arguments; .* mislead"):
        ad.check_grads(lambda x: ad.astype(x, np.float32), (X,))


def test_float32_differences_mislead():
    """Why: the same step in float32 calls a right derivative wrong."""
    x, h = np.float32(3.0), np.float32(np.finfo(float).eps ** (1 / 3))
    slope = (np.square(x + h) - np.square(x - h)) / (2 * h)
    assert abs(slope - 6.0) / 6.0 > 0.01


def test_beside_a_kink_each_element_counts_for_itself():
    ad.check_grads(lambda x: ad.relu(x).sum(), (np.array([-1.0, 1e-5, 2.0]),), order=1)


@pytest.mark.parametrize("modes", ["backward", ("forward", "adjoint"), (1,)])
def test_unknown_modes_are_refused(modes):
    with pytest.raises(ad.ArgumentError, match="modes are 'forward' and 'reverse'; got"):
        ad.check_grads(right, (X,), modes=modes)


def test_no_mode_is_refused():
    with pytest.raises(ad.ArgumentError, match="modes is empty"):
        ad.check_grads(right, (X,), modes=())


@pytest.mark.parametrize("order", [0, -1, 1.5, True, "2"])
def test_an_order_is_a_positive_integer(order):
    with pytest.raises(ad.ArgumentError, match="order is a positive integer"):
        ad.check_grads(right, (X,), order=order)


def test_arguments_come_in_a_tuple():
    with pytest.raises(ad.ArgumentError, match=r"args is the tuple .* such as \(x,\); got ndarray"):
        ad.check_grads(right, X)
    with pytest.raises(ad.ArgumentError, match="args holds no array"):
        ad.check_grads(lambda: 1.0, ())


@pytest.mark.parametrize("labels", [3, np.array([1, 2]), np.array([True]), "seven"])
def test_what_has_no_derivative_is_refused_by_its_place(labels):
    with pytest.raises(ad.DtypeError, match=r"args\[1\]\['labels'\] has dtype .* no derivative"):
        ad.check_grads(lambda x, d: x, (X, {"labels": labels}))


def test_nodes_are_refused():
    with pytest.raises(ad.DtypeError, match=r"args\[0\] is Variable 'w' .* pass node\.output"):
        ad.check_grads(right, (ad.Variable(X, name="w"),))


def test_a_function_must_be_one():
    noise = np.random.default_rng(0)
    with pytest.raises(ad.ArgumentError, match="two results for the same arguments"):
        ad.check_grads(lambda x: x * noise.normal(), (X,))
    with pytest.raises(ad.DtypeError, match="a result of the function has dtype int64"):
        ad.check_grads(lambda x: np.arange(3), (X,))
    with pytest.raises(ad.ArgumentError, match="a result of the function is not finite"):
        ad.check_grads(lambda x: x * np.inf, (np.ones(2),))
