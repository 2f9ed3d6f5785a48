"""Gradients stated by the user, of several arguments and in every mode."""

import numpy as np
import pytest

import autodiff as ad


@ad.custom_gradient
def product(x, y):
    """The product, with a gradient ten times too large, so that one sees which was used."""
    return x * y, lambda g: (10.0 * g * y, 10.0 * g * x)


def test_forward_mode_adds_the_shares_of_all_arguments():
    value, tangent = ad.jvp(product, (2.0, 3.0), (5.0, 7.0))
    assert (value, tangent) == (6.0, 10.0 * (5.0 * 3.0 + 7.0 * 2.0))
    assert not isinstance(tangent, ad.Operator)


def test_forward_mode_inside_another_transform_can_be_differentiated():
    def along(x):
        return ad.jvp(lambda x: product(x, x * x), (x,), (1.0,))[1]

    # 10 (y + x y') with y = x^2 is 30 x^2.
    assert along(2.0) == 10.0 * (4.0 + 2.0 * 4.0)
    assert ad.grad(along)(2.0) == pytest.approx(120.0)


def test_it_has_the_name_and_the_words_of_the_function():
    assert product.__name__ == "product" and "ten times" in product.__doc__
    node = product(ad.Variable(2.0), 3.0)
    assert node.primitive.name == "product"
    nameless = ad.custom_gradient(lambda x: (x, lambda g: g))
    assert nameless(ad.Variable(2.0)).primitive.name == "<lambda>"


def test_a_value_may_be_a_node_or_a_number():
    w = ad.Variable(np.arange(3.0))
    from_node = ad.custom_gradient(lambda x: (ad.Constant(x) * 2.0, lambda g: g))
    np.testing.assert_array_equal(from_node(w).output, [0.0, 2.0, 4.0])
    from_number = ad.custom_gradient(lambda x: (3, lambda g: None))
    assert from_number(w).output == 3 and from_number(w).output.dtype == int


@ad.custom_gradient
def weighted(params, pair, x):
    """Arguments that are trees, with gradients that one can tell apart."""
    value = params["w"] * x + params["b"] + pair[0] * pair[1]
    return value, lambda g: ({"b": 3.0 * g, "w": 2.0 * g * x}, [5.0 * g, None], 7.0 * g)


def test_arguments_may_be_trees():
    params, pair = {"w": 2.0, "b": 3.0}, [4.0, 5.0]
    assert weighted(params, pair, 6.0) == 35.0
    found = ad.grad(weighted, (0, 1, 2))(params, pair, 6.0)
    assert found == ({"w": 12.0, "b": 3.0}, [5.0, 0.0], 7.0)
    tangents = ({"w": 1.0, "b": 0.0}, [0.0, 1.0], 1.0)
    assert ad.jvp(weighted, (params, pair, 6.0), tangents)[1] == 12.0 + 7.0
    assert ad.grad(lambda x: ad.grad(weighted)(params, pair, x)["w"])(6.0) == 2.0


def test_the_only_argument_may_be_a_list():
    total = ad.custom_gradient(lambda parts: (parts[0] + parts[1], lambda g: [2.0 * g, 3.0 * g]))
    assert ad.grad(total)([1.0, 1.0]) == [2.0, 3.0]
    assert ad.grad(lambda x: total([x, 1.0]))(1.0) == 2.0


def test_a_list_of_numbers_is_an_array():
    doubled = ad.custom_gradient(lambda x, y: (x * 2 + y, lambda g: (None, g)))
    np.testing.assert_array_equal(doubled([1.0, 2.0], ad.Variable(1.0)).output, [3.0, 5.0])


def test_keyword_arguments_are_handed_on():
    @ad.custom_gradient
    def scaled(x, *, by=1.0):
        return x * by, lambda g: 10.0 * g * by

    assert scaled(2.0, by=3.0) == 6.0
    assert ad.grad(scaled)(2.0, by=3.0) == 30.0
    assert scaled(ad.Variable(2.0), by=3.0).primitive.name == "scaled"
    with pytest.raises(ad.DifferentiationError, match="scaled: no gradient is stated for .* by,"):
        scaled(2.0, by=ad.Variable(3.0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
def test_a_gradient_has_the_dtype_of_its_argument(dtype):
    x = np.ones(2, dtype)
    for share in (np.ones(2, int), np.ones(2), np.ones(2, complex)):
        f = ad.custom_gradient(lambda x, share=share: (x * 2.0, lambda g: share))
        found = ad.grad(lambda x, f=f: ad.sum(ad.real(f(x))))(x)
        assert found.dtype == dtype and (found == 1.0).all()
        w = ad.Variable(x)
        assert ad.gradients(ad.sum(ad.real(f(w))), w).dtype == dtype


AT = np.array([1.0, 2.0])


def test_of_a_tree_every_leaf_is_stopped():
    def f(params):
        fixed = ad.stop_gradient(params)
        return np.sum(fixed["w"][0] * params["w"][0]) + params["b"] * fixed["b"]

    gradient = ad.grad(f)({"w": [AT], "b": 3.0})
    np.testing.assert_array_equal(gradient["w"][0], AT)
    assert gradient["b"] == 3.0


def test_forward_mode_is_stopped_too():
    value, tangent = ad.jvp(lambda x: ad.stop_gradient([x, x])[1] * 2.0, (AT,), (AT,))
    np.testing.assert_array_equal(value, 2.0 * AT)
    np.testing.assert_array_equal(tangent, [0.0, 0.0])


def test_of_an_array_it_is_an_array_and_of_a_tree_a_tree():
    assert isinstance(ad.stop_gradient(AT), np.ndarray)
    assert isinstance(ad.stop_gradient(ad.Variable(AT)), ad.Operator)
    stopped = ad.stop_gradient({"a": (AT, 1.0)})
    assert stopped["a"][1] == 1.0 and stopped["a"][0].tolist() == AT.tolist()


def test_a_complex_gradient_keeps_its_imaginary_part_for_a_complex_argument():
    share = np.array([1 + 2j, 3 - 4j])
    f = ad.custom_gradient(lambda x: (x * 2.0, lambda g: share))
    assert ad.grad(lambda x: ad.sum(ad.real(f(x))))(np.ones(2, np.complex64)).tolist() == list(
        share
    )
