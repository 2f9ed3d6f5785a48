"""Eigenvalues of any square matrix, and the pseudoinverse: against PyTorch, and where it breaks."""

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)


def normal(*shape, dtype=float):
    real = RNG.normal(size=shape)
    return real + 1j * RNG.normal(size=shape) if dtype is complex else real


TURNING = np.array([[0.3, -2.0, 0.5], [2.0, 0.1, 0.2], [0.1, 0.4, 3.0]])  # two values are complex
MATRICES = {
    "real, with complex values": TURNING,
    "a batch": normal(2, 3, 3) + np.diag([0.0, 3.0, 6.0]),
    "complex": normal(3, 3, dtype=complex),
    "a complex batch": normal(2, 3, 3, dtype=complex),
}
# The vectors are unique up to a phase, on which none of these depends.
FUNCTIONS = {
    "values": lambda lib, a: lib.linalg.eig(a)[0],
    "eigvals": lambda lib, a: lib.linalg.eigvals(a) ** 2,
    "vectors": lambda lib, a: lib.abs(lib.linalg.eig(a)[1]),
    "both": lambda lib, a: lib.abs(lib.linalg.eig(a)[1]) * lib.linalg.eig(a)[0][..., None, :],
    "square root": lambda lib, a: of_a_matrix(lib, a, lib.sqrt),
    "exponential": lambda lib, a: of_a_matrix(lib, a, lib.exp),
}
BLOCKS = {
    "tall": normal(4, 2),
    "wide batch": normal(2, 2, 4),
    "square": normal(3, 3),
    "of rank 2": normal(4, 2) @ normal(2, 3),
    "complex": normal(4, 2, dtype=complex),
    "complex of rank 1": normal(3, 1, dtype=complex) @ normal(1, 4, dtype=complex),
}


def of_a_matrix(lib, a, f):
    values, vectors = lib.linalg.eig(a)
    return vectors * f(values)[..., None, :] @ lib.linalg.inv(vectors)


def assert_value_and_gradient_of_pytorch(torch, f, a):
    tensor = torch.tensor(a, requires_grad=True)
    result = f(torch, tensor)
    node = f(ad, x := ad.Variable(a))
    assert str(node.dtype) == str(result.dtype).removeprefix("torch.")
    np.testing.assert_allclose(node.output, result.detach().numpy(), rtol=1e-10, atol=1e-12)
    seed = np.random.default_rng(1).normal(size=node.shape).astype(node.dtype)
    if node.dtype.kind == "c":
        seed *= 1 + 0.5j
    result.backward(torch.tensor(seed))
    ad.backward(ad.topological_sort(node), gradient=seed)
    assert x.gradient.dtype == a.dtype
    np.testing.assert_allclose(x.gradient, tensor.grad.numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_and_gradient_of_eig(torch, name, matrix):
    assert_value_and_gradient_of_pytorch(torch, FUNCTIONS[name], MATRICES[matrix])


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_of_eig_in_both_modes_to_order_two(name, matrix):
    ad.check_grads(lambda a: FUNCTIONS[name](ad, a), (MATRICES[matrix],), order=2, rtol=1e-4)


@pytest.mark.parametrize("matrix", MATRICES)
def test_eig_solves_the_equation_with_vectors_of_length_one(matrix):
    a = MATRICES[matrix]
    result = np.linalg.eig(ad.Variable(a))
    values, vectors = result.eigenvalues.output, result.eigenvectors.output
    np.testing.assert_allclose(a @ vectors, vectors * values[..., None, :], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=-2), 1.0)
    np.testing.assert_allclose(values, np.linalg.eig(a).eigenvalues)
    np.testing.assert_array_equal(np.linalg.eigvals(ad.Variable(a)).output, values)


def test_the_results_are_complex_whatever_the_numbers_so_that_a_replay_may_turn():
    x = ad.Variable(np.diag([1.0, 2.0, 4.0]))
    loss = ad.sum(ad.real(np.linalg.eig(x).eigenvalues ** 3))
    order = ad.topological_sort(loss)
    assert np.linalg.eig(x.output).eigenvalues.dtype == float
    assert np.linalg.eig(x).eigenvalues.dtype == complex
    x.output = TURNING
    assert ad.forward(order) == pytest.approx(np.trace(np.linalg.matrix_power(TURNING, 3)))
    ad.backward(order)
    np.testing.assert_allclose(x.gradient, 3 * np.linalg.matrix_power(TURNING, 2).T, rtol=1e-10)


@pytest.mark.parametrize("block", BLOCKS)
def test_value_and_gradient_of_pinv(torch, block):
    assert_value_and_gradient_of_pytorch(
        torch,
        lambda lib, a: lib.linalg.pinv(a, rtol=1e-10),
        BLOCKS[block],
    )


@pytest.mark.parametrize("block", [block for block in BLOCKS if "rank" not in block])
def test_derivatives_of_pinv_in_both_modes_to_order_two(block):
    ad.check_grads(np.linalg.pinv, (BLOCKS[block],), order=2, rtol=1e-4)


@pytest.mark.parametrize("dtype", [float, complex])
def test_derivatives_of_pinv_along_matrices_of_one_rank(dtype):
    """Finite differences would leave the rank, but not in the factors."""
    factors = normal(4, 2, dtype=dtype), normal(2, 3, dtype=dtype)
    ad.check_grads(lambda b, c: np.linalg.pinv(b @ c, 1e-6), factors, order=2, rtol=1e-4)


def test_least_squares_by_the_pseudoinverse():
    a, b = normal(6, 2), normal(6)
    loss = ad.value_and_grad(lambda a, b: np.sum((a @ (np.linalg.pinv(a) @ b) - b) ** 2))
    value, gradient = loss(a, b)
    solution, residual, *_ = np.linalg.lstsq(a, b)
    assert value == pytest.approx(residual[0])
    # At the minimum only the explicit dependence on a counts.
    np.testing.assert_allclose(gradient, 2 * np.outer(a @ solution - b, solution), rtol=1e-9)


X, V = ad.Variable(np.ones((2, 3)), name="x"), ad.Variable(np.ones(3), name="v")
ERRORS = [
    (lambda: np.linalg.eig(X), ad.ShapeError, r"eigen_decomposition: the last two axes .*\n.*'x'"),
    (lambda: np.linalg.eigvals(V), ad.ShapeError, "a matrix has at least two axes; got shape"),
    (
        lambda: np.linalg.eig(X[:, :2] * np.nan),
        ad.ArgumentError,
        "must not contain infs or NaNs; is every element finite",
    ),
    (
        lambda: np.linalg.pinv(V),
        ad.ShapeError,
        r"pinv: a matrix has at least two axes; got .*\n.*v",
    ),
    (lambda: np.linalg.pinv(X * np.nan), ad.ArgumentError, "pinv: .*; is every element finite"),
]


@pytest.mark.parametrize(("f", "kind", "message"), ERRORS)
def test_errors_name_the_operand_and_the_remedy(f, kind, message):
    with pytest.raises(kind, match=message):
        f()
