"""Replays, modes and errors of the layers; their values are compared in test_peers.py."""

import numpy as np
import pytest

import autodiff as ad

nn = ad.nn
RNG = np.random.default_rng(0)


def test_number_of_parameters():
    assert sum(p.size for p in nn.reference_network().parameters()) == 35_474
    assert sum(p.size for p in nn.lenet5().parameters()) == 61_706
    assert nn.lenet5()(np.zeros((2, 1, 28, 28), np.float32)).shape == (2, 10)


def test_filters_train_through_flatten():
    """A flatten that cuts the graph leaves the filters without gradient."""
    model = nn.reference_network(rng=0)
    loss = ad.cross_entropy(model(RNG.random((4, 1, 28, 28), np.float32)), np.array([0, 1, 2, 3]))
    ad.backward(ad.topological_sort(loss))
    assert all(np.any(p.gradient) and p.gradient.dtype == np.float32 for p in model.parameters())


@pytest.mark.parametrize("shape", [(7, 1, 28, 28), (1, 1, 28, 28)])
def test_a_network_replays_with_another_batch_size(shape):
    model, x = nn.reference_network(rng=0), ad.Constant(RNG.random((3, 1, 28, 28), np.float32))
    order = ad.topological_sort(model(x))
    x.output = RNG.random(shape, np.float32)
    # Not bit for bit: the matrix product may add up in another order for another size.
    np.testing.assert_allclose(ad.forward(order), model(x.output).output, rtol=1e-5)


def test_flatten_replays_with_pictures_of_another_size():
    x = ad.Variable(np.zeros((2, 3, 4, 5)))
    y = nn.Flatten()(x)
    order = ad.topological_sort(y)
    x.output = np.arange(2 * 3 * 8 * 5.0).reshape(2, 3, 8, 5)
    assert np.array_equal(ad.forward(order), x.output.reshape(2, 120))
    ad.backward(order, np.ones((2, 120)))
    assert x.gradient.shape == (2, 3, 8, 5)


@pytest.mark.parametrize(
    ("args", "message"),
    [((3, -1), "axis 3 does not exist"), ((2, 1), "start_axis 2 comes after end_axis 1")],
)
def test_flatten_needs_axes_that_exist(args, message):
    with pytest.raises(ad.ShapeError, match=message):
        nn.Flatten(*args)(np.zeros((2, 3, 4)))


def test_flatten_of_a_scalar():
    assert ad.flatten(np.array(3.0)).tolist() == [3.0]


class TestDropout:
    def test_each_forward_draws_anew(self):
        ad.manual_seed(0)
        x = ad.Variable(np.ones((50, 40), np.float32))
        y = nn.Dropout(0.3)(x)
        order = ad.topological_sort(y)
        first = y.output
        second = ad.forward(order)
        assert not np.array_equal(first, second)
        for value in (first, second):
            assert set(np.unique(value)) == {np.float32(0), np.float32(1 / 0.7)}
            assert (value == 0).mean() == pytest.approx(0.3, abs=0.04)
            assert value.dtype == np.float32

    def test_the_gradient_is_dropped_like_the_value(self):
        x = ad.Variable(np.ones((5, 4)))
        y = nn.Dropout(0.5, rng=0)(x)
        order = ad.topological_sort(y)
        for _ in range(2):
            ad.backward(order, np.ones((5, 4)))
            assert np.array_equal(x.gradient, y.output)
            ad.forward(order)

    def test_evaluation_does_nothing(self):
        x = ad.Variable(np.ones(4))
        layer = nn.Dropout(0.5).eval()
        assert layer(x) is x

    def test_a_network_that_begins_with_dropout_replays_it(self):
        y = nn.Dropout(0.5, rng=0)(np.ones(1000))
        order = ad.topological_sort(y)
        assert not np.array_equal(y.output, ad.forward(order))

    def test_the_mode_is_fixed_when_a_graph_is_recorded(self):
        layer, x = nn.Dropout(0.5, rng=0), ad.Variable(np.ones(1000))
        order = ad.topological_sort(layer(x))
        layer.eval()
        assert np.any(ad.forward(order) == 0)

    def test_repeatable_by_seed(self):
        x = np.ones((5, 4))
        ad.manual_seed(1)
        first = ad.dropout(x)
        ad.manual_seed(1)
        assert np.array_equal(first, ad.dropout(x))
        assert np.array_equal(ad.dropout(x, rng=5), ad.dropout(x, rng=5))

    @pytest.mark.parametrize("p", [-0.1, 1.5, "half"])
    def test_p_is_a_probability(self, p):
        with pytest.raises(ad.ArgumentError, match="Dropout: p is a probability"):
            nn.Dropout(p)
        with pytest.raises(ad.ArgumentError, match="dropout: p is a probability"):
            ad.dropout(np.ones(3), p)

    def test_the_operand_is_floating(self):
        with pytest.raises(ad.DtypeError, match="dropout needs a floating operand"):
            ad.dropout(np.arange(3))


class TestBatchNorm:
    def test_each_forward_updates_the_statistics_once(self):
        layer = nn.BatchNorm1d(3, momentum=0.5, dtype=np.float64)
        x = ad.Constant(RNG.normal(size=(8, 3)))
        order = ad.topological_sort(layer(x).sum())
        expected = 0.5 * x.output.mean(0)
        np.testing.assert_allclose(layer.running_mean.output, expected)
        x.output = RNG.normal(size=(6, 3))
        ad.forward(order)
        expected = 0.5 * expected + 0.5 * x.output.mean(0)
        np.testing.assert_allclose(layer.running_mean.output, expected)
        assert layer.num_batches_tracked.output == 2
        # Derivatives, of any kind, leave them alone.
        ad.backward(order)
        ad.gradients(order[-1], list(layer.parameters()))
        assert layer.num_batches_tracked.output == 2

    def test_statistics_use_the_batch_size_of_the_replay(self):
        layer = nn.BatchNorm1d(2, momentum=1.0, dtype=np.float64)
        x = ad.Constant(RNG.normal(size=(8, 2)))
        order = ad.topological_sort(layer(x))
        x.output = RNG.normal(size=(3, 2))
        ad.forward(order)
        np.testing.assert_allclose(layer.running_var.output, x.output.var(0, ddof=1))

    def test_an_evaluation_graph_sees_the_present_statistics(self):
        layer = nn.BatchNorm1d(3, dtype=np.float64)
        x = ad.Variable(RNG.normal(size=(8, 3)))
        order = ad.topological_sort(layer.eval()(x).sum())
        layer.train()(RNG.normal(size=(8, 3)) + 5)
        with pytest.raises(ad.StaleError, match="running_"):
            ad.backward(order)
        assert ad.forward(order) == layer.eval()(x).output.sum()
        assert layer.num_batches_tracked.output == 1

    def test_a_layer_used_twice_in_one_graph(self):
        layer = nn.BatchNorm1d(3, dtype=np.float64)
        order = ad.topological_sort(layer(layer(RNG.normal(size=(8, 3))) * 2.0).sum())
        ad.backward(order)
        assert layer.num_batches_tracked.output == 2
        ad.forward(order)
        assert layer.num_batches_tracked.output == 4

    @pytest.mark.parametrize("train", [True, False])
    def test_derivatives(self, train):
        layer = nn.BatchNorm2d(3, dtype=np.float64).train(train)
        weights = RNG.normal(size=(2, 3, 2, 2))
        ad.check_grads(
            lambda x: (layer(x) * weights).sum(), (RNG.normal(size=(2, 3, 2, 2)),), order=2
        )

    def test_it_keeps_single_precision(self):
        layer = nn.BatchNorm1d(3)
        assert layer(np.ones((4, 3), np.float32)).dtype == np.float32
        assert layer.running_mean.dtype == layer.running_var.dtype == np.float32
        assert layer.eval()(np.ones((4, 3), np.float32)).dtype == np.float32

    @pytest.mark.parametrize("shape", [(3,), (4, 3, 2, 2)])
    def test_number_of_axes(self, shape):
        with pytest.raises(ad.ShapeError, match="BatchNorm1d needs an input with 2 or 3 axes"):
            nn.BatchNorm1d(3)(np.ones(shape))

    def test_number_of_channels(self):
        layer, x = nn.BatchNorm1d(3), ad.Constant(np.ones((4, 3)))
        with pytest.raises(ad.ShapeError, match=r"axis 1 must have length 3; got shape \(4, 1\)"):
            layer(np.ones((4, 1)))
        order = ad.topological_sort(layer(x))
        x.output = np.ones((4, 1))
        with pytest.raises(ad.ShapeError, match=r"axis 1 must have length 3; got shape \(4, 1\)"):
            ad.forward(order)

    def test_one_value_has_no_variance(self):
        with pytest.raises(
            ad.ShapeError, match=r"more than one value for each channel.*model\.eval"
        ):
            nn.BatchNorm1d(3)(np.ones((1, 3)))
        assert nn.BatchNorm1d(3).eval()(np.ones((1, 3))).shape == (1, 3)


class TestLayerNorm:
    def test_the_last_axes_are_checked_in_replays_too(self):
        layer, x = nn.LayerNorm(5), ad.Constant(np.ones((4, 5)))
        order = ad.topological_sort(layer(x))
        x.output = np.ones((4, 1))
        with pytest.raises(ad.ShapeError, match=r"axis -1 must have length 5; got shape \(4, 1\)"):
            ad.forward(order)

    def test_the_shape_has_an_axis(self):
        with pytest.raises(ad.ArgumentError, match="at least one axis"):
            nn.LayerNorm(())

    def test_derivatives(self):
        layer = nn.LayerNorm((2, 3), dtype=np.float64)
        weights = RNG.normal(size=(2, 2, 3))
        ad.check_grads(lambda x: (layer(x) * weights).sum(), (RNG.normal(size=(2, 2, 3)),), order=2)


class TestErrors:
    def test_a_linear_layer_names_its_weight(self):
        model = nn.Sequential(nn.ReLU(), nn.Linear(400, 84))
        message = (
            r"Linear with Variable '1.weight' of shape \(84, 400\).*last axis has 400 elements"
        )
        with pytest.raises(ad.ShapeError, match=message + r"; got shape \(2, 576\)$"):
            model(np.ones((2, 576)))
        with pytest.raises(ad.ShapeError, match=message + r".*; put ad\.nn\.Flatten\(\) before it"):
            model(np.ones((2, 16, 5, 5)))

    def test_a_linear_layer_refuses_a_replay_that_does_not_fit(self):
        x = ad.Constant(np.ones((2, 3)))
        order = ad.topological_sort(nn.Linear(3, 2)(x))
        x.output = np.ones((2, 4))
        with pytest.raises(ad.ShapeError, match="matmul"):
            ad.forward(order)

    def test_a_convolution_names_its_weight(self):
        layer = nn.Sequential(nn.Conv2d(3, 4, 3))
        message = r"Conv2d with Variable '0.weight'.*needs an input of shape \(N, 3, H, W\)"
        with pytest.raises(ad.ShapeError, match=message):
            layer(np.ones((2, 1, 8, 8)))
        with pytest.raises(ad.ShapeError, match=message + r".*batch axis with x\[None\]"):
            layer(np.ones((3, 8, 8)))

    @pytest.mark.parametrize(
        ("build", "message"),
        [
            (lambda: nn.Linear(0, 3), "Linear: in_features must be a positive integer; got 0"),
            (lambda: nn.Linear(3, 2.5), "Linear: out_features must be a positive integer; got 2.5"),
            (lambda: nn.Conv2d(0, 1, 3), "Conv2d: in_channels must be a positive integer; got 0"),
            (lambda: nn.Conv2d(3, 4, 3, groups=2), "groups must divide.*2 does not divide 3 and 4"),
            (lambda: nn.Conv2d(3, 4, 0), "Conv2d: kernel_size must be at least 1; got 0"),
            (lambda: nn.Conv2d(3, 4, 3, padding="full"), 'padding must be numbers, "valid" or'),
            (lambda: nn.ConvTranspose2d(3, 4, 3, stride=0), "stride must be at least 1; got 0"),
            (lambda: nn.MaxPool2d(0), "MaxPool2d: kernel_size must be at least 1; got 0"),
            (lambda: nn.AvgPool2d(2, padding=-1), "AvgPool2d: padding must be at least 0; got -1"),
            (lambda: nn.BatchNorm1d(0), "BatchNorm1d: num_features must be a positive integer"),
            (lambda: nn.LayerNorm((3, 0)), "LayerNorm: normalized_shape must be a positive"),
        ],
    )
    def test_sizes_out_of_range(self, build, message):
        with pytest.raises(ad.ArgumentError, match=message):
            build()

    def test_parameters_are_floating(self):
        with pytest.raises(ad.DtypeError, match="dtype of a layer must be floating; got int64"):
            nn.Linear(3, 2, dtype=np.int64)


def test_a_replay_that_does_not_fit_names_the_operators_and_the_layer():
    model = ad.nn.Sequential(ad.nn.Flatten(), ad.nn.Linear(16, 4))
    x = ad.Constant(np.zeros((2, 1, 4, 4), np.float32))
    order = ad.topological_sort(model(x))
    x.output = np.zeros((2, 1, 5, 5), np.float32)
    message = r"(?s)matmul: .*operand 0: \w+ flatten of shape \(2, 25\).*in layer Seq.*/1 Linear"
    with pytest.raises(ad.ShapeError, match=message):
        ad.forward(order)
