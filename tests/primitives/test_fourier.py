"""Fourier transforms against PyTorch and NumPy: lengths, axes, norms, real and complex."""

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)
REAL = RNG.normal(size=(3, 4, 5))
COMPLEX = REAL + 1j * RNG.normal(size=REAL.shape)
SHAPES = {"": {}, "shorter": {"n": 3}, "longer": {"n": 8}, "first axis": {"axis": 0}}
NORMS = (None, "backward", "ortho", "forward")
CASES = [
    (name, {**options, "norm": norm}, data)
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
    for options in SHAPES.values()
    for norm in NORMS
    for data in (REAL, COMPLEX)
    if not (name in ("rfft", "ihfft") and data is COMPLEX)
] + [
    (name, options, data)
    for name in ("fft2", "ifft2", "fftn", "ifftn", "rfft2", "irfft2", "rfftn", "irfftn")
    for options in (
        {},
        {"axes": (0, -1), "norm": "ortho"},
        {"s": (2, 6), "axes": (0, 1), "norm": "forward"},
        {"s": (4, 4), "axes": (-2, -1)},
        {"s": (3, 5), "axes": (2, 0)},
    )
    for data in (REAL, COMPLEX)
    if not (name in ("rfft2", "rfftn") and data is COMPLEX)
]
SHIFTS = [
    (name, {"axes": axes}, COMPLEX)
    for name in ("fftshift", "ifftshift")
    for axes in (None, 1, (0, 2))
]


def in_pytorch(options):
    return {{"axis": "dim", "axes": "dim"}.get(key, key): value for key, value in options.items()}


@pytest.mark.parametrize(("name", "options", "data"), CASES + SHIFTS)
def test_value_and_gradient(torch, name, options, data):
    tensor = torch.tensor(data, requires_grad=True)
    result = getattr(torch.fft, name)(tensor, **in_pytorch(options))
    x = ad.Variable(data)
    node = getattr(np.fft, name)(x, **options)
    expected = getattr(np.fft, name)(data, **options)
    assert node.shape == tuple(result.shape) and node.dtype == expected.dtype
    np.testing.assert_allclose(node.output, expected, rtol=1e-12, atol=1e-14)
    rng = np.random.default_rng(1)
    seed = rng.normal(size=node.shape).astype(node.dtype)
    if node.dtype.kind == "c":
        seed += 1j * rng.normal(size=node.shape)
    result.backward(torch.tensor(seed))
    ad.backward(ad.topological_sort(node), gradient=seed)
    assert x.gradient.dtype == data.dtype
    np.testing.assert_allclose(
        x.gradient, tensor.grad.resolve_conj().numpy(), rtol=1e-10, atol=1e-13
    )


@pytest.mark.parametrize(("name", "options", "data"), CASES[::3] + SHIFTS[::2])
def test_derivatives_of_both_modes_to_order_two(name, options, data):
    function = getattr(ad.fft, name)
    ad.check_grads(lambda x: function(x * x, **options), (data,), order=2)


@pytest.mark.parametrize("name", ad.fft.__all__)
def test_the_namespace_has_numpys_names_and_takes_arrays(name):
    assert getattr(ad.fft, name) is ad.catalogue.numpy_functions[getattr(np.fft, name)]
    found, expected = getattr(ad.fft, name)(REAL), getattr(np.fft, name)(REAL)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("name", "dtype"), [("fft", np.complex64), ("irfft", np.float32)])
def test_single_precision_stays(name, dtype):
    x = ad.Variable(COMPLEX.astype(np.complex64))
    node = getattr(np.fft, name)(x)
    assert node.dtype == dtype
    gradient = ad.gradients(ad.sum(ad.abs(node)), x)
    assert gradient.dtype == np.complex64


def test_a_convolution_by_the_fourier_transform():
    """The gradient through frequencies is that of the convolution as a sum."""
    a, b = RNG.normal(size=8), RNG.normal(size=8)

    def by_frequencies(a, b):
        return np.fft.irfft(np.fft.rfft(a) * np.fft.rfft(b), n=8)

    def by_sums(a, b):
        return ad.stack([ad.sum(a * b[(k - np.arange(8)) % 8]) for k in range(8)])

    weights = RNG.normal(size=8)
    found = ad.grad(lambda a, b: ad.sum(by_frequencies(a, b) * weights), (0, 1))(a, b)
    expected = ad.grad(lambda a, b: ad.sum(by_sums(a, b) * weights), (0, 1))(a, b)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


X = ad.Variable(REAL, name="x")
ERRORS = [
    (lambda: np.fft.fft(X, axis=3), ad.ShapeError, r"fft: axis 3 does not exist.*\n.*'x'"),
    (lambda: np.fft.fft(X, n=0), ad.ArgumentError, "fft: a transform has at least one point; .*=0"),
    (lambda: np.fft.fft(X, norm="unit"), ad.ArgumentError, "one of backward, forward, ortho; got"),
    (lambda: np.fft.rfft(X * 1j), ad.DtypeError, r"rfft: "),
    (lambda: np.fft.irfft(X[:, :, :1]), ad.ShapeError, r"irfft: axis 2 of .* is too short.*give n"),
    (lambda: np.fft.fft2(X, s=(2,)), ad.ArgumentError, "fft2: s names 1 lengths for 2 axes"),
    (lambda: np.fft.rfftn(X, axes=()), ad.ArgumentError, "rfftn: .* needs at least one axis"),
    (lambda: np.fft.irfft2(X, (2,)), ad.ArgumentError, "irfftn: s names 1 lengths for 2 axes"),
    (lambda: np.fft.hfft(X, norm="unit"), ad.ArgumentError, "one of backward, forward, ortho; got"),
    (lambda: np.fft.fftshift(X, 4), ad.ShapeError, "fftshift: axis 4 does not exist"),
    (lambda: np.fft.fft(X, 1.5), ad.DtypeError, "fft: n is an integer; got 1.5"),
]


@pytest.mark.parametrize(("f", "kind", "message"), ERRORS)
def test_errors_name_the_operand_and_the_remedy(f, kind, message):
    with pytest.raises(kind, match=message):
        f()
