"""Mixed precision: the same operators are cast as in PyTorch."""

import numpy as np
import pytest

import autodiff as ad
from autodiff import catalogue
from autodiff.dtypes import as_dtype
from autodiff.precision import autocast, autocast_table

HALVES = ["float16", "bfloat16"]
every_half = pytest.mark.parametrize("half", HALVES)

SQUARE = np.random.default_rng(0).normal(size=(4, 4)) + 4 * np.eye(4)
DEFINITE = SQUARE @ SQUARE.T
IMAGES = np.random.default_rng(1).normal(size=(2, 3, 6, 6))
ROWS = SQUARE[0]

# Operators as functions of the library, `ad` or PyTorch, and one operand.
OPERATORS = {
    "matmul": (lambda lib, x: lib.matmul(x, x), SQUARE),
    "@": (lambda lib, x: x @ x[0], SQUARE),
    "inner": (lambda lib, x: lib.inner(x, x), SQUARE),
    "outer": (lambda lib, x: lib.outer(x, x), ROWS),
    "tensordot": (lambda lib, x: lib.tensordot(x, x, 1), SQUARE),
    "kron": (lambda lib, x: lib.kron(x, x), SQUARE),
    "einsum": (lambda lib, x: lib.einsum("ij,jk->ik", x, x), SQUARE),
    "conv2d": (lambda lib, x: lib.conv2d(x, x[:, :, :3, :3], x[0, :2, 0, 0]), IMAGES),
    "conv_transpose2d": (
        lambda lib, x: lib.conv_transpose2d(x, lib.squeeze(x[:, :, :3, :3]).swapaxes(0, 1)),
        IMAGES,
    ),
    "add": (lambda lib, x: x + x, SQUARE),
    "*": (lambda lib, x: x * 2.0, SQUARE),
    "power": (lambda lib, x: x**2, SQUARE),
    "where": (lambda lib, x: lib.where(x > 0, x, lib.abs(x)), SQUARE),
    "concatenate": (lambda lib, x: lib.concatenate([x, x]), SQUARE),
    "stack": (lambda lib, x: lib.stack([x, x]), SQUARE),
    "max_pool2d": (lambda lib, x: lib.max_pool2d(x, 2), IMAGES),
    "avg_pool2d": (lambda lib, x: lib.avg_pool2d(x, 2), IMAGES),
    "softmax": (lambda lib, x: lib.softmax(x, -1), SQUARE),
    "log_softmax": (lambda lib, x: lib.log_softmax(x, -1), SQUARE),
    "logsumexp": (lambda lib, x: lib.logsumexp(x, -1), SQUARE),
    "cumsum": (lambda lib, x: lib.cumsum(x, 0), SQUARE),
    "cumprod": (lambda lib, x: lib.cumprod(x, 0), SQUARE),
    "cross_entropy": (lambda lib, x: lib.cross_entropy(x, lib.labels), SQUARE),
    "mse_loss": (lambda lib, x: lib.mse_loss(x, x * 0.5), SQUARE),
    "fft": (lambda lib, x: lib.fft.fft(x), SQUARE),
    "ifft": (lambda lib, x: lib.fft.ifft(x), SQUARE),
    "rfft": (lambda lib, x: lib.fft.rfft(x), SQUARE),
    "solve": (lambda lib, x: lib.linalg.solve(x, x), SQUARE),
    "cholesky": (lambda lib, x: lib.linalg.cholesky(x), DEFINITE),
    "eigh": (lambda lib, x: lib.linalg.eigh(x)[0], DEFINITE),
    "svd": (lambda lib, x: lib.linalg.svd(x)[1], SQUARE),
    "norm": (lambda lib, x: lib.linalg.norm(x), SQUARE),
    "inv": (lambda lib, x: lib.linalg.inv(x), SQUARE),
    **{
        name: (lambda lib, x, name=name: getattr(lib, name)(x), np.abs(DEFINITE) / 100 + 0.1)
        for name in (
            *("relu", "gelu", "sigmoid", "tanh", "exp", "log", "sqrt", "erf", "sin", "abs"),
            *("square", "sum", "mean", "prod", "trace", "median", "diff", "sinc"),
        )
    },
}


class TorchLibrary:
    """PyTorch's functions under the names that they have here."""

    def __init__(self, torch):
        self._modules = [torch.nn.functional, torch]
        self.linalg, self.fft, self.labels = torch.linalg, torch.fft, torch.arange(4)

    def __getattr__(self, name):
        return next(getattr(one, name) for one in self._modules if hasattr(one, name))


class OurLibrary:
    labels = np.arange(4)

    def __getattr__(self, name):
        return getattr(ad, name)


@every_half
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_cast_as_pytorchs_do(torch, name, half):
    """For operands of float32, of either half, and of float64, the result has PyTorch's type."""
    f, operand = OPERATORS[name]
    theirs, ours = TorchLibrary(torch), OurLibrary()
    for given in ("float32", *HALVES, "float64"):
        x = operand.astype(as_dtype(given))
        peer = torch.tensor(operand).to(getattr(torch, given))
        with torch.autocast("cpu", dtype=getattr(torch, half)):
            try:
                expected = f(theirs, peer)
            except RuntimeError:  # PyTorch lacks some operators in halves
                continue
        expected = str(expected.dtype).removeprefix("torch.")
        with autocast(half):
            assert f(ours, ad.Variable(x)).dtype.name == expected
            if name in catalogue.primitives:
                assert f(ours, x).dtype.name == expected


def test_the_table_names_primitives_of_the_catalogue():
    table = autocast_table()
    assert {"matmul", "conv2d", "conv_transpose2d", "einsum"} <= set(table["half"])
    assert {"cross_entropy", "prod", "trace", "solve", "fft"} <= set(table["float32"])
    assert set(table["half"]).isdisjoint(table["float32"])
    assert set(table["half"] + table["float32"]) <= set(catalogue.primitives)


@every_half
def test_a_layer_gives_halves_and_its_parameters_stay(half):
    layers = [ad.nn.Linear(6, 3, rng=0), ad.nn.Conv2d(3, 2, 3, rng=0)]
    for layer in layers:
        x = ad.Constant(IMAGES.astype(np.float32))
        with autocast(half):
            y = layer(x)
            loss = ad.mse_loss(y, np.zeros(y.shape, np.float32))
        assert y.dtype == as_dtype(half) and loss.dtype == np.float32
        ad.backward(ad.topological_sort(loss))
        for parameter in layer.parameters():
            assert parameter.dtype == parameter.gradient.dtype == np.float32


@every_half
def test_normalisation_gives_halves_with_parameters_in_float32(torch, half):
    x = IMAGES.astype(as_dtype(half))
    peer = torch.tensor(IMAGES).to(getattr(torch, half))
    with autocast(half), torch.autocast("cpu", dtype=getattr(torch, half)):
        for ours, theirs in (
            (ad.nn.LayerNorm(6), torch.nn.LayerNorm(6)),
            (ad.nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3)),
        ):
            name = str(theirs(peer).dtype).removeprefix("torch.")
            assert ours(ad.Constant(x)).dtype.name == name == half


def test_the_region_ends_and_nests():
    x = ad.Variable(np.ones((2, 2), np.float32))

    def product():
        return (x @ x).dtype.name

    with autocast():
        assert product() == "bfloat16"
        with autocast("float16"):
            assert product() == "float16"
            with autocast(enabled=False):
                assert product() == "float32"
        assert product() == "bfloat16"
    assert product() == "float32"
    with pytest.raises(ZeroDivisionError), autocast():
        1 / 0  # noqa: B018
    assert product() == "float32"
    assert autocast("float16")(product)() == "float16"


@pytest.mark.parametrize("wrong", ["float32", np.int16])
def test_other_types_are_refused(wrong):
    expected = pytest.raises(ad.DtypeError, match="autocast takes 'float16' or 'bfloat16'; got")
    with expected, autocast(wrong):
        pass


@every_half
def test_a_recorded_graph_is_replayed_in_its_types_and_differentiated_in_them(half):
    w = ad.Variable(SQUARE.astype(np.float32))
    x = ad.Constant(SQUARE.astype(np.float32))
    with autocast(half):
        y = ad.tanh(x @ w)
    loss = ad.sum(y)
    order = ad.topological_sort(loss)
    ad.backward(order)
    outside = w.gradient
    with autocast("float16" if half == "bfloat16" else "bfloat16"):
        ad.backward(order)
        graph = ad.gradients(loss, w)
        assert ad.forward(order).dtype == as_dtype(half)
    assert np.array_equal(outside, w.gradient) and np.array_equal(outside, graph.output)
    x.output = 2 * x.output
    again = ad.forward(order)
    with autocast(half):
        assert again == ad.sum(ad.tanh(x @ w)).output


@every_half
def test_an_operand_that_lends_only_its_shape_is_not_cast(half):
    b, y = ad.Variable(np.ones(3, np.float32)), ad.Variable(IMAGES.astype(np.float32))
    with autocast(half):
        shaped = catalogue.functions["bias_like"](b, y)
    assert shaped.dtype == half and shaped.inputs[1] is y


@every_half
def test_transforms_work_within_and_around(half):
    x = SQUARE.astype(np.float32)

    def f(x):
        return ad.sum(ad.tanh(x @ x))

    def inside(x):
        with autocast(half):
            return f(x)

    with autocast(half):
        around = ad.grad(f)(x), ad.jvp(f, (x,), (x,)), ad.hvp(f, x, x), ad.grad(ad.checkpoint(f))(x)
    within = (
        ad.grad(inside)(x),
        ad.jvp(inside, (x,), (x,)),
        ad.hvp(inside, x, x),
        ad.grad(inside)(x),
    )
    for one, other in zip(around, within, strict=True):
        assert np.array_equal(np.asarray(one[0]), np.asarray(other[0]))
        assert np.array_equal(np.asarray(one[1]), np.asarray(other[1]))
    assert around[0].dtype == np.float32
    np.testing.assert_allclose(around[0], ad.grad(f)(x), rtol=0.1, atol=0.1)


@pytest.fixture(scope="module")
def digits():
    return ad.data.load_digits()


def classifier():
    return ad.nn.Sequential(
        ad.nn.Conv2d(1, 4, 3, rng=0), ad.nn.ReLU(), ad.nn.Flatten(), ad.nn.Linear(144, 10, rng=1)
    )


@pytest.mark.parametrize("precision", [None, *HALVES])
def test_fit_learns_in_every_precision(digits, precision):
    train, test = digits
    model, seen = classifier(), []
    history = ad.training.fit(
        model,
        train,
        test,
        epochs=3,
        lr=0.1,
        seed=0,
        precision=precision,
        progress=False,
        callback=lambda history: seen.append((ad.ones_like(SQUARE) @ SQUARE).dtype),
    )
    assert history.test_accuracy[-1] > 0.85
    assert {leaf.dtype for leaf in model.parameters()} == {np.dtype(np.float32)}
    assert set(seen) == {np.dtype(np.float64)}
    # In half precision the losses are others, by little.
    single = ad.training.fit(classifier(), train, epochs=1, lr=0.1, seed=0, progress=False)
    apart = np.abs(np.array(history.loss[:3]) / single.loss[:3] - 1).max()
    assert apart == 0 if precision is None else 0 < apart < 0.01


def test_fit_finds_the_scale(digits):
    """Gradients that overflow at first: those steps are left out, and training goes on."""
    (images, labels), _ = digits
    model = classifier()
    before = model.state_dict()["3.weight"]

    def steep(logits, labels):
        return ad.cross_entropy(logits, labels) * 1e5

    history = ad.training.fit(
        model,
        (images[:400], labels[:400]),
        loss=steep,
        lr=1e-6,
        seed=0,
        precision="float16",
        progress=False,
    )
    assert len(history.loss) == 4
    assert np.array_equal(before, model.state_dict()["3.weight"])  # four are too few to find it
    ad.training.fit(
        model,
        (images, labels),
        loss=steep,
        epochs=2,
        lr=1e-6,
        seed=0,
        precision="float16",
        progress=False,
    )
    assert not np.array_equal(before, model.state_dict()["3.weight"])


def test_fit_says_when_no_scale_helps(digits):
    (images, labels), _ = digits

    def infinite(logits, labels):
        return ad.cross_entropy(logits, labels) + ad.sum(ad.sqrt(logits * 0.0))

    expected = pytest.raises(ad.DivergenceError, match="not finite at step .*precision='bfloat16'")
    with expected:
        ad.training.fit(
            classifier(),
            (images, labels),
            loss=infinite,
            epochs=3,
            precision="float16",
            progress=False,
        )


def test_fit_refuses_another_precision(digits):
    with pytest.raises(ad.ArgumentError, match="'bfloat16' or None; got 'float8'"):
        ad.training.fit(classifier(), digits[0], precision="float8")


@every_half
def test_double_precision_is_left_alone(half):
    x = ad.Variable(SQUARE)
    with autocast(half):
        assert (x @ x).dtype == np.float64
