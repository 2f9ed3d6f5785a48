"""Transforms: functions in, derivatives out, also inside one another."""

import dataclasses
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad

X = np.array([0.5, -1.0, 2.0])


def poly(x):
    return x**3.0 + 2.0 * x


class Pair(NamedTuple):
    left: object
    right: object


@dataclasses.dataclass
class Layer:
    weight: object
    bias: object


def test_results_are_plain_arrays_of_the_arguments_dtype():
    for dtype in (np.float32, np.float64, np.complex64):
        value, gradient = ad.value_and_grad(lambda x: ad.sum(ad.square(ad.abs(x))))(X.astype(dtype))
        assert isinstance(gradient, np.ndarray) and gradient.dtype == dtype
        assert not isinstance(value, ad.GraphNode) and value.dtype == np.abs(X.astype(dtype)).dtype
        np.testing.assert_allclose(gradient, 2 * X, rtol=1e-6)
    assert ad.grad(poly)(2.0) == 14.0 and ad.grad(poly)(np.float32(2.0)).dtype == np.float32


def test_the_argument_is_not_changed_and_the_results_are_the_users():
    x = X.copy()
    for result in (
        ad.grad(lambda x: x.sum())(x),
        *ad.grad(lambda a, b: (a + b).sum(), argnums=(0, 1))(x, x),
        ad.vjp(lambda x: x, x)[1](x)[0],
        ad.vjp(lambda x: x, x)[0],
        ad.jvp(lambda x: x.reshape(-1), (x,), (x,))[1],
    ):
        result *= 3.0
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [(0, 3.0), (1, 2.0), (-1, 2.0), ((0,), (3.0,)), ((1, 0), (2.0, 3.0)), ((-2, -1), (3.0, 2.0))],
)
def test_argnums(argnums, expected):
    assert ad.grad(lambda a, b: a * b, argnums)(2.0, 3.0) == expected
    assert ad.value_and_grad(lambda a, b: a * b, argnums)(2.0, 3.0) == (6.0, expected)


def test_other_arguments_are_handed_on_as_they_are():
    def f(x, kind, *, scale):
        assert kind == "cubic" and type(scale) is int
        return scale * x**3.0

    assert ad.grad(f)(2.0, "cubic", scale=2) == 24.0


@pytest.mark.parametrize("argnums", [2, -3, (0, 2)])
def test_argnums_must_exist(argnums):
    with pytest.raises(ad.ArgumentError, match="there are 2 positional ones"):
        ad.grad(lambda a, b: a * b, argnums)(1.0, 2.0)


@pytest.mark.parametrize("argnums", ["a", 1.0, None, (0, 1.5)])
def test_argnums_are_integers(argnums):
    with pytest.raises(ad.AutodiffError, match="argnums"):
        ad.grad(lambda a, b: a * b, argnums)(1.0, 2.0)


def test_argnums_name_no_argument_twice():
    with pytest.raises(ad.ArgumentError, match="argnums"):
        ad.grad(lambda a, b: a * b, (0, -2))(1.0, 2.0)


def test_trees():
    def f(tree):
        pair, layer = tree["pair"], tree["layers"][0]
        return pair.left * pair.right + np.sum(layer.weight @ X) * layer.bias[0]

    tree = {"pair": Pair(2.0, 3.0), "layers": [Layer(np.eye(3), (5.0,))], "none": None}
    gradient = ad.grad(f)(tree)
    assert gradient["pair"] == Pair(3.0, 2.0) and gradient["none"] is None
    np.testing.assert_array_equal(gradient["layers"][0].weight, 5.0 * np.tile(X, (3, 1)))
    assert gradient["layers"][0].bias == (X.sum(),)
    tangent = {"pair": Pair(1.0, 0.0), "layers": [Layer(np.zeros((3, 3)), (0.0,))], "none": None}
    assert ad.jvp(f, (tree,), (tangent,))[1] == 3.0


def test_results_may_be_trees():
    def f(a, b):
        return {"sum": a + b, "product": [a * b]}

    value, pullback = ad.vjp(f, 2.0, 3.0)
    assert value == {"sum": 5.0, "product": [6.0]}
    assert pullback({"sum": 1.0, "product": [10.0]}) == (31.0, 21.0)
    assert pullback({"sum": 0.0, "product": [1.0]}) == (3.0, 2.0)
    assert ad.jvp(f, (2.0, 3.0), (1.0, 0.0))[1] == {"sum": 1.0, "product": [3.0]}


def test_a_result_that_does_not_depend_on_the_argument_has_gradient_zero():
    for constant in (3.0, np.array(3.0), ad.Constant(3.0), np.argmax(X)):
        np.testing.assert_array_equal(ad.grad(lambda x, c=constant: c)(X), np.zeros(3))
    assert ad.jvp(lambda x: 3.0, (X,), (X,)) == (3.0, 0.0)


def test_the_same_array_for_two_arguments():
    assert ad.grad(lambda a, b: a * b * b, (0, 1))(*[np.float64(3.0)] * 2) == (9.0, 18.0)


@pytest.mark.parametrize(
    ("f", "returned"),
    [
        (lambda x: x, r"shape \(3,\)"),
        (lambda x: {"loss": x.sum()}, "dict"),
        (lambda x: None, "NoneType"),
    ],
)
def test_grad_needs_a_scalar_result(f, returned):
    with pytest.raises(ad.ShapeError, match=f"scalar result; this one returned {returned}.*sum()"):
        ad.grad(f)(X)


@pytest.mark.parametrize("argument", [3, np.arange(3), [1, 2.0], True, "text"])
@pytest.mark.parametrize("transform", [ad.grad, ad.jacobian])
def test_an_argument_must_be_floating(transform, argument):
    with pytest.raises(ad.DtypeError, match="must be floating or complex; write 3.0 for 3"):
        transform(lambda x: x)(argument)


def test_a_result_must_be_numbers():
    with pytest.raises(ad.AutodiffError, match="needs numbers; got str"):
        ad.grad(lambda x: "text")(X)


def test_jvp_checks_its_tangents():
    with pytest.raises(ad.ArgumentError, match="one tangent for each primal: 1 arrays; got 2"):
        ad.jvp(np.exp, (X,), (X, X))
    with pytest.raises(ad.ShapeError, match=r"tangent of primal 0.*got shape \(2,\)"):
        ad.jvp(np.exp, (X,), (X[:2],))
    with pytest.raises(
        ad.ArgumentError, match=r"primals is a tuple.*such as \(x,\); got ndarray of"
    ):
        ad.jvp(np.exp, X, X)
    with pytest.raises(
        ad.ArgumentError, match=r"tangents is a tuple .* such as \(x,\); got ndarray"
    ):
        ad.jvp(np.exp, (X,), X)


def test_the_pullback_checks_its_gradient():
    _, pullback = ad.vjp(lambda x: (x, x), X)
    with pytest.raises(ad.ArgumentError, match="one gradient for each result: 2 arrays; got 1"):
        pullback(X)
    with pytest.raises(ad.ShapeError, match=r"gradient of result 1.*got shape \(2,\)"):
        pullback(X, X[:2])


def test_the_names_of_the_function_are_kept():
    assert ad.grad(poly).__name__ == ad.value_and_grad(poly).__name__ == "poly"


# Nested: the perturbation confusion programs, where a derivative inside must not see the one
# outside.


def forward_derivative(f):
    return lambda x: ad.jvp(f, (x,), (1.0,))[1]


@pytest.mark.parametrize("derivative", [ad.grad, forward_derivative])
def test_an_inner_derivative_with_respect_to_another_variable(derivative):
    """d/dx (x * d/dy (x + y)) = 1, where confusion gives 2 (Siskind and Pearlmutter, 2005)."""
    assert derivative(lambda x: x * derivative(lambda y: x + y)(1.0))(1.0) == 1.0
    assert derivative(lambda x: x * derivative(lambda y: x * y * y)(3.0))(2.0) == 24.0
    assert ad.grad(lambda x: x * ad.jvp(lambda y: x * y, (2.0,), (1.0,))[1])(3.0) == 6.0
    assert ad.jvp(lambda x: x * ad.grad(lambda y: x * y)(2.0), (3.0,), (1.0,))[1] == 6.0


def test_an_inner_derivative_at_a_point_that_depends_on_the_outer_variable():
    assert ad.grad(lambda x: ad.grad(lambda y: y**3.0)(x * x))(2.0) == 12 * 2.0**3
    assert ad.grad(lambda x: ad.grad(lambda y: x * y)(x))(2.0) == 1.0


def test_a_pullback_used_inside_another_transform():
    _, pullback = ad.vjp(lambda x: x**2.0, 3.0)
    assert ad.grad(lambda seed: pullback(seed)[0] * seed)(2.0) == 24.0


@given(
    st.lists(st.sampled_from(["grad", "jvp", "vjp"]), min_size=1, max_size=4),
    st.floats(-2.0, 2.0),
)
def test_every_nesting_of_the_modes_gives_the_derivative_of_that_order(modes, x):
    f = np.exp
    for mode in modes:
        f = {
            "grad": lambda f: ad.grad(f),
            "jvp": forward_derivative,
            "vjp": lambda f: lambda x: ad.vjp(f, x)[1](1.0)[0],
        }[mode](f)
    assert f(x) == pytest.approx(np.exp(x), rel=1e-12)


def test_inside_a_transform_results_are_nodes():
    seen = []
    ad.grad(lambda x: seen.append(ad.value_and_grad(poly)(x)) or x)(2.0)
    assert all(isinstance(result, ad.GraphNode) for result in seen[0])


def test_a_closure_over_a_variable_of_the_user():
    w = ad.Variable(3.0)
    assert ad.grad(lambda x: x * x * w)(2.0) == 12.0
    assert w.gradient is None


def test_a_constant_as_an_argument_is_differentiated():
    x = ad.Constant(3.0)
    assert ad.grad(lambda x: x * x)(x) == 6.0 and ad.jvp(lambda x: x * x, (x,), (1.0,))[1] == 6.0
    assert not x.requires_grad


def test_functions_written_in_numpy():
    def f(x):
        rows = np.stack([np.sin(x), np.maximum(x, 0.1), np.where(x > 0, x, x**2)])
        table = np.concatenate([rows, np.exp(rows[:1])], axis=0)
        spread = np.var(table, axis=1, ddof=1) + np.std(table, axis=1)
        return np.sum(np.matmul(table.T, spread) ** 2) / np.mean(np.abs(table), axis=(0, 1))

    ad.check_grads(f, (X,))


# Matrices of derivatives.


@pytest.mark.parametrize("mode", [None, "forward", "reverse"])
def test_jacobian(mode):
    matrix = np.arange(6.0).reshape(2, 3)
    found = ad.jacobian(lambda x: matrix @ np.sin(x), mode=mode)(X)
    np.testing.assert_allclose(found, matrix * np.cos(X), rtol=1e-14)
    assert ad.jacobian(lambda x: np.outer(X, X)[:, :2] * x, mode=mode)(2.0).shape == (3, 2)
    square = ad.jacobian(lambda x: x[:, None] * x[None], mode=mode)(X)
    assert square.shape == (3, 3, 3) and square[0, 1, 0] == X[1]


def test_hessian_and_its_product_with_a_vector():
    def f(x):
        return np.sum(np.exp(x)) * x[0]

    hessian, v = ad.hessian(f)(X), np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-14)
    np.testing.assert_allclose(ad.jacobian(ad.grad(f), mode="reverse")(X), hessian, rtol=1e-14)
    np.testing.assert_allclose(ad.hvp(f, X, v), hessian @ v, rtol=1e-14)
    np.testing.assert_allclose(
        ad.hessian(lambda y: ad.var(y))(np.ones(2)), [[0.5, -0.5]] * 1 + [[-0.5, 0.5]]
    )


def test_jacobian_errors():
    with pytest.raises(
        ad.ArgumentError, match="mode must be 'forward', 'reverse' or None; got 'r'"
    ):
        ad.jacobian(np.exp, mode="r")
    with pytest.raises(ad.DtypeError, match="one array to one array, not of trees"):
        ad.jacobian(lambda x: [x])(X)
    with pytest.raises(ad.DtypeError, match="one array to one array, not of trees"):
        ad.jacobian(lambda layer: layer.weight)(Layer(X, X))
    for transform in (ad.jacobian, ad.hessian):
        with pytest.raises(ad.DtypeError, match=r"one integer as argnums; got \(0, 1\)"):
            transform(lambda x, y: x @ y, (0, 1))


def test_the_jacobian_of_a_number():
    np.testing.assert_array_equal(ad.jacobian(lambda x: 3.0)(X), np.zeros(3))
    np.testing.assert_array_equal(ad.jacobian(lambda x: 3.0, mode="forward")(X), np.zeros(3))


# Gradients stated by the user.


def test_custom_gradient_is_used_in_every_mode():
    @ad.custom_gradient
    def scaled(x, y):
        return x * y, lambda g: (10.0 * g * y, None)

    assert ad.grad(scaled, (0, 1))(2.0, 3.0) == (30.0, 0.0)
    assert ad.jvp(scaled, (2.0, 3.0), (1.0, 1.0)) == (6.0, 30.0)
    assert ad.grad(lambda y: ad.grad(scaled)(2.0, y))(3.0) == 10.0
    w = ad.Variable(2.0)
    order = ad.topological_sort(scaled(w, 3.0))
    w.output = 4.0
    assert ad.forward(order) == 12.0
    ad.backward(order)
    assert w.gradient == 30.0
    assert scaled(2.0, 3.0) == 6.0


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x, "must return a value and a pullback, for custom_gradient; got ndarray"),
        (lambda x: (x, lambda g: (g, g)), "returned 2 gradients for 1 arguments; return one for"),
        (
            lambda x: ((x, x), lambda g: g),
            "value that <lambda> returns must be one array.*got tuple",
        ),
    ],
)
def test_custom_gradient_errors(f, message):
    with pytest.raises(ad.DifferentiationError, match=message):
        ad.grad(ad.custom_gradient(f))(1.0)
