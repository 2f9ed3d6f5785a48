"""Linear algebra against PyTorch and NumPy: real, complex, in batches, and where it breaks."""

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)


def normal(*shape, dtype=float):
    real = RNG.normal(size=shape)
    return real + 1j * RNG.normal(size=shape) if dtype is complex else real


def positive(a):
    return a @ np.swapaxes(a, -1, -2).conj() + np.eye(a.shape[-1])


def symmetric(a):
    return a + np.swapaxes(a, -1, -2).conj()


# name: (ours, theirs, arguments); where one function serves both libraries, theirs is None.
CASES = {}
for dtype in (float, complex):
    of = f" of {dtype.__name__}"
    square, batch = normal(3, 3, dtype=dtype), normal(2, 3, 3, dtype=dtype)
    rank_2 = normal(3, 2, dtype=dtype) @ normal(2, 3, dtype=dtype)
    tall, wide = normal(4, 2, dtype=dtype), normal(2, 2, 4, dtype=dtype)
    vector, scalar = normal(3, dtype=dtype), normal(dtype=dtype) * np.ones(())
    CASES |= {
        f"solve{of}": (lambda lib, a, b: lib.linalg.solve(a, b), None, [square, vector]),
        f"solve for a matrix{of}": (
            lambda lib, a, b: lib.linalg.solve(a, b),
            None,
            [square, normal(3, 2, dtype=dtype)],
        ),
        f"solve batches{of}": (
            lambda lib, a, b: lib.linalg.solve(a, b),
            None,
            [batch[:, None], normal(4, 3, 2, dtype=dtype)],
        ),
        f"inv{of}": (lambda lib, a: lib.linalg.inv(a), None, [batch]),
        f"det{of}": (lambda lib, a: lib.linalg.det(a), None, [batch]),
        f"slogdet{of}": (lambda lib, a: lib.linalg.slogdet(a)[1], None, [batch]),
        f"sign of slogdet{of}": (
            lambda lib, a: lib.linalg.slogdet(a)[0] * lib.linalg.slogdet(a)[1],
            None,
            [batch],
        ),
        f"cholesky{of}": (
            # Of a complex factor the size: PyTorch lets an imaginary gradient of the real diagonal
            # through, and returns a gradient that is not Hermitian.
            lambda lib, a, c=dtype is complex: (
                abs(lib.linalg.cholesky(a)) if c else lib.linalg.cholesky(a)
            ),
            None,
            [positive(batch)],
        ),
        f"eigvalsh{of}": (lambda lib, a: lib.linalg.eigvalsh(a), None, [symmetric(batch)]),
        f"eigh{of}": (
            lambda lib, a: abs(lib.linalg.eigh(a)[1]) * lib.linalg.eigh(a)[0][:, None],
            None,
            [symmetric(batch)],
        ),
        f"svdvals{of}": (
            lambda ad, a: ad.linalg.svd(a, compute_uv=False),
            lambda t, a: t.linalg.svdvals(a),
            [wide],
        ),
        f"2-norm of one vector{of}": (lambda lib, x: lib.linalg.norm(x), None, [vector]),
        f"norm of anything{of}": (lambda lib, x: lib.linalg.norm(x), None, [batch]),
        f"trace{of}": (lambda lib, a: lib.trace(a), None, [square]),
        f"outer{of}": (lambda lib, a, b: lib.outer(a, b), None, [vector, tall[:, 0]]),
        f"inner{of}": (lambda lib, a, b: lib.inner(a, b), None, [batch, square]),
        f"inner with a scalar{of}": (lambda lib, a, b: lib.inner(a, b), None, [batch, scalar]),
        f"dot{of}": (lambda lib, a, b: lib.dot(a, b), None, [vector, square[0]]),
        f"vdot{of}": (lambda lib, a, b: lib.vdot(a, b), None, [vector, square[0]]),
        f"kron{of}": (lambda lib, a, b: lib.kron(a, b), None, [square, tall]),
        f"kron of two ranks{of}": (lambda lib, a, b: lib.kron(a, b), None, [vector, wide]),
        f"kron of two ranks, swapped{of}": (lambda lib, a, b: lib.kron(a, b), None, [wide, vector]),
        f"tensordot{of}": (
            lambda ad, a, b: ad.tensordot(a, b, axes=([2, 0], [0, 1])),
            lambda t, a, b: t.tensordot(a, b, dims=([2, 0], [0, 1])),
            [batch, normal(3, 2, 4, dtype=dtype)],
        ),
        f"tensordot by number{of}": (
            lambda ad, a, b: ad.tensordot(a, b, 1),
            lambda t, a, b: t.tensordot(a, b, 1),
            [batch, square],
        ),
        f"outer tensordot{of}": (
            lambda ad, a, b: ad.tensordot(a, b, 0),
            lambda t, a, b: t.tensordot(a, b, 0),
            [vector, tall],
        ),
    }
    for matrix, which in [(square, "square"), (tall, "tall"), (wide, "wide")]:
        for name, f in {
            "left": lambda u, s, vh: abs(u) * s[..., None, :],
            "right": lambda u, s, vh: abs(vh) * s[..., :, None],
            "both": lambda u, s, vh: (u * s[..., None, :] ** 2) @ vh,
        }.items():
            CASES[f"svd, {which}, {name}{of}"] = (
                lambda lib, a, f=f: f(*lib.linalg.svd(a, full_matrices=False)),
                None,
                [matrix],
            )
    for singular in (rank_2, np.outer(vector, square[0]), np.zeros((3, 3), dtype)):
        CASES[f"det of rank {np.linalg.matrix_rank(singular)}{of}"] = (
            lambda lib, a: lib.linalg.det(a),
            None,
            [singular],
        )
    for ord in (None, 1, 2, 3, 2.5, 0.5, np.inf, -np.inf):
        for axis, keep in [(0, False), (-1, True)]:
            CASES[f"norm {ord} over {axis}, {keep}{of}"] = (
                lambda ad, x, o=ord, a=axis, k=keep: ad.linalg.norm(x, o, a, k),
                lambda t, x, o=ord, a=axis, k=keep: t.linalg.vector_norm(x, o or 2, a, keepdim=k),
                [batch],
            )
    for ord in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        for axis, keep in [((0, 1), False), ((-1, 0), True), ((1, 2), True)]:
            CASES[f"matrix norm {ord} over {axis}, {keep}{of}"] = (
                lambda ad, x, o=ord, a=axis, k=keep: ad.linalg.norm(x, o, a, k),
                lambda t, x, o=ord, a=axis, k=keep: t.linalg.matrix_norm(x, o, a, keepdim=k),
                [batch],
            )
CASES |= {
    "solve with two dtypes": (
        lambda ad, a, b: ad.linalg.solve(a, b),
        lambda t, a, b: t.linalg.solve(a.to(t.complex128), b),
        [normal(3, 3), normal(3, dtype=complex)],
    ),
    "norm at 0": (lambda lib, x: lib.linalg.norm(x, None, 1), None, [np.eye(3)[:2, 1:]]),
    "norm 3 at 0": (
        lambda lib, x: lib.linalg.norm(x, 3, 1),
        None,
        [np.array([[0.0, 0.0], [0.0, 2.0]])],
    ),
    "eigvalsh of equal values": (lambda lib, a: lib.linalg.eigvalsh(a).sum(), None, [np.eye(3)]),
    "nuclear norm of equal values": (
        lambda lib, a: lib.linalg.norm(a, "nuc"),
        None,
        [2 * np.eye(3)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradients(torch, name):
    ours, theirs, args = CASES[name]
    tensors = [torch.tensor(arg, requires_grad=True) for arg in args]
    result = (theirs or ours)(torch, *tensors)
    variables = [ad.Variable(arg) for arg in args]
    node = ours(ad, *variables)
    assert node.shape == tuple(result.shape)
    assert str(node.dtype) == str(result.dtype).removeprefix("torch.")
    np.testing.assert_allclose(
        node.output, result.detach().resolve_conj().numpy(), rtol=1e-10, atol=1e-13
    )
    rng = np.random.default_rng(1)
    seed = rng.normal(size=node.shape).astype(node.dtype)
    if node.dtype.kind == "c":
        seed += 1j * rng.normal(size=node.shape)
    result.backward(torch.tensor(seed))
    ad.backward(ad.topological_sort(node), gradient=seed)
    for variable, tensor in zip(variables, tensors, strict=True):
        expected = tensor.grad.resolve_conj().numpy()
        np.testing.assert_allclose(variable.gradient, expected, rtol=1e-9, atol=1e-11)


SMOOTH = {
    name: case
    for name, case in CASES.items()
    if not any(word in name for word in ("at 0", "equal values", "of rank"))
}


@pytest.mark.parametrize("name", [name for name in SMOOTH if "complex" in name])
def test_complex_derivatives_of_both_modes_to_order_two(name):
    ours, _, args = CASES[name]
    ad.check_grads(lambda *xs: ours(ad, *xs), args, order=2, rtol=1e-4)


@pytest.mark.parametrize("name", [n for n in SMOOTH if "float" in n and "norm" not in n])
def test_real_derivatives_of_both_modes_to_order_two(name):
    ours, _, args = CASES[name]
    ad.check_grads(lambda *xs: ours(ad, *xs), args, order=2, rtol=1e-4)


A, B, T = normal(3, 3), normal(3, 2), normal(2, 3, 4)
CALLS = {
    "solve": lambda a: np.linalg.solve(a, B),
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "slogdet": np.linalg.slogdet,
    "cholesky": lambda a: np.linalg.cholesky(a @ a.T),
    "eigh": lambda a: np.linalg.eigh(a + a.T),
    "eigvalsh": lambda a: np.linalg.eigvalsh(a + a.T),
    "svd": np.linalg.svd,
    "svd, thin": lambda a: np.linalg.svd(a[:2], full_matrices=False),
    "svd, values": lambda a: np.linalg.svd(a[:2], compute_uv=False),
    "svdvals": np.linalg.svdvals,
    "norm": np.linalg.norm,
    "norm of vectors": lambda a: np.linalg.norm(a, axis=-1, keepdims=True),
    "norm of a matrix": lambda a: np.linalg.norm(a, 1),
    "matmul": lambda a: np.linalg.matmul(a, B),
    "dot": lambda a: np.dot(a, B),
    "dot of three axes": lambda a: np.dot(a, T),
    "dot of three axes and a vector": lambda a: np.dot(np.ones((2, 3, 3)) * a, a[0]),
    "dot of a scalar": lambda a: np.dot(a[0, 0], T),
    "inner": lambda a: np.inner(a, B.T),
    "outer": lambda a: np.outer(a, B),
    "vdot": lambda a: np.vdot(a, A),
    "kron": lambda a: np.kron(a, B),
    "kron of a list": lambda a: np.kron([1.0, 2.0], a),
    "kron of a scalar": lambda a: np.kron(2.0, a),
    "tensordot": lambda a: np.tensordot(a, T, (1, 1)),
    "trace": lambda a: np.trace(a, offset=-1),
    "trace of other axes": lambda a: np.trace(a[None], 0, 2, -2),
}


@pytest.mark.parametrize("name", CALLS)
def test_numpys_functions_build_nodes(name):
    expected, found = CALLS[name](A), CALLS[name](ad.Variable(A))
    if not isinstance(expected, tuple):
        expected, found = (expected,), (found,)
    else:
        assert found._fields == expected._fields
    for array, node in zip(expected, found, strict=True):
        assert isinstance(node, ad.Operator)
        assert node.dtype == array.dtype
        np.testing.assert_allclose(node.output, array, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ad.linalg.__all__)
def test_the_namespace_has_numpys_names(name):
    assert getattr(ad.linalg, name) is ad.catalogue.numpy_functions[getattr(np.linalg, name)]


def test_the_results_of_a_decomposition_share_one_computation():
    u, s, vh = ad.linalg.svd(ad.Variable(A))
    nodes = ad.topological_sort(ad.sum((u * s) @ vh))
    assert [n.primitive.name for n in nodes if n.inputs].count("singular_decomposition") == 1


@pytest.mark.parametrize("f", [np.linalg.cholesky, np.linalg.eigvalsh])
def test_the_gradient_in_a_symmetric_matrix_is_symmetric(f):
    gradient = ad.grad(lambda a: np.sum(f(a) ** 3))(positive(A))
    np.testing.assert_array_equal(gradient, gradient.T)


def test_the_sign_of_a_real_determinant_passes_no_gradient():
    x = ad.Variable(A)
    ad.backward(ad.topological_sort(np.linalg.slogdet(x).sign))
    np.testing.assert_array_equal(x.gradient, np.zeros((3, 3)))


def test_a_large_determinant_does_not_overflow():
    gradient = ad.grad(lambda a: np.linalg.slogdet(a).logabsdet)(1e4 * np.eye(100))
    np.testing.assert_allclose(gradient, 1e-4 * np.eye(100))


def test_equal_eigenvalues_leave_their_vectors_without_a_derivative():
    """The direction of the vectors is chosen by chance there: an error to be seen, no number."""
    with np.errstate(all="ignore"):
        gradient = ad.grad(lambda a: np.linalg.eigh(a).eigenvectors[0, 1])(np.eye(2))
    assert not np.isfinite(gradient).any()


X = ad.Variable(np.ones((2, 3)), name="x")
V = ad.Variable(np.ones(3), name="v")
S = ad.Variable(np.ones((3, 3)), name="s")
ERRORS = [
    (lambda: np.linalg.inv(S), ad.ArgumentError, r"solve: Singular matrix; the .*\n.*'s'"),
    (lambda: np.linalg.solve(S, V), ad.ArgumentError, r"no unique solution: add a multiple"),
    (lambda: np.linalg.solve(X, V), ad.ShapeError, r"solve: the last two axes .*\(2, 3\)\n.*'x'"),
    (lambda: np.linalg.solve(S, X), ad.ShapeError, r"no system with a right side of shape \(2, 3"),
    (lambda: np.linalg.solve(S, ad.Variable(1.0)), ad.ShapeError, "a vector or a matrix, not"),
    (
        lambda: ad.linalg.solve(np.ones((2, 3, 3)), np.ones((4, 3, 1))),
        ad.ShapeError,
        r"solve: the batch axes of shapes \(2, 3, 3\) and \(4, 3, 1\) do not broadcast",
    ),
    (lambda: np.linalg.inv(V), ad.ShapeError, r"a matrix has at least two axes; got shape \(3,\)"),
    (lambda: np.linalg.det(X), ad.ShapeError, r"det: the last two axes of a square matrix"),
    (lambda: np.linalg.cholesky(X), ad.ShapeError, "cholesky: the last two axes"),
    (lambda: np.linalg.cholesky(-S), ad.ArgumentError, "not positive definite; add a multiple"),
    (lambda: np.linalg.eigh(V), ad.ShapeError, "a matrix has at least two axes"),
    (lambda: np.linalg.eigh(S * np.nan), ad.ArgumentError, "is every element finite"),
    (lambda: np.linalg.eigh(S, UPLO="U"), ad.DtypeError, r"np.linalg.eigh on a node takes \(a\)"),
    (lambda: np.linalg.svd(X), ad.ShapeError, r"shape \(2, 3\).*write full_matrices=False"),
    (lambda: np.linalg.norm(X, 7), ad.ArgumentError, "no norm of matrices has ord=7"),
    (lambda: np.linalg.norm(V, "nuc"), ad.ArgumentError, "no norm of vectors .* ord='nuc'"),
    (lambda: np.linalg.norm(V, np.nan), ad.ArgumentError, "no norm of vectors .* ord=nan"),
    (lambda: np.linalg.norm(X[None], 1), ad.ArgumentError, "name the axis or the two axes"),
    (lambda: np.linalg.norm(X[None], axis=(0, 1, 2)), ad.ArgumentError, "axis is one, of vectors"),
    (lambda: np.linalg.norm(X, axis=2), ad.ShapeError, "norm: axis 2 does not exist"),
    (lambda: np.tensordot(X, X, 1), ad.ShapeError, "axis 1 of shape .* and axis 0 of shape"),
    (lambda: np.tensordot(X, X, ([0, 1], [0])), ad.ArgumentError, "must name as many axes"),
    (lambda: np.tensordot(X, V, 2), ad.ShapeError, "tensordot: axis 1 does not exist"),
    (lambda: np.trace(V), ad.ShapeError, "trace: axis 1 does not exist"),
    (lambda: np.trace(S, 0, 0, -2), ad.ArgumentError, "axis1 and axis2 are both axis 0"),
    (lambda: ad.grad(lambda a: ad.linalg.slogdet(a)[1])(S.output), ad.ArgumentError, "Singular"),
    (
        lambda: ad.grad(ad.linalg.det)(np.full((2, 2), np.nan)),
        ad.ArgumentError,
        "adjugate: SVD did not converge; is every element finite",
    ),
    (lambda: np.linalg.inv(V), ad.ShapeError, "inv: a matrix has at least two axes"),
]


@pytest.mark.parametrize(("f", "kind", "message"), ERRORS)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_errors_name_the_operand_and_the_remedy(f, kind, message):
    with pytest.raises(kind, match=message):
        f()


def test_the_whole_complex_cholesky_factor():
    a = positive(normal(3, 3, dtype=complex))
    ad.check_grads(ad.linalg.cholesky, (a,), order=2, rtol=1e-4)
