"""What the transforms take: functions, and trees whose dicts are matched by their keys."""

import numpy as np
import pytest

import autodiff as ad

X = np.array([1.0, 2.0, 3.0])


def test_dicts_are_matched_by_their_keys():
    def f(tree):
        return {"once": tree["a"] + 0.0, "twice": 2.0 * tree["b"]}

    tree = {"a": 3.0, "b": 5.0}
    tangent = {"b": 1.0, "a": 0.0}
    assert ad.jvp(f, (tree,), (tangent,))[1] == {"once": 0.0, "twice": 2.0}
    assert ad.vjp(f, tree)[1]({"twice": 1.0, "once": 0.0}) == ({"a": 0.0, "b": 2.0},)
    assert ad.hvp(lambda t: t["a"] ** 2 * t["b"], tree, tangent) == {"a": 6.0, "b": 0.0}
    with pytest.raises(ad.ArgumentError, match=r"a dict of \['a', 'b'\], the other has a dict of"):
        ad.jvp(f, (tree,), ({"a": 1.0, "c": 1.0},))
    with pytest.raises(ad.ArgumentError, match="one tangent for each primal: 2 arrays; got 1"):
        ad.jvp(f, (tree,), ({"a": 1.0, "b": None},))


@pytest.mark.parametrize(
    ("transform", "name"),
    [
        (ad.grad, "grad"),
        (ad.value_and_grad, "value_and_grad"),
        (ad.jacobian, "jacobian"),
        (ad.hessian, "grad"),
        (ad.checkpoint, "checkpoint"),
        (ad.custom_gradient, "custom_gradient"),
        (lambda f: ad.vjp(f, X), "vjp"),
        (lambda f: ad.jvp(f, (X,), (X,)), "jvp"),
        (lambda f: ad.hvp(f, X, X), "grad"),
    ],
)
def test_the_function_itself_is_wanted_and_not_its_value(transform, name):
    with pytest.raises(
        ad.DtypeError, match=f"^{name} takes a function; got .*float64.*, f, and not"
    ):
        transform(np.sum(X))


@pytest.mark.parametrize("arguments", [(3.0, ad.Variable(1.0)), (ad.Variable(1.0) * 2.0, 3.0)])
def test_gradients_takes_nodes(arguments):
    with pytest.raises(ad.GraphError, match="needs nodes; got the number 3.0"):
        ad.gradients(*arguments)


@pytest.mark.parametrize("argnums", [5, -6])
def test_an_argument_far_beyond_the_last_does_not_exist(argnums):
    with pytest.raises(ad.ArgumentError, match="there are 2 positional ones"):
        ad.grad(lambda a, b: a * b, argnums)(1.0, 2.0)


def test_a_result_that_is_returned_twice_gets_both_gradients():
    def twice(x):
        y = x * 1.0
        return [y, y]

    assert ad.vjp(twice, 2.0)[1]([2.0, 3.0]) == (5.0,)
