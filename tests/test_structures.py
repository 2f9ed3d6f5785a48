"""Nodes: what they hold, what they share, and of which kind they are."""

import gc
import weakref

import numpy as np
import pytest

import autodiff as ad
from autodiff.structures import Leaf, WeakConstant

X = np.arange(6.0).reshape(2, 3)


def test_variable_copies_and_constant_shares():
    data = X.copy()
    variable, constant = ad.Variable(data), ad.Constant(data)
    data[0, 0] = 7.0
    assert variable.output[0, 0] == 0.0
    assert constant.output is data


def test_a_new_output_is_copied_by_a_variable_and_shared_by_a_constant():
    data = X.copy()
    variable, constant = ad.Variable(X), ad.Constant(X)
    variable.output = constant.output = data
    data[0, 0] = 7.0
    assert variable.output[0, 0] == 0.0
    assert constant.output is data


def test_attributes():
    variable = ad.Variable(X.astype(np.float32), name="w")
    operator = variable + 1.0
    operator.name = "shifted"
    for node in (variable, operator):
        assert (node.shape, node.dtype, node.ndim, node.size) == ((2, 3), np.float32, 2, 6)
        assert node.gradient is None
    assert operator.inputs[0] is variable and operator.primitive is ad.add
    assert operator.inputs[1].output == 1.0
    assert variable.inputs == ()
    assert repr(variable) == "<Variable 'w', shape (2, 3), float32>"
    assert repr(operator) == "<BroadcastedOperator add 'shifted', shape (2, 3), float32>"
    assert repr(ad.Constant(1)) == "<Constant, shape (), int64>"


@pytest.mark.parametrize(
    ("build", "kind"),
    [
        (lambda s, a: s * 2.0, ad.ScalarOperator),
        (lambda s, a: np.exp(s) + s, ad.ScalarOperator),
        (lambda s, a: s > 0, ad.ScalarOperator),
        (lambda s, a: s * a, ad.BroadcastedOperator),
        (lambda s, a: a + 1.0, ad.BroadcastedOperator),
        (lambda s, a: a.sum(), ad.BroadcastedOperator),
        (lambda s, a: a.sum() * s, ad.ScalarOperator),
        (lambda s, a: s.reshape(1), ad.BroadcastedOperator),
    ],
)
def test_kind_of_operator(build, kind):
    assert type(build(ad.Variable(2.0), ad.Variable(X))) is kind


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "complex64", ">f8", "longdouble"]
)
def test_variable_and_its_gradient_keep_its_dtype(dtype):
    variable = ad.Variable(np.ones(2, dtype))
    ad.backward(ad.topological_sort((variable * variable).sum()))
    native = np.dtype(dtype).newbyteorder("=")
    assert variable.dtype == variable.gradient.dtype == native
    np.testing.assert_array_equal(variable.gradient, [2, 2])


@pytest.mark.parametrize("data", [3, np.arange(3), np.array([True]), np.uint8(3)])
def test_variable_refuses_what_cannot_follow_a_gradient(data):
    with pytest.raises(ad.DtypeError, match=r"needs a floating or complex array.*astype\(float\)"):
        ad.Variable(data)
    assert ad.Constant(data).dtype == np.asarray(data).dtype


@pytest.mark.parametrize("kind", [ad.Variable, ad.Constant])
@pytest.mark.parametrize("data", ["abc", None, {"a": 1.0}, np.array(["2020-01-01"], "M8[D]")])
def test_data_must_be_numbers(kind, data):
    with pytest.raises(ad.DtypeError, match="'w' needs numbers; got"):
        kind(data, name="w")


@pytest.mark.parametrize("kind", [ad.Variable, ad.Constant])
def test_data_must_be_rectangular(kind):
    with pytest.raises(ad.ShapeError, match="needs a rectangular array"):
        kind([[1.0], [1.0, 2.0]])


def test_a_leaf_holds_no_node():
    node = ad.Variable(1.0)
    with pytest.raises(ad.ArgumentError, match="would cut the graph.*write node.output"):
        ad.Constant(node)
    with pytest.raises(ad.DtypeError, match="would cut the graph"):
        ad.Variable([node, node])


def test_a_name_is_a_string():
    with pytest.raises(ad.DtypeError, match="name must be a string; got the number 3"):
        ad.Variable(1.0, name=3)


def test_a_leaf_is_constant_or_variable():
    with pytest.raises(ad.DtypeError, match="either a Constant or a Variable"):
        Leaf(1.0)


def test_replaying_changes_lengths_but_not_the_number_of_axes():
    x = ad.Constant(X, name="images")
    x.output = np.ones((5, 1))
    assert x.shape == (5, 1)
    with pytest.raises(
        ad.ShapeError, match=r"'images'.*recorded with 2 axes.*3 axes of shape \(1, 2, 3\)"
    ):
        x.output = X[None]


def test_replaying_changes_precision_but_not_the_kind_of_dtype():
    labels, weights = ad.Constant(np.array([1, 2]), name="labels"), ad.Variable(X)
    weights.output = X.astype(np.float32)
    assert weights.dtype == np.float32
    with pytest.raises(ad.DtypeError, match=r"'labels'.*recorded as int64.*replayed as float64"):
        labels.output = np.array([1.0, 2.0])
    with pytest.raises(TypeError, match=r"data.astype\('float32'\)|floating or complex"):
        weights.output = np.arange(6).reshape(2, 3)


def test_an_operator_computes_its_output():
    total = ad.Variable(X).sum()
    with pytest.raises(ad.GraphError, match="computed by 'sum'.*put new data in a leaf"):
        total.output = np.array(3.0)


def test_python_numbers_are_weak():
    x = ad.Variable(X.astype(np.float32))
    for node in (
        x * 2.0,
        2.0 * x,
        x + 1,
        x / 3.0,
        2.0 - x,
        (x + 1.0) ** 2.0,
        2.0**x,
        -x,
        1.0 / (x + 1),
    ):
        assert node.dtype == np.float32
        gradient = ad.gradients(node.sum(), x)
        ad.backward(ad.topological_sort(node.sum()))
        assert x.gradient.dtype == gradient.dtype == np.float32
    assert isinstance((x * 2.0).inputs[1], WeakConstant)
    assert (x * np.float64(2.0)).dtype == np.float64  # as in NumPy, where it has a type of its own


def test_a_python_number_in_a_graph_can_be_replayed():
    x = ad.Variable(X.astype(np.float32))
    order = ad.topological_sort(x * 2.0)
    order[-1].inputs[1].output = 3.0
    np.testing.assert_array_equal(ad.forward(order), 3.0 * X)
    assert order[-1].dtype == np.float32


def test_a_number_that_does_not_fit_its_partner():
    with pytest.raises(
        ad.DtypeError, match="(?s)multiply: .*300 out of bounds for uint8.*Constant"
    ):
        ad.Constant(np.ones(3, np.uint8)) * 300


def test_a_wrong_shape_is_reported_where_it_is_built():
    w, x = ad.Variable(np.ones((3, 4)), name="w"), ad.Constant(X, name="x")
    with pytest.raises(
        ad.ShapeError,
        match=r"multiply: shapes \(2, 3\) and \(3, 4\) do not broadcast.*"
        r"\n  operand 0: Constant 'x' of shape \(2, 3\), float64"
        r"\n  operand 1: Variable 'w' of shape \(3, 4\), float64",
    ):
        x * w


def test_nodes_are_keys_by_identity():
    a, b = ad.Variable(X), ad.Variable(X)
    assert {a: 1, b: 2}[a] == 1 and len({a, b}) == 2


def test_a_graph_is_freed_without_the_garbage_collector():
    gc.disable()
    try:
        w = ad.Variable(X)
        loss = np.exp(w).sum()
        order = ad.topological_sort(loss)
        ad.backward(order)
        alive = weakref.ref(loss)
        del loss, order
        assert alive() is None
    finally:
        gc.enable()
