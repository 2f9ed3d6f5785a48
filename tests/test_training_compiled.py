"""Training by a program gives what training by the interpreter gives."""

import importlib.util
import sys

import numpy as np
import pytest

import autodiff as ad
from autodiff.training import compiled as compiling

pytest.importorskip("numba")
nn, fit = ad.nn, ad.training.fit


@pytest.fixture(scope="module")
def digits():
    return ad.data.load_digits()


def classifier(*extra, seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        *extra,
        nn.Linear(36, 10, rng=rng),
    )


def both(make, train, test=None, **options):
    """The histories and models of the same training by the interpreter and by a program."""
    found = []
    for compile in (False, True):
        ad.manual_seed(1)
        model = make()
        chosen = {
            name: option(model) if callable(option) else option for name, option in options.items()
        }
        history = fit(model, train, test, seed=0, progress=False, compile=compile, **chosen)
        found.append((history, model))
    return found


def assert_same(one, two, tolerance=1e-5):
    (first, model), (second, twin) = one, two
    assert len(first.loss) == len(second.loss) > 1
    apart = np.abs(np.array(second.loss) / first.loss - 1)
    assert apart[:100].max() < tolerance
    assert np.abs(np.array(second.epoch_loss) / first.epoch_loss - 1).max() < 1e-3
    np.testing.assert_allclose(second.train_accuracy, first.train_accuracy, atol=2e-3)
    np.testing.assert_allclose(second.test_accuracy, first.test_accuracy, atol=1e-2)
    np.testing.assert_allclose(second.test_loss, first.test_loss, rtol=1e-3)
    assert first.learning_rate == second.learning_rate
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        np.testing.assert_allclose(ours.output, theirs.output, atol=1e-3)


class TestAgreement:
    @pytest.mark.parametrize(
        "optimizer",
        [
            lambda model: ad.optim.SGD(model.parameters(), lr=0.1),
            lambda model: ad.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True),
            lambda model: ad.optim.Adam(model.parameters(), lr=0.001),
        ],
        ids=["SGD", "momentum", "Adam"],
    )
    def test_losses_of_a_hundred_steps(self, digits, optimizer):
        """Batches of 64: the last batch of an epoch has 29 examples."""
        # Adam divides by the size of a gradient, also where that is nothing but rounding.
        tolerance = 1e-4 if "Adam" in repr(optimizer(classifier())) else 1e-5
        found = both(classifier, *digits, optimizer=optimizer, epochs=5, batch_size=64)
        assert_same(*found, tolerance)
        assert len(found[0][0].loss) == 5 * 23

    def test_the_reference_network(self):
        (images, labels), _ = ad.data.load_digits(28)
        found = both(lambda: nn.reference_network(rng=0), (images, labels), lr=0.01, epochs=7)
        assert_same(*found)

    def test_double_precision(self, digits):
        (images, labels), _ = digits
        train = images[:300].astype(np.float64), labels[:300]
        found = both(lambda: classifier().to(np.float64), train, lr=0.1)
        assert_same(*found, 1e-12)

    def test_batch_norm_and_dropout_take_part_in_each_step_once(self, digits):
        def make():
            return classifier(nn.BatchNorm1d(36), nn.Dropout(0.3))

        one, two = both(make, *digits, lr=0.1, epochs=2)
        assert_same(one, two)
        for history, model in (one, two):
            assert model[4].num_batches_tracked.output == len(history.loss) == 30
            assert all(module.training for module in model)
        mean = [model[4].running_mean.output for _, model in (one, two)]
        np.testing.assert_allclose(*mean, rtol=1e-4, atol=1e-6)

    def test_norms_of_gradients(self, digits):
        (first, _), (second, model) = both(classifier, digits[0], record_gradients=True)
        assert first.gradient_norms.keys() == second.gradient_norms.keys()
        for name, norms in first.gradient_norms.items():
            np.testing.assert_allclose(second.gradient_norms[name], norms, rtol=1e-4)
        last = np.linalg.norm(model[0].weight.gradient)
        assert second.gradient_norms["0.weight"][-1] == pytest.approx(float(last))

    def test_a_schedule_and_a_callback_that_changes_parameters(self, digits):
        def halve(history):
            model = models[-1]
            model[0].weight.output = model[0].weight.output / 2

        models = []
        options = {
            "optimizer": lambda model: models.append(model) or ad.optim.SGD(model.parameters(), 0.1)
        }
        histories = []
        for compile in (False, True):
            model = classifier()
            optimizer = options["optimizer"](model)
            schedule = ad.optim.ExponentialLR(optimizer, 0.5)
            histories.append(
                fit(
                    model,
                    digits[0],
                    epochs=3,
                    optimizer=optimizer,
                    schedule=schedule,
                    callback=halve,
                    seed=0,
                    compile=compile,
                )
            )
        assert_same(*zip(histories, models, strict=True))
        assert histories[1].learning_rate == [0.1, 0.05, 0.025]

    def test_another_loss_and_batches_of_any_kind(self, digits):
        (images, labels), _ = digits
        targets = np.eye(10, dtype=np.float32)[labels]
        batches = [(images[i : i + 50], targets[i : i + 50]) for i in range(0, 480, 50)]
        found = both(classifier, batches, loss=lambda model: ad.mse_loss, lr=0.1, epochs=2)
        assert_same(*found)
        assert found[1][0].train_accuracy == []

    def test_layers_of_the_users_own(self, digits):
        """A custom gradient and a checkpoint run on NumPy within the program."""

        @ad.custom_gradient
        def twice(x):
            return 2 * x, lambda g: 2 * g

        class Twice(nn.Module):
            def forward(self, x):
                return ad.checkpoint(ad.tanh)(twice(x))

        assert_same(*both(lambda: classifier(Twice()), digits[0], lr=0.1))

    def test_tests_by_a_program(self, digits, monkeypatch):
        """After the first batch of the first test they are computed by a program."""
        train, test = digits
        batches = [(test[0][i : i + 90], test[1][i : i + 90]) for i in range(0, 360, 90)]
        model = classifier()
        history = fit(model, train, batches, epochs=2, lr=0.1, seed=0, compile=True)
        loss, accuracy = ad.training.evaluate(model, test)
        assert history.test_loss[-1] == pytest.approx(loss, rel=1e-5)
        assert history.test_accuracy[-1] == pytest.approx(accuracy)

    @pytest.mark.slow
    def test_an_epoch_of_mnist(self, mnist):
        train, test = mnist
        found = both(lambda: nn.reference_network(rng=0), train, test, lr=0.01)
        assert_same(*found)
        assert len(found[0][0].loss) == 600


class TestErrors:
    def test_divergence_leaves_the_parameters_as_they_were(self, digits):
        (images, labels), _ = digits
        images = images.copy()
        images[250, 0, 3, 3] = np.nan
        options = {"shuffle": False, "lr": 0.1, "progress": False}
        stopped, unharmed = classifier(), classifier()
        with pytest.raises(ad.DivergenceError, match="nan at step 3: the batch holds numbers"):
            fit(stopped, (images, labels), compile=True, **options)
        fit(unharmed, (images[:200], labels[:200]), compile=True, **options)
        for ours, theirs in zip(stopped.parameters(), unharmed.parameters(), strict=True):
            np.testing.assert_array_equal(ours.output, theirs.output)

    def test_a_learning_rate_that_is_too_large(self, digits):
        model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10, rng=0))
        with pytest.raises(
            ad.DivergenceError, match=r"(nan|inf) at step \d+: training diverged; use a smaller"
        ):
            fit(model, digits[0], lr=3e38, epochs=5, compile=True)

    def test_a_wrong_label_in_a_later_batch(self, digits):
        (images, labels), _ = digits
        batches = [(images[:50], labels[:50]), (images[50:100], labels[50:100] + 5)]
        with pytest.raises(ad.IndexingError, match="labels must lie in 0 to 9"):
            fit(classifier(), batches, compile=True)

    def test_a_wrong_label_is_found_before_anything_is_compiled(self, digits, monkeypatch):
        monkeypatch.setattr(compiling, "compile", lambda *args: pytest.fail("compiled"))
        (images, labels), _ = digits
        labels = np.append(labels[:-1], 10)
        with pytest.raises(ad.IndexingError, match="labels of train must lie in 0 to 9"):
            fit(classifier(), (images, labels), shuffle=False, compile=True)

    @pytest.mark.parametrize("compile", [False, True])
    def test_a_decision_that_would_fall_otherwise(self, digits, compile):
        class Deciding(nn.Module):
            def __init__(self):
                self.inner = classifier()

            def forward(self, x):
                return self.inner(x) if x.sum() > 0 else -self.inner(x)

        (images, labels), _ = digits
        model = Deciding()
        batches = [(images[:50], labels[:50]), (-images[50:100], labels[50:100])]
        with pytest.raises(ad.BranchError, match="decided on the truth"):
            fit(model, batches, compile=compile)
        once = classifier()
        fit(once, batches[:1], compile=False)
        np.testing.assert_array_equal(model.inner[0].weight.output, once[0].weight.output)

    def test_arguments(self, digits):
        with pytest.raises(ad.ArgumentError, match="compile is True, False or None; got 'numba'"):
            fit(classifier(), digits[0], compile="numba")
        with pytest.raises(ad.ArgumentError, match="compile=True and precision='bfloat16' exclude"):
            fit(classifier(), digits[0], compile=True, precision="bfloat16")


class TestWhenItPays:
    def test_by_default_a_hundred_batches(self):
        assert not compiling.pays(None, 99) and compiling.pays(None, 100)
        assert compiling.pays(True, 1) and not compiling.pays(False, 10**6)
        assert not compiling.pays(None, 10**6, "float16")
        assert not compiling.pays(False, 10**6, "float16")

    def test_without_numba_the_interpreter_trains(self, monkeypatch):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        assert not compiling.pays(None, 10**6) and compiling.pays(True, 1)

    @pytest.mark.parametrize(
        ("epochs", "size", "expected"),
        [(4, 20, []), (6, 360, ["train"]), (6, 20, ["train", "test"])],
    )
    def test_training_and_tests_count_apart(self, digits, monkeypatch, epochs, size, expected):
        """900 images of training are 18 batches, 360 of the test either 18 as well, or one."""
        (images, labels), test = digits
        tests = [(test[0][i : i + size], test[1][i : i + size]) for i in range(0, 360, size)]
        made = []

        def spy(name):
            def compile(*args, **options):
                made.append(name)
                return ad.compile(*args, **options)

            return compile

        monkeypatch.setattr(compiling, "compile", spy("train"))
        monkeypatch.setattr(ad.training.evaluating, "compile", spy("test"))
        fit(classifier(), (images[:900], labels[:900]), tests, epochs=epochs, batch_size=50)
        assert made == expected


class Terminal:
    """Where the progress bar believes that somebody watches."""

    encoding = "utf-8"

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return True


@pytest.mark.parametrize("compile", [False, True])
def test_the_progress_bar_says_what_takes_so_long(digits, monkeypatch, compile):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    fit(classifier(), *digits, epochs=2, compile=compile)
    shown = terminal.text
    assert ("epoch 1/2, compiling" in shown) is compile
    assert "epoch 2/2, compiling" not in shown and "epoch 2/2, testing" in shown
    last = [line for line in shown.split("\r") if line.strip()][-1]
    assert last.startswith("epoch 2/2: 100%") and "loss=" in last
