"""Every mistake that a user can make with a primitive, and what the message says about it."""

import re

import numpy as np
import pytest

import autodiff as ad

X = ad.Variable(np.ones((2, 3)), name="x")
V = ad.Variable(np.ones(3), name="v")
S = ad.Variable(1.0, name="s")
IS_X = r".*operand \d: Variable 'x' of shape \(2, 3\), float64"
IS_S = r".*operand \d: Variable 's' of shape \(\), float64"

CASES = [
    # broadcasting
    (lambda: X + np.ones(4), ad.ShapeError, r"add: shapes \(2, 3\) and \(4,\) do not.*" + IS_X),
    (
        lambda: ad.where(X > 0, X, np.ones(5)),
        ad.ShapeError,
        r"where: shapes .*\(5,\) do not" + IS_X,
    ),
    (lambda: ad.greater(V, np.ones(4)), ad.ShapeError, r"greater: shapes \(3,\) and \(4,\) do not"),
    (lambda: ad.where(X > 0), ad.ArgumentError, r"where: write where\(condition, a, b\)"),
    (lambda: ad.broadcast_to(X, (3, 3)), ad.ShapeError, r"\(2, 3\) does not broadcast to \(3, 3\)"),
    # matrix products
    (lambda: X @ X, ad.ShapeError, r"matmul: the inner lengths .* differ: 3 and 2" + IS_X),
    (lambda: X @ S, ad.ShapeError, r"matmul: .*shapes \(2, 3\) and \(\); use \* for scalars"),
    (lambda: np.ones((2, 2, 2)) @ ad.Variable(np.ones((3, 2, 2))), ad.ShapeError, "batch axes of"),
    # shapes
    (lambda: X.reshape(4), ad.ShapeError, r"\(2, 3\) has 6 elements.*to \(4,\); write -1" + IS_X),
    (lambda: X.reshape(4, -1), ad.ShapeError, r"has 6 elements and cannot be.* \(4, -1\)"),
    (lambda: X.reshape(-1, -1), ad.ShapeError, "reshape: one length may be -1"),
    (lambda: X.reshape(-2, 3), ad.ShapeError, "the others at least 0"),
    (lambda: X.reshape(2.0, 3), ad.DtypeError, r"reshape: a shape.* integers; got \(2.0, 3\)"),
    (lambda: ad.tile(X, "a"), ad.DtypeError, "tile: a shape, or .* consists of integers; got 'a'"),
    (lambda: ad.linalg.inv(X), ad.ShapeError, "inv: the last two axes of a square matrix"),
    (lambda: ad.fft.rfft(X * 1j), ad.DtypeError, "rfft: it transforms real .* by fft"),
    (lambda: ad.einsum("ij->k", X), ad.ArgumentError, "and in an operand; got 'ij->k'"),
    (
        lambda: ad.einsum("ijk", X),
        ad.ShapeError,
        "2 axes, and 'ijk' names .* in 'ijk'",
    ),
    (lambda: ad.repeat(X, [1, 2], 1), ad.ShapeError, "repeat: 2 numbers .* length 2; got .*'x'"),
    (
        lambda: ad.cross(X[:, :2], X),
        ad.ShapeError,
        r"cross: axis -1 of .* length 3; got .*\(2, 2\)",
    ),
    (lambda: X.transpose(0), ad.ShapeError, r"transpose: 0 is no order of all 2 axes of .*'x'"),
    (lambda: X.transpose(0, 0), ad.ArgumentError, r"transpose: \(0, 0\) names an axis twice"),
    (lambda: ad.squeeze(X, 0), ad.ShapeError, r"squeeze: axis 0 .* has length 2; only 1" + IS_X),
    (lambda: ad.moveaxis(X, (0, 1), 0), ad.ArgumentError, "must name as many axes"),
    # axes
    (lambda: X.transpose(0, 5), ad.ShapeError, "transpose: axis 5 does not exist" + IS_X),
    (lambda: ad.swapaxes(X, 0, -3), ad.ShapeError, "swapaxes: axis -3 does not exist" + IS_X),
    (lambda: ad.moveaxis(X, 5, 0), ad.ShapeError, "moveaxis: axis 5 does not exist" + IS_X),
    (lambda: ad.expand_dims(X, 9), ad.ShapeError, "expand_dims: axis 9 .*there are 3" + IS_X),
    (lambda: ad.squeeze(X, 2), ad.ShapeError, "squeeze: axis 2 does not exist" + IS_X),
    (lambda: X.sum(axis=2), ad.ShapeError, "sum: axis 2 does not exist; there are 2" + IS_X),
    (lambda: X.mean(axis=(0, 0)), ad.ArgumentError, r"mean: \(0, 0\) names an axis twice"),
    (lambda: X.max(axis=1.5), ad.DtypeError, "max: an axis is an integer; got 1.5"),
    (lambda: S.min(axis=0), ad.ShapeError, "min: axis 0 does not exist; a scalar has none" + IS_S),
    (lambda: X.argmax(axis=(0, 1)), ad.DtypeError, r"argmax: an axis is an integer; got \(0, 1\)"),
    (lambda: ad.softmax(X, axis=3), ad.ShapeError, "softmax: axis 3 does not exist" + IS_X),
    (lambda: ad.log_softmax(X, axis=3), ad.ShapeError, "log_softmax: axis 3 does not" + IS_X),
    # joining
    (
        lambda: ad.concatenate([X, V]),
        ad.ShapeError,
        "different numbers of axes.*or use stack" + IS_X,
    ),
    (lambda: ad.concatenate([X, X.T]), ad.ShapeError, r"in an axis other than axis 0" + IS_X),
    (lambda: ad.concatenate([]), ad.ArgumentError, "concatenate needs at least one array"),
    (lambda: ad.concatenate(S), ad.DtypeError, "needs a list of arrays; got Variable 's'"),
    (lambda: ad.concatenate(3), ad.DtypeError, "needs a list of arrays; got the number 3"),
    (lambda: ad.concatenate([X, X], axis=2), ad.ShapeError, "axis 2 does not exist" + IS_X),
    (lambda: ad.concatenate([X, X], axis="0"), ad.DtypeError, "an axis is an integer; got '0'"),
    (lambda: ad.stack([X, V]), ad.ShapeError, r"must have one shape; got \(2, 3\), \(3,\)"),
    (lambda: ad.stack([]), ad.ArgumentError, "stack needs at least one array"),
    (lambda: ad.stack([X], axis=5), ad.ShapeError, "stack: axis 5 .* there are 3" + IS_X),
    (
        lambda: ad.pad(X, (1, 2, 3)),
        ad.ShapeError,
        r"\(1, 2, 3\) does not give a pair for each of 2",
    ),
    (lambda: ad.pad(X, -1), ad.ArgumentError, "integers of at least 0; got -1"),
    (lambda: ad.pad(X, 0.5), ad.ArgumentError, "integers of at least 0; got 0.5"),
    (lambda: np.pad(X, 1, mode="mean"), ad.ArgumentError, "modes with a derivative.* got 'mean'"),
    (
        lambda: np.pad(X, 1, constant_values=(1, 2)),
        ad.ArgumentError,
        r"constant_values is one number for all axes; got \(1, 2\)",
    ),
    # indexing
    (lambda: X[5], ad.IndexingError, "getitem: index 5 is out of bounds for axis 0" + IS_X),
    (lambda: X[0, 0, 0], ad.IndexingError, "too many indices" + IS_X),
    (lambda: X[[0, 9]], ad.IndexingError, "index 9 is out of bounds" + IS_X),
    (lambda: X[np.ones(5, bool)], ad.IndexingError, "boolean index did not match" + IS_X),
    (lambda: X["a"], ad.DtypeError, "indices are integers, slices, None, ... or arrays; got 'a'"),
    (lambda: X[1.5], ad.DtypeError, "indices are integers.* got 1.5"),
    (lambda: X[np.array([0.5])], ad.DtypeError, "holds integers or booleans; got"),
    (lambda: X[V], ad.DtypeError, "holds integers or booleans; got <Variable 'v'"),
    (lambda: X["a":], ad.DtypeError, "slice indices must be integers" + IS_X),
    (lambda: X[::0], ad.ShapeError, "slice step cannot be zero" + IS_X),
    (lambda: np.take_along_axis(X, np.array([0]), 0), ad.ShapeError, "need as many axes as" + IS_X),
    (lambda: np.take_along_axis(X, np.array([[7]]), 0), ad.IndexingError, "7 is out of" + IS_X),
    (lambda: np.take_along_axis(X, np.array([[0.5]]), 0), ad.IndexingError, "integer array" + IS_X),
    (lambda: np.take_along_axis(X, np.array([[0]]), 5), ad.ShapeError, "axis 5 does not" + IS_X),
    # dtypes
    (lambda: X.astype("nope"), ad.DtypeError, "astype: 'nope' is no dtype"),
    (lambda: X.astype(str), ad.DtypeError, "astype: a node holds numbers"),
    (lambda: ad.exp("text"), ad.DtypeError, "exp: .*operand 0: str"),
    (lambda: ad.exp(None), ad.DtypeError, "exp: .*operand 0: NoneType"),
    (lambda: ad.relu([[1.0], [1.0, 2.0]]), ad.ShapeError, "relu: .*inhomogeneous"),
    (lambda: X * "a", ad.DtypeError, "needs numbers; got str"),
    (
        lambda: ad.exp(X, X),
        ad.DtypeError,
        r"exp: it takes \(x\), and was called with 2: too many" + IS_X,
    ),
    (
        lambda: ad.add(X),
        ad.DtypeError,
        r"add: it takes \(a, b\), and was called with 1: missing.*'b'" + IS_X,
    ),
    # losses
    (lambda: ad.cross_entropy(X, [0, 1, 2]), ad.ShapeError, r"labels of shape \(2,\).*got \(3,\)"),
    (lambda: ad.cross_entropy(X, X), ad.ShapeError, r"got \(2, 3\); write labels.argmax\(axis=1\)"),
    (lambda: ad.cross_entropy(X, [0, 3]), ad.IndexingError, "in 0 to 2, for 3 classes; got 0 to 3"),
    (lambda: ad.cross_entropy(X, [-1, 0]), ad.IndexingError, "got -1 to 0" + IS_X),
    (lambda: ad.cross_entropy(X, [0.0, 1.0]), ad.DtypeError, r"write labels.astype\(int\)" + IS_X),
    (lambda: ad.cross_entropy(S, 0), ad.ShapeError, "logits need a class axis; got a scalar"),
    (lambda: ad.cross_entropy(np.ones((0, 3)), np.zeros(0, int)), ad.ShapeError, "no examples"),
    (lambda: ad.mse_loss(X, V), ad.ShapeError, r"mse_loss: .*must be equal; reshape" + IS_X),
]


@pytest.mark.parametrize(
    ("mistake", "kind", "message"), CASES, ids=[message[:40] for _, _, message in CASES]
)
def test_the_message_names_operator_operands_and_remedy(mistake, kind, message):
    with pytest.raises(kind) as caught:
        mistake()
    assert re.search(message, str(caught.value), re.DOTALL), str(caught.value)
    assert isinstance(caught.value, ValueError | TypeError | IndexError)


def test_squeeze_of_whatever_has_length_1_is_refused_where_that_changes():
    x = ad.Constant(np.ones((2, 1, 3)))
    order = ad.topological_sort(ad.squeeze(x) * ad.Variable(1.0))
    x.output = np.ones((1, 1, 3))
    with pytest.raises(ad.ShapeError, match=r"recorded removing axes \(1,\).*these are \(0, 1\)"):
        ad.forward(order)


def test_labels_are_checked_at_each_replay():
    labels = ad.Constant(np.array([0, 2]), name="labels")
    order = ad.topological_sort(ad.cross_entropy(X, labels))
    labels.output = np.array([0, 3])
    with pytest.raises(ad.IndexingError, match="(?s)got 0 to 3.*Constant 'labels'"):
        ad.forward(order)
