"""Arguments left out, at their limits, and wrong: each as NumPy or PyTorch has it."""

import warnings

import numpy as np
import pytest

import autodiff as ad
from autodiff.catalogue import functions, primitives
from autodiff.primitives.kinds import Bilinear, Elementwise, Linear

RNG = np.random.default_rng(0)
T, A, V = RNG.normal(size=(2, 4, 3)), RNG.normal(size=(3, 4)), RNG.normal(size=5)
SQUARES = RNG.normal(size=(2, 4, 3, 3)) + 4 * np.eye(3)
SYMMETRIC = SQUARES + np.swapaxes(SQUARES, -1, -2)
NEARLY_SINGULAR = np.array([[1.0, 0.1, 0.0], [0.0, 0.5, 0.1], [0.2, 0.0, 0.1]])
PLACES = np.array([[[0, 2], [1, 1], [2, 2], [0, 0]]] * 2)

# NumPy's functions with arguments left out, or such as are seldom given.
CALLS = {
    "diag": (lambda x: np.diag(x), V),
    "diagflat": (lambda x: np.diagflat(x), A),
    "diagonal": (lambda x: np.diagonal(x), T),
    "diagonal far above": (lambda x: np.diagonal(x, 7), A),
    "trapezoid": (lambda x: np.trapezoid(x), T),
    "take_along_axis": (lambda x: np.take_along_axis(x, PLACES), T),
    "rot90": (lambda x: np.rot90(x), T),
    **{f"rot90 {k} times": (lambda x, k=k: np.rot90(x, k), A) for k in (-1, 0, 2, 3, 4, 5)},
    "flipud": (lambda x: np.flipud(x), T),
    "fliplr": (lambda x: np.fliplr(x), T),
    "roll over two axes": (lambda x: np.roll(x, 1, (0, 1)), A),
    "interp outside": (lambda x: np.interp(x, [-0.5, 0.0, 0.5], [2.0, 1.0, 4.0]), 3 * V),
    "interp of two knots": (lambda x: np.interp(x, [-0.5, 0.5], [2.0, 1.0]), V),
    "corrcoef of one": (lambda x: np.corrcoef(x), V),
    "cov of none": (lambda x: np.cov(x), np.ones((0, 3))),
    "isclose": (lambda x: np.isclose(x, [1.0, 1.0, 1.0, 0.0, np.nan]), None),
    "average by a vector": (lambda x: np.average(x, 1, np.arange(1.0, 5.0)), T),
    "average of a vector": (lambda x: np.average(x, weights=np.arange(5.0)), V),
    "dot of a matrix": (lambda x: np.dot(x, A), T),
    "matrix_power 0": (lambda x: np.linalg.matrix_power(x, 0), SQUARES),
    "pinv": (lambda x: np.linalg.pinv(x, rcond=0.3), NEARLY_SINGULAR),
    "pinv by rtol": (lambda x: np.linalg.pinv(x, rtol=0.3), NEARLY_SINGULAR),
    "array_split": (lambda x: np.array_split(x, 2)[1], T),
    "multi_dot": (lambda x: np.linalg.multi_dot([x, A.T, A[:, :2], A[:2, 0]]), A),
    "quantile of stacks": (lambda x: np.quantile(x, [0.2, 0.7, 0.9], axis=2), T),
    "nanquantile of one": (lambda x: np.nanquantile(np.where(x > x.min(), np.nan, x), 0.5), V),
    "einsum of length 1": (lambda x: np.einsum("ij,ij->j", x[:, :1], x), A),
    "nanvar of complex": (lambda x: np.nanvar(x * np.array([1.0, 1j, 2.0])), T),
    "vector of norms": (lambda x: np.linalg.norm(x, "nuc"), A),
}
CLOSE = np.array([1.0 + 1e-6, 1.0 + 1e-4, 1.0, 1e-7, np.nan])


@pytest.mark.parametrize("name", CALLS)
def test_value_and_shape_are_numpys(name):
    f, x = CALLS[name]
    x = CLOSE if x is None else x
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected, node = f(x), f(ad.Variable(x))
    assert node.shape == np.shape(expected) and node.dtype == expected.dtype
    np.testing.assert_allclose(node.output, expected, rtol=1e-12, atol=1e-14)
    for operator in ad.topological_sort(node):
        if operator.inputs:
            shapes = [operand.shape for operand in operator.inputs]
            assert operator.primitive.shape(*shapes, **operator.params) == operator.shape


def test_a_condition_may_be_a_list_of_integers():
    for condition in ([1, 0, 1], [True, False, True], np.array([True, False, True])):
        found = np.compress(condition, ad.Variable(A), axis=0).output
        np.testing.assert_array_equal(found, A[[0, 2]])


def test_allclose_is_strict_by_default():
    close = [bool(np.allclose(ad.Variable(x), y)) for x, y in zip(CLOSE, CLOSE[2:], strict=False)]
    assert close == [True, False, False]
    assert np.allclose(ad.Variable(1.0 + 1e-6), 1.0) and not np.allclose(ad.Variable(1e-7), 0.0)
    assert np.allclose(ad.Variable(1e-9), 0.0) and not np.allclose(ad.Variable(1.0001), 1.0)
    assert not np.allclose(ad.Variable(np.nan), np.nan)


FACTORIZED = {
    "eigh": lambda x: np.linalg.eigh(x)[0],
    "eigvalsh": lambda x: np.linalg.eigvalsh(x),
    "eigvals": lambda x: np.sort(np.linalg.eigvals(x).real),
    "svd": lambda x: np.linalg.svd(x)[1],
    "cholesky": lambda x: np.linalg.cholesky(x @ np.swapaxes(x, -1, -2)),
    "inv": lambda x: np.linalg.inv(x),
    "det": lambda x: np.linalg.det(x),
    "slogdet": lambda x: np.linalg.slogdet(x)[1],
    "pinv": lambda x: np.linalg.pinv(x),
    "norm": lambda x: np.linalg.norm(x, "nuc", (-2, -1)),
}


@pytest.mark.parametrize("name", FACTORIZED)
def test_matrices_along_two_leading_axes(name):
    """Of one matrix, or a stack of them, it cannot be seen which axis a rule counts from."""
    f = FACTORIZED[name]
    node = f(ad.Variable(SYMMETRIC))
    np.testing.assert_allclose(node.output, f(SYMMETRIC), rtol=1e-9, atol=1e-9)
    for operator in ad.topological_sort(node):
        if operator.inputs:
            shapes = [operand.shape for operand in operator.inputs]
            assert operator.primitive.shape(*shapes, **operator.params) == operator.shape
    direction = np.cos(np.arange(SYMMETRIC.size)).reshape(SYMMETRIC.shape)
    direction = direction + np.swapaxes(direction, -1, -2)
    tangent, step = ad.jvp(f, (SYMMETRIC,), (direction,))[1], 1e-6
    ahead, behind = f(SYMMETRIC + step * direction), f(SYMMETRIC - step * direction)
    np.testing.assert_allclose(tangent, (ahead - behind) / (2 * step), rtol=1e-4, atol=1e-4)
    pulled = ad.vjp(f, SYMMETRIC)[1](np.ones(node.shape))[0]
    assert np.sum(pulled * direction) == pytest.approx(np.sum(tangent), rel=1e-6)


@pytest.mark.parametrize("name", ["eigh", "eigvals", "svd", "cholesky", "inv", "det", "pinv"])
def test_a_matrix_may_be_a_list(name):
    f, x = FACTORIZED[name], [[4.0, 1.0], [1.0, 3.0]]
    ours = getattr(ad.linalg, {"eigvals": "eigvals"}.get(name, name))
    found, expected = ours(x), getattr(np.linalg, name)(np.array(x))
    if not isinstance(expected, tuple):
        found, expected = [found], [expected]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.abs(one), np.abs(other), rtol=1e-12)
    assert np.shape(f(ad.Variable(x)).output) == np.shape(f(np.array(x)))


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [
        ((2, 3, 4), (), (24,)),
        ((2, 3, 4), (1,), (2, 12)),
        ((2, 3, 4), (0, 1), (6, 4)),
        ((2, 3, 4), (-2, -1), (2, 12)),
        ((2, 3, 4), (1, 1), (2, 3, 4)),
        ((), (), (1,)),
        ((), (0, 0), (1,)),
        ((), (-1, -1), (1,)),
    ],
)
def test_flatten_has_pytorchs_shapes(shape, axes, expected):
    x = ad.Variable(np.arange(float(np.prod(shape))).reshape(shape))
    node = functions["flatten"](x, *axes)
    assert node.shape == expected and node.primitive.shape(shape, **node.params) == expected
    np.testing.assert_array_equal(node.output.ravel(), x.output.ravel())


@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (3, 2), (4, 5)])
@pytest.mark.parametrize("dilation", [1, (2, 1)])
def test_same_padding_puts_an_odd_rest_behind(kernel, dilation):
    x, w = RNG.normal(size=(2, 3, 7, 6)), RNG.normal(size=(2, 3, *kernel))
    spans = [(k - 1) * d for k, d in zip(kernel, np.broadcast_to(dilation, 2), strict=True)]
    margins = [(span // 2, span - span // 2) for span in spans]
    padded = np.pad(x, [(0, 0), (0, 0), *margins])
    found = ad.conv2d(ad.Variable(x), w, padding="same", dilation=dilation)
    expected = ad.conv2d(padded, w, dilation=dilation)
    assert found.shape == (2, 2, 7, 6)
    np.testing.assert_allclose(found.output, expected, rtol=1e-12, atol=1e-12)
    plain, valid = (ad.conv2d(x, w[..., :1, :1], stride=2, padding=p) for p in (0, "valid"))
    np.testing.assert_array_equal(valid, plain)


def test_integers_have_the_error_function_of_numbers():
    expected = ad.erf(np.array([0.0, 1.0, 2.0]))
    np.testing.assert_array_equal(ad.erf(ad.Constant([0, 1, 2])).output, expected)
    assert ad.erf(ad.Variable(np.float32(1.0))).dtype == np.float32


def test_a_window_of_nothing_but_minus_infinity_chooses_a_pixel_and_not_the_border():
    x = np.full((1, 1, 2, 2), -np.inf)
    gradient = ad.vjp(lambda x: ad.max_pool2d(x, 2, padding=1), x)[1](np.ones((1, 1, 2, 2)))[0]
    np.testing.assert_array_equal(gradient, np.ones((1, 1, 2, 2)))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.float32])
def test_a_border_loses_against_every_pixel_of_every_dtype(dtype):
    lowest = {bool: False, np.float32: -np.inf}.get(dtype)
    x = np.full((1, 1, 3, 3), np.iinfo(dtype).min if lowest is None else lowest, dtype)
    pooled = ad.max_pool2d(ad.Constant(x), 2, padding=1).output
    np.testing.assert_array_equal(pooled, x[..., :2, :2])


def test_what_does_not_depend_on_equal_eigenvalues_has_a_derivative_there():
    found = ad.grad(lambda a: np.sum(np.linalg.eigh(a)[0]))(np.eye(3))
    np.testing.assert_array_equal(found, np.eye(3))


def test_the_axes_of_an_identity_matrix_count_from_either_end():
    for axes in ((0, 2), (0, -1), (-3, 2), (-3, -1)):
        found = functions["eye_like"](T, axis1=axes[0], axis2=axes[1])
        np.testing.assert_array_equal(found, np.eye(2, 3)[:, None])


X = ad.Variable(A, name="x")
IMAGE = ad.Variable(np.ones((1, 1, 1, 1, 3)))
MISTAKES = [
    (lambda: ad.where(X > 0, X), ad.ArgumentError, "where: write where"),
    (lambda: np.select([[True]] * 2, [X]), ad.ArgumentError, "got 1 arrays and 2 conditions"),
    (lambda: np.select([[True]], [X] * 2), ad.ArgumentError, "got 2 arrays and 1 conditions"),
    (lambda: np.diff(X, axis=2), ad.ShapeError, "diff: axis 2 does not exist"),
    (lambda: np.convolve(ad.Variable(1.0), V), ad.ShapeError, r"not empty; got shape \(\)"),
    (lambda: np.convolve(X, V), ad.ShapeError, r"not empty; got shape \(3, 4\)"),
    (lambda: np.pad(X, 1, mode="best"), ad.ArgumentError, "modes with a derivative.* 'best'"),
    (lambda: np.sign(X * 1j), ad.DtypeError, "the sign of a complex number is its direction"),
    (lambda: np.polyval(ad.Variable(2.0), 3.0), ad.ShapeError, r"a vector; got shape \(\)"),
    (lambda: np.average(X, 0, 2.0), ad.ShapeError, "average: weights the number 2.0 must"),
    (lambda: np.average(X, (0, 1), np.ones(3)), ad.ShapeError, r"weights .*\(3,\).* must have"),
    (lambda: np.average(X, None, np.ones(3)), ad.ShapeError, r"weights .*\(3,\).* must have"),
    (lambda: np.average(X, 0, np.ones((3, 1))), ad.ShapeError, r"weights .*\(3, 1\).* must have"),
    (lambda: np.linalg.norm(X, "abc"), ad.ArgumentError, "no norm of matrices has ord='abc'"),
    (lambda: np.fft.rfft(X[:, :0]), ad.ShapeError, r"axis 1 of shape \(3, 0\) is too short"),
    (lambda: np.nan_to_num(X, False), ad.DtypeError, "np.nan_to_num on a node takes"),
    (lambda: np.einsum("i1->i", X), ad.ArgumentError, "may hold letters, commas"),
    (lambda: ad.einsum("ij->i", X, casting="no"), ad.ArgumentError, "does not take casting"),
    (lambda: np.einsum("ijk->i", X), ad.ShapeError, "operand 0 has 2 axes, and 'ijk' names"),
    (lambda: np.einsum("...ijk->i", X), ad.ShapeError, "2 axes, and '...ijk' names"),
    (lambda: np.einsum("i->i", X), ad.ShapeError, "operand 0 has 2 axes, and 'i' names"),
    (lambda: np.einsum("ij,jk", X), ad.ArgumentError, "names 2 operands; got 1"),
    (lambda: np.einsum("ij", X, X), ad.ArgumentError, "names 1 operands; got 2"),
    (lambda: np.einsum("ij->ii", X), ad.ArgumentError, "each letter of the result must occur once"),
    (lambda: np.einsum("ij->ik", X), ad.ArgumentError, "each letter of the result must occur once"),
    (lambda: np.einsum("ij,i", X, V[:2]), ad.ShapeError, "'i' stands for axes of lengths 3 and 2"),
    (lambda: functions["flatten"](X, 2), ad.ShapeError, "axis 2 does not exist; .* has 2 axes"),
    (lambda: functions["flatten"](X, -3), ad.ShapeError, "axis -3 does not exist"),
    (lambda: functions["flatten"](X, 0, 2), ad.ShapeError, "axis 2 does not exist"),
    (lambda: functions["flatten"](X, 1, 0), ad.ShapeError, "start_axis 1 comes after end_axis 0"),
    (lambda: functions["flatten"](X.sum(), 1), ad.ShapeError, "axis 1 does not exist; .* has 0"),
    (lambda: ad.conv2d(IMAGE, V), ad.ShapeError, r"x needs 4 axes.*, 3\)\n"),
    (lambda: ad.conv2d(IMAGE[0, 0], V), ad.ShapeError, r"x\[None\] adds one in front"),
    (lambda: np.linalg.eigh(X[:1, :3]), ad.ShapeError, r"of a square matrix .* shape \(1, 3\)"),
    (lambda: np.linalg.eig(X[:1, :3]), ad.ShapeError, r"of a square matrix .* shape \(1, 3\)"),
]


@pytest.mark.parametrize(
    ("mistake", "kind", "message"), MISTAKES, ids=[message for _, _, message in MISTAKES]
)
def test_what_is_wrong_is_named(mistake, kind, message):
    with pytest.raises(kind, match=f"(?s){message}"):
        mistake()


# What derivatives are made of is called by rules, never by users; it checks its operands too.
@pytest.mark.parametrize(
    ("name", "shapes", "params"),
    [
        ("sum_like", [(2, 3), (4, 2, 3)], {}),
        ("recurrence", [(2, 1), (2, 3)], {"axis": 0}),
        ("add_at_like", [(3,), (3, 4)], {"key": (1,)}),
        ("add_at_like", [(5,), (3, 4)], {"key": (1,)}),
    ],
)
def test_operands_of_a_derivative_that_do_not_fit_are_refused(name, shapes, params):
    with pytest.raises(ad.ShapeError):
        primitives[name].shape(*shapes, **params)


def test_the_functions_of_convolution_and_pooling_check_the_gradient():
    x, w = ad.Variable(RNG.normal(size=(2, 3, 5, 5))), RNG.normal(size=(2, 3, 2, 2))
    y, pooled = ad.conv2d(x, w), ad.max_pool2d(x, 2)
    wrong, image = np.ones((2, 2, 4, 2)), np.ones((2, 3, 5, 4))
    for name, operands, params in (
        ("conv2d_filter_transpose", (x.output, wrong, w), y.params),
        ("conv2d_input_transpose", (wrong, w, x.output), y.params),
        ("max_pool2d_scatter", (pooled.output[:, :1], x.output, pooled.output), pooled.params),
        ("max_pool2d_gather", (image, x.output, pooled.output), pooled.params),
    ):
        with pytest.raises(ad.ShapeError):
            primitives[name].function(*operands, **params)


def test_the_factors_of_a_recurrence_are_not_broadcast():
    with pytest.raises(ad.ShapeError, match="must have one shape"):
        functions["recurrence"](np.ones((2, 1)), ad.Variable(np.ones((2, 3))), axis=0)


class Unfinished(Linear):
    """States nothing."""


class UnfinishedProduct(Bilinear):
    """States nothing either."""


class Partless(Elementwise):
    """States a function, and no partial derivative."""

    def function(self, x):
        return x


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: Unfinished().function(1.0), "Unfinished states no function"),
        (lambda: Unfinished().shape((2,)), "Unfinished states no shape rule"),
        (lambda: Unfinished().transpose(1.0, 1.0), "Unfinished states no transpose"),
        (lambda: Unfinished().examples(RNG), "Unfinished states no examples"),
        (lambda: UnfinishedProduct().transpose_left(1.0), "states no transpose_left"),
        (lambda: UnfinishedProduct().transpose_right(1.0), "states no transpose_right"),
    ],
)
def test_what_a_primitive_does_not_state_is_named(use, message):
    with pytest.raises(TypeError, match=message):
        use()


@pytest.mark.parametrize("derivative", [ad.grad, lambda f: lambda x: ad.jvp(f, (x,), (1.0,))])
def test_a_partial_that_is_missing_is_missed_in_both_modes(derivative):
    with pytest.raises(ad.DifferentiationError, match="partless states no partial for operand 0"):
        derivative(Partless())(1.0)
