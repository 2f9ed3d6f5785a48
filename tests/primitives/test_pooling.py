"""Pooling: against its definition, against PyTorch, at ties, and where numbers are not finite."""

import itertools

import numpy as np
import pytest

import autodiff as ad
from autodiff.primitives.maxima import max_pool2d_gather, max_pool2d_scatter
from autodiff.primitives.pooling import avg_pool2d_transpose
from autodiff.primitives.windows import NO_BORDERS, Windows

GEOMETRIES = [
    {"kernel_size": 2},
    {"kernel_size": (2, 3)},
    {"kernel_size": 3, "stride": 2},
    {"kernel_size": 3, "stride": 1, "padding": 1},
    {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0)},
    {"kernel_size": 2, "stride": 3},
    {"kernel_size": 1},
]
DILATED = [
    {"kernel_size": 2, "dilation": 2},
    {"kernel_size": (2, 3), "stride": 1, "dilation": (3, 1)},
    {"kernel_size": 3, "stride": 2, "dilation": (1, 2)},
]
SIZES = [(6, 8), (7, 9)]

sizes = pytest.mark.parametrize("size", SIZES, ids=str)
geometries = pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
max_geometries = pytest.mark.parametrize("geometry", GEOMETRIES + DILATED, ids=str)
NAN = np.nan


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def pixels(x, kernel_size, stride=None, padding=0, dilation=1):
    """The definition: for each window its position in the result, and its pixels row by row."""
    (kh, kw), (sr, sq), (pr, pq), (dr, dq) = map(
        pair, (kernel_size, kernel_size if stride is None else stride, padding, dilation)
    )
    images, channels, height, width = x
    rows = (height + 2 * pr - dr * (kh - 1) - 1) // sr + 1
    columns = (width + 2 * pq - dq * (kw - 1) - 1) // sq + 1
    for n, c, r, q in itertools.product(*map(range, (images, channels, rows, columns))):
        met = [(sr * r + dr * i - pr, sq * q + dq * j - pq) for i in range(kh) for j in range(kw)]
        yield (n, c, r, q), [(n, c, a, b) for a, b in met if 0 <= a < height and 0 <= b < width]


def value_and_gradient(f, x, rng):
    x = ad.Variable(x)
    y = f(x)
    gradient = rng.normal(size=y.shape)
    ad.backward(ad.topological_sort(y), gradient)
    return y.output, x.gradient, gradient


@sizes
@max_geometries
@pytest.mark.parametrize("ties", [False, True])
def test_max_pooling_is_what_its_definition_says(size, geometry, ties, rng):
    x = rng.integers(0, 3, (2, 3, *size)) * 1.0 if ties else rng.normal(size=(2, 3, *size))
    y, dx, g = value_and_gradient(lambda x: ad.max_pool2d(x, **geometry), x, rng)
    expected, expected_dx = np.zeros_like(y), np.zeros_like(x)
    for window, met in pixels(x.shape, **geometry):
        first = max(met, key=lambda pixel: x[pixel])  # Python's max keeps the first of equal ones
        expected[window] = x[first]
        expected_dx[first] += g[window]
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-12)


@sizes
@geometries
def test_average_pooling_is_what_its_definition_says(size, geometry, rng):
    x = rng.normal(size=(2, 3, *size))
    y, dx, g = value_and_gradient(lambda x: ad.avg_pool2d(x, **geometry), x, rng)
    area = np.prod(pair(geometry["kernel_size"]))
    expected, expected_dx = np.zeros_like(y), np.zeros_like(x)
    for window, met in pixels(x.shape, **geometry):
        for pixel in met:
            expected[window] += x[pixel] / area
            expected_dx[pixel] += g[window] / area
    np.testing.assert_allclose(y, expected, atol=1e-12)
    np.testing.assert_allclose(dx, expected_dx, atol=1e-12)


@sizes
@max_geometries
@pytest.mark.parametrize("ties", [False, True])
def test_max_pooling_agrees_with_pytorch(torch, size, geometry, ties, rng):
    x = rng.integers(0, 3, (2, 3, *size)) * 1.0 if ties else rng.normal(size=(2, 3, *size))
    agree(torch, "max_pool2d", x, geometry, rng)


@sizes
@geometries
def test_average_pooling_agrees_with_pytorch(torch, size, geometry, rng):
    agree(torch, "avg_pool2d", rng.normal(size=(2, 3, *size)), geometry, rng)


def agree(torch, name, x, geometry, rng):
    """Values, gradients, and a gradient of the gradient."""
    ours, theirs = ad.Variable(x), torch.tensor(x, requires_grad=True)
    y, expected = getattr(ad, name)(ours, **geometry), getattr(torch.nn.functional, name)
    expected = expected(theirs, **geometry)
    np.testing.assert_allclose(y.output, expected.detach().numpy(), rtol=1e-12)
    first = ad.gradients(ad.sum(y**3), ours)
    (expected_first,) = torch.autograd.grad((expected**3).sum(), theirs, create_graph=True)
    np.testing.assert_allclose(first.output, expected_first.detach().numpy(), atol=1e-11)
    weights = rng.normal(size=x.shape)
    ad.backward(ad.topological_sort(ad.sum(first * weights)))
    (expected_first * torch.tensor(weights)).sum().backward()
    np.testing.assert_allclose(ours.gradient, theirs.grad.numpy(), atol=1e-10)


@pytest.mark.parametrize("padding", [0, 1])
def test_of_equal_pixels_the_first_gets_the_whole_gradient(padding):
    x = ad.Variable(np.ones((1, 1, 4, 4)))
    y = ad.max_pool2d(x, 2, padding=padding)
    ad.backward(ad.topological_sort(y), np.ones(y.shape))
    first = {0: [0, 2], 1: [0, 1, 3]}[padding]
    expected = np.zeros((4, 4))
    expected[np.ix_(first, first)] = 1
    np.testing.assert_array_equal(x.gradient[0, 0], expected)


def test_a_pixel_that_is_not_a_number_makes_the_maximum_not_a_number():
    x = ad.Variable([[[[1.0, NAN, 3.0, 4.0], [5.0, 2.0, 7.0, 6.0]]]])
    y = ad.max_pool2d(x, 2)
    np.testing.assert_array_equal(y.output, [[[[NAN, 7.0]]]])
    ad.backward(ad.topological_sort(y), [[[[2.0, 3.0]]]])
    np.testing.assert_array_equal(x.gradient, [[[[0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0]]]])


def test_values_that_are_not_finite_agree_with_pytorch(torch):
    x = np.array([[1.0, NAN, 3.0, np.inf], [5.0, 2.0, -np.inf, 6.0], [-np.inf] * 4, [-np.inf] * 4])
    for geometry in ({}, {"stride": 1}, {"padding": 1}):
        ours = ad.Variable(x[None, None])
        theirs = torch.tensor(x[None, None], requires_grad=True)
        y = ad.max_pool2d(ours, 2, **geometry)
        expected = torch.nn.functional.max_pool2d(theirs, 2, **geometry)
        np.testing.assert_array_equal(y.output, expected.detach().numpy())
        ad.backward(ad.topological_sort(y), np.ones(y.shape))
        expected.sum().backward()
        np.testing.assert_array_equal(ours.gradient, theirs.grad.numpy())


def test_an_infinite_gradient_stays_where_it_belongs():
    x = ad.Variable([[[[1.0, 2.0], [3.0, 4.0]]]])
    for kernel_size, stride in ((2, 2), ((2, 1), 1)):
        y = ad.max_pool2d(x, kernel_size, stride)
        ad.backward(ad.topological_sort(y), np.full(y.shape, np.inf))
        assert not np.isnan(x.gradient).any()
        assert np.isinf(x.gradient).sum() == y.size


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("f", [ad.max_pool2d, ad.avg_pool2d])
def test_results_take_the_dtype_of_the_images(f, dtype, rng):
    x = ad.Variable(rng.normal(size=(1, 2, 5, 5)).astype(dtype))
    for padding in (0, 1):
        y = f(x, 2, padding=padding)
        ad.backward(ad.topological_sort(y), np.ones(y.shape))
        assert (y.dtype, x.gradient.dtype) == (dtype, dtype)
        assert x.gradient.sum() == pytest.approx({0: 8, 1: 18}[padding] * share(f, padding))


def share(f, padding):
    """Of the gradient of a mean, the part that falls on the padding is lost."""
    return 25 / 36 if f is ad.avg_pool2d and padding else 1


def test_integers_are_images_too(rng):
    x = rng.integers(-9, 0, size=(1, 1, 4, 4))
    np.testing.assert_array_equal(ad.max_pool2d(x, 4, padding=1, stride=1).max(), x.max())
    assert ad.max_pool2d(x, 2).dtype == x.dtype
    assert ad.max_pool2d(x.astype(np.uint8).tolist(), 2).shape == (1, 1, 2, 2)
    np.testing.assert_array_equal(ad.avg_pool2d(x, 4), x.mean(keepdims=True))
    assert ad.max_pool2d(x > -5, 2, padding=1).dtype == bool


@max_geometries
@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_a_replay_with_other_sizes_gives_what_rebuilding_gives(name, geometry, rng):
    geometry = {
        key: value for key, value in geometry.items() if (name, key) != ("avg_pool2d", "dilation")
    }

    def build(data):
        x = ad.Variable(data)
        loss = ad.sum(getattr(ad, name)(x, **geometry) ** 3)
        return x, ad.topological_sort([loss, ad.gradients(loss, x)])

    x, order = build(rng.normal(size=(2, 3, 6, 8)))
    for shape in ((5, 3, 6, 8), (1, 2, 9, 7), (0, 3, 6, 8)):
        data = rng.normal(size=shape)
        x.output = data
        ad.forward(order)
        for replayed, fresh in zip(order, build(data)[1], strict=True):
            np.testing.assert_array_equal(replayed.output, fresh.output)


@max_geometries
def test_scatter_and_gather_are_adjoint(geometry, rng):
    x = rng.normal(size=(2, 3, 7, 6))
    node = ad.max_pool2d(ad.Variable(x), **geometry)
    windows, y = node.params["windows"], node.output
    g, t = rng.normal(size=y.shape), rng.normal(size=x.shape)
    scattered = max_pool2d_scatter(g, x, y, windows=windows)
    gathered = max_pool2d_gather(t, x, y, windows=windows)
    assert np.vdot(scattered, t) == pytest.approx(np.vdot(g, gathered), rel=1e-12)


@max_geometries
def test_derivatives_of_order_three(geometry, rng):
    x = rng.permuted(np.linspace(-1.0, 1.0, 50)).reshape(1, 2, 5, 5)  # no two within a difference
    ad.check_grads(lambda x: ad.sum(ad.max_pool2d(x, **geometry) ** 3), (x,), order=3)


X = np.zeros((2, 3, 6, 8))

REFUSED = [
    ((X[0], 2), {}, ad.ShapeError, r"x needs 4 axes.*\(3, 6, 8\); x\[None\] adds one"),
    ((X, 7), {}, ad.ShapeError, r"spans 7 x 7 pixels.*6 x 8 with its padding; use a smaller"),
    ((X, 0), {}, ad.ArgumentError, r"kernel_size must be at least 1; got 0"),
    ((X, 2, 0), {}, ad.ArgumentError, r"stride must be at least 1; got 0"),
    ((X, 2), {"padding": -1}, ad.ArgumentError, r"padding must be at least 0; got -1"),
    (
        (X, (2, 5)),
        {"padding": 2},
        ad.ArgumentError,
        r"padding \(2, 2\) is more than half.*\(2, 5\)",
    ),
    ((X, 2.0), {}, ad.DtypeError, r"kernel_size must be an integer, or a pair.*got 2.0"),
    ((X, (2, 2, 2)), {}, ad.DtypeError, r"kernel_size must be an integer, or a pair"),
]


@pytest.mark.parametrize(("args", "geometry", "error", "message"), REFUSED)
@pytest.mark.parametrize("f", [ad.max_pool2d, ad.avg_pool2d])
@pytest.mark.parametrize("as_node", [False, True])
def test_pooling_says_what_is_wrong(f, args, geometry, error, message, as_node):
    x, *rest = args
    with pytest.raises(error, match=f"{f.name}: .*{message}"):
        f(ad.Constant(x) if as_node else x, *rest, **geometry)


def test_dilation_must_be_positive():
    with pytest.raises(ad.ArgumentError, match="max_pool2d: dilation must be at least 1; got 0"):
        ad.max_pool2d(X, 2, dilation=0)


def test_the_derivatives_refuse_operands_of_other_shapes():
    windows = Windows((2, 2), (2, 2), NO_BORDERS, (1, 1))
    y, wrong = np.zeros((2, 3, 3, 4)), np.zeros((2, 3, 4, 4))
    message = r"needs shape \(2, 3, 3, 4\); got \(2, 3, 4, 4\)"
    for call in (
        lambda: max_pool2d_scatter(wrong, X, y, windows=windows),
        lambda: max_pool2d_scatter(y, X, wrong, windows=windows),
        lambda: max_pool2d_gather(X, X, wrong, windows=windows),
        lambda: avg_pool2d_transpose(wrong, X, windows=windows),
    ):
        with pytest.raises(ad.ShapeError, match=message):
            call()
    with pytest.raises(ad.ShapeError, match=r"needs shape \(2, 3, 6, 8\); got \(2, 3, 3, 4\)"):
        max_pool2d_gather(y, X, y, windows=windows)
