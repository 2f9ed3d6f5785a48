"""Convolution and transposed convolution: against their definition, and against PyTorch."""

import itertools

import numpy as np
import pytest

import autodiff as ad
from autodiff.primitives.convolution import conv2d_filter_transpose, conv2d_input_transpose
from autodiff.primitives.windows import Windows

GEOMETRIES = [
    {},
    {"stride": 2},
    {"stride": (2, 3), "padding": (1, 2)},
    {"padding": (2, 0), "dilation": (1, 2)},
    {"stride": (1, 2), "dilation": 2, "padding": 3},
    {"groups": 2},
    {"groups": 2, "stride": 2, "padding": 1, "dilation": (2, 1)},
    {"groups": 4, "padding": 1},
]
PADDED_BY_NAME = [
    {"padding": "valid"},
    {"padding": "same"},
    {"padding": "same", "dilation": (2, 3), "groups": 2},
]
KERNELS = [(1, 1), (3, 3), (2, 3)]

geometries = pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
kernels = pytest.mark.parametrize("kernel", KERNELS, ids=str)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def operands(rng, kernel, groups=1, size=(7, 8), batch=2, **_):
    """Images of four channels, filters that give four, and a bias."""
    x = rng.normal(size=(batch, 4, *size))
    return x, rng.normal(size=(4, 4 // groups, *kernel)), rng.normal(size=4)


def meetings(x, w, stride=1, padding=0, dilation=1, groups=1):
    """The definition, term by term: which pixel meets which weight, and for which result.

    `x` and `w` are those of the convolution. Yields positions in the result, the filters and the
    images.
    """
    (sr, sq), (pr, pq), (dr, dq) = pair(stride), pair(padding), pair(dilation)
    (images, channels, height, width), (filters, depth, kh, kw) = x, w
    rows = (height + 2 * pr - dr * (kh - 1) - 1) // sr + 1
    columns = (width + 2 * pq - dq * (kw - 1) - 1) // sq + 1
    ranges = map(range, (images, filters, rows, columns, depth, kh, kw))
    for n, o, r, q, c, i, j in itertools.product(*ranges):
        row, column = sr * r + dr * i - pr, sq * q + dq * j - pq
        if 0 <= row < height and 0 <= column < width:
            channel = o // (filters // groups) * (channels // groups) + c
            yield (n, o, r, q), (o, c, i, j), (n, channel, row, column)


def values_and_gradients(f, arrays, rng):
    nodes = [ad.Variable(array) for array in arrays]
    result = f(*nodes)
    gradient = rng.normal(size=result.shape)
    ad.backward(ad.topological_sort(result), gradient)
    return result.output, [node.gradient for node in nodes], gradient


@geometries
@kernels
def test_convolution_and_both_transposes_are_what_their_definition_says(geometry, kernel, rng):
    x, w, b = operands(rng, kernel, **geometry)
    y, (dx, dw, db), g = values_and_gradients(
        lambda x, w, b: ad.conv2d(x, w, b, **geometry), (x, w, b), rng
    )
    expected = np.zeros_like(y) + b[:, None, None]
    expected_dx, expected_dw = np.zeros_like(x), np.zeros_like(w)
    for result, weight, pixel in meetings(x.shape, w.shape, **geometry):
        expected[result] += w[weight] * x[pixel]
        expected_dx[pixel] += w[weight] * g[result]
        expected_dw[weight] += x[pixel] * g[result]
    np.testing.assert_allclose(y, expected, atol=1e-12)
    np.testing.assert_allclose(dx, expected_dx, atol=1e-12)
    np.testing.assert_allclose(dw, expected_dw, atol=1e-12)
    np.testing.assert_allclose(db, g.sum((0, 2, 3)), atol=1e-12)


@geometries
@kernels
def test_transposed_convolution_is_what_its_definition_says(geometry, kernel, rng):
    x, w, b = operands(rng, kernel, **geometry)
    y = ad.conv_transpose2d(x, w, b, **geometry)
    expected = np.zeros_like(y) + b[:, None, None]
    for small, weight, large in meetings(y.shape, w.shape, **geometry):
        expected[large] += w[weight] * x[small]
    np.testing.assert_allclose(y, expected, atol=1e-12)


@geometries
@kernels
def test_convolution_and_transposed_convolution_are_adjoint(geometry, kernel, rng):
    x, w, _ = operands(rng, kernel, **geometry)
    y = ad.conv_transpose2d(x, w, **geometry)
    z = rng.normal(size=y.shape)
    assert np.vdot(z, y) == pytest.approx(np.vdot(ad.conv2d(z, w, **geometry), x), rel=1e-12)


def test_results_take_the_precision_of_the_operands(rng):
    x, w, b = (ad.Variable(a.astype(np.float32)) for a in operands(rng, (3, 3)))
    y = ad.conv2d(x, w, b)
    ad.backward(ad.topological_sort(y), np.ones(y.shape))
    assert {node.dtype for node in (y, x, w, b)} == {np.dtype(np.float32)}
    assert {node.gradient.dtype for node in (x, w, b)} == {np.dtype(np.float32)}
    mixed = ad.Variable(w.output.astype(np.float64))
    y = ad.conv2d(x, mixed)
    ad.backward(ad.topological_sort(y), np.ones(y.shape))
    assert (y.dtype, x.gradient.dtype, mixed.gradient.dtype) == (np.float64, np.float32, np.float64)


def test_integers_and_lists_are_images_too(rng):
    x = rng.integers(0, 256, size=(1, 1, 4, 4), dtype=np.uint8)
    w = [[[[0.5, -0.5]]]]
    np.testing.assert_array_equal(ad.conv2d(x, w), 0.5 * x[..., :-1] - 0.5 * x[..., 1:])
    assert ad.conv2d(x.tolist(), w).shape == (1, 1, 4, 3)


def test_complex_gradients_conjugate_the_other_operand(rng):
    x, w = (rng.normal(size=s) + 1j * rng.normal(size=s) for s in ((1, 2, 4, 4), (3, 2, 2, 2)))
    _, (dx, dw), g = values_and_gradients(ad.conv2d, (x, w), rng)
    expected_dx, expected_dw = np.zeros_like(x), np.zeros_like(w)
    for result, weight, pixel in meetings(x.shape, w.shape):
        expected_dx[pixel] += w[weight].conj() * g[result]
        expected_dw[weight] += x[pixel].conj() * g[result]
    np.testing.assert_allclose(dx, expected_dx, atol=1e-12)
    np.testing.assert_allclose(dw, expected_dw, atol=1e-12)


def test_a_batch_may_be_empty(rng):
    x, w, b = operands(rng, (3, 3), batch=0)
    y, (dx, dw, db), _ = values_and_gradients(ad.conv2d, (x, w, b), rng)
    assert y.shape == (0, 4, 5, 6)
    assert dx.shape == x.shape
    assert not dw.any()
    assert not db.any()


def test_no_order_of_the_operands_in_memory_changes_a_result(rng):
    x, w, b = operands(rng, (3, 3))
    expected = ad.conv2d(x, w, b, padding=1)
    for order in itertools.permutations(range(4)):
        back = np.argsort(order)
        stored = [np.ascontiguousarray(a.transpose(order)).transpose(back) for a in (x, w)]
        np.testing.assert_allclose(ad.conv2d(*stored, b, padding=1), expected, atol=1e-12)
    flipped = ad.conv2d(x[..., ::-1][..., ::-1], w[::-1][::-1], b, padding=1)
    np.testing.assert_allclose(flipped, expected, atol=1e-12)


REPLAYED = [("conv2d", geometry) for geometry in GEOMETRIES + PADDED_BY_NAME]
REPLAYED += [("conv_transpose2d", geometry) for geometry in GEOMETRIES]


@pytest.mark.parametrize(("name", "geometry"), REPLAYED, ids=str)
def test_a_replay_with_other_sizes_gives_what_rebuilding_gives(name, geometry, rng):
    f = getattr(ad, name)

    def build(x, w, b):
        nodes = [ad.Variable(a) for a in (x, w, b)]
        loss = ad.sum(f(*nodes, **geometry) ** 3)
        return nodes, ad.topological_sort([loss, *ad.gradients(loss, nodes)])

    leaves, order = build(*operands(rng, (3, 3), **geometry))
    changes = ({"batch": 5}, {"size": (9, 11), "batch": 1}, {"kernel": (2, 1), "size": (8, 8)})
    for change in changes:
        new = operands(rng, **({"kernel": (3, 3)} | geometry | change))
        for leaf, array in zip(leaves, new, strict=True):
            leaf.output = array
        ad.forward(order)
        rebuilt = build(*new)[1]
        for replayed, fresh in zip(order, rebuilt, strict=True):
            np.testing.assert_array_equal(replayed.output, fresh.output)


def test_a_replay_refuses_a_bias_that_rebuilding_would_refuse(rng):
    x, w, b = (ad.Variable(a) for a in operands(rng, (3, 3)))
    order = ad.topological_sort(ad.conv2d(x, w, b))
    b.output = np.ones(1)  # would broadcast
    with pytest.raises(ad.ShapeError, match=r"bias needs shape \(4,\).*got \(1,\)"):
        ad.forward(order)


@geometries
def test_derivatives_of_order_three(geometry, rng):
    x, w, b = operands(rng, (2, 2), size=(5, 5), **geometry)
    args = (x[:1], w, b)
    ad.check_grads(lambda x, w, b: ad.sum(ad.conv2d(x, w, b, **geometry) ** 3), args, order=3)


@geometries
@kernels
@pytest.mark.parametrize("size", [(7, 8), (9, 7)], ids=str)
def test_convolution_agrees_with_pytorch(torch, geometry, kernel, size, rng):
    agree(torch, "conv2d", operands(rng, kernel, size=size, **geometry), geometry, rng)


@pytest.mark.parametrize("geometry", PADDED_BY_NAME, ids=str)
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (5, 3)], ids=str)
def test_padding_by_name_agrees_with_pytorch(torch, geometry, kernel, rng):
    agree(torch, "conv2d", operands(rng, kernel, **geometry), geometry, rng)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_same_padding_of_an_even_kernel_agrees_with_pytorch(torch, rng):
    geometry = {"padding": "same", "dilation": (1, 3)}
    agree(torch, "conv2d", operands(rng, (4, 2)), geometry, rng)


@geometries
@kernels
@pytest.mark.parametrize("output_padding", [0, 1, (0, 1)], ids=str)
def test_transposed_convolution_agrees_with_pytorch(torch, geometry, kernel, output_padding, rng):
    geometry = geometry | {"output_padding": output_padding}
    agree(torch, "conv_transpose2d", operands(rng, kernel, **geometry), geometry, rng)


def agree(torch, name, arrays, geometry, rng):
    """Values, gradients, and gradients of a function of the gradients, or the refusal of both."""
    ours = [ad.Variable(array) for array in arrays]
    theirs = [torch.tensor(array, requires_grad=True) for array in arrays]
    try:
        expected = getattr(torch.nn.functional, name)(*theirs, **geometry)
    except RuntimeError:
        with pytest.raises(ad.AutodiffError):
            getattr(ad, name)(*ours, **geometry)
        return
    result = getattr(ad, name)(*ours, **geometry)
    np.testing.assert_allclose(result.output, expected.detach().numpy(), rtol=1e-10, atol=1e-10)
    first = ad.gradients(ad.sum(result**3), ours)
    loss = (expected**3).sum()
    expected_first = torch.autograd.grad(loss, theirs, create_graph=True)
    for node, tensor in zip(first, expected_first, strict=True):
        np.testing.assert_allclose(node.output, tensor.detach().numpy(), rtol=1e-9, atol=1e-8)
    # The sum of squares of the gradients is a new function of all operands.
    second = sum((ad.sum(node**2) for node in first[1:]), ad.sum(first[0] ** 2))
    expected_second = sum((tensor**2).sum() for tensor in expected_first)
    ad.backward(ad.topological_sort(second))
    expected_second.backward()
    for node, tensor in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(node.gradient, tensor.grad.numpy(), rtol=1e-8, atol=1e-6)


X, W, B = np.zeros((2, 4, 7, 8)), np.zeros((6, 4, 3, 3)), np.zeros(6)

REFUSED = [
    ((X[0], W), {}, ad.ShapeError, r"x needs 4 axes.*\(4, 7, 8\); x\[None\] adds one"),
    ((X, W[0]), {}, ad.ShapeError, r"w needs 4 axes.*w\[None\]"),
    ((X, W[:, :, :0]), {}, ad.ShapeError, r"w needs at least one element.*\(6, 4, 0, 3\)"),
    ((X, W[:, :3]), {}, ad.ShapeError, r"read 3 channels, and the images have 4;.*\(6, 4 / groups"),
    ((X, W), {"groups": 2}, ad.ShapeError, r"in groups=2 read 8 channels, and the images have 4"),
    (
        (X, W[:5, :2]),
        {"groups": 2},
        ad.ShapeError,
        r"groups=2 does not divide the 5 filters",
    ),
    ((X, np.zeros((6, 4, 8, 3))), {}, ad.ShapeError, r"spans 8 x 3 pixels.*7 x 8 with its padding"),
    ((X, W), {"dilation": (1, 4)}, ad.ShapeError, r"spans 3 x 9 pixels.*use a smaller kernel"),
    ((X, W, B[:5]), {}, ad.ShapeError, r"bias needs shape \(6,\).*got \(5,\)"),
    ((X, W, B[:, None]), {}, ad.ShapeError, r"bias needs shape \(6,\).*got \(6, 1\)"),
    ((X, W), {"stride": 0}, ad.ArgumentError, r"conv2d: stride must be at least 1; got 0"),
    ((X, W), {"stride": (1, -1)}, ad.ArgumentError, r"stride must be at least 1; got \(1, -1\)"),
    ((X, W), {"dilation": 0}, ad.ArgumentError, r"dilation must be at least 1; got 0"),
    ((X, W), {"padding": -1}, ad.ArgumentError, r"padding must be at least 0; got -1"),
    ((X, W), {"padding": "full"}, ad.ArgumentError, r"\"valid\" or \"same\"; got 'full'"),
    ((X, W), {"padding": "same", "stride": 2}, ad.ArgumentError, r"needs stride 1; got .*\(2, 2\)"),
    ((X, W), {"groups": 0}, ad.ArgumentError, r"groups must be at least 1; got 0"),
    ((X, W), {"groups": (1, 1)}, ad.DtypeError, r"groups must be an integer; got \(1, 1\)"),
    ((X, W), {"stride": 1.5}, ad.DtypeError, r"stride must be an integer, or a pair.*got 1.5"),
]


@pytest.mark.parametrize(("args", "geometry", "error", "message"), REFUSED)
@pytest.mark.parametrize("as_nodes", [False, True])
def test_convolution_says_what_is_wrong(args, geometry, error, message, as_nodes):
    with pytest.raises(error, match=message):
        ad.conv2d(*[ad.Variable(a) for a in args] if as_nodes else args, **geometry)


TRANSPOSED = np.zeros((4, 6, 3, 3))

REFUSED_TRANSPOSED = [
    ((X[0], TRANSPOSED), {}, ad.ShapeError, r"x needs 4 axes"),
    ((X, TRANSPOSED[0]), {}, ad.ShapeError, r"w needs 4 axes"),
    ((X, TRANSPOSED[:3]), {}, ad.ShapeError, r"has 4 channels, and w.*has filters for 3; w needs"),
    ((X, TRANSPOSED), {"groups": 3}, ad.ShapeError, r"groups=3 does not divide the 4 channels"),
    ((X, TRANSPOSED), {"padding": 5}, ad.ShapeError, r"nothing is left.*-1 x 0 pixels; use less"),
    ((X, TRANSPOSED, B[:2]), {}, ad.ShapeError, r"bias needs shape \(6,\).*got \(2,\)"),
    (
        (X, TRANSPOSED),
        {"stride": 0},
        ad.ArgumentError,
        r"conv_transpose2d: stride must be at",
    ),
    ((X, TRANSPOSED), {"padding": -1}, ad.ArgumentError, r"padding must be at least 0; got -1"),
    ((X, TRANSPOSED), {"padding": "same"}, ad.DtypeError, r"padding must be an integer, or a pair"),
    (
        (X, TRANSPOSED),
        {"stride": 2, "output_padding": (1, 2)},
        ad.ArgumentError,
        r"smaller than the stride or the dilation; got output_padding \(1, 2\), stride \(2, 2\)",
    ),
]


@pytest.mark.parametrize(("args", "geometry", "error", "message"), REFUSED_TRANSPOSED)
def test_transposed_convolution_says_what_is_wrong(args, geometry, error, message):
    with pytest.raises(error, match=message):
        ad.conv_transpose2d(*args, **geometry)


def test_the_transposes_refuse_a_gradient_of_another_shape():
    plain = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    g = np.zeros((2, 6, 5, 5))
    message = r"the gradient needs the convolution's shape, \(2, 6, 5, 6\); got \(2, 6, 5, 5\)"
    with pytest.raises(ad.ShapeError, match=message):
        conv2d_input_transpose(g, W, X, **plain)
    with pytest.raises(ad.ShapeError, match=message):
        conv2d_filter_transpose(X, g, W, **plain)


def test_errors_name_the_operator_and_its_operands():
    x, w = ad.Constant(X, name="images"), ad.Variable(W[:, :3], name="filters")
    with pytest.raises(ad.ShapeError) as caught:
        ad.conv2d(x, w)
    for part in ("conv2d: ", "operand 0: Constant 'images'", "operand 1: Variable 'filters'"):
        assert part in str(caught.value)


def test_scattering_windows_is_the_transpose_of_gathering_them(rng):
    windows = Windows((3, 2), (2, 1), ((1, 0), (-1, 2)), (1, 2))
    x = rng.normal(size=(2, 3, 6, 5))
    columns = windows.gather(x)
    g = rng.normal(size=columns.shape)
    assert np.vdot(g, columns) == pytest.approx(np.vdot(windows.scatter(g, (6, 5)), x), rel=1e-12)
