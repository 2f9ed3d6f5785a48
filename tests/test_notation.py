"""How nodes are written: Python's operators, NumPy's methods, and NumPy's own functions."""

import math
import operator

import numpy as np
import pytest

import autodiff as ad

A = np.array([[0.5, 2.0], [1.5, 3.0]])
B = np.array([2.0, 0.5])

BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    operator.matmul,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.eq,
    operator.ne,
]


@pytest.mark.parametrize("apply", BINARY)
def test_operators_of_python(apply):
    expected = apply(A, B)
    for a, b in [
        (ad.Variable(A), ad.Constant(B)),
        (ad.Variable(A), B),
        (A, ad.Variable(B)),
        (A.tolist(), ad.Variable(B)),
    ]:
        node = apply(a, b)
        assert isinstance(node, ad.Operator) and node.dtype == expected.dtype
        np.testing.assert_array_equal(node.output, expected)


@pytest.mark.parametrize("apply", [op for op in BINARY if op is not operator.matmul])
def test_operators_with_a_number_on_either_side(apply):
    np.testing.assert_array_equal(apply(ad.Variable(A), 2.0).output, apply(A, 2.0))
    np.testing.assert_array_equal(apply(2.0, ad.Variable(A)).output, apply(2.0, A))
    np.testing.assert_array_equal(
        apply(np.float64(2.0), ad.Variable(A)).output, apply(np.float64(2.0), A)
    )


@pytest.mark.parametrize("dtype", [bool, np.int8, np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("exponent", [2, 3, 2.0, 0.5])
def test_a_power_is_what_the_arrays_own_operator_gives(dtype, exponent):
    for base in (np.array([1.0, 0.3, -2.5]), np.array(1.7)):
        base = base.astype(dtype)
        with np.errstate(invalid="ignore"):
            found, expected = (ad.Constant(base) ** exponent).output, base**exponent
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


def test_unary_operators_and_logic():
    w, yes = ad.Variable(A - 1.0), ad.Constant([True, False])
    np.testing.assert_array_equal((-w).output, 1.0 - A)
    np.testing.assert_array_equal(abs(w).output, np.abs(A - 1.0))
    assert +w is w
    np.testing.assert_array_equal((~yes).output, [False, True])
    np.testing.assert_array_equal((yes & True).output, [True, False])
    np.testing.assert_array_equal((True & yes).output, [True, False])
    np.testing.assert_array_equal((yes | True).output, [True, True])
    np.testing.assert_array_equal((False | yes).output, [True, False])


@pytest.mark.parametrize(
    "method",
    [
        lambda x: x.sum(),
        lambda x: x.sum(axis=0),
        lambda x: x.mean(axis=-1, keepdims=True),
        lambda x: x.var(axis=0),
        lambda x: x.var(0, ddof=1, keepdims=True),
        lambda x: x.max(axis=1),
        lambda x: x.min(),
        lambda x: x.argmax(axis=0),
        lambda x: x.argmin(axis=0),
        lambda x: x.argsort(),
        lambda x: x.cumprod(axis=0),
        lambda x: x.mT,
        lambda x: x.flatten(),
        lambda x: x.conj(),
        lambda x: x.dot(x),
        lambda x: x.trace(1),
        lambda x: x.diagonal(),
        lambda x: x.round(1),
        lambda x: x.reshape(4),
        lambda x: x.reshape(1, -1),
        lambda x: x.reshape((4, 1)),
        lambda x: x[:1, :1].reshape(()),
        lambda x: x.transpose(),
        lambda x: x.transpose(1, 0),
        lambda x: x.transpose((0, 1)),
        lambda x: x.transpose(None),
        lambda x: x.T,
        lambda x: x.astype(np.float32),
        lambda x: x[0],
        lambda x: x[:, -1],
        lambda x: x[x > 1.0],
        lambda x: len(x) * x,
        lambda x: np.size(x) * np.ndim(x) * np.shape(x)[0] * x,
        lambda x: sum(row * row for row in x),
        lambda x: x.ndim * x.size * x.shape[1] * x,
    ],
)
def test_methods_are_those_of_an_array(method):
    expected, node = method(A), method(ad.Variable(A))
    assert isinstance(node, ad.Operator)
    assert node.dtype == expected.dtype
    np.testing.assert_allclose(node.output, expected, rtol=1e-15)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.exp(x) + np.log(x) + np.sqrt(x) + np.tanh(x),
        lambda x: np.sum(x, axis=0) + np.mean(x, 0) + np.max(x, axis=1) + np.amin(x, 1),
        lambda x: np.var(x, axis=0, ddof=1) + np.std(x, 0),
        lambda x: np.where(x > 1.0, x, 0.0) + np.maximum(x, 1.0) + np.clip(x, 0.6, 2.5),
        lambda x: np.clip(x, a_min=0.6, a_max=None) + np.clip(x, min=None, max=2.5),
        lambda x: np.concatenate([x, x[:1]], axis=0),
        lambda x: np.concatenate((x, B[:, None], [[1.0], [2.0]]), axis=-1),
        lambda x: np.concatenate([x, x], axis=None),
        lambda x: np.stack([x[0], B, x[1]], axis=-1),
        lambda x: np.pad(x, ((1, 0), (0, 2))) + np.pad(np.pad(x, 1, mode="constant"), 1)[1:4, :4],
        lambda x: np.matmul(x, B) + np.matmul(B, x) + x @ B,
        lambda x: np.reshape(x, (-1,)) + np.transpose(x, (1, 0)).reshape(4),
        lambda x: np.swapaxes(x, 0, 1) + np.moveaxis(x, 0, -1) + np.moveaxis(x, (0, 1), (1, 0)),
        lambda x: np.expand_dims(x, (0, -1)) + np.squeeze(np.expand_dims(x, 1)),
        lambda x: np.broadcast_to(x, (3, 2, 2)) * np.ones_like(x) + np.zeros_like(x),
        lambda x: np.take_along_axis(x, np.array([[1], [0]]), axis=1),
        lambda x: np.take_along_axis(x, np.array([3, 3, 0]), axis=None),
        lambda x: np.add(B, x) + np.multiply(x, x) + np.power(x, 2) + np.reciprocal(x),
        lambda x: np.einsum("ij,j->i", x, B),
    ],
)
def test_functions_of_numpy_build_nodes_and_have_derivatives(f):
    node, expected = f(ad.Variable(A)), f(A)
    assert isinstance(node, ad.Operator)
    np.testing.assert_allclose(node.output, expected, rtol=1e-14)
    ad.check_grads(f, (A,), order=1)


def test_an_ad_function_given_no_node_returns_a_plain_array():
    for result in (
        ad.exp(A),
        ad.sum(A, axis=0),
        ad.where(A > 1, A, 0.0),
        ad.softmax([1.0, 2.0]),
        ad.gelu(A),
        ad.mse_loss([1.0], [2.0]),
        ad.cross_entropy([1.0, 2.0], 1),
        ad.var([1, 2]),
        ad.add(1, 2),
        ad.stack([A, A]),
    ):
        assert isinstance(result, np.ndarray | np.generic)


CUTS = {
    "np.asarray": np.asarray,
    "np.array of a list": lambda w: np.array([w, w]),
    "float": float,
    "int": int,
    "complex": complex,
    "math.sqrt": math.sqrt,
    "a Python index": lambda w: [1, 2, 3][w],
    "an index of an array": lambda w: A[w],
}


@pytest.mark.parametrize("cut", CUTS)
def test_what_would_cut_the_graph_is_refused(cut):
    with pytest.raises(ad.DtypeError, match=r"cut the graph.*write .*node.output"):
        CUTS[cut](ad.Variable(1.0))


def test_what_has_no_derivative_here_says_so():
    w = ad.Variable(A)
    for call, name in [
        (lambda: np.linalg.matrix_rank(w), "np.linalg.matrix_rank"),
        (lambda: np.nextafter(w, w), "np.nextafter"),
        (lambda: np.add.reduce(w), "np.add.reduce"),
        (lambda: np.polyfit(w[0], w[1], 1), "np.polyfit"),
    ]:
        with pytest.raises(ad.DifferentiationError, match=f"{name} has no derivative here"):
            call()


def test_nodes_are_not_written_in_place():
    w, array = ad.Variable(A), np.ones((2, 2))
    with pytest.raises(ad.DifferentiationError, match="takes no out: nodes are never written in"):
        np.exp(w, out=array)
    with pytest.raises(ad.DifferentiationError, match="never written in place"):
        array += w
    with pytest.raises(ad.DtypeError, match="put new data in a leaf"):
        w[0] = 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda w: np.sum(w, dtype=float),
            r"np.sum on a node takes \(.*\): got an unexpected keyword argument 'dtype'",
        ),
        (
            lambda w: np.max(w, out=A),
            r"np.max on a node takes \(.*\): got an unexpected keyword argument 'out'",
        ),
        (
            lambda w: np.reshape(w, 4, order="F"),
            r"np.reshape on a node takes \(.*\): got an unexpected keyword argument 'order'",
        ),
        (
            lambda w: np.median(w, overwrite_input=True),
            r"np.median on a node takes \(.*\): got an unexpected keyword argument 'overwrite",
        ),
        (lambda w: np.dot(w, w, w), r"np.dot on a node takes \(a, b\): too many pos"),
    ],
)
def test_arguments_of_numpy_that_do_not_exist_here(call, message):
    with pytest.raises(ad.DtypeError, match=message):
        call(ad.Variable(A))


def test_a_scalar_has_no_length():
    w = ad.Variable(1.0)
    for ask in (len, iter, list, lambda w: [*w]):
        with pytest.raises(ad.DtypeError, match=r"a scalar has no length"):
            ask(w)


def test_compared_with_what_is_no_number():
    with pytest.raises(ad.DtypeError, match="needs numbers; got NoneType"):
        operator.eq(ad.Variable(A), None)
    with pytest.raises(ad.DtypeError, match="needs numbers; got str"):
        ad.Variable(A) + "text"


def test_a_number_is_asked_of_the_output():
    w = ad.Variable(2.0)
    with pytest.raises(ad.DtypeError, match="write float\\(node.output\\)"):
        w.item()
    with pytest.raises(
        ad.DtypeError, match="formatted with '.2f'; for its number write node.output"
    ):
        f"{w:.2f}"
    assert f"{w}" == repr(w)


def test_the_length_of_an_axis_by_numpys_function():
    w = ad.Variable(np.ones((2, 3)))
    assert (np.size(w), np.size(w, 0), np.size(w, 1), np.size(ad.Variable(1.0))) == (6, 2, 3, 1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("erf", "^erf has no derivative here; use ad.erf, or for the array alone use node.output"),
        ("gammaln", "^gammaln has no derivative here; for the array alone use node.output"),
    ],
)
def test_ufuncs_of_scipy_are_not_called_numpys(name, message):
    ufunc = getattr(pytest.importorskip("scipy.special"), name)
    with pytest.raises(ad.DifferentiationError, match=message):
        ufunc(ad.Variable(A))


def test_a_tolerance_is_no_node():
    w = ad.Variable(A)
    with pytest.raises(ad.DtypeError, match=r"isclose: rtol is a number.*got Variable of shape"):
        np.isclose(w, w, w)
    with pytest.raises(ad.DtypeError, match=r"isclose: atol is a number.*got Variable of shape"):
        np.allclose(w, w, atol=w)
