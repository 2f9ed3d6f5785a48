"""A checkpoint changes what is stored, and nothing else."""

import tracemalloc

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 4))


def layer(x, w):
    return ad.tanh(x @ w) * x


def test_every_mode_and_order_gives_the_derivatives_of_the_plain_function():
    ad.check_grads(lambda x, w: ad.checkpoint(layer)(x, w).sum(), (X, W), order=2)


def test_variables_from_outside_get_their_gradients():
    w, outer = ad.Variable(W, name="w"), ad.Variable(X)
    scaled = outer * 2.0

    def of_parameters(x):
        return layer(x, w) + scaled

    def gradients(f):
        order = ad.topological_sort((f(scaled) ** 2).sum())
        ad.backward(order)
        return w.gradient, outer.gradient

    for plain, checkpointed in zip(
        gradients(of_parameters), gradients(ad.checkpoint(of_parameters)), strict=True
    ):
        np.testing.assert_allclose(checkpointed, plain, rtol=1e-12)


def test_a_replay_gives_what_rebuilding_gives():
    x, w = ad.Constant(X), ad.Variable(W)
    f = ad.checkpoint(lambda x: layer(x, w))
    order = ad.topological_sort(f(x).sum())
    x.output = RNG.normal(size=(5, 4))
    assert ad.forward(order) == layer(x, w).sum().output
    ad.backward(order)
    expected = ad.grad(lambda w: layer(x.output, w).sum())(W)
    np.testing.assert_allclose(w.gradient, expected, rtol=1e-12)


def test_arguments_may_be_trees_and_arrays():
    f = ad.checkpoint(lambda p, flag: p["x"] @ p["w"] * flag)
    np.testing.assert_array_equal(f({"x": X, "w": W}, 2), X @ W * 2)
    gradient = ad.grad(lambda p: f(p, 2).sum())({"x": X, "w": W})
    np.testing.assert_allclose(gradient["w"], np.outer(X.sum(axis=0), np.full(4, 2.0)))


def test_checkpoints_may_be_nested():
    inner = ad.checkpoint(layer)
    outer = ad.checkpoint(lambda x, w: inner(inner(x, w), w))
    expected = ad.grad(lambda w: layer(layer(X, w), w).sum())(W)
    np.testing.assert_allclose(ad.grad(lambda w: outer(X, w).sum())(W), expected, rtol=1e-12)


def test_a_value_that_is_nan_is_the_same_value_again():
    f = ad.checkpoint(lambda x: np.sqrt(x) * x)
    with np.errstate(invalid="ignore"):
        gradient = ad.grad(lambda x: f(x).sum())(np.array([4.0, -1.0]))
    assert gradient[0] == 3.0 and np.isnan(gradient[1])


def test_a_random_function_is_refused():
    f = ad.checkpoint(lambda x: x * RNG.normal())
    with pytest.raises(ad.GraphError, match="gave another result when it was run again"):
        ad.grad(lambda x: f(x).sum())(X)


def test_a_tree_as_a_result_is_refused():
    with pytest.raises(ad.DtypeError, match="must return one array; got tuple"):
        ad.checkpoint(lambda x: (x, x))(X)


def test_a_deep_network_stores_less():
    weights = [ad.Variable(RNG.normal(size=(16, 16)) / 4) for _ in range(50)]
    x = RNG.normal(size=(500, 16))

    def piece(x, start, length):
        for w in weights[start : start + length]:
            x = ad.tanh(x @ w)
        return x

    def peak(f):
        tracemalloc.start()
        y = ad.Constant(x)
        for start in range(0, 50, 7):
            y = f(y, start)
        order = ad.topological_sort(y.sum())
        stored = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert order[-1].requires_grad
        return stored

    plain = peak(lambda y, start: piece(y, start, 7))
    pieces = [ad.checkpoint(lambda y, start=start: piece(y, start, 7)) for start in range(0, 50, 7)]
    assert peak(lambda y, start: pieces[start // 7](y)) < 0.3 * plain


@pytest.mark.parametrize(
    "wrap", [lambda f: f, ad.checkpoint, lambda f: ad.checkpoint(ad.checkpoint(f))]
)
def test_batch_normalisation_updates_its_statistics_once_a_forward_sweep(wrap):
    layer = ad.nn.BatchNorm1d(4, dtype=float)
    plain = ad.nn.BatchNorm1d(4, dtype=float)
    x, w = ad.Constant(X), ad.Variable(W)
    loss = (wrap(layer)(x @ w) ** 3.0).sum()
    order = ad.topological_sort(loss)
    gradient = ad.gradients(loss, w)
    ad.backward(order)
    expected = (plain(x @ w) ** 3.0).sum()
    np.testing.assert_allclose(w.gradient, ad.gradients(expected, w).output, rtol=1e-10)
    assert layer.num_batches_tracked.output == 1
    for sweeps in (2, 3):
        ad.forward(ad.topological_sort([loss, gradient]))
        assert layer.num_batches_tracked.output == sweeps
        plain(x @ w)
    ad.backward(order)
    ad.jvp(lambda v: wrap(layer)(v), (X,), (X,))
    plain(X)
    for name, buffer in layer.state_dict().items():
        np.testing.assert_allclose(buffer, plain.state_dict()[name], rtol=1e-12)


def test_an_error_in_the_second_run_leaves_effects_on():
    runs = []

    def fragile(x):
        runs.append(1)
        if len(runs) > 1:
            raise KeyError("second run")
        return x * x

    with pytest.raises(KeyError, match="second run"):
        ad.grad(lambda x: ad.checkpoint(fragile)(x).sum())(X)
    assert not ad.recording.thread.state.repeating


def test_keyword_arguments_of_a_checkpoint_are_handed_on():
    scaled = ad.checkpoint(lambda x, by=1.0: ad.tanh(x) * by)
    expected = ad.grad(lambda x: (ad.tanh(x) * 3.0).sum())(X)
    np.testing.assert_array_equal(ad.grad(lambda x: scaled(x, by=3.0).sum())(X), expected)
    found = ad.grad(lambda by: scaled(X, by=by).sum())(3.0)
    assert found == pytest.approx(np.tanh(X).sum())


def test_a_checkpoint_has_the_name_of_its_function():
    checkpointed = ad.checkpoint(layer)
    assert checkpointed.__name__ == "layer"
    assert checkpointed(ad.Variable(X), W).primitive.name == "checkpoint(layer)"


def test_a_checkpoint_leaves_autocast_as_it_was():
    x, w = ad.Variable(X.astype(np.float32)), ad.Variable(W.astype(np.float32))
    with ad.precision.autocast("float16"):
        y = ad.checkpoint(layer)(x, w)
    order = ad.topological_sort(y.sum())
    ad.forward(order)
    assert (x @ w).dtype == np.float32
    ad.backward(order)
    assert (x @ w).dtype == np.float32


def test_a_sweep_inside_a_checkpoint_ends_no_recording():
    def sweeping(x):
        ad.forward(ad.topological_sort(ad.Variable(1.0) * 2.0))
        return x * x

    assert ad.grad(ad.checkpoint(sweeping))(3.0) == 6.0
