"""Every layer against PyTorch's, in float64, from a state dict that PyTorch saved."""

import importlib

import numpy as np
import pytest

import autodiff as ad

nn = ad.nn


def case(name, shape, *args, ours=None, train=True, **kwargs):
    label = f"{name}({', '.join([*map(str, args), *[f'{k}={v}' for k, v in kwargs.items()]])})"
    return pytest.param(
        name, shape, args, kwargs, ours or kwargs, train, id=label + ("" if train else " eval")
    )


CASES = [
    case("Linear", (4, 5), 5, 3),
    case("Linear", (4, 5), 5, 3, bias=False),
    case("Linear", (2, 3, 5), 5, 3),
    case("Linear", (5,), 5, 3),
    case("Conv2d", (2, 3, 7, 8), 3, 4, 3),
    case("Conv2d", (2, 3, 7, 8), 3, 4, (3, 2), stride=(2, 1), padding=(1, 2), bias=False),
    case("Conv2d", (2, 4, 7, 8), 4, 6, 3, dilation=2, groups=2),
    case("Conv2d", (2, 3, 7, 8), 3, 4, 3, padding="same"),
    case("Conv2d", (2, 3, 7, 8), 3, 4, 3, padding="valid"),
    case("ConvTranspose2d", (2, 3, 5, 4), 3, 4, 3),
    case("ConvTranspose2d", (2, 4, 5, 4), 4, 6, (3, 2), 2, (1, 0), 1, 2),
    case("ConvTranspose2d", (2, 3, 5, 4), 3, 2, 3, bias=False, dilation=(2, 1)),
    case("MaxPool2d", (2, 3, 7, 8), 2),
    case("MaxPool2d", (2, 3, 7, 8), 3, 2, 1),
    case("MaxPool2d", (2, 3, 9, 8), (3, 2), (2, 1), dilation=2),
    case("AvgPool2d", (2, 3, 7, 8), 2),
    case("AvgPool2d", (2, 3, 7, 8), (3, 2), (2, 1), (1, 0)),
    case("Flatten", (2, 3, 4, 5)),
    case("Flatten", (2, 3, 4, 5), 0, 2),
    case("ReLU", (4, 5)),
    case("Sigmoid", (4, 5)),
    case("Tanh", (4, 5)),
    case("GELU", (4, 5)),
    case("Softmax", (4, 5), dim=1, ours={"axis": 1}),
    case("Dropout", (4, 5), 0.5, train=False),
    case("Dropout", (4, 5), 0.0),
    case("Dropout", (4, 5), 1.0),
    *[
        case(name, shape, 3, **options, train=train)
        for name, shape in (
            ("BatchNorm1d", (6, 3)),
            ("BatchNorm1d", (4, 3, 5)),
            ("BatchNorm2d", (4, 3, 5, 2)),
        )
        for options in (
            {},
            {"eps": 0.1, "momentum": None},
            {"momentum": 0.7, "affine": False},
            {"track_running_stats": False},
            {"bias": False},
        )
        for train in (True, False)
    ],
    case("LayerNorm", (4, 3, 5), 5),
    case("LayerNorm", (4, 3, 5), (3, 5), eps=0.1),
    case("LayerNorm", (4, 3, 5), 5, elementwise_affine=False),
    case("LayerNorm", (4, 3, 5), 5, bias=False),
]


def exchange(torch, theirs, ours, path):
    """Give our model the parameters of theirs, through a file."""
    importlib.import_module("safetensors.torch").save_file(theirs.state_dict(), path)
    ours.load_state_dict(ad.load(path))


@pytest.mark.parametrize(("name", "shape", "args", "kwargs", "own", "train"), CASES)
def test_layer(torch, tmp_path, name, shape, args, kwargs, own, train):
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    theirs = getattr(torch.nn, name)(*args, **kwargs).double()
    for tensor in theirs.state_dict().values():
        if tensor.dtype == torch.float64:
            tensor.uniform_(0.5, 1.5)  # also those that begin at 0 or 1
    ours = getattr(nn, name)(*args, **own)
    ours.to(np.float64)
    exchange(torch, theirs, ours, tmp_path / "layer.safetensors")
    theirs.train(train)
    ours.train(train)
    x = ad.Variable(rng.normal(size=shape), name="x")
    y = ours(x)
    order = ad.topological_sort(y)
    for replay in range(3):
        data = rng.normal(size=shape)
        if replay:
            x.output = data
            ad.forward(order)
        else:
            data = x.output
        their_x = torch.tensor(data, requires_grad=True)
        their_y = theirs(their_x)
        gradient = rng.normal(size=y.shape)
        theirs.zero_grad()
        their_y.backward(torch.tensor(gradient))
        ad.backward(order, gradient)
        same = {"rtol": 1e-11, "atol": 1e-12}
        np.testing.assert_allclose(y.output, their_y.detach().numpy(), **same)
        np.testing.assert_allclose(x.gradient, their_x.grad.numpy(), **same)
        for (name, parameter), (their_name, theirs_p) in zip(
            ours.named_parameters(), theirs.named_parameters(), strict=True
        ):
            assert name == their_name == parameter.name
            np.testing.assert_allclose(parameter.gradient, theirs_p.grad.numpy(), **same)
        state, their_state = ours.state_dict(), theirs.state_dict()
        assert list(state) == list(their_state)
        for name, tensor in their_state.items():
            np.testing.assert_allclose(state[name], tensor.numpy(), **same)
            assert state[name].dtype == tensor.numpy().dtype


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("Linear", (50, 80)),
        ("Conv2d", (6, 16, 3)),
        ("ConvTranspose2d", (6, 16, 3)),
    ],
)
def test_initial_values_have_pytorchs_range(torch, name, args):
    theirs, ours = getattr(torch.nn, name)(*args), getattr(nn, name)(*args, rng=0)
    for parameter, their_p in zip(ours.parameters(), theirs.parameters(), strict=True):
        their_p = their_p.detach().numpy()
        assert parameter.shape == their_p.shape and parameter.dtype == their_p.dtype
    bound = np.abs(theirs.weight.detach().numpy()).max()
    weight = ours.weight.output
    assert np.abs(weight).max() == pytest.approx(bound, rel=0.02)
    assert np.abs(ours.bias.output).max() <= np.abs(weight).max() * 1.02
    # A uniform distribution on +-b has the standard deviation b / sqrt(3).
    assert weight.std() == pytest.approx(bound / 3**0.5, rel=0.05)
    assert weight.mean() == pytest.approx(0, abs=0.05 * float(bound))


def test_printed_like_pytorch(torch):
    def build(nn):
        return nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1, bias=False),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.Sequential(nn.AvgPool2d(2), nn.Dropout(0.2), nn.ConvTranspose2d(6, 2, 2, groups=2)),
            nn.LayerNorm(3),
            nn.Linear(3, 2),
        )

    expected = repr(build(torch.nn)).replace(", inplace=False", "")
    assert repr(build(nn)) == expected


def test_the_networks_of_the_book(torch):
    """Names, shapes and outputs of the reference network, built the same way in PyTorch."""
    layers = torch.nn
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
    )
    ours = nn.reference_network()
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    images = np.random.default_rng(0).random((5, 1, 28, 28), dtype=np.float32)
    np.testing.assert_allclose(
        ours(images).output, theirs(torch.tensor(images)).detach().numpy(), rtol=1e-4, atol=1e-5
    )
