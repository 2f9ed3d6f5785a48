"""The compiled steps of optimizers give, bit by bit, what `autodiff.optim` gives."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="the kernels are compiled by numba")

import autodiff as ad
from autodiff.compiler.kernels import updates

DTYPES = [np.float32, np.float64]
SIZES = [1, 5, 16, 37]
STEPS = 4

dtypes = pytest.mark.parametrize("dtype", DTYPES)
sizes = pytest.mark.parametrize("size", SIZES)


def run(guarded, make, kernel, dtype, size):
    """Take steps of both, with the same gradients; `kernel` is given the step, from 1."""
    rng = np.random.default_rng(size)
    parameter = ad.Variable(rng.normal(size=size).astype(dtype))
    optimizer = make([parameter])
    averages = [guarded(np.zeros(size, dtype)) for _ in range(3)]
    value = guarded(parameter.output)
    for step in range(1, STEPS + 1):
        parameter.gradient = rng.normal(size=size).astype(dtype)
        before, result = value.copy(), guarded(np.empty(size, dtype), filled=-77)
        kernel(optimizer, step, value, guarded(parameter.gradient), averages, result)
        np.testing.assert_array_equal(value, before)
        optimizer.step()
        np.testing.assert_array_equal(result, parameter.output)
        value = result


@dtypes
@sizes
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"weight_decay": 0.1},
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1},
        {"momentum": 0.9, "nesterov": True},
    ],
    ids=str,
)
def test_sgd(guarded, dtype, size, settings):
    def kernel(optimizer, step, value, gradient, averages, result):
        numbers = updates.sgd_settings(0.1, first=step == 1, **settings)
        updates.sgd(value, gradient, averages[0], result, numbers, size)

    run(guarded, lambda p: ad.optim.SGD(p, 0.1, **settings), kernel, dtype, size)


@dtypes
@sizes
@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.1}, {"amsgrad": True}], ids=str)
def test_adam(guarded, dtype, size, decoupled, settings):
    def kernel(o, step, value, gradient, averages, result):
        numbers = updates.adam_settings(
            step, o.lr, o.betas, o.eps, o.weight_decay, o.amsgrad, decoupled
        )
        updates.adam(value, gradient, *averages, result, numbers, size)

    optimizer = ad.optim.AdamW if decoupled else ad.optim.Adam
    run(guarded, lambda p: optimizer(p, 0.01, **settings), kernel, dtype, size)


@dtypes
@sizes
@pytest.mark.parametrize(
    "settings", [{}, {"weight_decay": 0.1, "momentum": 0.9}, {"centered": True}], ids=str
)
def test_rmsprop(guarded, dtype, size, settings):
    def kernel(o, step, value, gradient, averages, result):
        numbers = updates.rmsprop_settings(0.01, o.alpha, o.eps, **settings)
        updates.rmsprop(value, gradient, *averages, result, numbers, size)

    run(guarded, lambda p: ad.optim.RMSprop(p, 0.01, **settings), kernel, dtype, size)
