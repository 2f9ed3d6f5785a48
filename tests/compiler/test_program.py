"""Programs go wherever a sorted graph goes, and compute the same."""

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)


def network(seed=0):
    ad.manual_seed(seed)
    return ad.nn.Sequential(
        ad.nn.Conv2d(1, 3, 3),
        ad.nn.ReLU(),
        ad.nn.MaxPool2d(2),
        ad.nn.Conv2d(3, 4, 3, padding=1),
        ad.nn.ReLU(),
        ad.nn.Flatten(),
        ad.nn.Linear(4 * 5 * 5, 6),
        ad.nn.ReLU(),
        ad.nn.Linear(6, 3),
    )


def batch(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((n, 1, 12, 12), dtype=np.float32), rng.integers(0, 3, n)


def recorded(n=7):
    model = network()
    images, labels = batch(n)
    x, t = ad.Constant(images, name="x"), ad.Constant(labels, name="t")
    logits = model(x)
    return model, x, t, logits, ad.cross_entropy(logits, t)


def interpreted(model, images, labels):
    """Loss and gradients of a graph built and swept anew."""
    loss = ad.cross_entropy(model(ad.Constant(images)), ad.Constant(labels))
    order = ad.topological_sort(loss)
    ad.backward(order)
    return loss.output, [parameter.gradient for parameter in model.parameters()]


def close(actual, expected, rtol=1e-5):
    scale = max(np.abs(expected).max(), 1e-30)
    assert np.shape(actual) == np.shape(expected)
    assert np.abs(np.asarray(actual) - expected).max() <= rtol * scale


def test_forward_and_backward_as_the_sorted_graph():
    model, x, t, _, loss = recorded()
    value, gradients = interpreted(model, x.output, t.output)
    program = ad.compile(loss)
    for _ in range(3):
        close(ad.forward(program), value)
        ad.backward(program)
        for parameter, expected in zip(model.parameters(), gradients, strict=True):
            close(parameter.gradient, expected)


@pytest.mark.parametrize("n", [1, 2, 7, 33, 100])
def test_replayed_with_other_batch_sizes(n):
    model, x, t, _, loss = recorded()
    program = ad.compile(loss)
    for seed in range(3):
        x.output, t.output = batch(n, seed)
        value, gradients = interpreted(model, x.output, t.output)
        close(ad.forward(program), value)
        ad.backward(program)
        for parameter, expected in zip(model.parameters(), gradients, strict=True):
            close(parameter.gradient, expected, 1e-4)


def test_a_fused_value_is_refused_and_a_kept_one_is_valid():
    _, x, t, logits, loss = recorded()
    expected = np.array(logits.output)
    hidden = logits.inputs[0]
    program = ad.compile(loss, keep=[logits])
    ad.forward(program)
    close(logits.output, expected)
    with pytest.raises(ad.ProgramError, match="fused away.*keep="):
        _ = hidden.output
    with pytest.raises(ad.ProgramError, match="fused away"):
        hidden + 1
    assert hidden.shape == expected.shape[:1] + (3,) or hidden.shape
    ad.forward(program.order)
    assert np.isfinite(hidden.output).all()


def test_arrays_handed_out_are_not_changed_by_later_steps():
    model, x, t, logits, loss = recorded()
    program = ad.compile(loss, keep=[logits])
    ad.forward(program)
    ad.backward(program)
    held = [loss.output, logits.output, *[p.gradient for p in model.parameters()]]
    copies = [np.array(array) for array in held]
    for seed in range(3):
        x.output, t.output = batch(7, seed + 5)
        ad.forward(program)
        ad.backward(program)
    for array, copy in zip(held, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_step_is_forward_backward_and_update():
    model, x, t, _, loss = recorded()
    twin = network()
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        theirs.output = ours.output
    program = ad.compile(loss, optimizer=ad.optim.SGD(model.parameters(), lr=0.1))
    optimizer = ad.optim.SGD(twin.parameters(), lr=0.1)
    for seed in range(5):
        x.output, t.output = batch(7, seed)
        value, _ = interpreted(twin, x.output, t.output)
        optimizer.step()
        close(program.step(), value)
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        close(ours.output, theirs.output)


def test_forward_and_backward_change_no_parameter():
    model, *_, loss = recorded()
    before = [np.array(p.output) for p in model.parameters()]
    program = ad.compile(loss, optimizer=ad.optim.SGD(model.parameters(), lr=0.1))
    ad.forward(program)
    ad.backward(program)
    for parameter, array in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(parameter.output, array)


def test_parameters_changed_from_outside_are_seen():
    model, x, t, _, loss = recorded()
    program = ad.compile(loss, optimizer=ad.optim.SGD(model.parameters(), lr=0.1))
    program.step()
    for parameter in model.parameters():
        parameter.output = parameter.output * 0.5
    value, _ = interpreted(model, x.output, t.output)
    close(ad.forward(program), value)
    close(program.step(), value)


def test_accumulate_and_seed():
    model, x, t, _, loss = recorded()
    _, gradients = interpreted(model, x.output, t.output)
    program = ad.compile(loss)
    ad.forward(program)
    ad.backward(program, gradient=2.0)
    ad.backward(program, accumulate=True)
    for parameter, expected in zip(model.parameters(), gradients, strict=True):
        close(parameter.gradient, 3 * expected)


def test_stale_leaf_is_reported():
    _, x, t, _, loss = recorded()
    program = ad.compile(loss)
    ad.forward(program)
    x.output = x.output * 2
    with pytest.raises(ad.StaleError, match="'x' of shape .* changed after the program ran"):
        ad.backward(program)


def test_wrong_data_is_reported_as_the_interpreter_does():
    _, x, t, _, loss = recorded()
    program = ad.compile(loss)
    ad.forward(program)
    t.output = np.full(7, 3)
    with pytest.raises(ad.IndexingError, match="labels must lie in 0 to 2"):
        ad.forward(program)
    t.output = np.zeros(6, int)
    with pytest.raises(ad.ShapeError, match="labels of shape"):
        ad.forward(program)


def test_a_branch_that_would_fall_otherwise_is_refused():
    x, w = ad.Constant(np.array([1.0, 2.0]), name="x"), ad.Variable([1.0, 1.0], name="w")
    total = (x * w).sum()
    loss = total * 2 if total > 0 else total * 3
    program = ad.compile(loss)
    assert ad.forward(program) == 6
    x.output = np.array([-1.0, -2.0])
    with pytest.raises(ad.BranchError, match="decided on"):
        ad.forward(program)


def test_dropout_draws_once_a_sweep_and_anew_in_each():
    ad.manual_seed(1)
    x, w = ad.Constant(np.ones((50, 40), np.float32), name="x"), ad.Variable(np.ones(40, "f4"))
    y = ad.dropout(x * w, 0.5)
    program = ad.compile(y.sum())
    sums = set()
    for _ in range(4):
        value = float(ad.forward(program))
        ad.backward(program)
        assert np.isclose(w.gradient.sum(), value, rtol=1e-4)
        sums.add(value)
    assert len(sums) > 1


def test_errors_of_use():
    *_, loss = recorded()
    with pytest.raises(ad.ProgramError, match="no optimizer"):
        ad.compile(loss).step()
    with pytest.raises(ad.GraphError, match="compile needs nodes; got"):
        ad.compile(3.0)
    with pytest.raises(ad.DtypeError, match="optimizer must be one of ad.optim"):
        ad.compile(loss, optimizer=0.1)
    with pytest.raises(ad.StaleError, match=r"ad.forward\(program\) before"):
        ad.backward(ad.compile(loss))


def test_a_root_that_is_no_scalar_needs_a_gradient():
    x, w = ad.Constant(RNG.normal(size=(4, 3))), ad.Variable(RNG.normal(size=(3, 2)))
    y = x @ w
    program = ad.compile(y)
    ad.forward(program)
    with pytest.raises(ad.ShapeError, match="no scalar"):
        ad.backward(program)
    seed = RNG.normal(size=(4, 2))
    ad.backward(program, gradient=seed)
    np.testing.assert_allclose(w.gradient, x.output.T @ seed)


def test_after_a_step_the_old_gradients_are_stale():
    model, *_, loss = recorded()
    program = ad.compile(loss, optimizer=ad.optim.SGD(model.parameters(), lr=0.1))
    program.step()
    with pytest.raises(ad.StaleError, match="changed after the program ran"):
        ad.backward(program)
