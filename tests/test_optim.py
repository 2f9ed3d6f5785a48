import math

import numpy as np
import pytest

import autodiff as ad

optim = ad.optim

OPTIMIZERS = [
    ("SGD", {}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1, "nesterov": True}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "betas": (0.5, 0.8), "eps": 0.1}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1, "amsgrad": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True}),
    ("RMSprop", {}),
    ("RMSprop", {"alpha": 0.5, "eps": 0.1, "weight_decay": 0.1}),
    ("RMSprop", {"momentum": 0.9}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
]
ids = [f"{name}-{'-'.join(options)}" for name, options in OPTIMIZERS]


def parameters():
    rng = np.random.default_rng(0)
    return [ad.Variable(rng.normal(size=shape), name=f"p{shape}") for shape in ((3, 4), (5,), ())]


def gradients(step):
    rng = np.random.default_rng(step + 1)
    return [rng.normal(size=shape) for shape in ((3, 4), (5,), ())]


def take_steps(optimizer, params, steps):
    for step in steps:
        for param, gradient in zip(params, gradients(step), strict=True):
            # In one step a parameter is not reached, and keeps its memory.
            param.gradient = None if step == 7 and param.ndim == 1 else gradient
        optimizer.step()


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=ids)
def test_twenty_steps_as_pytorch(torch, name, options):
    params = parameters()
    theirs = [torch.tensor(param.output, requires_grad=True) for param in params]
    ours_optimizer = getattr(optim, name)(params, **options)
    optimizer = getattr(torch.optim, name)(theirs, **options)
    for step in range(20):
        take_steps(ours_optimizer, params, [step])
        for tensor, gradient in zip(theirs, gradients(step), strict=True):
            skipped = step == 7 and tensor.ndim == 1
            tensor.grad = None if skipped else torch.tensor(gradient)
        optimizer.step()
        for param, tensor in zip(params, theirs, strict=True):
            np.testing.assert_allclose(
                param.output, tensor.detach().numpy(), rtol=1e-12, atol=1e-12
            )


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=ids)
def test_training_goes_on_from_a_saved_state(tmp_path, name, options):
    through, stopped = parameters(), parameters()
    take_steps(getattr(optim, name)(through, **options), through, range(10))
    first = getattr(optim, name)(stopped, **options)
    take_steps(first, stopped, range(5))
    ad.save(tmp_path / "optimizer.safetensors", first)
    second = getattr(optim, name)(stopped, lr=123.0)
    second.load_state_dict(ad.load(tmp_path / "optimizer.safetensors"))
    assert repr(second) == repr(first)
    take_steps(second, stopped, range(5, 10))
    for one, other in zip(through, stopped, strict=True):
        np.testing.assert_array_equal(one.output, other.output)


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=ids)
def test_single_precision_stays_single(name, options):
    params = [ad.Variable(np.ones((2, 3), np.float32)), ad.Variable(np.float32(1))]
    optimizer = getattr(optim, name)(params, **options)
    for _ in range(2):
        for param in params:
            param.gradient = np.ones_like(param.output)
        optimizer.step()
    assert all(param.dtype == np.float32 for param in params)
    for state in optimizer.state:
        assert all(
            np.asarray(value).dtype == np.float32 for k, value in state.items() if k != "step"
        )


def test_a_step_leaves_arrays_that_were_handed_out():
    param = ad.Variable(np.ones(3))
    before = param.output
    param.gradient = np.ones(3)
    optim.SGD([param], lr=0.5).step()
    assert before.tolist() == [1, 1, 1] and param.output.tolist() == [0.5, 0.5, 0.5]


def test_a_step_makes_the_graph_stale():
    w = ad.Variable(np.ones(3))
    order = ad.topological_sort((w * w).sum())
    ad.backward(order)
    optim.SGD([w], lr=0.1).step()
    with pytest.raises(ad.StaleError, match="call ad.forward"):
        ad.backward(order)
    assert ad.forward(order) == pytest.approx(3 * 0.8**2)


def test_zero_grad_with_accumulation():
    w = ad.Variable(np.ones(3))
    optimizer = optim.SGD([w])
    order = ad.topological_sort((w * w).sum())
    for _ in range(2):
        ad.backward(order, accumulate=True)
    assert w.gradient.tolist() == [4, 4, 4]
    optimizer.zero_grad()
    assert w.gradient is None


def test_defaults_are_pytorchs(torch):
    for name in ("SGD", "Adam", "AdamW", "RMSprop"):
        ours = getattr(optim, name)([ad.Variable(1.0)])
        theirs = getattr(torch.optim, name)([torch.ones(1, requires_grad=True)]).defaults
        for setting in ours.settings:
            assert getattr(ours, setting) == theirs[setting], (name, setting)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: optim.SGD([]), "no parameters to optimize"),
        (lambda p: optim.SGD([p, p]), "given twice"),
        (lambda p: optim.SGD([p], lr=-1), "SGD: lr must be a number of at least 0; got -1"),
        (lambda p: optim.Adam([p], lr="0.1"), "Adam: lr must be a number"),
        (lambda p: optim.SGD([p], lr=math.nan), "lr must be a number of at least 0; got nan"),
        (lambda p: optim.SGD([p], weight_decay=-1), "weight_decay must be a number of at least 0"),
        (lambda p: optim.SGD([p], momentum=-1), "momentum must be a number of at least 0"),
        (lambda p: optim.SGD([p], nesterov=True), "nesterov needs a momentum"),
        (lambda p: optim.Adam([p], betas=(0.9, 1.0)), "Adam: betas must be two numbers"),
        (lambda p: optim.AdamW([p], eps=-1), "AdamW: eps must be a number of at least 0"),
        (lambda p: optim.RMSprop([p], alpha=-1), "RMSprop: alpha must be a number of at least 0"),
        (lambda p: optim.StepLR(optim.SGD([p]), 0), "StepLR: step_size must be a positive integer"),
        (lambda p: optim.CosineAnnealingLR(optim.SGD([p]), 0), "T_max must be a positive integer"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(ad.ArgumentError, match=message):
        make(ad.Variable(1.0))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (ad.Variable(1.0), r"got one: write \[variable\]"),
        ([np.ones(3)], "an optimizer changes variables; got ndarray"),
        ([ad.Constant(1.0)], "changes variables; got Constant"),
        ([ad.nn.Linear(2, 2)], r"got Linear; write model\.parameters\(\)"),
    ],
)
def test_parameters_are_variables(params, message):
    with pytest.raises(ad.DtypeError, match=message):
        optim.SGD(params)


def test_a_schedule_needs_an_optimizer():
    with pytest.raises(ad.DtypeError, match="a schedule needs an optimizer; got the number 0.1"):
        optim.ExponentialLR(0.1, 0.9)


def test_a_step_needs_gradients():
    param = ad.Variable(np.ones(3), name="w")
    with pytest.raises(ad.GraphError, match=r"call ad\.backward\(order\) before optimizer\.step"):
        optim.SGD([param]).step()
    param.gradient = np.ones(4)
    with pytest.raises(ad.ShapeError, match=r"gradient of Variable 'w'.*has shape \(4,\)"):
        optim.SGD([param]).step()


def test_states_that_do_not_fit():
    params = parameters()
    optimizer = optim.SGD(params, momentum=0.9)
    take_steps(optimizer, params, [0])
    state = optimizer.state_dict()
    with pytest.raises(ad.ArgumentError, match="not the state of Adam"):
        optim.Adam(params).load_state_dict({k: v for k, v in state.items() if "." not in k})
    with pytest.raises(ad.ArgumentError, match="holds '1.momentum_buffer', but this .* 1 param"):
        optim.SGD(params[:1]).load_state_dict(state)
    with pytest.raises(ad.ShapeError, match=r"'0.momentum_buffer' has shape \(3, 4\)"):
        optim.SGD(params[::-1]).load_state_dict(state)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("StepLR", (3, 0.5)),
        ("ExponentialLR", (0.9,)),
        ("CosineAnnealingLR", (6, 0.01)),
        ("LambdaLR", (lambda epoch: 1 / (1 + epoch),)),
    ],
)
def test_schedules_as_pytorch(torch, name, args):
    ours = optim.SGD([ad.Variable(np.ones(1))], lr=0.2)
    theirs = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.2)
    schedule = getattr(optim, name)(ours, *args)
    their_schedule = getattr(torch.optim.lr_scheduler, name)(theirs, *args)
    for _ in range(15):
        assert schedule.get_last_lr() == pytest.approx(their_schedule.get_last_lr(), rel=1e-12)
        assert ours.lr == schedule.get_last_lr()[0]
        ours.params[0].gradient = np.ones(1)
        ours.step()
        theirs.step()
        schedule.step()
        their_schedule.step()
    assert schedule.last_epoch == 15


def test_a_rule_must_be_stated():
    param = ad.Variable(1.0)
    param.gradient = np.ones(())
    with pytest.raises(ad.ArgumentError, match="Optimizer defines no update"):
        optim.Optimizer([param], 0.1, 0.0).step()
    with pytest.raises(ad.ArgumentError, match="Schedule defines no rate"):
        optim.Schedule(optim.SGD([param]))


def test_a_model_is_no_list_of_parameters():
    with pytest.raises(ad.DtypeError, match=r"got Linear; write model.parameters\(\)"):
        ad.optim.SGD(ad.nn.Linear(2, 2))
