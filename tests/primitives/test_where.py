"""Reductions of chosen elements: `where` and `initial`, against NumPy and finite differences."""

import warnings

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 4))
HOLES = X.copy()
HOLES[0, 2, 3] = HOLES[1, 0, 3] = np.nan
PARTS = np.array([[[True], [True], [False]], [[True], [False], [True]]])
MASKS = {
    "of every element": np.arange(24).reshape(2, 3, 4) % 3 > 0,
    "of the last axes": np.arange(4) != np.array([[2], [1], [0]]),
    "of the first axes": PARTS,
    "that leaves nothing out": np.array(True),
    "as a list": PARTS.tolist(),
}
OVER = [{}, {"axis": 1}, {"axis": (0, -1), "keepdims": True}]
PLAIN = {"sum": {}, "prod": {}, "mean": {}, "var": {"ddof": 1}, "std": {}}
STARTED = {"sum": 0.5, "prod": -1.5, "max": -9.0, "min": 9.0}
CASES = [(name, {**options}) for name, options in PLAIN.items()]
CASES += [("var", {})] + [(name, {"initial": start}) for name, start in STARTED.items()]
every_case = pytest.mark.parametrize(("name", "options"), CASES)
every_mask = pytest.mark.parametrize("mask", MASKS)


@every_case
@every_mask
@pytest.mark.parametrize("over", OVER)
def test_value_of_numpy_and_derivatives_of_both_modes(name, options, mask, over):
    options = {**options, **over, "where": MASKS[mask]}
    f = getattr(np, name)
    node, expected = f(ad.Variable(X), **options), f(X, **options)
    assert node.dtype == expected.dtype and node.shape == expected.shape
    np.testing.assert_allclose(node.output, expected, rtol=1e-13)
    ad.check_grads(lambda x: f(x, **options), (X,), order=2)


@every_case
def test_nan_aware_ones(name, options):
    f, mask = getattr(np, f"nan{name}"), MASKS["of the last axes"]
    node = f(ad.Variable(HOLES), axis=1, where=mask, **options)
    np.testing.assert_allclose(node.output, f(HOLES, axis=1, where=mask, **options))
    chosen = ~np.isnan(HOLES) & mask
    gradient = ad.grad(lambda x: np.nansum(f(x, where=mask, **options)))(HOLES)
    assert np.isfinite(gradient).all() and not gradient[~chosen].any()
    ad.check_grads(
        lambda x: f(np.where(np.isnan(HOLES), np.nan, x), where=mask, **options), (X,), order=2
    )


@every_mask
@pytest.mark.parametrize("name", ["any", "all", "sum", "mean", "max", "min", "prod"])
@pytest.mark.parametrize("dtype", [bool, np.int16, np.uint8, np.float32, np.complex64])
def test_every_dtype(name, mask, dtype):
    data, where = (10 * np.abs(X) - 5 > 0).astype(dtype), MASKS[mask]
    options = {"axis": 1, "where": where}
    if name in ("max", "min"):
        options["initial"] = 1
    node, expected = getattr(np, name)(ad.Constant(data), **options), getattr(np, name)
    expected = expected(data, **options)
    assert node.dtype == expected.dtype
    np.testing.assert_allclose(node.output, expected, rtol=1e-6)


@every_case
def test_initial_and_where_of_the_methods(name, options):
    options = {**options, "axis": 1, "where": MASKS["of every element"]}
    expected = getattr(X, name)(**options)
    np.testing.assert_allclose(getattr(ad.Variable(X), name)(**options).output, expected)


@every_mask
@pytest.mark.parametrize("name", ["any", "all"])
def test_methods_that_ask(name, mask):
    expected = getattr(X > 0, name)(axis=1, where=MASKS[mask])
    found = getattr(ad.Variable(X) > 0, name)(axis=1, where=MASKS[mask])
    np.testing.assert_array_equal(found.output, expected)


def test_what_is_left_out_may_be_infinite_or_not_a_number():
    x = np.array([1.0, np.inf, np.nan, 4.0])
    for f in (np.sum, np.prod, np.mean, np.var, np.std):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            gradient = ad.grad(lambda x, f=f: f(x, where=np.isfinite(x)))(x)
        np.testing.assert_array_equal(gradient[1:3], [0.0, 0.0])
        np.testing.assert_allclose(gradient[[0, 3]], ad.grad(f)(x[[0, 3]]))


@pytest.mark.filterwarnings("ignore:invalid value")
def test_false_leaves_nothing():
    w = ad.Variable([1.0, np.nan, 3.0])
    for f, expected in ((np.nansum, 0.0), (np.nanprod, 1.0), (np.sum, 0.0), (np.prod, 1.0)):
        assert f(w, where=False).output == expected
    for f in (np.mean, np.var, np.std, np.nanmean, np.nanvar, np.nanstd):
        assert np.isnan(f(w, where=False).output)
    v = ad.Variable([1.0, 1.0])
    assert np.isnan(np.var(v, where=False).output) and np.isnan(np.std(v, where=False).output)


def test_initial_has_a_gradient_and_shares_a_tie():
    x = np.array([1.0, 2.0])
    for f in (np.sum, np.prod, np.max, np.min):
        ad.check_grads(lambda x, start, f=f: f(x, initial=start), (x, np.array(3.0)), order=2)
    found = ad.grad(lambda x, start: np.max(x, initial=start), (0, 1))(x, np.array(2.0))
    np.testing.assert_array_equal(found[0], [0.0, 0.5])
    assert found[1] == 0.5


def test_initial_takes_the_dtype_of_the_reduction_as_numpys_does():
    for data in (np.array([1, 2]), np.array([1, 2], np.float32)):
        for start in (2.5, np.float64(2.5)):
            node, expected = np.sum(ad.Constant(data), initial=start), np.sum(data, initial=start)
            assert node.dtype == expected.dtype and node.output == expected


def test_a_mean_of_nothing_is_not_a_number_as_in_numpy():
    with np.errstate(invalid="ignore"):
        found = np.mean(ad.Variable(X), axis=1, where=np.arange(4) > 0).output
    np.testing.assert_array_equal(np.isnan(found), np.tile([True, False, False, False], (2, 1)))


def test_a_mean_of_many_halves_does_not_overflow():
    x = ad.Variable(np.full(100_000, 2.0, np.float16))
    mean = x.mean(where=np.arange(100_000) > 9)
    assert mean.dtype == np.float16 and mean.output == 2.0


# Replays: the mask is data as well.


@every_case
def test_a_mask_that_is_a_node_follows_a_replay(name, options):
    def f(x, limit):
        return getattr(ad, name)(x, axis=1, where=x > limit, **options).sum()

    x, limit = ad.Variable(X[0]), ad.Constant(-2.0)
    loss = f(x, limit)
    order = ad.topological_sort([*ad.gradients(loss, [x]), loss])
    x.output, limit.output = RNG.normal(size=(5, 6)) + 1.0, np.array(-0.5)
    ad.forward(order)
    value, gradient = ad.value_and_grad(f)(x.output, limit.output)
    assert loss.output == value
    ad.backward(ad.topological_sort(loss))
    np.testing.assert_allclose(x.gradient, gradient)


@pytest.mark.parametrize("f", [np.sum, np.mean, np.var])
def test_a_mask_of_fixed_size_refuses_the_replay_that_building_would_refuse(f):
    mask = np.array([[True, False, True], [False, True, True]])
    x = ad.Variable(X[:, :, 0])
    order = ad.topological_sort(f(x, where=mask))
    for shape in [(1, 3), (2, 4)]:
        x.output = np.ones(shape)
        with pytest.raises(ad.ShapeError, match=r"where= of shape \(2, 3\) does not broadcast to"):
            f(ad.Variable(x.output), where=mask)
        with pytest.raises(ad.ShapeError, match=r"where= of shape \(2, 3\) does not broadcast to"):
            ad.forward(order)


V = ad.Variable(X[0], name="v")
ERRORS = [
    (
        lambda: np.sum(V, where=[True, False]),
        ad.ShapeError,
        r"masked: where= of shape \(2,\).*\n.*",
    ),
    (lambda: V.mean(where=np.ones((2, 3, 4)) > 0), ad.ShapeError, r"where= .*to shape \(3, 4\)"),
    (lambda: np.max(V, where=V > 0), ad.ArgumentError, "max: where= may leave no .* give initial="),
    (lambda: np.nanmin(V, where=V > 0), ad.ArgumentError, "nanmin: where= may leave no element"),
    (lambda: np.sum(V, initial=[1.0]), ad.ShapeError, "sum: initial is a scalar; got list"),
    (lambda: ad.prod(V, initial=V), ad.ShapeError, "prod: initial is a scalar; got Variable 'v'"),
    (lambda: np.sum(V, where=[[1, 0, 1, 1]]), ad.DtypeError, "got int64: write where=mask != 0"),
    (lambda: np.sum(V, where=None), ad.DtypeError, "needs numbers; got NoneType"),
    (lambda: np.sum(V, 0, float), ad.DtypeError, "sum: keepdims is True or False; got .*float"),
]


@pytest.mark.parametrize(("f", "kind", "message"), ERRORS)
def test_errors(f, kind, message):
    with pytest.raises(kind, match=message):
        f()
