"""NumPy's functions on nodes: what is supported, against NumPy, HIPS autograd and PyTorch."""

import functools
import warnings

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)
A, B, T = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4)), RNG.normal(size=(2, 3, 4))
SQUARE, V = RNG.normal(size=(3, 3)), RNG.normal(size=5)
INNER, POSITIVE = RNG.uniform(-0.9, 0.9, size=(3, 4)), RNG.uniform(0.5, 2.0, size=(3, 4))
ZEROS = np.array([[0.0, 2.0, 3.0], [0.0, 0.0, -1.5], [1.2, -0.7, 2.1]])
HOLES = np.where(np.eye(3, 4) > 0, np.nan, A)


# HIPS autograd has each of these: the value is NumPy's, the gradient autograd's.
WITH_AUTOGRAD = {
    **{
        name: (lambda lib, x, name=name: getattr(lib, name)(x), [data])
        for names, data in [
            ("arcsin arccos arctanh", INNER),
            ("arctan sinh cosh arcsinh tan sinc exp2 deg2rad rad2deg degrees radians", A),
            ("log2 log10", POSITIVE),
            ("arccosh", 1.0 + POSITIVE),
            ("ravel cumsum fliplr flipud rot90 tril triu diff", A),
            ("atleast_1d atleast_2d atleast_3d nan_to_num prod", A),
        ]
        for name in names.split()
    },
    "arctan2": (lambda lib, a, b: lib.arctan2(a, b), [A, B]),
    "hypot": (lambda lib, a, b: lib.hypot(a, b[0]), [A, B]),
    "logaddexp": (lambda lib, a, b: lib.logaddexp(a, b[0]), [A, B]),
    "logaddexp2": (lambda lib, a, b: lib.logaddexp2(a, b[:, :1]), [A, B]),
    "fmax": (lambda lib, a, b: lib.fmax(a, b), [A, B]),
    "fmin": (lambda lib, a, b: lib.fmin(a, b[0]), [A, B]),
    "remainder": (lambda lib, a, b: lib.remainder(a, b), [A, B]),
    "mod": (lambda lib, a, b: lib.mod(3.0 * a, b), [A, B]),
    "mod, operator": (lambda lib, a, b: 3.0 * a % b + 2.0 % b, [A, B]),
    "prod over an axis": (lambda lib, x: lib.prod(x, axis=1), [A]),
    "prod, keepdims": (lambda lib, x: lib.prod(x, axis=0, keepdims=True), [A]),
    "cumsum along an axis": (lambda lib, x: lib.cumsum(x, axis=1), [T]),
    "sort of a vector": (lambda lib, x: lib.sort(x), [V]),
    "partition": (lambda lib, x: lib.sort(lib.partition(x, 2)[:2]), [V]),
    "tile": (lambda lib, x: lib.tile(x, (2, 1, 3)), [A]),
    "repeat": (lambda lib, x: lib.repeat(x, 3), [A]),
    "repeat along an axis": (lambda lib, x: lib.repeat(x, 2, axis=0), [A]),
    "roll": (lambda lib, x: lib.roll(x, 5), [A]),
    "roll along an axis": (lambda lib, x: lib.roll(x, -6, axis=1), [A]),
    "rollaxis": (lambda lib, x: lib.rollaxis(x, 2), [T]),
    "rollaxis to a place": (lambda lib, x: lib.rollaxis(x, 0, 2), [T]),
    "diag of a vector": (lambda lib, x: lib.diag(x, 1), [V]),
    "diag of a matrix": (lambda lib, x: lib.diag(x, -1), [SQUARE]),
    "tril below": (lambda lib, x: lib.tril(x, -1), [SQUARE]),
    "triu above": (lambda lib, x: lib.triu(x, 1), [T]),
    "diff twice": (lambda lib, x: lib.diff(x, 2, axis=0), [A]),
    "gradient along an axis": (lambda lib, x: lib.gradient(x, axis=1), [A]),
    "hstack": (lambda lib, a, b: lib.hstack([a, b[:, :2]]), [A, B]),
    "vstack": (lambda lib, a, b: lib.vstack([a, b[0]]), [A, B]),
    "column_stack": (lambda lib, a, b: lib.column_stack([a, b[:, 0]]), [A, B]),
    "append": (lambda lib, a, b: lib.append(a, b, axis=0), [A, B]),
    "append flattened": (lambda lib, a, b: lib.append(a, b), [A, V]),
    "split": (lambda lib, x: lib.split(x, 3), [A]),
    "split at positions": (lambda lib, x: lib.split(x, [1, 2], axis=1), [A]),
    "array_split": (lambda lib, x: lib.array_split(x, 3, axis=1), [A]),
    "hsplit": (lambda lib, x: lib.hsplit(x, 2), [A]),
    "vsplit": (lambda lib, x: lib.vsplit(x, [1]), [A]),
    "dsplit": (lambda lib, x: lib.dsplit(x, 2), [T]),
    "linspace": (lambda lib, a, b: lib.linspace(a, b, 5), [A[0, 0], B[0, 0]]),
    "astype": (lambda lib, x: lib.astype(x, float) if hasattr(lib, "astype") else x, [A]),
}

# HIPS autograd has not these, or fails on these arguments: finite differences tell the gradient.
ALONE = {
    "rot90 in a plane": (lambda x: np.rot90(x, 3, (1, 2)), [T]),
    "diagonal": (lambda x: np.diagonal(x), [A]),
    "diagonal of other axes": (lambda x: np.diagonal(x, 1, 2, 0), [T]),
    "diag of an oblong matrix": (lambda x: np.diag(x, 1), [A]),
    "gradient along all axes": (lambda x: np.gradient(x), [T]),
    "linspace between arrays": (lambda a, b: np.linspace(a, b, 4, endpoint=False), [A, B[0]]),
    "partition of rows": (lambda x: np.sort(np.partition(x, (1, 2))[:, :2]), [A]),
    "cbrt": (lambda x: np.cbrt(x), [POSITIVE]),
    "fmod": (lambda a, b: np.fmod(3.0 * a, b), [A, B]),
    "flip": (lambda x: np.flip(x, (0, 2)), [T]),
    "roll in two axes": (lambda x: np.roll(x, (1, 2), (0, 2)), [T]),
    "repeat, each its own": (lambda x: np.repeat(x, [1, 0, 2], axis=1), [T]),
    "dstack": (lambda a, b: np.dstack([a, b]), [A, B]),
    "take": (lambda x: np.take(x, [[0, 5], [5, 2]]), [A]),
    "take along an axis": (lambda x: np.take(x, [2, 0, 0], axis=-1), [T]),
    "sort, flattened": (lambda x: np.sort(x, axis=None), [A]),
    "sort over axis 0": (lambda x: np.sort(x, axis=0), [T]),
    "median": (lambda x: np.median(x), [A]),
    "median, odd": (lambda x: np.median(x, axis=0), [A]),
    "median over axes": (lambda x: np.median(x, axis=(0, 2), keepdims=True), [T]),
    "prod with zeros": (lambda x: np.prod(x, axis=1), [ZEROS]),
    "prod of all, with a zero": (lambda x: np.prod(x), [ZEROS[1:]]),
    "prod over axes": (lambda x: np.prod(x, axis=(0, 2)), [T]),
    "cumprod": (lambda x: np.cumprod(x), [A]),
    "cumprod with zeros": (lambda x: np.cumprod(x, axis=1), [ZEROS]),
    "ediff1d": (lambda x: np.ediff1d(x), [A]),
    "gradient with spacings": (lambda x: np.gradient(x, 0.5, 2.0), [A]),
    "trapezoid": (lambda y: np.trapezoid(y, dx=0.3, axis=1), [T]),
    "trapezoid, places": (lambda y, x: np.trapezoid(y, x, axis=0), [A, A[:, 0]]),
    "trapezoid, all places": (lambda y, x: np.trapezoid(y, x), [A, B]),
    "average": (lambda x: np.average(x, axis=0), [A]),
    "average, weights": (lambda x, w: np.average(x, 1, w), [T, POSITIVE[:, 0]]),
    "average, all weights": (lambda x, w: np.average(x, weights=w), [A, POSITIVE]),
    "ptp": (lambda x: np.ptp(x, axis=1), [A]),
    "full_like": (lambda x, v: np.full_like(x, 2.0) * v, [A, A]),
    **{
        f"{name} over {axis}, {keepdims}": (
            lambda x, name=name, a=axis, k=keepdims: getattr(np, name)(
                np.where(np.isnan(HOLES), np.nan, x), axis=a, keepdims=k
            ),
            [A],
        )
        for name in ["nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin"]
        for axis, keepdims in [(None, False), (0, False), (-1, True)]
    },
    "nanvar, ddof": (lambda x: np.nanvar(np.where(np.isnan(HOLES), np.nan, x), ddof=1), [A]),
}

STEPS = ["floor", "ceil", "trunc", "rint", "fix", "round", "around", "argsort", "signbit"]
STEPS += ["isnan", "isinf", "isfinite", "any", "all", "count_nonzero"]
WITHOUT_GRADIENT = {name: (lambda x, name=name: getattr(np, name)(x)) for name in STEPS} | {
    "any over an axis": lambda x: np.any(x > 0.5, axis=1),
    "all, keepdims": lambda x: np.all(x > -1.0, axis=0, keepdims=True),
    "count_nonzero over an axis": lambda x: np.count_nonzero(x > 0, axis=-1),
    "round to tenths": lambda x: np.round(x, 1),
    "heaviside": lambda x: np.heaviside(x, 0.5),
    "floor_divide": lambda x: np.floor_divide(x, 0.3),
    "argpartition": lambda x: np.argpartition(x, 1),
}


def listed(result):
    several = isinstance(result, list | tuple) or type(result).__name__ == "SequenceBox"
    return list(result) if several else [result]


def assert_value(f, args):
    expected, nodes = f(*args), f(*map(ad.Variable, args))
    assert type(nodes) is type(expected) or not isinstance(expected, list | tuple)
    for node, value in zip(listed(nodes), listed(expected), strict=True):
        assert isinstance(node, ad.GraphNode)
        assert node.dtype == value.dtype and node.shape == value.shape
        np.testing.assert_allclose(node.output, value, rtol=1e-13)


def weighted(f, total):
    """A scalar of all results of `f`, each weighted by a number of its own."""

    def loss(*args):
        rng = np.random.default_rng(1)
        return sum(
            [total(part * rng.uniform(0.5, 1.5, np.shape(part))) for part in listed(f(*args))]
        )

    return loss


@pytest.mark.parametrize("name", WITH_AUTOGRAD)
def test_value_of_numpy_and_gradient_of_autograd(autograd, name):
    f, args = WITH_AUTOGRAD[name]
    assert_value(lambda *at: f(np, *at), args)
    places = tuple(range(len(args)))
    theirs = autograd.numpy
    expected = autograd.grad(weighted(lambda *at: f(theirs, *at), theirs.sum), places)(*args)
    found = ad.grad(weighted(lambda *at: f(np, *at), np.sum), places)(*args)
    for ours, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", WITH_AUTOGRAD)
def test_value_of_numpy_and_gradient_of_differences_without_autograd(name):
    f, args = WITH_AUTOGRAD[name]
    assert_value(functools.partial(f, np), args)
    ad.check_grads(functools.partial(f, np), args)


@pytest.mark.parametrize("name", ALONE)
def test_value_of_numpy_and_gradient_of_differences(name):
    f, args = ALONE[name]
    assert_value(f, args)
    ad.check_grads(f, args, order=2)


@pytest.mark.parametrize("name", WITHOUT_GRADIENT)
def test_values_pass_and_no_gradient_flows(name):
    f = WITHOUT_GRADIENT[name]
    assert_value(f, [2.0 * A])
    assert not f(ad.Variable(A)).requires_grad


def test_replacing_what_is_not_finite():
    x = np.array([1.0, np.nan, np.inf, -np.inf])
    node = np.nan_to_num(ad.Variable(x), nan=3.0, posinf=4.0)
    np.testing.assert_array_equal(node.output, np.nan_to_num(x, nan=3.0, posinf=4.0))
    np.testing.assert_array_equal(
        ad.grad(lambda x: np.nan_to_num(x).sum())(x), [1.0, 0.0, 0.0, 0.0]
    )


@pytest.mark.parametrize("name", ["fmax", "fmin"])
def test_ties_and_nan_as_in_pytorch(torch, name):
    a = np.array([1.0, 2.0, np.nan, 3.0, np.nan, 0.0])
    b = np.array([1.0, 5.0, 3.0, np.nan, np.nan, -1.0])
    tensors = [torch.tensor(x, requires_grad=True) for x in (a, b)]
    getattr(torch, name)(*tensors).nansum().backward()
    found = ad.grad(lambda a, b: np.nansum(getattr(np, name)(a, b)), (0, 1))(a, b)
    for ours, tensor in zip(found, tensors, strict=True):
        np.testing.assert_array_equal(ours, tensor.grad.numpy())


def test_sinc_has_every_derivative_at_zero_and_beside_it(torch):
    x = np.array([0.0, 1e-9, 1e-4, 0.9, 0.955, 1.0, 7.3])
    ad.check_grads(np.sinc, (x,), order=4)
    tensor = torch.tensor(x, requires_grad=True)
    torch.sinc(tensor).sum().backward()
    np.testing.assert_allclose(
        ad.grad(lambda x: np.sinc(x).sum())(x), tensor.grad.numpy(), rtol=1e-6, atol=1e-8
    )
    assert ad.hessian(np.sinc)(np.array(0.0)) == pytest.approx(-(np.pi**2) / 3)


@pytest.mark.parametrize("name", ["prod", "cumprod"])
def test_products_with_zeros_have_derivatives_of_every_order(name):
    for axis in (None, 0, 1):
        ad.check_grads(lambda x, a=axis: getattr(np, name)(x, axis=a), (ZEROS,), order=3)
    ad.check_grads(getattr(np, name), (ZEROS[0] + 1j * A[0, :3],), order=2)


def test_large_numbers_do_not_overflow():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ad.grad(np.logaddexp)(1000.0, -1000.0) == 1.0
        assert ad.grad(np.hypot)(1e300, 0.0) == 1.0
        assert ad.grad(np.arctan2)(0.0, 1e200) == pytest.approx(1e-200)


def test_equal_elements_keep_their_order_when_sorted():
    first = ad.grad(lambda x: np.sort(x)[0])(np.array([2.0, 1.0, 1.0]))
    np.testing.assert_array_equal(first, [0.0, 1.0, 0.0])


# Replays: what a list of parts or a position would be tomorrow.


def test_parts_follow_the_length_of_a_replay():
    x = ad.Variable(np.arange(4.0))
    first, second = np.split(x, 2)
    loss = (first * second).sum() + np.median(x) + np.prod(np.repeat(np.tile(x, 2), 2))
    order = ad.topological_sort(loss)
    x.output = np.arange(1.0, 7.0)
    ad.forward(order)
    ad.backward(order)

    def rebuilt(x):
        first, second = np.split(x, 2)
        return (first * second).sum() + np.median(x) + np.prod(np.repeat(np.tile(x, 2), 2))

    value, gradient = ad.value_and_grad(rebuilt)(np.arange(1.0, 7.0))
    assert loss.output == value
    np.testing.assert_allclose(x.gradient, gradient)
    x.output = np.arange(5.0)
    with pytest.raises(ad.ShapeError, match="into 2 parts of the same length; array_split"):
        ad.forward(order)


@pytest.mark.parametrize(
    ("f", "length"),
    [(lambda x: np.repeat(x, [1, 2, 3]).sum(), 4), (lambda x: np.gradient(x).sum(), 1)],
)
def test_a_replay_that_would_not_fit_is_refused(f, length):
    x = ad.Variable(np.arange(3.0))
    order = ad.topological_sort(f(x))
    x.output = np.arange(float(length))
    with pytest.raises((ad.ShapeError, ad.IndexingError)):
        ad.forward(order)


X = ad.Variable(A, name="x")
MISTAKES = [
    (lambda: np.split(X, 2), ad.ShapeError, "3, 4. cannot be cut into 2 parts"),
    (
        lambda: np.hsplit(X, 1.5),
        ad.ArgumentError,
        "split: .* number of parts, or a list .* got the number 1.5",
    ),
    (lambda: np.linspace(X, 1.0, -1), ad.ArgumentError, "linspace: num .* at least 0; got -1"),
    (lambda: np.logspace(X, 1.0, 2.5), ad.ArgumentError, "linspace: num .* got 2.5"),
    (lambda: np.split(X, 0), ad.ArgumentError, "split: a number of parts is at least 1"),
    (lambda: np.dsplit(X, 2), ad.ShapeError, "dsplit needs at least 3 axes; got .*'x'"),
    (lambda: np.tile(X, -1), ad.ArgumentError, "tile: .* at least 0; got -1"),
    (lambda: np.repeat(X, 0.5), ad.DtypeError, "repeat: .* is an integer; got 0.5"),
    (lambda: np.repeat(X, [1, -1, 1], 0), ad.ArgumentError, "repeat: .* at least 0"),
    (lambda: np.repeat(X, [1, 2], 0), ad.ShapeError, "axis 0 must have length 2"),
    (lambda: np.roll(X, (1, 2), 0), ad.ShapeError, "roll: .* a shift for each axis"),
    (lambda: np.roll(X, 0.5), ad.DtypeError, "roll: a shift is an integer; got 0.5"),
    (lambda: np.rot90(X, 1, (0,)), ad.ArgumentError, "rot90: a plane has two axes"),
    (lambda: np.flip(X, 2), ad.ShapeError, "flip: axis 2 does not exist"),
    (lambda: np.diag(X[None]), ad.ShapeError, "diag needs a vector or a matrix"),
    (lambda: np.tril(X[0]), ad.ShapeError, "a triangle is part of a matrix"),
    (lambda: np.diagonal(X, 0, 1, 1), ad.ArgumentError, "names an axis twice"),
    (lambda: np.take(X, 99), ad.IndexingError, "out of bounds"),
    (lambda: np.sort(X, axis=2), ad.ShapeError, "axis 2 does not exist"),
    (lambda: np.sort(X, kind="stable"), ad.DtypeError, r"np.sort on a node takes \(x, axis\)"),
    (lambda: np.partition(X, 9), ad.ArgumentError, "argpartition: .*kth"),
    (lambda: np.median(ad.Variable(1.0)), ad.ArgumentError, "median: there is no axis"),
    (lambda: np.median(X[:0], axis=0), ad.ShapeError, "there is no median of nothing"),
    (lambda: np.diff(X, -1), ad.ArgumentError, "at least 0; got -1"),
    (lambda: np.gradient(X[:1]), ad.ShapeError, "fewer than two samples"),
    (lambda: np.gradient(X, 1.0, 2.0, 3.0), ad.ArgumentError, "3 spacings do not fit 2 axes"),
    (lambda: np.gradient(X, [1.0, 2.0, 4.0], axis=0), ad.ArgumentError, "spacing is a number"),
    (lambda: np.average(X, weights=np.ones(4)), ad.ShapeError, "average: weights"),
    (lambda: np.average(X, 0, np.ones(4)), ad.ShapeError, "does not fit axis 0 of .*'x'"),
    (lambda: ad.recurrence(X, X[0], axis=0), AttributeError, "recurrence"),
    (lambda: np.cumsum(X, dtype=int), ad.DtypeError, "np.cumsum on a node takes"),
]


@pytest.mark.parametrize(
    ("mistake", "kind", "message"), MISTAKES, ids=[message for _, _, message in MISTAKES]
)
def test_a_mistake_is_named(mistake, kind, message):
    with pytest.raises(kind, match=f"(?s){message}"):
        mistake()


@pytest.mark.parametrize(
    "name", ["unique", "histogram", "lexsort", "roots", "searchsorted", "frexp", "packbits"]
)
def test_what_has_no_derivative_is_named(name):
    args = (X, 0.5) if name == "searchsorted" else (X,)
    with pytest.raises(ad.DifferentiationError, match=f"np.*{name} has no derivative here"):
        getattr(np, name)(*args)
