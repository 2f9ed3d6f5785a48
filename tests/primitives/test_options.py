"""Options of NumPy's and PyTorch's functions, and values at the edge of what is defined."""

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)
X, V = RNG.normal(size=(3, 4)), RNG.normal(size=5)
IMAGES = RNG.normal(size=(2, 2, 6, 7))


def test_more_degrees_of_freedom_than_elements_are_never_a_negative_variance():
    for f in (np.var, np.std):
        with np.errstate(all="ignore"):
            assert f(ad.Variable(V), ddof=7).output == np.inf
            with pytest.warns(RuntimeWarning, match="empty slice"):
                assert np.isnan(f(ad.Variable(V[:0]), ddof=1).output)


def test_logsumexp_of_complex_numbers_is_the_logarithm_of_the_sum():
    z = X * 3 + 1j * RNG.normal(size=(3, 4)) * 9
    found = ad.logsumexp(z, axis=1)
    np.testing.assert_allclose(found, np.log(np.sum(np.exp(z), axis=1)), rtol=1e-12)
    ad.check_grads(lambda z: ad.sum(ad.abs(ad.logsumexp(z, axis=0))), (z,))


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_positions_can_keep_their_axes(name, axis):
    found = getattr(np, name)(ad.Variable(X), axis=axis, keepdims=True)
    wanted = getattr(np, name)(X, axis=axis, keepdims=True)
    np.testing.assert_array_equal(found.output, wanted)


def test_the_upper_cholesky_factor():
    a = X @ X.T + np.eye(3)
    found = np.linalg.cholesky(ad.Variable(a), upper=True).output
    np.testing.assert_allclose(found, np.linalg.cholesky(a, upper=True), rtol=1e-14)
    ad.check_grads(lambda x: np.linalg.cholesky(x @ x.T + np.eye(3), upper=True), (X,))


@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric", "wrap"])
def test_padding_by_elements_of_the_array(mode):
    widths = ((2, 1), (0, 5))
    found = np.pad(ad.Variable(X), widths, mode=mode).output
    np.testing.assert_array_equal(found, np.pad(X, widths, mode=mode))
    ad.check_grads(lambda x: np.pad(x, widths, mode=mode), (X,))


def test_padding_by_a_number():
    found = np.pad(ad.Variable(X), 1, constant_values=2.5).output
    np.testing.assert_array_equal(found, np.pad(X, 1, constant_values=2.5))
    ad.check_grads(lambda x, c: ad.pad(x, ((0, 1), (2, 0)), constant_values=c), (X, 0.5))


@pytest.mark.parametrize("mode", ["edge", "reflect", "wrap", "constant"])
def test_padding_is_replayed_with_another_length(mode):
    x = ad.Variable(V)
    loss = ad.sum(ad.square(ad.pad(x, 2, mode)) * ad.cumsum(ad.ones_like(ad.pad(x, 2, mode))))
    order = ad.topological_sort(loss)
    x.output = other = RNG.normal(size=8)
    ad.forward(order)
    ad.backward(order)
    np.testing.assert_allclose(
        x.gradient,
        ad.grad(lambda x: ad.sum(ad.square(ad.pad(x, 2, mode)) * np.arange(1.0, 13)))(other),
    )


@pytest.mark.parametrize("ord", [0, 0.5, 1, 2, 3.5, -1, -2.5, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [None, 0, (0, 1), (1,)])
def test_norms_of_vectors(ord, axis):
    found = np.linalg.vector_norm(ad.Variable(X), axis=axis, ord=ord, keepdims=True).output
    wanted = np.linalg.vector_norm(X, axis=axis, ord=ord, keepdims=True)
    np.testing.assert_allclose(found, wanted, rtol=1e-13)
    ad.check_grads(lambda x: np.linalg.vector_norm(x, axis=axis, ord=ord), (X,))


@pytest.mark.parametrize("ord", [None, 0, 0.5, 2, 3, -1])
def test_a_norm_at_zero_has_derivatives_that_are_zero(ord):
    def norm(x):
        return ad.linalg.norm(x, ord)

    zero = np.zeros(3)
    np.testing.assert_array_equal(ad.grad(norm)(zero), zero)
    np.testing.assert_array_equal(ad.hvp(norm, zero, np.ones(3)), zero)


def test_the_length_of_a_complex_number_at_zero_has_derivatives_that_are_zero():
    def length(z):
        return ad.sum(ad.abs(z))

    zero = np.zeros(2, complex)
    np.testing.assert_array_equal(ad.grad(length)(zero), zero)
    np.testing.assert_array_equal(ad.hvp(length, zero, np.ones(2) + 1j), zero)


def test_gelu_by_tanh_is_near_gelu():
    x = np.linspace(-5, 5, 101)
    assert 0 < np.max(np.abs(ad.gelu(x, approximate="tanh") - ad.gelu(x))) < 1e-3
    ad.check_grads(lambda x: ad.gelu(x, "tanh"), (V,))
    with pytest.raises(ad.ArgumentError, match="approximate must be 'none' or 'tanh'; got 'erf'"):
        ad.gelu(x, approximate="erf")


# Windows of which only a part fits.


GEOMETRIES = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 2},
    {"kernel_size": 3, "stride": (2, 3), "padding": 1},
    {"kernel_size": 2, "stride": 3, "dilation": (1, 2)},
    {"kernel_size": (4, 2), "stride": 1, "padding": (2, 1)},
]


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_ceil_mode_against_pytorch(geometry, torch):
    for rows, columns in [(6, 7), (7, 5), (5, 8)]:
        images = RNG.normal(size=(2, 2, rows, columns))
        theirs = torch.tensor(images, requires_grad=True)
        wanted = torch.nn.functional.max_pool2d(theirs, **geometry, ceil_mode=True)
        wanted.square().sum().backward()
        x = ad.Variable(images)
        found = ad.max_pool2d(x, **geometry, ceil_mode=True)
        np.testing.assert_array_equal(found.output, wanted.detach().numpy())
        ad.backward(ad.topological_sort(ad.sum(ad.square(found))))
        np.testing.assert_allclose(x.gradient, theirs.grad.numpy(), rtol=1e-14)


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("relu", [False, True])
def test_ceil_mode_is_compiled(geometry, relu):
    w = ad.Variable(RNG.normal(size=(3, 2, 2, 2)).astype(np.float32))
    images = ad.conv2d(ad.Constant(RNG.normal(size=(20, 2, 7, 8)).astype(np.float32)), w)
    images = ad.relu(images) if relu else images
    loss = ad.sum(ad.square(ad.max_pool2d(images, **geometry, ceil_mode=True)))
    ad.backward(ad.topological_sort(loss))
    value, gradient = loss.output, w.gradient
    program = ad.compile(loss)
    ad.forward(program)
    ad.backward(program)
    np.testing.assert_allclose(loss.output, value, rtol=1e-4)
    np.testing.assert_allclose(w.gradient, gradient, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_ceil_mode_is_replayed_with_images_of_another_size(geometry):
    x = ad.Variable(IMAGES)
    order = ad.topological_sort(ad.max_pool2d(x, **geometry, ceil_mode=True))
    for size in [(7, 7), (8, 6), (5, 9)]:
        x.output = RNG.normal(size=(2, 2, *size))
        rebuilt = ad.max_pool2d(x.output, **geometry, ceil_mode=True)
        np.testing.assert_array_equal(ad.forward(order), rebuilt)
        assert np.isfinite(rebuilt).all()
