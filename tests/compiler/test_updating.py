"""The step inside a program is the optimizer's own."""

import numpy as np
import pytest

import autodiff as ad

OPTIMIZERS = {
    "sgd": lambda params: ad.optim.SGD(params, lr=0.1),
    "momentum": lambda params: ad.optim.SGD(params, lr=0.1, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda params: ad.optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    "dampening": lambda params: ad.optim.SGD(params, lr=0.1, momentum=0.9, dampening=0.2),
    "adam": lambda params: ad.optim.Adam(params, lr=0.01, weight_decay=0.01),
    "amsgrad": lambda params: ad.optim.Adam(params, lr=0.01, amsgrad=True),
    "adamw": lambda params: ad.optim.AdamW(params, lr=0.01),
    "rmsprop": lambda params: ad.optim.RMSprop(params, lr=0.01),
    "centered": lambda params: ad.optim.RMSprop(params, lr=0.01, momentum=0.5, centered=True),
}


def problem(dtype=np.float32):
    rng = np.random.default_rng(3)
    w = ad.Variable(rng.normal(size=(3, 4)).astype(dtype), name="w")
    b = ad.Variable(np.zeros(3, dtype), name="b")
    x = ad.Constant(rng.normal(size=(6, 4)).astype(dtype), name="x")
    t = ad.Constant(rng.integers(0, 3, 6), name="t")
    return x, t, [w, b], ad.cross_entropy(x @ w.T + b, t)


def interpreted_step(loss, optimizer):
    order = ad.topological_sort(loss)
    ad.forward(order)
    ad.backward(order)
    optimizer.step()


def assert_same(params, others):
    for ours, theirs in zip(params, others, strict=True):
        np.testing.assert_allclose(ours.output, theirs.output, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_ten_steps_are_those_of_the_interpreter(name):
    _, _, params, loss = problem()
    _, _, others, other_loss = problem()
    optimizer, other = OPTIMIZERS[name](params), OPTIMIZERS[name](others)
    program = ad.compile(loss, optimizer=optimizer)
    for _ in range(10):
        program.step()
        interpreted_step(other_loss, other)
    assert_same(params, others)


@pytest.mark.parametrize("name", ["momentum", "adam", "centered"])
def test_the_state_is_the_one_that_step_uses(name):
    """Steps of the program and of the optimizer may alternate, and batches change their size."""
    x, t, params, loss = problem()
    images, labels, others, other_loss = problem()
    optimizer, other = OPTIMIZERS[name](params), OPTIMIZERS[name](others)
    program = ad.compile(loss, optimizer=optimizer)
    rng = np.random.default_rng(0)
    for number in range(9):
        size = (6, 6, 5)[number % 3]
        x.output = images.output = rng.normal(size=(size, 4)).astype(np.float32)
        t.output = labels.output = rng.integers(0, 3, size)
        if number % 4 == 3:
            ad.forward(program)
            ad.backward(program)
            optimizer.step()
        else:
            program.step()
        interpreted_step(other_loss, other)
    assert_same(params, others)
    assert optimizer.state_dict().keys() == other.state_dict().keys()
    for key, value in optimizer.state_dict().items():
        np.testing.assert_allclose(value, other.state_dict()[key], rtol=1e-3, atol=1e-5)


def test_settings_changed_between_steps_are_seen():
    _, _, params, loss = problem()
    _, _, others, other_loss = problem()
    optimizer, other = OPTIMIZERS["sgd"](params), OPTIMIZERS["sgd"](others)
    program = ad.compile(loss, optimizer=optimizer)
    for lr, momentum in ((0.1, 0.0), (0.01, 0.0), (0.05, 0.9), (0.05, 0.9), (0.1, 0.0)):
        optimizer.lr = other.lr = lr
        optimizer.momentum = other.momentum = momentum
        program.step()
        interpreted_step(other_loss, other)
    assert_same(params, others)


def test_state_that_was_loaded_is_used():
    _, _, params, loss = problem()
    _, _, others, other_loss = problem()
    optimizer, other = OPTIMIZERS["adam"](params), OPTIMIZERS["adam"](others)
    program = ad.compile(loss, optimizer=optimizer)
    for _ in range(3):
        interpreted_step(other_loss, other)
    optimizer.load_state_dict(other.state_dict())
    for ours, theirs in zip(params, others, strict=True):
        ours.output = theirs.output
    for _ in range(3):
        program.step()
        interpreted_step(other_loss, other)
    assert_same(params, others)


def test_an_optimizer_of_some_parameters_leaves_the_others():
    _, _, params, loss = problem()
    program = ad.compile(loss, optimizer=ad.optim.SGD(params[:1], lr=0.1))
    before = [np.array(param.output) for param in params]
    program.step()
    assert np.abs(params[0].output - before[0]).max() > 0
    np.testing.assert_array_equal(params[1].output, before[1])
    assert params[1].gradient.shape == (3,)


def test_an_optimizer_of_the_users_own_takes_its_own_step():
    class Signs(ad.optim.SGD):
        def update(self, value, gradient, state):
            return value - self.lr * np.sign(gradient)

    _, _, params, loss = problem()
    program = ad.compile(loss, optimizer=Signs(params, lr=0.5))
    before = np.array(params[0].output)
    program.step()
    np.testing.assert_allclose(np.abs(params[0].output - before), 0.5)


def test_parameters_handed_out_are_not_written_to():
    _, _, params, loss = problem()
    program = ad.compile(loss, optimizer=ad.optim.SGD(params, lr=0.1))
    program.step()
    held = [param.output for param in params]
    copies = [np.array(array) for array in held]
    for _ in range(3):
        program.step()
    for array, copy in zip(held, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_a_wrong_label_changes_no_parameter():
    _, t, params, loss = problem()
    program = ad.compile(loss, optimizer=ad.optim.SGD(params, lr=0.1))
    program.step()
    before = [np.array(param.output) for param in params]
    t.output = np.array([0, 1, 2, 3, 0, 1])
    with pytest.raises(ad.IndexingError, match="labels must lie in 0 to 2"):
        program.step()
    for param, array in zip(params, before, strict=True):
        np.testing.assert_array_equal(param.output, array)
