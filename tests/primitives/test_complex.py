"""Complex numbers: PyTorch's convention of gradients, the conjugate of HIPS autograd's."""

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3))
W = RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3))
R = RNG.normal(size=(3, 3))

# Functions of Z that serve NumPy, PyTorch and ours alike.
CASES = {
    "real": lambda lib, z: lib.real(z),
    "imag": lambda lib, z: lib.imag(z),
    "angle": lambda lib, z: lib.angle(z),
    "abs": lambda lib, z: lib.abs(z),
    "conj": lambda lib, z: lib.conj(z) * z * z,
    "a number": lambda lib, z: (2 - 3j) * z + z * 1j - 1j / z,
    "a number to a power": lambda lib, z: z**2j,
    "a power of a number": lambda lib, z: (1 + 2j) ** z,
    "parts": lambda lib, z: lib.real(z) ** 3 * lib.imag(z),
    "polar": lambda lib, z: lib.abs(z) * lib.exp(lib.angle(z) * 1j) * z,
    "exp": lambda lib, z: lib.exp(z * z),
    "trigonometry": lambda lib, z: lib.sin(z) * lib.cos(z) + lib.tanh(z),
    "matmul": lambda lib, z: lib.matmul(z, lib.conj(z)),
    "solve": lambda lib, z: lib.linalg.solve(z, z * z),
    "fft": lambda lib, z: lib.abs(lib.fft.fft(z * z)),
}


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradient_are_pytorchs(torch, name):
    f = CASES[name]
    tensor = torch.tensor(Z, requires_grad=True)
    result = f(torch, tensor)
    node = f(ad, x := ad.Variable(Z))
    np.testing.assert_allclose(node.output, result.detach().resolve_conj().numpy(), rtol=1e-12)
    seed = R if node.dtype.kind == "f" else W
    result.backward(torch.tensor(seed))
    ad.backward(ad.topological_sort(node), gradient=seed)
    np.testing.assert_allclose(x.gradient, tensor.grad.resolve_conj().numpy(), rtol=1e-10)


@pytest.mark.parametrize("name", [name for name in CASES if name != "solve"])
def test_gradient_is_the_conjugate_of_autograds(autograd, name):
    f = CASES[name]
    their = autograd.grad(lambda z: autograd.numpy.sum(autograd.numpy.real(f(autograd.numpy, z))))
    ours = ad.grad(lambda z: ad.sum(ad.real(f(np, z))))
    np.testing.assert_allclose(ours(Z), np.conj(their(Z)), rtol=1e-10)


@pytest.mark.parametrize("name", CASES)
def test_derivatives_of_both_modes_to_order_two(name):
    ad.check_grads(lambda z: CASES[name](ad, z), (Z,), order=2, rtol=1e-4)


def test_a_step_against_the_gradient_descends():
    loss = lambda z: ad.sum(ad.abs(z @ W - R) ** 2)  # noqa: E731
    z = Z
    for _ in range(200):
        z = z - 0.02 * ad.grad(loss)(z)
    assert loss(z) < 0.05 * loss(Z)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("name", CASES)
def test_dtypes_stay(name, dtype):
    x = ad.Variable(Z.astype(dtype))
    node = CASES[name](ad, x)
    assert node.dtype in (dtype, np.dtype(dtype).type(0).real.dtype)
    gradient = ad.gradients(ad.sum(ad.real(node)), x)
    assert gradient.dtype == dtype
    ad.backward(ad.topological_sort(ad.sum(ad.real(node))))
    np.testing.assert_allclose(x.gradient, gradient.output, rtol=1e-4, atol=1e-5)


def test_nodes_have_parts():
    x = ad.Variable(Z)
    np.testing.assert_array_equal(x.real.output, Z.real)
    np.testing.assert_array_equal(x.imag.output, Z.imag)
    assert ad.gradients(ad.sum(x.imag), x).output.tolist() == [[1j] * 3] * 3


def test_the_angle_in_degrees():
    x = ad.Variable(Z)
    node = np.angle(x, deg=True)
    np.testing.assert_allclose(node.output, np.angle(Z, deg=True), rtol=1e-14)


def test_the_angle_at_zero_has_the_gradient_zero(torch):
    zero = torch.zeros(2, dtype=torch.complex128, requires_grad=True)
    torch.angle(zero).sum().backward()
    gradient = ad.grad(lambda z: ad.sum(ad.angle(z)))(np.zeros(2, complex))
    assert gradient.tolist() == zero.grad.tolist() == [0, 0]


def test_the_angle_at_zero_has_no_curvature():
    curvature = ad.hessian(lambda p: ad.angle(p[0] + 1j * p[1]))(np.zeros(2))
    np.testing.assert_array_equal(curvature, np.zeros((2, 2)))


@pytest.mark.parametrize("f", [ad.angle, ad.imag, ad.real])
def test_of_real_numbers_they_are_real(f):
    x = ad.Variable(R)
    gradient = ad.gradients(ad.sum(f(x)), x)
    expected = np.ones((3, 3)) if f is ad.real else np.zeros((3, 3))
    assert gradient.dtype == np.float64
    np.testing.assert_array_equal(gradient.output, expected)


def test_real_if_close_takes_the_real_part_and_remembers_that_it_did():
    def f(z):
        return np.sum(np.abs(np.real_if_close(z * z) ** 3))

    for start, kind, other in [(R.astype(complex), "f", Z), (Z, "c", R.astype(complex))]:
        z = ad.Variable(start)
        assert np.real_if_close(z).dtype.kind == kind == ad.real_if_close(start).dtype.kind
        loss = f(z)
        assert loss.output == pytest.approx(f(start))
        order = ad.topological_sort(loss)
        z.output = 2.0 * start
        ad.forward(order)
        ad.backward(order)
        np.testing.assert_allclose(z.gradient, ad.grad(f)(2.0 * start))
        z.output = other
        with pytest.raises(ad.BranchError, match="decided on the closeness_to_real of"):
            ad.forward(order)
    assert np.real_if_close(ad.Variable(R)).dtype == float
    assert np.real_if_close(ad.Variable(R + 1e-9j)).dtype == complex
    assert np.real_if_close(ad.Variable(R + 1e-9j), tol=1e8).dtype == float
