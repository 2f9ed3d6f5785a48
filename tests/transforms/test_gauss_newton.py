"""Products with the generalised Gauss-Newton matrix, against the matrix, the Hessian, PyTorch."""

import tracemalloc

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(5, 4)), RNG.normal(size=(6, 5))
X, V = RNG.normal(size=4), RNG.normal(size=4)
TARGET = RNG.normal(size=6)


def network(x):
    return ad.sin(B @ ad.tanh(A @ x)) * 2.0


def linear(x):
    return B @ (A @ x) + 1.0


def squares(y):
    return 0.5 * ad.sum((y - TARGET) ** 2.0)


def surprise(y):
    return ad.logsumexp(y) - y[2]


@pytest.mark.parametrize("loss", [squares, surprise])
@pytest.mark.parametrize("f", [network, linear])
def test_it_is_the_product_with_the_matrix(f, loss):
    jacobian, curvature = ad.jacobian(f)(X), ad.hessian(loss)(f(X))
    expected = jacobian.T @ curvature @ jacobian @ V
    np.testing.assert_allclose(ad.ggnvp(f, loss, X, V), expected, rtol=1e-12)


def test_of_least_squares_it_is_the_matrix_of_gauss_and_newton():
    jacobian = ad.jacobian(network)(X)
    expected = jacobian.T @ (jacobian @ V)
    np.testing.assert_allclose(ad.ggnvp(network, squares, X, V), expected, rtol=1e-12)


def test_it_is_the_hessian_where_the_function_is_linear_and_where_it_fits():
    def exact(y):
        return ad.sum((y - network(X)) ** 2.0)

    for f, loss, same in ((linear, surprise, True), (network, exact, True), (network, squares, 0)):
        hessian = ad.hvp(lambda x, f=f, loss=loss: loss(f(x)), X, V)
        assert np.allclose(ad.ggnvp(f, loss, X, V), hessian, rtol=1e-12) == same


def test_it_never_bends_down_where_the_hessian_does():
    composed = ad.hessian(lambda x: surprise(network(x)))(X)
    columns = [ad.ggnvp(network, surprise, X, unit) for unit in np.eye(4)]
    np.testing.assert_allclose(np.array(columns), np.array(columns).T, atol=1e-12)
    assert np.linalg.eigvalsh(composed).min() < -0.1
    assert np.linalg.eigvalsh(np.array(columns)).min() > -1e-12


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
def test_trees_and_a_model_with_cross_entropy_against_pytorch(torch):
    images, labels = RNG.normal(size=(8, 5)), RNG.integers(0, 3, 8)
    parameters, direction = (
        {"w": RNG.normal(size=(5, 7)), "b": RNG.normal(size=7), "out": [RNG.normal(size=(7, 3))]}
        for _ in range(2)
    )

    def ours(p):
        return ad.tanh(images @ p["w"] + p["b"]) @ p["out"][0]

    product = ad.ggnvp(ours, lambda y: ad.cross_entropy(y, labels), parameters, direction)

    def tensors(tree):
        return {
            "w": torch.tensor(tree["w"]),
            "b": torch.tensor(tree["b"]),
            "out": [torch.tensor(tree["out"][0])],
        }

    def theirs(p):
        return torch.tanh(torch.tensor(images) @ p["w"] + p["b"]) @ p["out"][0]

    def their_loss(y):
        return torch.nn.functional.cross_entropy(y, torch.tensor(labels))

    at, along = tensors(parameters), tensors(direction)
    y, tangent = torch.func.jvp(theirs, (at,), (along,))
    _, curved = torch.func.jvp(torch.func.grad(their_loss), (y,), (tangent,))
    [expected] = torch.func.vjp(theirs, at)[1](curved)
    np.testing.assert_allclose(product["w"], expected["w"], rtol=1e-10)
    np.testing.assert_allclose(product["b"], expected["b"], rtol=1e-10)
    np.testing.assert_allclose(product["out"][0], expected["out"][0], rtol=1e-10)


def test_results_may_be_trees():
    def halves(x):
        y = network(x)
        return {"low": y[:3], "high": [y[3:]]}

    def loss(tree):
        return surprise(ad.concatenate([tree["low"], *tree["high"]]))

    expected = ad.ggnvp(network, surprise, X, V)
    np.testing.assert_allclose(ad.ggnvp(halves, loss, X, V), expected, rtol=1e-12)


def test_it_can_be_differentiated():
    ad.check_grads(lambda x, v: ad.ggnvp(network, surprise, x, v), (X, V), order=1)


def test_it_forms_no_matrix_and_records_the_function_once():
    n, calls = 20_000, []
    x = np.linspace(-1.0, 1.0, n)

    def f(x):
        calls.append(1)
        return ad.tanh(x) * x

    tracemalloc.start()
    product = ad.ggnvp(f, lambda y: ad.sum(y**4.0), x, x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    slope = np.tanh(x) + x / np.cosh(x) ** 2
    np.testing.assert_allclose(product, slope**2 * 12.0 * (np.tanh(x) * x) ** 2 * x, rtol=1e-9)
    assert len(calls) == 1 and peak < 40 * x.nbytes  # the matrix would be 20,000 times x


def test_errors_name_what_does_not_fit():
    with pytest.raises(ad.ShapeError, match=r"the tangent of primal 0.*got shape \(3,\)"):
        ad.ggnvp(network, squares, X, V[:3])
    with pytest.raises(ad.ShapeError, match=r"scalar result; this one returned shape \(6,\)"):
        ad.ggnvp(network, lambda y: y * y, X, V)
    with pytest.raises(ad.DtypeError, match="must be floating or complex"):
        ad.ggnvp(network, squares, np.arange(4), V)
