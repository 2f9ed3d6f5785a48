"""Numbers at which a formula breaks: zeros, infinities, ties, empty and 0-d arrays, odd dtypes."""

import warnings

import numpy as np
import pytest

import autodiff as ad

INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("f", "x", "value", "gradient"),
    [
        (ad.relu, 0.0, 0.0, 0.0),
        (ad.relu, -0.0, 0.0, 0.0),
        (ad.relu, INF, INF, 1.0),
        (ad.relu, -INF, 0.0, 0.0),
        (ad.relu, NAN, NAN, 0.0),
        (ad.abs, 0.0, 0.0, 0.0),
        (ad.abs, -INF, INF, -1.0),
        (ad.square, 0.0, 0.0, 0.0),
        (ad.exp, -INF, 0.0, 0.0),
        (ad.exp, -1000.0, 0.0, 0.0),
        (ad.tanh, 1000.0, 1.0, 0.0),
        (ad.tanh, -INF, -1.0, 0.0),
        (ad.sigmoid, 1000.0, 1.0, 0.0),
        (ad.sigmoid, -1000.0, 0.0, 0.0),
        (ad.sigmoid, -INF, 0.0, 0.0),
        (ad.sigmoid, 0.0, 0.5, 0.25),
        (ad.erf, 0.0, 0.0, 2 / np.sqrt(np.pi)),
        (ad.log1p, 1e-20, 1e-20, 1.0),
        (ad.expm1, 1e-20, 1e-20, 1.0),
        (ad.leaky_relu, 0.0, 0.0, 0.01),
        (ad.leaky_relu, -2.0, -0.02, 0.01),
        (lambda x: x**2, 0.0, 0.0, 0.0),
        (lambda x: x**2, -3.0, 9.0, -6.0),
        (lambda x: x**3, -2.0, -8.0, 12.0),
        (lambda x: x**1, 0.0, 0.0, 1.0),
        (lambda x: x**0, 0.0, 1.0, 0.0),
        (lambda x: x**0, 5.0, 1.0, 0.0),
        (lambda x: x**True, 5.0, 5.0, 1.0),
        (lambda x: x**-1, -2.0, -0.5, -0.25),
        (lambda x: x ** np.array(2), -3.0, 9.0, -6.0),
        (lambda x: x ** np.array(0.0), 0.0, 1.0, 0.0),
        (lambda x: x ** np.array(1.0), 0.0, 0.0, 1.0),
        (lambda x: 0.0**x, 2.0, 0.0, 0.0),
        (lambda x: 0.0**x, 0.0, 1.0, 0.0),
        (lambda x: 2**x, 3.0, 8.0, 8 * np.log(2.0)),
        (lambda x: 1.0**x, 3.0, 1.0, 0.0),
        (lambda x: ad.maximum(x, 0.0), 0.0, 0.0, 0.5),
        (lambda x: ad.clip(x, 0.0, 1.0), 0.0, 0.0, 1.0),
        (lambda x: ad.clip(x, 0.0, 1.0), 1.0, 1.0, 1.0),
        (lambda x: ad.clip(x, 2.0, 1.0), 1.5, 1.0, 0.0),
        (lambda x: ad.where(x > 0, x, 0.0), 0.0, 0.0, 0.0),
        (lambda x: ad.where(True, x, x / 0.1), 2.0, 2.0, 1.0),
    ],
)
def test_value_and_derivative_without_a_warning(f, x, value, gradient):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ad.value_and_grad(f)(np.float64(x))
    np.testing.assert_allclose(found, (value, gradient), rtol=1e-15)


@pytest.mark.parametrize(
    ("f", "x", "value", "gradient"),
    [
        (ad.sqrt, 0.0, 0.0, INF),
        (ad.log, 0.0, -INF, INF),
        (ad.reciprocal, 0.0, INF, -INF),
        (lambda x: x**0.5, 0.0, 0.0, INF),
        (lambda x: x**-1, 0.0, INF, -INF),
        (lambda x: x**0.5, -1.0, NAN, NAN),
        (lambda x: (-2.0) ** x, 3.0, -8.0, NAN),
    ],
)
def test_where_there_is_no_derivative_it_says_so_as_numpy_does(f, x, value, gradient):
    with pytest.warns(RuntimeWarning, match="divide by zero|invalid value"):
        found = ad.value_and_grad(f)(x)
    np.testing.assert_array_equal(found, (value, gradient))


def test_a_value_that_is_not_chosen_does_not_reach_the_gradient():
    """The usual trap: the gradient 0 of the branch not taken, times infinity, is not a number."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = ad.grad(lambda x: ad.where(x > 0, ad.log(x), 0.0).sum())(np.array([0.0, 2.0]))
    assert found[1] == 0.5 and np.isnan(found[0])  # log itself met the 0: guard its operand
    guarded = ad.grad(lambda x: ad.where(x > 0, ad.log(ad.where(x > 0, x, 1.0)), 0.0).sum())
    np.testing.assert_array_equal(guarded(np.array([0.0, 2.0])), [0.0, 0.5])


@pytest.mark.parametrize(
    ("x", "value"),
    [
        ([-INF, -INF], -INF),
        ([INF, 0.0], INF),
        ([INF, -INF], INF),
        ([-INF, 0.0], 0.0),
        ([1000.0, 1000.0], 1000.0 + np.log(2.0)),
        ([-1000.0, -1000.0], -1000.0 + np.log(2.0)),
        ([NAN, 0.0], NAN),
    ],
)
def test_logsumexp(x, value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(ad.logsumexp(x), value, rtol=1e-15)
    if np.isfinite(value):
        gradient = ad.grad(ad.logsumexp)(np.array(x))
        np.testing.assert_allclose(gradient, np.exp(np.array(x) - value), rtol=1e-13)


def test_softmax_of_huge_and_masked_values():
    np.testing.assert_array_equal(ad.softmax([1e300, 0.0, -1e300]), [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(ad.softmax([-INF, 0.0]), [0.0, 1.0])
    np.testing.assert_array_equal(ad.log_softmax([-INF, 0.0]), [-INF, 0.0])


@pytest.mark.parametrize("shift", [1e5, -1e5, 1e30])
def test_a_shift_of_all_logits_changes_nothing(shift):
    """exp(x - logsumexp(x)) would lose a digit for each digit of the shift."""
    x = np.full(4, shift, np.float32)
    np.testing.assert_array_equal(ad.softmax(x), np.full(4, 0.25))
    np.testing.assert_allclose(ad.log_softmax(x), np.full(4, -np.log(4)), rtol=1e-7)
    value, gradient = ad.value_and_grad(ad.cross_entropy)(x, np.array(0))
    assert value == pytest.approx(np.log(4), rel=1e-7)
    np.testing.assert_allclose(gradient, [-0.75, 0.25, 0.25, 0.25])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_cross_entropy_of_huge_logits(dtype):
    logits = np.array([[3e4, -3e4, 0.0], [0.0, 3e4, -3e4]], dtype)
    value, gradient = ad.value_and_grad(ad.cross_entropy)(logits, np.array([0, 1]))
    assert value == 0.0 and value.dtype == gradient.dtype == dtype
    np.testing.assert_array_equal(gradient, np.zeros((2, 3)))
    wrong, gradient = ad.value_and_grad(ad.cross_entropy)(logits, np.array([2, 0]))
    assert wrong == 30000.0
    np.testing.assert_array_equal(gradient, [[0.5, 0.0, -0.5], [-0.5, 0.5, 0.0]])


@pytest.mark.parametrize("labels", [np.array([1, 0], np.uint8), np.array([1, 0], np.int32), [1, 0]])
def test_labels_of_any_integer_type(labels):
    logits = np.array([[1.0, 2.0], [0.5, 0.0]])
    expected = np.mean(np.log(np.exp(logits).sum(1)) - [2.0, 0.5])
    assert ad.cross_entropy(logits, labels) == pytest.approx(expected)
    assert ad.cross_entropy(ad.Variable(logits), labels).output == pytest.approx(expected)


def test_variance_of_equal_numbers_has_a_second_derivative():
    np.testing.assert_allclose(ad.hessian(ad.var)(np.ones(2)), [[0.5, -0.5], [-0.5, 0.5]])


@pytest.mark.parametrize("f", [ad.sum, ad.mean, ad.max, ad.min, ad.var, ad.logsumexp])
def test_0_d_arrays(f):
    x = ad.Variable(1.5)
    expected = 0.0 if f is ad.var else 1.5
    for node in (f(x), f(x, axis=()), f(x, keepdims=True)):
        assert type(node) is ad.BroadcastedOperator or type(node) is ad.ScalarOperator
        assert node.shape == () and node.output == expected


def test_mean_of_nothing_warns_as_numpy_does():
    with pytest.warns(RuntimeWarning, match="Mean of empty slice|invalid value"):
        assert np.isnan(ad.mean(np.zeros(0)))


@pytest.mark.parametrize("f", [ad.max, ad.min, ad.logsumexp, ad.argmax, ad.argmin])
def test_an_extremum_of_nothing_does_not_exist(f):
    with pytest.raises(ad.ShapeError, match=r"axis 0 of shape \(0, 2\) has length 0"):
        f(np.zeros((0, 2)), axis=0)
    assert f(np.zeros((0, 2)), axis=1).shape == (0,)


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: ad.exp(x), np.exp),
        (lambda x: ad.erf(x), None),
        (lambda x: ad.mean(x), np.mean),
        (lambda x: ad.var(x), np.var),
        (lambda x: ad.sum(x), np.sum),
        (lambda x: ad.max(x), np.max),
        (lambda x: ad.relu(x), lambda x: np.maximum(x, 0)),
        (lambda x: ad.clip(x, 1, 2), lambda x: np.clip(x, 1, 2)),
        (lambda x: ad.clip(x, 1), lambda x: np.clip(x, 1, None)),
        (lambda x: ad.square(x), np.square),
        (lambda x: ad.power(x, 2), lambda x: x**2),
        (lambda x: x / 2, lambda x: x / 2),
        (lambda x: -x, lambda x: -x),
    ],
)
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.int32])
def test_integers(f, expected, dtype):
    x = np.array([0, 1, 3], dtype)
    found, node = f(x), f(ad.Constant(x))
    assert found.dtype == node.dtype and not node.requires_grad
    np.testing.assert_array_equal(found, node.output)
    if expected is not None:
        assert found.dtype == expected(x).dtype
        np.testing.assert_array_equal(found, expected(x))


def test_integer_and_boolean_operands_beside_a_variable():
    w = ad.Variable(np.array([1.0, 2.0, 3.0], np.float32))
    counts, mask = np.array([1, 2, 3], np.int8), np.array([True, False, True])
    loss = (w * counts + w * mask + w * ad.Constant(mask)).sum()
    assert loss.dtype == np.float32
    ad.backward(ad.topological_sort(loss))
    np.testing.assert_array_equal(w.gradient, [3.0, 2.0, 5.0])
    assert w.gradient.dtype == np.float32
    assert ad.sum(ad.Constant(mask)).output == 2


def test_boolean_arithmetic_is_numpys():
    mask = ad.Constant([True, False])
    np.testing.assert_array_equal((mask + mask).output, [True, False])
    for refused in (lambda: -mask, lambda: mask - mask):
        with pytest.raises(ad.DtypeError, match="(?s)numpy boolean.*operand 0: Constant of shape"):
            refused()


@pytest.mark.parametrize(
    "layout",
    [
        np.asfortranarray,
        lambda x: x[::-1, ::-1],
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: x.astype(">f8"),
        lambda x: np.broadcast_to(x[:1], x.shape),
    ],
)
def test_odd_memory_layouts(layout):
    x = layout(np.arange(1.0, 7.0).reshape(2, 3))

    def f(x, w):
        return np.sum(
            np.tanh(x.reshape(3, 2) @ w) * x[:, ::2].T.sum() + np.concatenate([x, x])[0, 0]
        )

    w = np.ones((2, 2))
    plain = np.ascontiguousarray(x, dtype=float)
    for found, expected in zip(ad.grad(f, (0, 1))(x, w), ad.grad(f, (0, 1))(plain, w), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-15)
    order = ad.topological_sort(f(ad.Constant(x), ad.Variable(w)))
    ad.backward(order)


def test_mixed_precision_gradients_have_the_dtype_of_their_variable():
    single, double = ad.Variable(np.ones(3, np.float32)), ad.Variable(np.ones(3))
    loss = np.sum(single * double) + np.sum(np.concatenate([single, double])) + single @ double
    assert loss.dtype == np.float64
    ad.backward(ad.topological_sort(loss))
    assert single.gradient.dtype == np.float32 and double.gradient.dtype == np.float64
    assert [g.dtype for g in ad.gradients(loss, [single, double])] == [np.float32, np.float64]


def test_a_real_variable_beside_complex_ones_has_a_real_gradient():
    x, z = ad.Variable(2.0), ad.Variable(1 + 3j)
    loss = ad.abs(x * z) ** 2
    ad.backward(ad.topological_sort(loss))
    assert x.gradient == 40.0 and x.gradient.dtype == np.float64
    assert z.gradient == 8 * (1 + 3j)
