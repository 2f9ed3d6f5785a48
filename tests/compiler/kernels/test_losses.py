"""Softmax and cross-entropy of tiles, against the functions that define them."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="the kernels are compiled by numba")

import autodiff as ad
from autodiff.compiler.kernels import losses
from autodiff.compiler.kernels.reductions import reduce_geometry

BATCHES = [1, 5, 16, 25, 40]
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
shapes = pytest.mark.parametrize("shape", [(10, 1), (3, 6), (1, 1), (40, 1)], ids=str)


def batch(shape, n, dtype, size=1.0):
    classes, places = shape
    rng = np.random.default_rng(n)
    logits = (size * rng.normal(size=(classes, places, n))).astype(dtype)
    return logits, rng.integers(0, classes, (places, n))


def within(found, exact, dtype):
    bound = 1e-5 if dtype == np.float32 else 1e-14
    return abs(found - exact).max() <= bound * max(abs(exact).max(), 1e-3)


@dtypes
@shapes
@pytest.mark.parametrize("size", [1.0, 50.0, 1e4])
def test_cross_entropy_and_its_gradient(guarded, shape, dtype, size):
    for n in BATCHES:
        logits, labels = batch(shape, n, dtype, size)
        variable = ad.Variable(logits.astype(np.float64).transpose(2, 0, 1))
        mean = ad.cross_entropy(variable, labels.T)
        ad.backward(ad.topological_sort(mean))
        loss, gradient = guarded(np.ones(1, dtype)), guarded(np.empty(logits.size, dtype))
        scale, geometry = dtype(1 / labels.size), losses.classes_geometry(*shape)
        arguments = guarded(logits), guarded(labels), loss
        wrong = losses.softmax_cross_entropy(*arguments, gradient, scale, 3 * scale, geometry, n)
        assert wrong == 0
        assert within(loss - 1, np.array([mean.output]), dtype)
        expected = 3 * variable.gradient.transpose(1, 2, 0).ravel()
        assert within(gradient, expected, dtype)
        none = np.empty(0, dtype)
        losses.softmax_cross_entropy(*arguments, none, scale, scale, geometry, n)
        assert within(loss - 1, 2 * np.array([mean.output]), dtype)


@dtypes
def test_labels_that_are_no_classes_are_counted_and_touch_nothing(guarded, dtype):
    logits, labels = batch((4, 1), 20, dtype)
    labels[0, [3, 17]] = 4, -1
    loss, gradient = guarded(np.zeros(1, dtype)), guarded(np.empty(logits.size, dtype))
    geometry, one = losses.classes_geometry(4), dtype(1)
    labels = guarded(labels)
    logits = guarded(logits)
    assert losses.softmax_cross_entropy(logits, labels, loss, gradient, one, one, geometry, 20) == 2
    assert losses.one_hot(labels, guarded(np.empty(logits.size, dtype)), geometry, 20) == 2


@dtypes
def test_what_is_not_finite_is_as_in_the_definition(guarded, dtype):
    n = 18
    logits, labels = batch((3, 1), n, dtype)
    for k, value in enumerate((np.nan, np.inf, -np.inf)):
        logits[1, 0, k::6] = value
    labels[:] = 0
    rows = logits[:, 0].T
    for kernel, function in ((losses.softmax, ad.softmax), (losses.log_softmax, ad.log_softmax)):
        y = guarded(np.empty(logits.size, dtype))
        kernel(guarded(logits), y, reduce_geometry(1, 3), n)
        with np.errstate(all="ignore"):
            expected = function(rows, axis=1).T
        np.testing.assert_allclose(y.reshape(3, n), expected, rtol=1e-5)
    loss, gradient = guarded(np.zeros(1, dtype)), guarded(np.empty(logits.size, dtype))
    losses.softmax_cross_entropy(
        guarded(logits), guarded(labels), loss, gradient, 1.0, 1.0, losses.classes_geometry(3), n
    )
    assert np.isnan(loss[0])
    assert not np.isnan(gradient.reshape(3, n)[:, 2::3]).any()
    assert np.isnan(gradient.reshape(3, n)[:, 0::6]).all()


@dtypes
@pytest.mark.parametrize("lengths", [(1, 10, 1), (3, 4, 5), (2, 1, 1)], ids=str)
@pytest.mark.parametrize("size", [1.0, 1e4])
def test_softmax_and_its_logarithm(guarded, lengths, dtype, size):
    for n in BATCHES:
        rng = np.random.default_rng(n)
        x = (size * rng.normal(size=(*lengths, n))).astype(dtype)
        for kernel, function in (
            (losses.softmax, ad.softmax),
            (losses.log_softmax, ad.log_softmax),
        ):
            y = guarded(np.empty(x.size, dtype), filled=-77)
            kernel(guarded(x), y, reduce_geometry(*lengths), n)
            assert within(y, function(x.astype(np.float64), axis=1).ravel(), dtype)


@dtypes
@shapes
def test_one_hot(guarded, shape, dtype):
    for n in BATCHES:
        logits, labels = batch(shape, n, dtype)
        y = guarded(np.empty(logits.size, dtype), filled=-77)
        assert losses.one_hot(guarded(labels), y, losses.classes_geometry(*shape), n) == 0
        expected = labels == np.arange(shape[0])[:, None, None]
        np.testing.assert_array_equal(y, expected.astype(dtype).ravel())
