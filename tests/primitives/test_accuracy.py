"""Digits that a formula could lose: large means, huge and tiny lengths, no spread at all."""

import warnings

import numpy as np
import pytest

import autodiff as ad

rng = np.random.default_rng
DTYPES = [np.float32, np.float64]
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


@pytest.fixture(autouse=True)
def without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def error(found, exact):
    """The largest error, relative to the largest number."""
    exact = np.asarray(exact, np.float64)
    return np.max(np.abs(found - exact)) / np.max(np.abs(exact))


def compiled_gradient(f, x):
    variable = ad.Variable(x)
    program = ad.compile(f(variable))
    ad.forward(program)
    ad.backward(program)
    return variable.gradient


# Standard deviations of equal numbers: a length has a kink at 0, and its slope there is 0.

MASK = np.array([True, False, True])
SPREADS = {
    "ad": ad.std,
    "numpy": np.std,
    "method": lambda x: x.std(),
    "ddof": lambda x: ad.std(x, ddof=1),
    "axis": lambda x: ad.sum(ad.std(x, axis=-1)),
    "keepdims": lambda x: ad.sum(np.std(x, axis=0, keepdims=True)),
    "where": lambda x: ad.std(x, where=MASK),
    "nan": lambda x: np.nanstd(x, ddof=1),
}
each_spread = pytest.mark.parametrize("f", SPREADS.values(), ids=SPREADS)


@each_spread
@each_dtype
@pytest.mark.parametrize("x", [np.zeros(3), np.full((2, 3), -7.0), np.full(3, 0.1)])
def test_the_gradient_of_std_without_spread_is_zero_in_every_mode(f, x, dtype):
    x = x.astype(dtype)
    tangent = rng(0).normal(size=x.shape).astype(dtype)
    for found in (
        ad.grad(f)(x),
        ad.jvp(f, (x,), (tangent,))[1],
        compiled_gradient(f, x),
        ad.grad(lambda x: ad.jvp(f, (x,), (tangent,))[1])(x),
        ad.hvp(f, x, tangent),
    ):
        np.testing.assert_array_equal(found, np.zeros_like(found))
        assert found.dtype == dtype


@each_spread
def test_the_gradient_of_std_of_equal_complex_numbers_is_zero(f):
    np.testing.assert_array_equal(ad.grad(f)(np.full((2, 3), 1 + 2j)), np.zeros((2, 3)))


def test_a_row_without_spread_leaves_the_others_alone():
    x = np.array([[1.0, 2.0, 4.0], [5.0, 5.0, 5.0]])
    gradient = ad.grad(lambda x: ad.sum(ad.std(x, axis=1)))(x)
    np.testing.assert_allclose(gradient[0], ad.grad(ad.std)(x[0]), rtol=1e-15)
    np.testing.assert_array_equal(gradient[1], np.zeros(3))


def test_std_without_spread_against_pytorch(torch):
    x = torch.zeros((2, 3), dtype=torch.float64, requires_grad=True)
    for options in ({"correction": 0}, {"correction": 1}, {"correction": 0, "dim": 1}):
        (found,) = torch.autograd.grad(torch.std(x, **options).sum(), x)
        assert not found.any()


def test_fewer_elements_than_degrees_of_freedom():
    with np.errstate(all="ignore"):
        assert ad.std(np.array([1.0, 2.0]), ddof=3) == np.inf
        assert np.isnan(ad.std(np.array([1.0]), ddof=1))
        assert np.isnan(ad.grad(lambda x: ad.std(x, ddof=1))(np.array([1.0]))).all()
    for ddof in (2, 3):  # NumPy's variance without NaN is infinite there; that of the rest is NaN
        for f in (ad.nanvar, ad.nanstd):
            assert np.isnan(f(np.array([1.0, 2.0, np.nan]), ddof=ddof))


# Softmax and its relatives: only differences count, so a shift of all numbers loses nothing.

STEPS = np.array([0.0, 1.0, -2.0, 0.5])
SHARES = {
    "logsumexp": ad.logsumexp,
    "logsumexp, some axes": lambda x: ad.logsumexp(ad.stack([x, x + 1.0]), axis=(0, 1)),
    "softmax": lambda x: ad.softmax(x) @ STEPS.astype(x.dtype),
    "log_softmax": lambda x: ad.log_softmax(x) @ STEPS.astype(x.dtype),
    "cross_entropy": lambda x: ad.cross_entropy(x, np.array(1)),
}


@each_dtype
@pytest.mark.parametrize("shift", [0.0, 1e4, -1e4, 2.0**20])
@pytest.mark.parametrize("name", SHARES)
def test_derivatives_of_shifted_numbers(name, shift, dtype):
    """By e^(x - y), logsumexp had errors of 1e-4 at 1e4 and of 2e-2 at 1e6, in float32."""
    f = SHARES[name]
    x, tangent = (STEPS + shift).astype(dtype), np.array([1.0, -1.0, 0.5, 2.0], dtype)
    limit = 16 * np.finfo(dtype).eps

    def along(x):
        return ad.jvp(f, (x,), (tangent,))[1]

    assert error(ad.grad(f)(x), ad.grad(f)(STEPS)) < limit
    assert error(along(x), ad.grad(f)(STEPS) @ tangent) < limit
    assert error(compiled_gradient(f, x), ad.grad(f)(STEPS)) < limit
    for second in (ad.hvp(f, x, tangent), ad.grad(along)(x)):
        assert error(second, ad.hvp(f, STEPS, tangent.astype(float))) < limit


def test_logsumexp_of_large_numbers_is_more_exact_than_pytorchs(torch):
    x = torch.tensor(STEPS + 1e4, dtype=torch.float32, requires_grad=True)
    (theirs,) = torch.autograd.grad(torch.logsumexp(x, 0), x)
    ours = ad.grad(ad.logsumexp)(x.detach().numpy())
    exact = np.exp(STEPS) / np.exp(STEPS).sum()
    assert error(ours, exact) < 1e-6 < 5e-5 < error(theirs.numpy(), exact)


def test_logsumexp_of_large_halves():
    x = np.array([1000.0, 1001.0, 998.0], np.float16)
    weights = np.exp(x - 1000.0) / np.exp(x - 1000.0).sum()
    assert error(ad.grad(ad.logsumexp)(x), weights) < 1e-3


# Variances of numbers that differ little.


@each_dtype
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("f", [ad.var, ad.std, ad.nanvar, ad.nanstd])
def test_spread_of_large_numbers(f, axis, dtype):
    """Without the second centring var has an error of 2e-4 along the first axis, in float32."""
    x = (1e4 + rng(0).normal(size=(3000, 2))).astype(dtype)
    x = x if axis == 0 else x.T
    exact = f(x.astype(np.longdouble), axis=axis)
    assert error(f(x, axis=axis), exact) < (5e-6 if dtype == np.float32 else 1e-14)
    gradient = ad.grad(lambda x: ad.sum(f(x, axis=axis)))
    assert error(gradient(x), gradient(x.astype(float))) < 1e-6


@each_dtype
@pytest.mark.parametrize(("kind", "size"), [(ad.nn.BatchNorm2d, 2), (ad.nn.LayerNorm, (2, 8, 8))])
def test_normalisation_of_equal_large_numbers_gives_zero(kind, size, dtype):
    """Without the second centring batch normalisation gives -0.2, and compiled too."""
    layer = kind(size, dtype=dtype)
    x = np.full((32, 2, 8, 8), 1e4 / 3, dtype)
    weights = rng(0).normal(size=x.shape).astype(dtype)

    def loss(x):
        return ad.sum(layer(x) * weights)

    exact = ad.grad(loss)(np.zeros_like(x))
    assert np.abs(layer(ad.Constant(x)).output).max() < 1e-5
    assert error(ad.grad(loss)(x), exact) < 1e-5
    assert error(compiled_gradient(loss, x), exact) < 1e-5


# Lengths of huge and tiny vectors.


@each_dtype
@pytest.mark.parametrize("scale", [1e-38, 1e-30, 1e-13, 1.0, 1e25, 1e37, 1e-300, 1e300])
def test_no_length_overflows_or_vanishes(scale, dtype):
    if not float(np.finfo(dtype).tiny) < scale < float(np.finfo(dtype).max) / 8:
        pytest.skip("no such numbers")
    x = (np.array([[3.0, 4.0, 0.0], [0.0, 0.0, 0.0], [1.0, -2.0, 2.0]]) * scale).astype(dtype)

    def lengths(x):
        return ad.sum(ad.linalg.norm(x, axis=1) * np.array([1, 0.25, 0.5], dtype))

    np.testing.assert_allclose(ad.linalg.norm(x, axis=1), [5 * scale, 0, 3 * scale], rtol=1e-6)
    np.testing.assert_allclose(ad.linalg.norm(x), 34**0.5 * scale, rtol=1e-6)
    expected = [[0.6, 0.8, 0.0], [0.0, 0.0, 0.0], [1 / 6, -1 / 3, 1 / 3]]
    np.testing.assert_allclose(ad.grad(lengths)(x), expected, rtol=1e-6)
    np.testing.assert_allclose(compiled_gradient(lengths, x), expected, rtol=1e-6)
    np.testing.assert_allclose(ad.std(x[0]), np.std([3.0, 4.0, 0.0]) * scale, rtol=1e-6)
    np.testing.assert_allclose(ad.grad(ad.std)(x[0]), ad.grad(ad.std)(x[0] / scale), rtol=1e-5)


def test_lengths_that_are_not_finite_are_numpys():
    for x in ([np.inf, 1.0], [-np.inf, np.nan], [np.nan, 1.0], [], [0.0]):
        np.testing.assert_array_equal(ad.linalg.norm(np.array(x)), np.linalg.norm(np.array(x)))
    assert ad.linalg.norm(np.array([100, 100, 50], np.int8)) == 150.0
