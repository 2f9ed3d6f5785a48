"""Broadcasting, indexing and reductions on random shapes, against NumPy and finite differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autodiff as ad

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4)


def numbers(shape, seed=0):
    """Distinct and in [0.5, 2], so that no derivative is taken at a kink or a tie."""
    count = int(np.prod(shape))
    return np.random.default_rng(seed).permutation(np.linspace(0.5, 2.0, count)).reshape(shape)


def check(f, *arrays):
    """The value against NumPy's, built and replayed, and the first derivatives."""
    variables = [ad.Variable(array) for array in arrays]
    node, expected = f(*variables), f(*arrays)
    np.testing.assert_allclose(node.output, expected, rtol=1e-12)
    assert node.shape == expected.shape
    order = ad.topological_sort(node)
    np.testing.assert_array_equal(ad.forward(order), node.output)
    ad.backward(order, gradient=np.ones(node.shape))
    for variable, array in zip(variables, arrays, strict=True):
        assert variable.gradient.shape == array.shape
    if all(array.size for array in arrays) and expected.size:
        ad.check_grads(f, arrays, order=1)


@given(
    hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3),
    st.sampled_from([np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum]),
)
def test_broadcasting_of_two(shapes, ufunc):
    a, b = [numbers(shape, seed) for seed, shape in enumerate(shapes.input_shapes)]
    check(lambda a, b: ufunc(a, 1.01 * b), a, b)


@given(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3))
def test_broadcasting_of_three(shapes):
    a, b, c = [numbers(shape, seed) for seed, shape in enumerate(shapes.input_shapes)]
    check(lambda a, b, c: np.where(a > 1.0, b, c) * np.clip(c, 0.4, a + 1.7), a, b, c)


@given(st.data(), st.lists(st.integers(0, 3), min_size=2, max_size=2))
def test_a_replay_may_broadcast_in_another_way(data, ranks):
    """Axes that were equal may differ, and the other way round; in the graph of gradients too."""

    def draw(seed):
        lengths = data.draw(st.lists(st.integers(1, 3), min_size=max(ranks), max_size=max(ranks)))
        for rank in ranks:
            kept = lengths[len(lengths) - rank :]
            shape = [data.draw(st.sampled_from([1, length])) for length in kept]
            yield numbers(shape, seed)

    def f(a, b):
        return np.sum(a * b**2.0)

    a, b = [ad.Variable(array) for array in draw(seed=0)]
    loss = f(a, b)
    graph = ad.gradients(loss, [a, b])
    a.output, b.output = draw(seed=1)
    ad.forward(ad.topological_sort([*graph, loss]))
    for node, right in zip(graph, ad.grad(f, (0, 1))(a.output, b.output), strict=True):
        np.testing.assert_allclose(node.output, right, rtol=1e-12)


@st.composite
def axes_of(draw, rank):
    """None, one axis or several, counted from the front or the back."""
    kind = draw(st.sampled_from(["all", "one", "several"] if rank else ["all", "several"]))
    if kind == "all":
        return None
    if kind == "one":
        return draw(st.integers(-rank, rank - 1))
    chosen = draw(st.lists(st.integers(0, rank - 1), unique=True)) if rank else []
    return tuple(axis - rank if draw(st.booleans()) else axis for axis in chosen)


REDUCTIONS = [np.sum, np.mean, np.max, np.min, np.var, np.std]


@given(SHAPES, st.data(), st.sampled_from(REDUCTIONS), st.booleans())
def test_reductions(shape, data, reduction, keepdims):
    axis = data.draw(axes_of(len(shape)))
    check(lambda x: reduction(x, axis=axis, keepdims=keepdims), numbers(shape))


@given(SHAPES, st.data(), st.booleans())
def test_logsumexp(shape, data, keepdims):
    axis = data.draw(axes_of(len(shape)))

    def f(x):
        return ad.logsumexp(x, axis, keepdims)

    x = 5.0 * numbers(shape)
    expected = np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))
    np.testing.assert_allclose(f(x), expected, rtol=1e-12)
    check(f, x)


@given(SHAPES.filter(bool), st.data(), st.integers(0, 3))
def test_var_with_ddof(shape, data, ddof):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    if shape[axis] > ddof:
        check(lambda x: np.var(x, axis=axis, ddof=ddof), numbers(shape))


@given(SHAPES, st.data())
def test_ties_share_the_gradient_evenly(shape, data):
    x = data.draw(hnp.arrays(np.float64, shape, elements=st.integers(0, 2).map(float)))
    axis = data.draw(axes_of(len(shape)))
    for f in (np.max, np.min):
        shares = ad.grad(lambda x: f(x, axis=axis).sum())(x)  # noqa: B023
        winners = x == f(x, axis=axis, keepdims=True)
        np.testing.assert_allclose(
            shares, winners / winners.sum(axis=axis, keepdims=True), rtol=1e-14
        )


@given(SHAPES, st.data())
def test_basic_indexing(shape, data):
    key = data.draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))
    check(lambda x: 2.0 * x[key], numbers(shape))


@given(SHAPES.filter(bool), st.data())
def test_index_arrays_with_repetition(shape, data):
    picked = hnp.array_shapes(min_dims=1, max_dims=2, max_side=3)
    keys = data.draw(
        st.integers(1, len(shape)).flatmap(
            lambda count: hnp.integer_array_indices(shape[:count], result_shape=picked)
        )
    )
    check(lambda x: x[keys] ** 2.0, numbers(shape))
    if len(shape) > 1 and len(keys) == 1:
        mixed = (slice(None, None, -1), np.clip(keys[0], 0, shape[1] - 1))
        check(lambda x: x[mixed] ** 2.0, numbers(shape))


@given(SHAPES, st.data())
def test_masks(shape, data):
    mask = data.draw(hnp.arrays(bool, shape))
    check(lambda x: x[mask] * 3.0, numbers(shape))


@given(SHAPES.filter(bool), st.data())
def test_take_along_axis(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    picks = list(shape)
    picks[axis] = data.draw(st.integers(1, 5))
    indices = data.draw(
        hnp.arrays(np.int64, tuple(picks), elements=st.integers(0, shape[axis] - 1))
    )
    check(lambda x: np.take_along_axis(x, indices, axis=axis) ** 2.0, numbers(shape))


@given(SHAPES.filter(bool), st.data())
def test_joining_undoes_cutting(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    cut = data.draw(st.integers(0, shape[axis]))

    def f(x):
        moved = np.moveaxis(x, axis, 0)
        return np.moveaxis(np.concatenate([moved[:cut], moved[cut:]]), 0, axis) * 1.0

    x = numbers(shape)
    np.testing.assert_array_equal(f(ad.Variable(x)).output, x)
    check(f, x)


@given(SHAPES, st.data())
def test_shaping(shape, data):
    order = data.draw(st.permutations(range(len(shape))))
    widths = data.draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=4))

    def f(x):
        y = np.pad(np.transpose(x, order), widths[: len(shape)]) if shape else x
        return np.squeeze(np.expand_dims(np.reshape(y, (-1, 1)), 0), -1) ** 2.0

    check(f, numbers(shape))


@given(st.data())
def test_matmul(data):
    shapes = data.draw(hnp.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2))
    a, b = [numbers(shape, seed) for seed, shape in enumerate(shapes.input_shapes)]
    if a.ndim and b.ndim:
        check(np.matmul, a, b)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_empty_arrays(axis):
    x = np.zeros((0, 3))
    check(lambda x: np.sum(x, axis=axis), x)
    check(lambda x: np.exp(x) * x[:, ::-1] + np.concatenate([x, x])[:0], x)
    check(lambda x: x @ np.ones((3, 2)), x)
    check(lambda x: np.ones((2, 0)) @ x, x)
    check(lambda x: x[[]] * 1.0, x)
