"""Half precision: float16 and bfloat16 in nodes, computed in float32 and rounded once."""

import numpy as np
import pytest

import autodiff as ad
from autodiff.dtypes import as_dtype

FLOAT16, BFLOAT16 = as_dtype("float16"), as_dtype("bfloat16")
HALVES = [pytest.param(dtype, id=dtype.name) for dtype in (FLOAT16, BFLOAT16)]
every_half = pytest.mark.parametrize("half", HALVES)


def test_a_constant_and_a_variable_hold_halves_and_can_be_replayed():
    for half in (FLOAT16, BFLOAT16):
        w, x = ad.Variable(np.ones(3, half), name="w"), ad.Constant(np.ones(3, half))
        loss = ad.sum(w * x)
        assert w.dtype == x.dtype == loss.dtype == half
        order = ad.topological_sort(loss)
        x.output = np.arange(3).astype(half)
        assert ad.forward(order) == 3
        ad.backward(order)
        assert w.gradient.dtype == half and w.gradient.tolist() == [0, 1, 2]
        for other in ("int64", "float32", "float16" if half == BFLOAT16 else "bfloat16"):
            message = f"recorded as {half.name} and cannot be replayed as {other}"
            with pytest.raises(ad.DtypeError, match=message):
                x.output = np.arange(3).astype(as_dtype(other))


@every_half
def test_python_numbers_are_weak(half):
    x = ad.Variable(np.ones(3, half))
    for y in (x * 2.0, 2 + x, x - 1, 1.0 / x, x**2, -x, x.mean() * 3.0, ad.maximum(x, 0.5)):
        assert y.dtype == half


def test_operands_of_two_types_give_what_pytorch_gives(torch):
    names = ["float16", "bfloat16", "float32", "float64"]
    for first in names:
        for second in names:
            ours = ad.Variable(np.ones(3, as_dtype(first))) * np.ones(3, as_dtype(second))
            theirs = torch.ones(3, dtype=getattr(torch, first)) * torch.ones(
                3, dtype=getattr(torch, second)
            )
            assert ours.dtype.name == str(theirs.dtype).removeprefix("torch.")


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_a_convolution_of_two_types_has_the_wider(mode):
    half, single = (ad.Variable(np.array(x)) for x in (np.ones(3, FLOAT16), np.ones(2, np.float32)))
    for a, v in ((half, single), (single, half)):
        result = np.convolve(a, v, mode)
        assert result.dtype == np.float32
        assert [g.dtype for g in ad.gradients(result.sum(), [a, v])] == [a.dtype, v.dtype]


@every_half
def test_integers_and_truth_values_follow_numpy(half):
    x = ad.Variable(np.array([1.0, 2.0, 3.0], half))
    assert (x > 1).dtype == bool and ad.argmax(x).dtype == np.intp
    assert (x * np.array([1, 2, 3], np.int8)).dtype == half
    assert (x * np.array([1, 2, 3])).dtype == np.float64
    assert ad.where(x > 1, x, 0.0).dtype == half


@every_half
def test_a_long_sum_has_one_rounding_error(half):
    terms = np.full((10_000, 2), 0.1, half)
    exact = 10_000 * float(terms[0, 0])
    for node in (
        ad.sum(ad.Constant(terms), axis=0)[0],
        (ad.Constant(terms).T @ np.ones(10_000, half))[0],
        ad.einsum("ij->j", ad.Constant(terms))[0],
    ):
        assert node.dtype == half
        assert float(node.output) == pytest.approx(exact, rel=2.0**-8 if half != FLOAT16 else 5e-4)
    added = half.type(0)
    for term in terms[:, 0]:
        added = half.type(added + term)
    assert float(added) < 0.5 * exact  # what this is good for


def test_a_long_sum_of_gradients_too():
    x = ad.Variable(np.ones((), FLOAT16))
    y = ad.broadcast_to(x, (10_000,))
    ad.backward(ad.topological_sort(y), gradient=np.full(10_000, 0.1, FLOAT16))
    assert float(x.gradient) == pytest.approx(1000, rel=1e-3)


def test_what_is_too_large_becomes_infinite_as_in_pytorch(torch):
    values = [1.0, 300.0, 65_000.0]
    ours = ad.Variable(np.array(values, np.float16))
    theirs = torch.tensor(values, dtype=torch.float16)
    for f in (lambda x: x * x, lambda x: x + x, lambda x: x.sum()):
        assert f(ours).output.tolist() == f(theirs).tolist()
    assert ad.astype(ad.Constant(1e6), np.float16).output == np.inf
    expected = pytest.raises(ad.NotFiniteError, match="multiply: the value is not finite: inf")
    with ad.detect_anomaly(), expected:
        ours * ours


@every_half
def test_an_anomaly_is_found_in_halves(half):
    x = ad.Variable(np.array([0.0], half))
    expected = pytest.raises(ad.NotFiniteError, match="log: the value is not finite: -inf")
    with np.errstate(divide="ignore"), ad.detect_anomaly(), expected:
        ad.log(x)


@every_half
def test_transforms_go_through_halves(half):
    x = np.array([0.5, 1.0, 1.5], half)
    wide = x.astype(np.float64)

    def f(x):
        return ad.sum(x * x * x)

    tolerance = {"rtol": 2.0**-7 if half == BFLOAT16 else 2.0**-10}
    for found, expected in (
        (ad.grad(f)(x), 3 * wide**2),
        (ad.jvp(f, (x,), (x,))[1], np.sum(3 * wide**3)),
        (ad.vjp(f, x)[1](half.type(1))[0], 3 * wide**2),
        (ad.hessian(f)(x), np.diag(6 * wide)),
        (ad.hvp(f, x, np.ones(3, half)), 6 * wide),
        (ad.jacobian(lambda x: x * x)(x), np.diag(2 * wide)),
        (ad.grad(ad.checkpoint(f))(x), 3 * wide**2),
    ):
        assert np.asarray(found).dtype == half
        np.testing.assert_allclose(np.asarray(found).astype(float), expected, **tolerance)


@every_half
def test_a_checkpoint_changes_nothing(half):
    x = np.random.default_rng(0).normal(size=5).astype(half)

    def f(x):
        return ad.sum(ad.tanh(x * x) / (1.0 + x))

    for found, expected in (
        (ad.checkpoint(f)(ad.Variable(x)).output, f(ad.Variable(x)).output),
        (ad.grad(ad.checkpoint(f))(x), ad.grad(f)(x)),
    ):
        assert found.dtype == expected.dtype == half
        assert found.tolist() == expected.tolist()


@every_half
def test_a_gradient_stated_by_hand_sees_the_halves(half):
    seen = []

    @ad.custom_gradient
    def f(x):
        seen.append(x.dtype)
        return x, lambda gradient: seen.append(gradient.dtype) or gradient

    assert ad.grad(lambda x: ad.sum(f(x)))(np.ones(2, half)).dtype == half
    assert set(seen) == {half}


@every_half
def test_check_grads_computes_in_double_and_refuses_halves_inside(half):
    x = np.array([0.5, 1.0], half)
    ad.check_grads(lambda x: ad.sum(x * x), (x,))
    with pytest.raises(ad.DtypeError, match=f"a result of the function has dtype {half.name}"):
        ad.check_grads(lambda x: ad.sum(ad.astype(x, half)), (x,))


@every_half
def test_nan_to_num_knows_the_limits_of_halves(torch, half):
    values = [1.0, np.inf, -np.inf, np.nan]
    ours = ad.nan_to_num(ad.Variable(np.array(values, half)))
    theirs = torch.nan_to_num(torch.tensor(values, dtype=getattr(torch, half.name)))
    assert ours.dtype == half and ours.output.astype(float).tolist() == theirs.tolist()


@every_half
def test_nan_to_num_takes_the_limits_that_are_given(half):
    x = ad.Variable(np.array([1.0, np.inf, -np.inf, np.nan], half))
    top = np.float64(65504.0 if half == FLOAT16 else 2.0**127 * (2 - 2.0**-7))
    assert np.nan_to_num(x).output.astype(float).tolist() == [1.0, top, -top, 0.0]
    given = np.nan_to_num(x, nan=2.0, posinf=3.0, neginf=4.0).output
    assert given.astype(float).tolist() == [1.0, 3.0, 4.0, 2.0]


@every_half
def test_a_model_of_halves_learns(half):
    model = ad.nn.Sequential(
        ad.nn.Linear(3, 4, rng=0), ad.nn.BatchNorm1d(4), ad.nn.ReLU(), ad.nn.Linear(4, 2, rng=1)
    ).to(half.name)
    assert {parameter.dtype for parameter in model.parameters()} == {half}
    x = np.random.default_rng(0).normal(size=(8, 3)).astype(half)
    loss = ad.cross_entropy(model(ad.Constant(x)), np.arange(8) % 2)
    assert loss.dtype == half
    order = ad.topological_sort(loss)
    first = float(loss.output)
    for optimizer in (ad.optim.SGD(model.parameters(), lr=0.1), ad.optim.Adam(model.parameters())):
        for _ in range(5):
            ad.forward(order)
            ad.backward(order)
            optimizer.step()
    assert float(ad.forward(order)) < first
    assert {parameter.dtype for parameter in model.parameters()} == {half}


def test_layers_are_made_of_halves_by_name():
    layers = (ad.nn.Linear(2, 3, dtype="bfloat16"), ad.nn.LayerNorm(3, dtype="bfloat16"))
    assert {leaf.dtype for layer in layers for leaf in layer.parameters()} == {BFLOAT16}
    with pytest.raises(ad.DtypeError, match="the dtype of a layer must be floating; got int64"):
        ad.nn.Linear(2, 3, dtype="int64")
    with pytest.raises(ad.DtypeError, match="'bfloat17' is no dtype"):
        ad.nn.Linear(2, 3, dtype="bfloat17")


@every_half
def test_halves_are_drawn(half):
    x = ad.Variable(np.array([0.5, 1.0, 1.5, 2.0], half), name="x")
    assert "0.5 .. 2" in ad.draw(ad.sum(x * x), values=True).source


@every_half
def test_forward_mode_rounds_once(half):
    rng = np.random.default_rng(0)
    a, b, ta, tb = rng.normal(size=(4, 1000)).astype(half)
    wide = ta.astype(np.float32) * b.astype(np.float32) + tb.astype(np.float32) * a.astype(
        np.float32
    )
    found = ad.jvp(ad.multiply, (a, b), (ta, tb))[1]
    np.testing.assert_array_equal(np.asarray(found), wide.astype(half))
