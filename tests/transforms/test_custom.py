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
