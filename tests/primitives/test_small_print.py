"""What the small print of single functions says: high orders, ties, odd sizes, refusals."""

import numpy as np
import pytest
from test_catalogue import as_nodes, example

import autodiff as ad
from autodiff.catalogue import primitives
from autodiff.primitives.windows import NO_BORDERS, Windows

RNG = np.random.default_rng(0)
A, T = RNG.normal(size=(3, 4)), RNG.normal(size=(2, 4, 3))
X = ad.Variable(A, name="x")


def derivative_of_sinc(order, x):
    """By quadrature, from sinc x = the integral of cos(pi x t) for t from 0 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    t = (nodes + 1) / 2
    return np.sum(weights / 2 * (np.pi * t) ** order * np.cos(np.pi * x * t + order * np.pi / 2))


@pytest.mark.parametrize("x", [0.0, 1e-3, -0.5, 0.94, 0.96, -1.26, 1.28, 1.58, 3.3])
def test_derivatives_of_sinc_are_exact_to_order_five(x):
    f = np.sinc
    for order in range(6):
        expected = derivative_of_sinc(order, x)
        assert float(f(x)) == pytest.approx(expected, rel=1e-9, abs=1e-10 * np.pi**order)
        f = ad.grad(f)


def test_derivatives_of_sinc_of_order_ten_are_exact():
    xs = np.linspace(-4.5, 4.5, 19)
    expected = [derivative_of_sinc(10, x) for x in xs]
    found = primitives["sinc_derivative"](xs, order=10)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.pi**10)


def test_a_power_of_one_has_no_curvature_anywhere():
    for x in (0.0, -1.0, np.inf, np.nan):
        assert ad.grad(ad.grad(lambda x: x**1))(x) == 0.0


def test_a_single_array_is_stacked_alone():
    assert np.hstack([ad.Variable(A[0])]).shape == (4,)
    assert np.hstack([X]).shape == np.vstack([X]).shape == (3, 4)


def test_the_adjugate_takes_a_list():
    np.testing.assert_allclose(primitives["adjugate"]([[1.0, 2.0], [3.0, 4.0]]), [[4, -2], [-3, 1]])


def test_the_tolerance_of_an_imaginary_part_is_a_hundred_roundings():
    for times, dtype in ((99.5, float), (100.5, complex)):
        number = 1.0 + times * np.finfo(float).eps * 1j
        assert np.real_if_close(number).dtype == dtype
        assert ad.real_if_close(ad.Variable(number)).dtype == dtype


def test_the_middle_of_a_convolution_keeps_its_dtype():
    x, half = np.ones(4, np.float32), np.ones(2, np.float16)
    assert primitives["centre"](x, x[:3], half).dtype == np.float32
    assert primitives["around_centre"](x[:3], x, x[:3], half).dtype == np.float32


def test_no_repetitions_leave_an_array_as_it_is():
    np.testing.assert_array_equal(np.tile(X, ()).output, A)


def test_a_tall_matrix_is_not_square_either():
    with pytest.raises(ad.ShapeError, match=r"have one length; got shape \(4, 3\)"):
        np.linalg.det(X.T)


def test_of_equal_numbers_the_middle_one_is_the_median():
    gradient = ad.grad(np.median)(np.zeros(101))
    assert np.flatnonzero(gradient).tolist() == [50]
    gradient = ad.grad(np.median)(np.tile([1.0, 0.0, 1.0, 2.0], 30))
    assert np.flatnonzero(gradient).tolist() == [58, 60]


def test_partitions_of_the_last_axis_and_of_all_elements():
    x = ad.Variable(T)
    smallest = np.sort(np.partition(x, 1)[..., :2])
    np.testing.assert_array_equal(smallest.output, np.sort(T)[..., :2])
    flat = np.partition(x, 5, axis=None)
    assert flat.shape == (24,)
    np.testing.assert_array_equal(np.sort(flat.output[:5]), np.sort(T, axis=None)[:5])
    places = np.argpartition(x, 5, axis=None).output
    np.testing.assert_array_equal(np.sort(T.ravel()[places[:5]]), np.sort(T, axis=None)[:5])


def test_a_system_with_one_right_hand_side():
    a, b = RNG.normal(size=(3, 3)) + 3 * np.eye(3), RNG.normal(size=3)
    node = np.linalg.solve(ad.Variable(a), ad.Variable(b))
    assert node.primitive.shape((3, 3), (3,)) == node.shape == (3,)
    gradient = RNG.normal(size=3)
    shares = node.primitive.pull([0, 1], gradient, node.output, (a, b), {})
    for position, share in enumerate(shares):
        alone = node.primitive.vjp(position, gradient, node.output, a, b)
        np.testing.assert_array_equal(alone, share)
    np.testing.assert_allclose(shares[1], np.linalg.solve(a.T, gradient), rtol=1e-12)


@pytest.mark.parametrize("more", [(0, 0), (1, 2), (2, 0)])
def test_output_padding_lengthens_the_image(more):
    x, w = RNG.normal(size=(1, 2, 2, 3)), RNG.normal(size=(2, 1, 2, 2))
    y = ad.conv_transpose2d(x, w, stride=3, output_padding=more)
    plain = ad.conv_transpose2d(x, w, stride=3)
    assert plain.shape == (1, 1, 5, 8) and y.shape == (1, 1, 5 + more[0], 8 + more[1])
    np.testing.assert_array_equal(y[..., :5, :8], plain)
    assert not y[..., 5:, :].any() and not y[..., 8:].any()


@pytest.mark.parametrize(("x", "shares"), [(0.0, (1.0, 0.0, 0.0)), (1.0, (1.0, 0.0, 0.0))])
def test_at_a_limit_the_number_itself_has_the_gradient(x, shares):
    assert ad.grad(ad.clip, (0, 1, 2))(x, 0.0, 1.0) == shares


def test_a_limit_that_is_missing_leaves_integers_integers():
    x = ad.Constant(np.array([1, 5]))
    for node, expected in ((ad.clip(x, max=3), [1, 3]), (ad.clip(x, min=3), [3, 5])):
        assert node.dtype == x.dtype and node.output.tolist() == expected


@pytest.mark.parametrize(
    ("kernel", "stride", "disjoint"),
    [
        ((2, 2), (2, 2), True),
        ((2, 2), (2, 3), True),
        ((3, 2), (2, 2), False),
        ((2, 3), (2, 2), False),
        ((2, 2), (2, 1), False),
        ((2, 2), (1, 2), False),
    ],
)
def test_windows_are_disjoint_when_no_pixel_lies_in_two(kernel, stride, disjoint):
    assert Windows(kernel, stride, NO_BORDERS, (1, 1)).disjoint is disjoint


@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_last_window_may_reach_beyond_the_border_as_in_pytorch(kernel, stride):
    for padding in range(kernel // 2 + 1):
        for length in range(3, 10):
            number = -(-(length + 2 * padding - kernel) // stride) + 1
            if (number - 1) * stride >= length + padding:
                number -= 1
            beyond = max(0, (number - 1) * stride + kernel - length - 2 * padding)
            sides = ((padding, padding), (padding, padding))
            windows = Windows((kernel,) * 2, (stride,) * 2, sides, (1, 1), partly=True)
            grown = windows.around((length, length))
            assert grown.borders == ((padding, padding + beyond),) * 2 and not grown.partly


def test_scalars_get_the_axes_that_are_asked_for():
    for f in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
        for x in (np.array(2.0), A[0], A, T):
            assert f(ad.Variable(x)).shape == f(x).shape
    for start in (0, 1, 3, -1):
        assert np.rollaxis(ad.Variable(T), 1, start).shape == np.rollaxis(T, 1, start).shape


def test_norms_of_stacks_and_of_vectors_with_zeros():
    stack = RNG.normal(size=(2, 4, 3, 2))
    for order in (2, -2, 1, "nuc"):
        found = np.linalg.norm(ad.Variable(stack), order, (-2, -1)).output
        np.testing.assert_allclose(found, np.linalg.norm(stack, order, (-2, -1)), rtol=1e-12)
    for order in (3, 0.5, -1, -2):
        with np.errstate(divide="ignore"):
            expected = np.linalg.norm(np.array([0.0, 3.0, 4.0]), order)
        found = np.linalg.norm(ad.Variable([0.0, 3.0, 4.0]), order).output
        assert found == pytest.approx(expected, rel=1e-12)


def test_the_largest_of_truth_values_that_are_all_false_is_false():
    found = np.max(ad.Constant([False, False]), where=np.array([True, False]), initial=False)
    assert found.output == np.False_


def test_statistics_without_a_momentum_are_those_of_all_batches():
    layer, batches = ad.nn.BatchNorm1d(4, momentum=None, dtype=float), RNG.normal(size=(3, 5, 4))
    for batch in batches:
        layer(ad.Variable(batch))
    buffers = layer.state_dict()
    np.testing.assert_allclose(buffers["running_mean"], batches.mean(axis=(0, 1)), rtol=1e-12)
    expected = batches.var(axis=1, ddof=1).mean(axis=0)
    np.testing.assert_allclose(buffers["running_var"], expected, rtol=1e-12)


def test_expected_lengths_are_those_of_axes_that_exist():
    rule = primitives["expect_lengths"].shape
    assert rule((2, 3), lengths={0: 2, -1: 3}) == (2, 3)
    for wrong in ({2: 1}, {-3: 2}, {0: 3}):
        with pytest.raises(ad.ShapeError, match="must have length"):
            rule((2, 3), lengths=wrong)


def test_the_sign_of_zero_has_no_slope():
    assert ad.grad(np.copysign)(0.0, 2.0) == 0.0


def test_all_is_dropped_with_probability_one():
    assert not ad.dropout(A, 1.0).any() and not ad.grad(lambda x: ad.dropout(x, 1.0).sum())(A).any()


def test_covariances_of_arrays_and_of_a_vector_in_columns():
    for x in (A, A[0]):
        for rowvar in (True, False):
            expected = np.cov(x, rowvar=rowvar)
            for found in (ad.cov(x, rowvar=rowvar), ad.cov(ad.Variable(x), rowvar=rowvar).output):
                assert np.shape(found) == expected.shape
                np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_seed_gives_the_generator_of_that_seed():
    assert ad.manual_seed(3).random() == np.random.default_rng(3).random()
    assert ad.manual_seed(np.int64(3)).random() == np.random.default_rng(3).random()
    for wrong in (-1, True, 2.5, None, "3"):
        with pytest.raises(ad.ArgumentError, match="non-negative integer"):
            ad.manual_seed(wrong)


def test_repeat_counts_axes_from_either_end():
    for axis in (-1, 1, -2, 0):
        expected = np.repeat(A, 3, axis)
        np.testing.assert_array_equal(np.repeat(X, 3, axis).output, expected)


MISTAKES = [
    (lambda: ad.squeeze(X[:0], 0), "squeeze: axis 0 .* has length 0; only 1"),
    (lambda: np.linalg.norm(X, axis=()), "norm: axis is one, of vectors, or two"),
    (lambda: np.repeat(X, 2, axis=5), "repeat: axis 5 does not exist"),
    (lambda: ad.conv_transpose2d(T[None], T[None], dilation=0), "dilation must be at least 1"),
    (
        lambda: ad.conv_transpose2d(np.ones((1, 1, 0, 3)), np.ones((1, 1, 2, 2))),
        r"\(1, 1, 0, 3\)",
    ),
    (
        lambda: ad.conv_transpose2d(np.ones((1, 1, 1, 1)), np.ones((1, 1, 2, 2)), padding=1),
        r"\(1, 1, 1, 1\)",
    ),
]


@pytest.mark.parametrize(("mistake", "message"), MISTAKES, ids=[text for _, text in MISTAKES])
def test_what_does_not_fit_is_named(mistake, message):
    with pytest.raises(ad.AutodiffError, match=f"(?s){message}"):
        mistake()


@pytest.mark.parametrize("name", ["part_like", "sum_tiles", "conv2d_filter_transpose"])
def test_a_rule_refuses_a_gradient_of_another_shape(name):
    args, kwargs = example(primitives[name], 0)
    node = primitives[name](*as_nodes(args), **kwargs)
    first, *rest = [np.asarray(operand.value) for operand in node.inputs]
    larger = np.ones([length + 1 for length in first.shape])
    with pytest.raises(ad.ShapeError):
        node.primitive.function(larger, *rest, **node.params)
