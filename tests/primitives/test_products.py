"""Cross products and filled arrays: against NumPy, PyTorch and finite differences."""

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 4, 3)), RNG.normal(size=(4, 3))
CROSSES = {
    "of the last axes": (lambda a, b: np.cross(a, b), A, B),
    "of vectors": (lambda a, b: np.cross(a, b), A[0, 0], B[0]),
    "of the first axis": (lambda a, b: np.cross(a, b, axis=0), A.transpose(2, 0, 1), B.T[:, None]),
    "of other axes": (lambda a, b: np.cross(a, b, 1, 0, 0), A.swapaxes(1, 2), B.T),
    "by its other name": (lambda a, b: np.linalg.cross(a, b), A, B),
    "along an axis by its other name": (lambda a, b: np.linalg.cross(a, b, axis=0), B.T, A[0].T),
}


@pytest.mark.parametrize("name", CROSSES)
def test_cross(name):
    f, a, b = CROSSES[name]
    np.testing.assert_allclose(f(ad.Variable(a), ad.Variable(b)).output, f(a, b), rtol=1e-14)
    ad.check_grads(f, (a, b), order=2)


def test_cross_of_complex_vectors_as_in_pytorch(torch):
    arrays = [A + 1j * A[::-1], B[None] * (2 - 1j)]
    tensors = [torch.tensor(x, requires_grad=True) for x in arrays]
    result = torch.linalg.cross(*tensors)
    result.abs().sum().backward()
    found = ad.grad(lambda a, b: np.sum(np.abs(np.cross(a, b))), (0, 1))(*arrays)
    for ours, tensor in zip(found, tensors, strict=True):
        np.testing.assert_allclose(ours, tensor.grad.resolve_conj().numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    ("f", "kind", "message"),
    [
        (lambda x: np.cross(x[:, :, :2], B), ad.ShapeError, r"must have length 3; got shape .*2\)"),
        (lambda x: np.cross(x, B, axis=3), ad.ShapeError, "axis 3 does not exist"),
        (lambda x: np.cross(x, B[:3]), ad.ShapeError, "do not broadcast"),
        (lambda x: ad.full((3, 3), x), ad.ShapeError, r"does not broadcast to \(3, 3\)"),
        (lambda x: np.full(3, x[0, 0, 0]), ad.DtypeError, "cut the graph"),
    ],
)
def test_errors(f, kind, message):
    with pytest.raises(kind, match=message):
        f(ad.Variable(A, name="x"))


def test_a_replay_with_vectors_of_another_space_is_refused():
    x = ad.Variable(B)
    order = ad.topological_sort(np.cross(x, x[::-1]))
    x.output = RNG.normal(size=(4, 5))
    with pytest.raises(ad.ShapeError, match="must have length 3; got shape"):
        ad.forward(order)


def test_full_passes_the_gradient_on():
    for f in (
        lambda x: ad.full((2, 3), x),
        lambda x: np.full((2, 3), x, like=x) if isinstance(x, ad.GraphNode) else np.full((2, 3), x),
    ):
        ad.check_grads(f, (np.array(2.0),), order=1)
        np.testing.assert_array_equal(f(ad.Variable(B[0])).output, np.full((2, 3), B[0]))
    assert ad.full(2, ad.Variable(1.0), np.float32).dtype == np.float32
    plain = ad.full((2,), 7)
    plain[0] = 1  # an array of its own
    np.testing.assert_array_equal(plain, [1, 7])
