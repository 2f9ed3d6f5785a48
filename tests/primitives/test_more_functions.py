"""NumPy's functions that are formulas of others: values of NumPy, derivatives by differences."""

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)
A, B, T = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4)), RNG.normal(size=(2, 3, 4))
SQUARES = RNG.normal(size=(2, 3, 3)) + 3 * np.eye(3)
Z = A + 1j * B
V, W = RNG.normal(size=6), RNG.normal(size=3)
HOLES = T.copy()
HOLES[0, 1, 2] = HOLES[1, 2, :2] = HOLES[1, 0, 3] = np.nan
TENSOR, TENSOR_4 = RNG.normal(size=(6, 2, 3)), RNG.normal(size=(4, 6, 8, 3))
FIVES = RNG.normal(size=(5, 2))


def with_holes(x):
    return np.where(np.isnan(HOLES), np.nan, x)


CASES = {
    "matrix_transpose": (lambda x: np.matrix_transpose(x), [T]),
    **{
        f"matrix_power {n}": (lambda a, n=n: np.linalg.matrix_power(a, n), [SQUARES])
        for n in (1, 2, 5, -1, -2)
    },
    "multi_dot": (
        lambda a, b, c: np.linalg.multi_dot([a, b, c, a.T]),
        [A, FIVES.T[:, :4].T, A[:2]],
    ),
    "multi_dot of vectors": (lambda v, a, w: np.linalg.multi_dot([v, a, w]), [W, A, A[0]]),
    "vecdot": (lambda a, b: np.vecdot(a, b), [T, A]),
    "vecdot, complex": (lambda a, b: np.vecdot(a, b), [Z, Z[::-1]]),
    "vecdot along an axis": (lambda a, b: np.linalg.vecdot(a, b, axis=0), [A, B]),
    "matvec": (lambda a, x: np.matvec(a, x), [T, A[0]]),
    "vecmat": (lambda x, a: np.vecmat(x, a), [Z[:, 0], T]),
    "vector_norm": (lambda x: np.linalg.vector_norm(x), [T]),
    "vector_norm, options": (lambda x: np.linalg.vector_norm(x, axis=1, keepdims=True, ord=3), [T]),
    "vector_norm, all axes kept": (lambda x: np.linalg.vector_norm(x, keepdims=True, ord=1), [T]),
    "matrix_norm": (lambda x: np.linalg.matrix_norm(x, keepdims=True), [T]),
    "matrix_norm, nuclear": (lambda x: np.linalg.matrix_norm(x, ord="nuc"), [T]),
    "outer": (lambda a, b: np.linalg.outer(a, b), [V, W]),
    "trace": (lambda x: np.linalg.trace(x, offset=1), [T]),
    "diagonal": (lambda x: np.linalg.diagonal(x, offset=-1), [T]),
    **{
        f"cond {p}": (lambda x, p=p: np.linalg.cond(x, p), [SQUARES])
        for p in (None, 2, -2, 1, np.inf, "fro")
    },
    "cond of an oblong matrix": (lambda x: np.linalg.cond(x), [T]),
    "tensorsolve": (lambda a, b: np.linalg.tensorsolve(a, b), [TENSOR, V]),
    "tensorinv": (lambda a: np.linalg.tensorinv(a, ind=1), [TENSOR]),
    "tensorinv of pairs": (lambda a: np.linalg.tensorinv(a), [TENSOR_4]),
    "cov": (lambda x: np.cov(x), [A]),
    "cov of two": (lambda x, y: np.cov(x, y, ddof=0), [A, B[0]]),
    "cov of columns": (lambda x: np.cov(x, rowvar=False, bias=True), [A]),
    "cov of one": (lambda x: np.cov(x), [V]),
    "cov, complex": (lambda x: np.cov(x), [Z]),
    "corrcoef": (lambda x, y: np.corrcoef(x, y), [A, B]),
    "corrcoef of columns": (lambda x: np.corrcoef(x, rowvar=False), [FIVES]),
    "corrcoef, complex": (lambda x: np.corrcoef(x), [Z]),
    **{
        f"{name}, {mode}, {len(a)} and {len(v)}": (
            lambda a, v, name=name, mode=mode: getattr(np, name)(a, v, mode),
            [a, v],
        )
        for name in ("convolve", "correlate")
        for mode in ("full", "same", "valid")
        for a, v in [(V, W), (W, V), (V, W[:2]), (V, Z[1]), (Z[0], W[:1])]
    },
    "interp": (lambda x, f: np.interp(x, [-1.0, 0.1, 0.4, 2.0], f), [A, RNG.normal(size=4)]),
    "interp, knots": (
        lambda x, k, f: np.interp(x, k, f, left=-1.0, right=2.0),
        [2 * A, np.array([-1.0, 0.1, 0.6]), W],
    ),
    "polyval": (lambda p, x: np.polyval(p, x), [W, A]),
    "polyval of a scalar": (lambda p, x: np.polyval(p, x), [V, np.array(0.7)]),
    "vander": (lambda x: np.vander(x), [W]),
    "vander, increasing": (lambda x: np.vander(x, 4, increasing=True), [V]),
    "unwrap": (lambda x: np.unwrap(10 * x, axis=0), [A]),
    "select": (lambda a, b: np.select([A > 0.5, A > 0], [a, a * b], b), [A, B]),
    "select, default": (lambda a: np.select([A > 0.5, A > 0], [a, a * a]), [A]),
    "compress": (lambda x: np.compress([True, False, True, True], x, axis=2), [T]),
    "compress, flattened": (lambda x: np.compress(np.arange(12) % 2 == 0, x), [A]),
    "extract": (lambda x: np.extract(A > 0, x), [B]),
    "block": (
        lambda a, b, v: np.block([[a, b], [v[:, None], 2.0, np.ones((6, 6))[:, :6]]][:1]),
        [A, B, V],
    ),
    "block of two levels": (
        lambda a, v: np.block([[a, v[:3, None]], [np.ones((1, 2)), v[None, :3]]]),
        [A, V],
    ),
    "block of a list": (lambda v, w: np.block([v, w, 1.0]), [V, W]),
    "unstack": (lambda x: np.unstack(x, axis=1)[2] * np.unstack(x)[0][:2], [T[:, :, :3]]),
    "diagflat": (lambda x: np.diagflat(x, 1), [A]),
    "logspace": (lambda a, b: np.logspace(a, b, 5), [A[0, 0], B[0, 0]]),
    "logspace, base": (lambda a, b: np.logspace(a, 1.0, 4, False, base=b), [W, np.array(2.5)]),
    "geomspace": (lambda a, b: np.geomspace(a, b, 5), [np.abs(A), np.abs(B[0])]),
    "geomspace, negative": (lambda a: np.geomspace(a, -3.0, 4, endpoint=False), [-np.abs(W)]),
    "copysign": (lambda a, b: np.copysign(a, b), [A, B[0]]),
    "modf": (lambda x: np.modf(3 * x)[0] * np.modf(3 * x)[1], [A]),
    "divmod": (lambda a, b: np.divmod(3 * a, b)[0] * np.divmod(3 * a, b)[1], [A, B]),
    "nancumsum": (lambda x: np.nancumsum(with_holes(x), axis=1), [T]),
    "nancumsum, flattened": (lambda x: np.nancumsum(with_holes(x)), [T]),
    "nancumprod": (lambda x: np.nancumprod(with_holes(x), axis=2), [T]),
    "nanmedian": (lambda x: np.nanmedian(with_holes(x), axis=2), [T]),
    "nanmedian of all": (lambda x: np.nanmedian(with_holes(x)), [T]),
    "nanpercentile": (lambda x: np.nanpercentile(with_holes(x), [10, 70], axis=(0, 2)), [T]),
    "nanquantile": (lambda x: np.nanquantile(with_holes(x), 0.3, axis=1, keepdims=True), [T]),
    "percentile": (lambda x: np.percentile(x, 30), [T]),
    **{
        f"quantile {q} over {axis}, {method}": (
            lambda x, q=q, a=axis, k=keep, m=method: np.quantile(x, q, a, keepdims=k, method=m),
            [T],
        )
        for q in (0.0, 0.3, [0.5, 0.9, 1.0])
        for axis, keep in [(None, False), (1, False), ((0, -1), True)]
        for method in ("linear", "lower", "higher", "midpoint")
    },
}


@pytest.mark.parametrize("name", CASES)
def test_value_of_numpy_and_derivatives_of_both_modes(name):
    f, args = CASES[name]
    node, expected = f(*map(ad.Variable, args)), f(*args)
    assert isinstance(node, ad.GraphNode)
    assert node.dtype == expected.dtype and node.shape == expected.shape
    np.testing.assert_allclose(node.output, expected, rtol=1e-11, atol=1e-13)
    ad.check_grads(f, args, order=2, rtol=1e-4)


VALUES = {
    "logical_xor": lambda x: np.logical_xor(x > 0, B > 0),
    "xor, operator": lambda x: (x > 0) ^ (B > 0),
    "isclose": lambda x: np.isclose(x, A + 1e-7, atol=1e-6),
    "floor division, operator": lambda x: (x // 0.3) * (2.0 // x),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_pass_and_no_gradient_flows(name):
    node = VALUES[name](ad.Variable(A))
    np.testing.assert_array_equal(node.output, VALUES[name](A))
    assert not node.requires_grad


def test_the_power_zero_is_the_identity_whatever_the_matrix():
    x = ad.Variable(np.full((2, 2, 2), np.inf))
    node = np.linalg.matrix_power(x, 0)
    np.testing.assert_array_equal(node.output, np.stack([np.eye(2)] * 2))
    ad.backward(ad.topological_sort((node * ad.Variable(1.0)).sum()))


def test_quantiles_of_what_is_not_a_number():
    for f in (np.quantile, np.nanquantile):
        node = f(ad.Variable(HOLES), [0.2, 0.5], axis=1)
        np.testing.assert_allclose(node.output, f(HOLES, [0.2, 0.5], axis=1), rtol=1e-12)
    gradient = ad.grad(lambda x: np.nansum(np.nanquantile(x, 0.4, axis=1)))(HOLES)
    assert np.isfinite(gradient).all() and not gradient[np.isnan(HOLES)].any()


def test_what_stands_behind_the_point_of_infinity():
    x = np.array([np.inf, -np.inf, -0.0, -2.5, 7.0])
    for found, expected in zip(np.modf(ad.Variable(x)), np.modf(x), strict=True):
        np.testing.assert_array_equal(found.output, expected)
        np.testing.assert_array_equal(np.signbit(found.output), np.signbit(expected))


def test_the_cheapest_order_of_a_chain_of_products():
    a, b, c = ad.Variable(np.ones((20, 2))), ad.Variable(np.ones((2, 20))), ad.Variable(np.ones(20))
    product = np.linalg.multi_dot([a, b, c])
    assert product.inputs[0] is a and product.inputs[1].shape == (2,)


def test_single_precision_stays():
    x = ad.Variable(np.abs(V).astype(np.float32))
    for node in [
        np.quantile(x, 0.3),
        np.cov(x),
        np.convolve(x, x, "same"),
        np.interp(x, x.output[np.argsort(x.output)], x),
        np.geomspace(x, x, 3),
        np.polyval(x, x),
        np.unwrap(x),
    ]:
        assert node.dtype == np.float32


# Decisions that Python code takes on a node are recorded.


def test_a_replay_for_which_a_decision_would_fall_otherwise_is_refused():
    x = ad.Variable(A)
    assert np.allclose(x, A) and not np.allclose(x, B)
    order = ad.topological_sort(x.sum() if np.allclose(x, A) else x.mean())
    x.output = B
    with pytest.raises(ad.BranchError, match="test_more_functions"):
        ad.forward(order)


@pytest.mark.parametrize(
    ("f", "shape", "other"),
    [
        (np.cov, (2, 4), (1, 4)),
        (np.cov, (1, 4), (2, 4)),
        (np.unstack, (2, 4), (3, 4)),
        (np.vander, (3,), (4,)),
        (lambda p: np.polyval(p, 2.0), (3,), (4,)),
        (lambda x: np.linalg.tensorsolve(x, V), (6, 2, 3), (6, 3, 2)),
        (lambda x: np.linalg.tensorinv(x, 1), (6, 2, 3), (6, 3, 2)),
        (lambda x: np.convolve(x, W, "valid"), (5,), (2,)),
        (lambda x: np.compress([True, False], x, 0), (2, 3), (3, 3)),
    ],
)
def test_a_replay_that_rebuilding_would_not_equal_is_refused(f, shape, other):
    x = ad.Variable(RNG.normal(size=shape))
    result = f(x)
    order = ad.topological_sort(result if isinstance(result, ad.GraphNode) else list(result))
    x.output = RNG.normal(size=other)
    with pytest.raises((ad.BranchError, ad.ShapeError, ad.IndexingError)):
        ad.forward(order)


@pytest.mark.parametrize(
    ("f", "args", "others"),
    [
        (lambda x: np.quantile(x, [0.2, 0.7], axis=1), [T], [RNG.normal(size=(3, 5, 2))]),
        (lambda x: np.nanmedian(x), [T], [HOLES]),
        (lambda a, v: np.convolve(a, v, "same"), [V, W], [RNG.normal(size=4), V]),
        (lambda x: np.corrcoef(x), [A], [RNG.normal(size=(2, 6))]),
        (lambda x, f: np.interp(x, np.arange(3.0), f), [A, W], [3 * B, 2 * W]),
        (lambda a, v: np.correlate(a, v), [V, W], [RNG.normal(size=9), V[:2]]),
    ],
)
def test_other_replays_give_what_rebuilding_gives(f, args, others):
    variables = [ad.Variable(arg) for arg in args]
    loss = (f(*variables) ** 2).sum()
    order = ad.topological_sort(loss)
    for variable, other in zip(variables, others, strict=True):
        variable.output = other
    ad.forward(order)
    ad.backward(order)
    places = tuple(range(len(args)))
    value, expected = ad.value_and_grad(lambda *xs: (f(*xs) ** 2).sum(), places)(*others)
    np.testing.assert_array_equal(loss.output, value)
    for variable, right in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable.gradient, right, rtol=1e-12, atol=1e-14)


X, U = ad.Variable(A, name="x"), ad.Variable(V, name="u")
ERRORS = [
    (lambda: np.linalg.matrix_power(X, 2), ad.ShapeError, "the last two axes of a square matrix"),
    (lambda: np.linalg.matrix_power(X.T @ X, 0.5), ad.DtypeError, "exponent is an integer; got 0"),
    (lambda: np.linalg.multi_dot([X]), ad.ArgumentError, "at least two factors; got 1"),
    (lambda: np.linalg.multi_dot([X, U, X]), ad.ShapeError, "factor 1 is no matrix, but Var.* 'u'"),
    (lambda: np.linalg.cond(X, 1), ad.ShapeError, "the last two axes of a square matrix"),
    (lambda: np.cov(ad.Variable(T)), ad.ShapeError, "cov: variables are rows of a matrix; got Var"),
    (lambda: np.convolve(X, U), ad.ShapeError, r"of vectors that are not empty; got shape \(3, 4"),
    (lambda: np.convolve(U, U, "half"), ad.ArgumentError, "one of full, same, valid; got 'half'"),
    (
        lambda: np.interp(U, [1.0], [2.0]),
        ad.ShapeError,
        "a vector of at least 2 numbers; got shape",
    ),
    (lambda: np.interp(U, [1.0, 2.0], U), ad.ShapeError, r"\(2,\) knots have values of shape \(6,"),
    (lambda: np.polyval(X, U), ad.ShapeError, "polyval: the coefficients are a vector; got shape"),
    (lambda: np.vander(X), ad.ShapeError, "vander: the operand is a vector; got shape"),
    (lambda: np.select([X > 0], [X, X]), ad.ArgumentError, "got 2 arrays and 1 conditions"),
    (lambda: np.compress([True], X, 5), ad.ShapeError, "compress: axis 5 does not exist"),
    (lambda: np.block([[X], X]), ad.ArgumentError, "block: the lists are not empty, and nested"),
    (lambda: np.unwrap(X, axis=2), ad.ShapeError, "unwrap: axis 2 does not exist"),
    (lambda: np.quantile(X, 1.5), ad.ArgumentError, "a share lies between 0 and 1, .*; got 1.5"),
    (lambda: np.quantile(X, [[0.5]]), ad.ArgumentError, "q is a number or a vector; got shape"),
    (
        lambda: np.quantile(X, U),
        ad.DtypeError,
        "quantile: the shares q are numbers, .*; got <Variable",
    ),
    (
        lambda: np.quantile(X, 0.5, method="near"),
        ad.ArgumentError,
        "method is one of linear, lower",
    ),
    (lambda: np.nanmedian(ad.Variable(1.0)), ad.ArgumentError, "nanmedian: there is no axis"),
    (lambda: np.percentile(X[:, :0], 50), ad.ShapeError, "has length 0: there is no quantile"),
]


@pytest.mark.parametrize(("f", "kind", "message"), ERRORS)
def test_errors(f, kind, message):
    with pytest.raises(kind, match=message):
        f()
