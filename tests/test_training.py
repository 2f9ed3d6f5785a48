import json

import numpy as np
import pytest

import autodiff as ad

nn, fit = ad.nn, ad.training.fit


def spots(count=40, seed=0):
    """Pictures of 4x4 pixels in which one of four quarters is bright: classes easy to learn."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, count)
    images = rng.random((count, 1, 4, 4)).astype(np.float32) * 0.3
    for image, label in zip(images, labels, strict=True):
        row, column = 2 * (label // 2), 2 * (label % 2)
        image[0, row : row + 2, column : column + 2] += 0.7
    return images, labels


def small(seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 2, stride=2, rng=rng), nn.ReLU(), nn.Flatten(), nn.Linear(16, 4, rng=rng)
    )


class TestFit:
    def test_it_learns(self):
        model = small()
        options = {"epochs": 30, "lr": 0.5, "batch_size": 10, "seed": 0, "compile": False}
        history = fit(model, spots(), spots(20, seed=1), **options)
        assert history.epochs == 30 and len(history.loss) == 120
        assert history.epoch_loss[-1] < 0.1 < 1 < history.epoch_loss[0]
        assert history.train_accuracy[-1] == history.test_accuracy[-1] == 1
        assert ad.training.evaluate(model, spots(20, seed=1)) == (history.test_loss[-1], 1.0)
        predicted = ad.training.predict(model, spots(20, seed=1)[0], batch_size=7)
        assert np.array_equal(predicted, spots(20, seed=1)[1])

    def test_the_steps_are_those_of_a_loop_by_hand(self):
        images, labels = spots(25)
        model, other = small(), small()
        optimizer = ad.optim.SGD(other.parameters(), lr=0.1, momentum=0.9)
        losses = []
        for images_batch, labels_batch in ad.data.DataLoader(images, labels, batch_size=10):
            loss = ad.cross_entropy(other(images_batch), labels_batch)
            ad.backward(ad.topological_sort(loss))
            optimizer.step()
            losses.append(float(loss.output))
        history = fit(
            model,
            (images, labels),
            optimizer=ad.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
            batch_size=10,
            shuffle=False,
        )
        np.testing.assert_allclose(history.loss, losses, rtol=1e-6)
        for one, two in zip(model.parameters(), other.parameters(), strict=True):
            np.testing.assert_allclose(one.output, two.output, rtol=1e-5, atol=1e-7)
        # 25 examples in batches of 10: the last batch of 5 counts half as much in the mean.
        assert history.epoch_loss[0] == pytest.approx(np.dot(losses, [10, 10, 5]) / 25)

    def test_repeatable_by_seed(self):
        histories = [fit(small(), spots(), epochs=2, batch_size=8, seed=s) for s in (0, 0, 1)]
        assert histories[0].loss == histories[1].loss != histories[2].loss

    def test_batch_norm_and_dropout(self):
        """Each step is one forward in training mode, and the modes are as before afterwards."""
        model = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16, 8, rng=0),
            nn.BatchNorm1d(8),
            nn.Dropout(0.2),
            nn.Linear(8, 4),
        )
        model[3].eval()
        history = fit(model, spots(), spots(), epochs=3, batch_size=10, seed=0)
        assert model[2].num_batches_tracked.output == len(history.loss) == 12
        assert [module.training for module in model] == [True, True, True, False, True]
        assert ad.training.evaluate(model, spots()) == (
            history.test_loss[-1],
            history.test_accuracy[-1],
        )

    def test_a_loader_a_schedule_and_a_callback(self):
        model, seen = small(), []
        loader = ad.data.DataLoader(*spots(), batch_size=10, shuffle=True, seed=0)
        optimizer = ad.optim.Adam(model.parameters(), lr=0.01)
        history = fit(
            model,
            loader,
            epochs=3,
            optimizer=optimizer,
            schedule=ad.optim.ExponentialLR(optimizer, 0.5),
            callback=lambda history: seen.append(history.epochs),
        )
        assert history.learning_rate == [0.01, 0.005, 0.0025] and seen == [1, 2, 3]
        assert history.test_loss == history.test_accuracy == []

    def test_batches_of_any_kind(self):
        images, labels = spots(20)
        batches = [(images[:10], labels[:10]), (images[10:].tolist(), labels[10:].tolist())]
        assert len(fit(small().to(np.float64), batches, epochs=2).loss) == 4

    def test_a_pair_may_be_a_list(self):
        assert len(fit(small(), list(spots(20)), batch_size=10).loss) == 2

    def test_another_loss_has_no_accuracy(self):
        images, _ = spots()
        model = nn.Sequential(nn.Flatten(), nn.Linear(16, 1))
        targets = images.sum((2, 3))
        history = fit(
            model, (images, targets), (images, targets), loss=ad.mse_loss, lr=0.01, epochs=5
        )
        assert history.epoch_loss[-1] < history.epoch_loss[0]
        assert history.train_accuracy == history.test_accuracy == [] and len(history.test_loss) == 5

    def test_norms_of_gradients(self):
        model = small()
        history = fit(model, spots(), batch_size=10, record_gradients=True)
        assert list(history.gradient_norms) == [name for name, _ in model.named_parameters()]
        assert all(len(norms) == 4 and min(norms) > 0 for norms in history.gradient_norms.values())
        last = float(np.linalg.norm(model[0].weight.gradient))
        assert history.gradient_norms["0.weight"][-1] == last

    def test_progress(self, capsys):
        fit(small(), spots(), epochs=1)
        assert capsys.readouterr() == ("", "")  # nobody watches


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "arguments", "message"),
        [
            (ad.DtypeError, {"model": ad.relu}, "fit trains an ad.nn.Module; got Relu"),
            (ad.ArgumentError, {"epochs": 0}, "epochs must be a positive integer; got 0"),
            (ad.ShapeError, {"train": (np.ones((0, 1, 4, 4)), np.ones(0, int))}, "are empty"),
            (
                ad.ShapeError,
                {"train": (spots()[0], spots()[1][:-1])},
                r"equal.*\(40, 1, 4, 4\) and",
            ),
            (ad.DtypeError, {"train": spots()[0]}, r"train must be a pair \(images, labels\) or a"),
            (ad.DtypeError, {"train": iter([spots()])}, r"train must be a pair"),
            (ad.DtypeError, {"train": [spots()[0]]}, "each batch of train must be a pair"),
            (ad.DataError, {"train": []}, "train gave no batch in this epoch"),
            (
                ad.DtypeError,
                {"train": ad.data.DataLoader(spots()[0])},
                "needs batches of images and labels; this DataLoader holds 1 arrays",
            ),
            (ad.IndexingError, {"train": (spots()[0], spots()[1] + 1)}, "must lie in 0 to 3"),
            (ad.DtypeError, {"train": (spots()[0], spots()[1] * 1.0)}, "must be integer classes"),
            (ad.IndexingError, {"test": (spots()[0], spots()[1] - 1)}, "must lie in 0 to 3"),
            (
                ad.ShapeError,
                {"loss": lambda y, t: y},
                r"loss must be a node of shape \(\).*mean\(\)",
            ),
            (ad.ShapeError, {"loss": lambda y, t: 1.0}, "loss must be a node of shape"),
            (ad.ArgumentError, {"batch_size": 0}, "batch_size must be a positive integer"),
        ],
    )
    def test_arguments(self, error, arguments, message):
        with pytest.raises(error, match=message):
            fit(**{"model": small(), "train": spots(), **arguments})

    def test_a_learning_rate_for_an_optimizer_that_is_given(self):
        model = small()
        with pytest.raises(ad.ArgumentError, match="give lr to the optimizer"):
            fit(model, spots(), optimizer=ad.optim.SGD(model.parameters()), lr=0.1)

    def test_a_late_wrong_label_is_found_before_training(self):
        images, labels = spots()
        labels[-1] = 4
        model = small()
        before = model[0].weight.output
        with pytest.raises(
            ad.IndexingError, match="labels of train must lie in 0 to 3.*got 0 to 4"
        ):
            fit(model, (images, labels), batch_size=10, shuffle=False)
        assert np.array_equal(before, model[0].weight.output)

    def test_a_model_without_flatten(self):
        model = nn.Sequential(nn.Conv2d(1, 4, 2))
        message = r"returned shape \(40, 4, 3, 3\) for a batch of shape .*Flatten\(\)"
        with pytest.raises(ad.ShapeError, match=message):
            fit(model, spots())

    def test_a_model_that_cuts_the_graph(self):
        class Cut(nn.Module):
            def __init__(self):
                self.inner = small()

            def forward(self, x):
                return self.inner(x).output

        with pytest.raises(
            ad.DtypeError, match="the model must return a node; it returned ndarray"
        ):
            fit(Cut(), spots())

    def test_divergence(self):
        images, labels = spots()
        # No ReLU, whose death would end the divergence; and the largest rate that is finite.
        model = nn.Sequential(nn.Flatten(), nn.Linear(16, 4, rng=0))
        options = {"lr": 3e38, "batch_size": 10, "epochs": 5, "shuffle": False}
        with pytest.raises(
            ad.DivergenceError, match=r"(nan|inf) at step \d+: training diverged; use"
        ):
            fit(model, (images, labels), **options)
        model = nn.Sequential(nn.Flatten(), nn.Linear(16, 4, rng=0))
        message = r"scale the images, which reach \d+, to \[0, 1\]"
        with pytest.raises(ad.DivergenceError, match=message):
            fit(model, (np.round(images * 255), labels), **options)
        images[3, 0, 0, 0] = np.nan
        with pytest.raises(
            ArithmeticError, match="nan at step 1: the batch holds numbers that are"
        ):
            fit(small(), (images, labels))

    def test_optimizer(self):
        with pytest.raises(ad.DtypeError, match="optimizer must be one of ad.optim.*; got str"):
            fit(small(), spots(), optimizer="sgd")
        with pytest.raises(ad.ArgumentError, match="holds none of this model's parameters"):
            fit(small(), spots(), optimizer=ad.optim.SGD(small().parameters()))

    def test_divergence_in_the_last_step(self):
        images, labels = spots()
        model = nn.Sequential(nn.Flatten(), nn.Linear(16, 4, rng=0))
        with pytest.raises(
            ad.DivergenceError, match=r"parameter 1\.\w+ is not finite after step 1:"
        ):
            fit(model, (images * 1e4, labels), lr=3e38, batch_size=1000)

    def test_prediction(self):
        with pytest.raises(ad.ShapeError, match=r"at least one image; got shape \(0, 1, 4, 4\)"):
            ad.training.predict(small(), np.ones((0, 1, 4, 4)))
        with pytest.raises(ad.ShapeError, match="one row of logits for each image"):
            ad.training.predict(nn.Conv2d(1, 4, 2), np.ones((1, 1, 4, 4)))


class TestHistory:
    def test_saved(self, tmp_path):
        history = fit(small(), spots(), spots(), epochs=2, record_gradients=True)
        history.save(tmp_path / "history.json")
        assert json.loads((tmp_path / "history.json").read_text()) == history.to_dict()
        assert repr(history) == "<History of 2 epochs, 2 steps>"
        assert history.summary().startswith("epoch 2, loss ") and history.seconds[1] > 0

    def test_empty(self):
        assert ad.training.History().summary() == "no epoch completed"

    def test_plot(self):
        pyplot = pytest.importorskip("matplotlib.pyplot")
        history = fit(small(), spots(), spots(), epochs=3, record_gradients=True, batch_size=10)
        figure = history.plot()
        assert [ax.get_title() for ax in figure.axes] == ["Loss", "Accuracy", "Gradients"]
        assert not pyplot.get_fignums()  # shown once, as a value
        for ax in figure.axes:
            assert ax.get_xlabel() and ax.get_ylabel()
            # Told apart without colour: no two lines of a panel look alike.
            looks = [
                (line.get_linestyle(), line.get_marker(), line.get_linewidth()) for line in ax.lines
            ]
            assert len(set(looks)) == len(looks) == len(ax.get_legend().get_texts())
        test = figure.axes[1].lines[1]
        assert test.get_ydata().tolist() == [100 * value for value in history.test_accuracy]
        plain = fit(small(), spots()).plot()
        assert [ax.get_title() for ax in plain.axes] == ["Loss", "Accuracy"]


def test_digits_reach_the_accuracy_that_is_promised():
    """With a fixed seed: at least 95 % in 10 epochs of Adam, on the small pictures."""
    ad.manual_seed(0)
    train, test = ad.data.load_digits()
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(144, 10)
    )
    optimizer = ad.optim.Adam(model.parameters(), lr=0.01)
    history = fit(model, train, test, epochs=10, optimizer=optimizer, batch_size=50)
    assert history.test_accuracy[-1] >= 0.95


# Adam divides by the size of the gradient, also where that is nothing but rounding: in single
# precision two correct programs part after some steps.
@pytest.mark.parametrize(
    ("name", "dtype", "tolerance"),
    [("SGD", np.float32, 1e-4), ("SGD", np.float64, 1e-9), ("Adam", np.float64, 1e-9)],
)
def test_the_reference_network_follows_pytorch(torch, mnist, name, dtype, tolerance):
    """Same initial weights, same batches of MNIST: the same loss, step by step."""
    lr, steps = (0.01 if name == "SGD" else 0.001), 100
    (images, labels), _ = mnist
    images, labels = images[: 100 * steps].astype(dtype), labels[: 100 * steps]
    layers = torch.nn
    torch.manual_seed(0)
    torch.set_num_threads(1)  # its threads wait busily, and would fight with those of other tests
    theirs = layers.Sequential(
        layers.Conv2d(1, 6, 3),
        layers.ReLU(),
        layers.MaxPool2d(2),
        layers.Conv2d(6, 16, 3),
        layers.ReLU(),
        layers.MaxPool2d(2),
        layers.Flatten(),
        layers.Linear(400, 84),
        layers.ReLU(),
        layers.Linear(84, 10),
    ).to(torch.float32 if dtype == np.float32 else torch.float64)
    ours = nn.reference_network(dtype=dtype)
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    optimizer = getattr(torch.optim, name)(theirs.parameters(), lr=lr)
    expected = []
    for start in range(0, len(images), 100):
        x, y = (
            torch.from_numpy(images[start : start + 100]),
            torch.from_numpy(labels[start : start + 100]),
        )
        loss = layers.functional.cross_entropy(theirs(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    history = fit(
        ours,
        (images, labels),
        optimizer=getattr(ad.optim, name)(ours.parameters(), lr=lr),
        shuffle=False,
    )
    difference = np.abs(np.array(history.loss) / expected - 1).max()
    assert difference < tolerance
