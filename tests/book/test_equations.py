"""Every numbered equation of the appendix on mathematics, tried out with numbers."""

import re
from pathlib import Path

import equations_of_convolution  # noqa: F401, it enters its checks
import numpy as np
import pytest
from equations import CHECKS, checks, inner

import autodiff as ad

PAGE = Path(__file__).resolve().parents[2] / "book" / "mathematics.md"


def labels():
    return re.findall(r"^:label: mathematics-(\S+)$", PAGE.read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("label", labels())
def test_equation(label):
    CHECKS[label](np.random.default_rng(0))


def test_no_check_is_left_over():
    assert sorted(CHECKS) == sorted(labels())


A = np.random.default_rng(1).normal(size=(3, 4))


def bend(x):
    """Three smooth functions of four numbers."""
    return np.tanh(A @ x) * np.exp(0.3 * x[0])


def jacobian_by_differences(f, x, h=1e-6):
    columns = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(x.size)]
    return np.stack(columns, axis=-1)


@checks("derivative")
def derivative(rng):
    x, direction = rng.normal(size=4), rng.normal(size=4)
    jacobian = ad.jacobian(bend)(x)
    np.testing.assert_allclose(jacobian, jacobian_by_differences(bend, x), rtol=1e-6, atol=1e-8)
    rests = [
        np.linalg.norm(bend(x + h * direction) - bend(x) - jacobian @ (h * direction))
        for h in (1e-2, 1e-3)
    ]
    assert 80 < rests[0] / rests[1] < 120  # the square of the step


@checks("products")
def products(rng):
    x, x_dot, y_bar = rng.normal(size=4), rng.normal(size=4), rng.normal(size=3)
    jacobian = jacobian_by_differences(bend, x)
    np.testing.assert_allclose(ad.jvp(bend, (x,), (x_dot,))[1], jacobian @ x_dot, rtol=1e-6)
    np.testing.assert_allclose(ad.vjp(bend, x)[1](y_bar)[0], jacobian.T @ y_bar, rtol=1e-6)


@checks("adjoint")
def adjoint(rng):
    x, x_dot, y_bar = rng.normal(size=4), rng.normal(size=4), rng.normal(size=3)
    pushed, pulled = ad.jvp(bend, (x,), (x_dot,))[1], ad.vjp(bend, x)[1](y_bar)[0]
    assert inner(y_bar, pushed) == pytest.approx(inner(pulled, x_dot), rel=1e-12)


@checks("chain")
def chain(rng):
    x = rng.normal(size=4)
    outer = np.cumsum
    product = ad.jacobian(outer)(bend(x)) @ ad.jacobian(bend)(x)
    np.testing.assert_allclose(ad.jacobian(lambda x: outer(bend(x)))(x), product, rtol=1e-12)


@checks("users")
def users(rng):
    v = ad.Variable(rng.normal(size=3), name="v")
    first, second = np.sin(v), np.exp(v)
    loss = (first * second).sum() + (first * first).sum()
    ad.backward(ad.topological_sort(loss))
    shares = np.cos(v.output) * first.gradient + np.exp(v.output) * second.gradient
    np.testing.assert_allclose(v.gradient, shares, rtol=1e-12)
    assert loss.gradient == 1.0


@checks("elementwise")
def elementwise(rng):
    a, b = rng.uniform(0.5, 2, 5), rng.normal(size=5)
    a_dot, b_dot, y_bar = rng.normal(size=(3, 5))
    by_a, by_b = b * a ** (b - 1), a**b * np.log(a)
    np.testing.assert_allclose(
        ad.jvp(ad.power, (a, b), (a_dot, b_dot))[1], by_a * a_dot + by_b * b_dot, rtol=1e-12
    )
    a_bar, b_bar = ad.vjp(ad.power, a, b)[1](y_bar)
    np.testing.assert_allclose(a_bar, by_a * y_bar, rtol=1e-12)
    np.testing.assert_allclose(b_bar, by_b * y_bar, rtol=1e-12)


@checks("bilinear")
def bilinear(rng):
    x, x_dot = rng.normal(size=(2, 1, 2, 6, 5))
    w, w_dot = rng.normal(size=(2, 3, 2, 3, 3))
    y_dot = ad.jvp(ad.conv2d, (x, w), (x_dot, w_dot))[1]
    np.testing.assert_allclose(y_dot, ad.conv2d(x_dot, w) + ad.conv2d(x, w_dot), rtol=1e-12)
    y_bar = rng.normal(size=y_dot.shape)
    x_bar, w_bar = ad.vjp(ad.conv2d, x, w)[1](y_bar)
    assert inner(x_bar, x_dot) == pytest.approx(inner(y_bar, ad.conv2d(x_dot, w)), rel=1e-12)
    assert inner(w_bar, w_dot) == pytest.approx(inner(y_bar, ad.conv2d(x, w_dot)), rel=1e-12)


@checks("matmul")
def matmul(rng):
    x, w, y_bar = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=(4, 2))
    x_bar, w_bar = ad.vjp(ad.matmul, x, w)[1](y_bar)
    np.testing.assert_allclose(x_bar, y_bar @ w.T, rtol=1e-12)
    np.testing.assert_allclose(w_bar, x.T @ y_bar, rtol=1e-12)


@checks("broadcast")
def broadcast(rng):
    b, y_bar = rng.normal(size=3), rng.normal(size=(5, 3))
    for operand in (b, b[None]):
        (b_bar,) = ad.vjp(lambda b: ad.broadcast_to(b, (5, 3)), operand)[1](y_bar)
        assert b_bar.shape == operand.shape
        np.testing.assert_allclose(b_bar.ravel(), y_bar.sum(axis=0), rtol=1e-12)


@checks("logsumexp")
def logsumexp(rng):
    x = rng.normal(size=6)
    direct, m = np.log(np.sum(np.exp(x))), x.max()
    assert m + np.log(np.sum(np.exp(x - m))) == pytest.approx(direct, rel=1e-12)
    assert ad.logsumexp(x) == pytest.approx(direct, rel=1e-12)
    assert np.isfinite(ad.logsumexp(x + 1e4))
    softmax = np.exp(x) / np.sum(np.exp(x))
    np.testing.assert_allclose(ad.grad(ad.logsumexp)(x), softmax, rtol=1e-12)
    np.testing.assert_allclose(ad.softmax(x), softmax, rtol=1e-12)


@checks("crossentropy")
def crossentropy(rng):
    z, t = rng.normal(size=(4, 5)), np.array([1, 0, 4, 1])
    rows = np.arange(4)
    loss = np.mean(np.log(np.exp(z).sum(axis=1)) - z[rows, t])
    assert ad.cross_entropy(z, t) == pytest.approx(loss, rel=1e-12)
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    expected[rows, t] -= 1
    np.testing.assert_allclose(ad.grad(ad.cross_entropy)(z, t), expected / 4, rtol=1e-12)


def softplus_loss(w):
    return np.sum(np.log1p(np.exp(A @ w)))


@checks("hessian")
def hessian(rng):
    w, p = rng.normal(size=4), rng.normal(size=4)
    gradient = ad.grad(softplus_loss)
    matrix = jacobian_by_differences(gradient, w)
    np.testing.assert_allclose(matrix, matrix.T, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ad.hvp(softplus_loss, w, p), matrix @ p, rtol=1e-6)
    h = 1e-6
    along = (gradient(w + h * p) - gradient(w - h * p)) / (2 * h)
    np.testing.assert_allclose(ad.hvp(softplus_loss, w, p), along, rtol=1e-6)
    rests = []
    for step in (1e-1, 1e-2):
        q = step * p
        model = softplus_loss(w) + gradient(w) @ q + q @ matrix @ q / 2
        rests.append(abs(softplus_loss(w + q) - model))
    assert rests[0] / rests[1] > 500  # the cube of the step


@checks("gaussnewton")
def gaussnewton(rng):
    w, v = rng.normal(size=4), rng.normal(size=4)
    z = bend(w)

    def loss(z):
        return ad.logsumexp(z)

    jacobian, curvature = ad.jacobian(bend)(w), ad.hessian(loss)(z)
    product = jacobian.T @ curvature @ jacobian
    np.testing.assert_allclose(ad.ggnvp(bend, loss, w, v), product @ v, rtol=1e-10)
    assert np.linalg.eigvalsh(product).min() > -1e-12
    rest = sum(
        slope * ad.hessian(lambda w, i=i: bend(w)[i])(w) for i, slope in enumerate(ad.grad(loss)(z))
    )
    whole = ad.hessian(lambda w: loss(bend(w)))(w)
    np.testing.assert_allclose(whole, product + rest, rtol=1e-10, atol=1e-12)


@checks("difference")
def difference(rng):
    x = 1.0
    errors = {h: (np.exp(x + h) - np.exp(x - h)) / (2 * h) - np.exp(x) for h in (1e-1, 1e-2, 1e-12)}
    for h in (1e-1, 1e-2):
        assert errors[h] == pytest.approx(h**2 / 6 * np.exp(x), rel=1e-2)
    best = np.finfo(float).eps ** (1 / 3)
    at_best = abs((np.exp(x + best) - np.exp(x - best)) / (2 * best) - np.exp(x))
    assert at_best < 1e-3 * min(abs(errors[1e-2]), abs(errors[1e-12]))


@checks("complexstep")
def complexstep(rng):
    assert np.imag(np.exp(1 + 1e-30j)) / 1e-30 == pytest.approx(np.exp(1), rel=1e-15)
    rough = np.imag(np.exp(1 + 1e-2j)) / 1e-2 - np.exp(1)
    rougher = np.imag(np.exp(1 + 1e-1j)) / 1e-1 - np.exp(1)
    assert rougher / rough == pytest.approx(100, rel=1e-2)


@checks("dual")
def dual(rng):
    value, tangent = ad.jvp(ad.sin, (0.5,), (2.0,))
    assert value == pytest.approx(np.sin(0.5), rel=1e-15)
    assert tangent == pytest.approx(np.cos(0.5) * 2.0, rel=1e-15)
    # Matrices with the same rule: the square of [[0, 1], [0, 0]] is zero.
    number = np.array([[0.5, 2.0], [0.0, 0.5]])
    cube = number @ number @ number
    assert cube[0, 0] == 0.5**3 and cube[0, 1] == pytest.approx(3 * 0.5**2 * 2.0, rel=1e-15)


def trained(optimizer, gradients, theta):
    parameter = ad.Variable(theta, name="theta")
    stepper = optimizer([parameter])
    for gradient in gradients:
        parameter.gradient = gradient
        stepper.step()
    return parameter.output


@checks("sgd")
def sgd(rng):
    theta, gradients = rng.normal(size=3), rng.normal(size=(4, 3))
    found = trained(lambda p: ad.optim.SGD(p, lr=0.1, momentum=0.9), gradients, theta)
    velocity = np.zeros(3)
    for g in gradients:
        velocity = 0.9 * velocity + g
        theta = theta - 0.1 * velocity
    np.testing.assert_allclose(found, theta, rtol=1e-12)


@checks("adam")
def adam(rng):
    theta, gradients = rng.normal(size=3), rng.normal(size=(4, 3))
    found = trained(lambda p: ad.optim.Adam(p, lr=0.1), gradients, theta)
    m, s = np.zeros(3), np.zeros(3)
    for i, g in enumerate(gradients, 1):
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
        theta = theta - 0.1 * (m / (1 - 0.9**i)) / (np.sqrt(s / (1 - 0.999**i)) + 1e-8)
    np.testing.assert_allclose(found, theta, rtol=1e-10)


@checks("initialisation")
def initialisation(rng):
    fan_in = 500
    bound = np.sqrt(6 / fan_in)
    weights = rng.uniform(-bound, bound, (fan_in, 4000))
    assert weights.var() == pytest.approx(2 / fan_in, rel=0.02)
    signal = np.maximum(rng.normal(size=(300, fan_in)), 0)
    passed = np.maximum(signal @ weights, 0)
    assert np.mean(passed**2) == pytest.approx(np.mean(signal**2), rel=0.1)
