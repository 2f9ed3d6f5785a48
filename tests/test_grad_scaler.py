"""The scale of the loss: its course, its gradients, and calls in the wrong order."""

import numpy as np
import pytest

import autodiff as ad
from autodiff.precision import GradScaler, autocast

# Which steps overflow, and between which growth is asked for.
OVERFLOWS = [
    [False] * 10,
    [True] * 4,
    [False, True, False, False, True, True, False, False, False, False, False, True],
    [bool(one) for one in np.random.default_rng(0).integers(0, 4, 60) == 0],
]


def with_gradient(variable, overflow):
    variable.gradient = np.array([1.0, np.inf if overflow else 2.0], np.float32)


@pytest.mark.parametrize("overflows", OVERFLOWS)
def test_the_scale_takes_the_course_of_pytorchs(torch, overflows):
    settings = {"growth_factor": 3.0, "backoff_factor": 0.25, "growth_interval": 3}
    ours = GradScaler(1024.0, **settings)
    theirs = torch.amp.GradScaler("cpu", init_scale=1024.0, **settings)
    w, peer = ad.Variable(np.zeros(2, np.float32)), torch.nn.Parameter(torch.zeros(2))
    mine, other = ad.optim.SGD([w], lr=0.5), torch.optim.SGD([peer], lr=0.5)
    theirs.scale(torch.ones(()))  # it makes its scale when it is first used
    for overflow in overflows:
        with_gradient(w, overflow)
        peer.grad = torch.tensor(w.gradient)
        ours.step(mine)
        theirs.step(other)
        assert w.output.tolist() == peer.detach().tolist()
        ours.update()
        theirs.update()
        assert ours.get_scale() == theirs.get_scale()
        assert ours.state_dict() == theirs.state_dict()


def test_a_scale_neither_grows_beyond_float32_nor_forgets_to_start_again(torch):
    settings = {"growth_factor": 2.0**100, "growth_interval": 1}
    ours = GradScaler(1.0, **settings)
    theirs = torch.amp.GradScaler("cpu", init_scale=1.0, **settings)
    theirs.scale(torch.ones(()))
    w, peer = ad.Variable(np.zeros(2, np.float32)), torch.nn.Parameter(torch.zeros(2))
    mine, other = ad.optim.SGD([w]), torch.optim.SGD([peer])
    for _ in range(3):
        with_gradient(w, False)
        peer.grad = torch.tensor(w.gradient)
        ours.step(mine)
        theirs.step(other)
        ours.update()
        theirs.update()
        assert ours.get_scale() == theirs.get_scale() == 2.0**100


def test_a_graph_is_recorded_once_and_replayed_with_the_present_scale():
    w = ad.Variable(np.array([1.0, 2.0], np.float32))
    scaler, optimizer = GradScaler(4.0, growth_interval=1), ad.optim.SGD([w], lr=0.25)
    scaled = scaler.scale(ad.sum(w * w))
    order = ad.topological_sort(scaled)
    for scale in (4.0, 8.0, 16.0):
        before = w.output
        value = ad.forward(order)
        assert value == scale * np.sum(before**2)
        ad.backward(order)
        assert np.array_equal(w.gradient, 2 * scale * before)
        scaler.unscale_(optimizer)
        assert np.array_equal(w.gradient, 2 * before)
        scaler.step(optimizer)
        assert np.array_equal(w.output, 0.5 * before)
        scaler.update()
    with pytest.raises(ad.StaleError):
        ad.backward(order)


def test_gradients_that_vanish_in_float16_are_saved_by_the_scale():
    def gradient(scaler):
        w = ad.Variable(np.ones((1, 1), np.float32))
        with autocast("float16"):
            y = ad.sum(np.ones((1, 1), np.float32) @ w)
        loss = scaler.scale(y * np.float32(1e-9))
        ad.backward(ad.topological_sort(loss))
        optimizer = ad.optim.SGD([w])
        scaler.unscale_(optimizer)
        return float(w.gradient[0, 0])

    assert gradient(GradScaler(enabled=False)) == 0
    assert gradient(GradScaler()) == pytest.approx(1e-9, rel=1e-3)


def test_gradients_handed_out_are_not_changed():
    w = ad.Variable(np.zeros(2, np.float32))
    with_gradient(w, False)
    handed_out = w.gradient
    GradScaler().unscale_(ad.optim.SGD([w]))
    assert handed_out.tolist() == [1, 2] and w.gradient is not handed_out


def test_a_scaler_that_is_off_changes_nothing():
    scaler, w = GradScaler(enabled=False), ad.Variable(np.zeros(2, np.float32))
    loss = ad.sum(w)
    assert scaler.scale(loss) is loss and scaler.get_scale() == 1 and scaler.state_dict() == {}
    with_gradient(w, False)
    optimizer = ad.optim.SGD([w], lr=1.0)
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    scaler.load_state_dict({})
    assert w.output.tolist() == [-1, -2]


def test_the_state_is_saved_and_restored(tmp_path):
    w = ad.Variable(np.zeros(2, np.float32))
    scaler, optimizer = GradScaler(growth_interval=5), ad.optim.SGD([w])
    for overflow in (True, False, False):
        with_gradient(w, overflow)
        scaler.step(optimizer)
        scaler.update()
    ad.save(tmp_path / "scaler.safetensors", scaler)
    other = GradScaler()
    other.load_state_dict(ad.load(tmp_path / "scaler.safetensors"))
    assert other.state_dict() == scaler.state_dict()
    assert scaler.state_dict() == {
        "scale": 2.0**15,
        "growth_factor": 2.0,
        "backoff_factor": 0.5,
        "growth_interval": 5,
        "_growth_tracker": 2,
    }
    scaler.update(16)
    assert scaler.get_scale() == 16
    with pytest.raises(ad.ArgumentError, match="not the state of a GradScaler: it holds .'lr'"):
        other.load_state_dict({"lr": 1})


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"init_scale": 0}, "init_scale must be above 0; got 0"),
        ({"growth_factor": 1}, "growth_factor must be above 1; got 1"),
        ({"backoff_factor": 1}, "backoff_factor must be between 0 and 1; got 1"),
        ({"growth_interval": 0}, "growth_interval must be at least 1; got 0"),
    ],
)
def test_settings_out_of_range_are_named(setting, message):
    with pytest.raises(ad.ArgumentError, match=message):
        GradScaler(**setting)


def test_calls_in_the_wrong_order_are_named():
    w = ad.Variable(np.zeros(2, np.float32))
    scaler, optimizer = GradScaler(), ad.optim.SGD([w])
    with pytest.raises(ad.GraphError, match="no gradients were looked at; call step"):
        scaler.update()
    with pytest.raises(ad.GraphError, match="no parameter of this optimizer has a gradient"):
        scaler.step(optimizer)
    with_gradient(w, False)
    scaler.unscale_(optimizer)
    with pytest.raises(ad.GraphError, match="would be divided twice"):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    with pytest.raises(ad.GraphError, match="unscale_ is called after step"):
        scaler.unscale_(optimizer)
    with pytest.raises(ad.GraphError, match=r"call update\(\) first"):
        scaler.step(optimizer)
    half = ad.Variable(np.zeros(2, np.float16))
    half.gradient = np.ones(2, np.float16)
    with pytest.raises(ad.DtypeError, match="a parameter in float16, whose gradient would vanish"):
        scaler.step(ad.optim.SGD([half]))
