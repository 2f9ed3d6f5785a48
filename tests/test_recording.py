"""Decisions of Python code while a graph is built: a replay may not fall otherwise."""

import inspect
import weakref

import numpy as np
import pytest

import autodiff as ad


def leaky(x):
    if x.sum() > 0:  # the line that the error names
        return x * 2.0
    return x * 0.1


DECISION = f"test_recording.py:{inspect.getsourcelines(leaky)[1] + 1}"


@pytest.fixture
def recorded():
    x = ad.Constant(np.ones(3), name="x")
    w = ad.Variable(np.ones(3), name="w")
    return x, w, ad.topological_sort(leaky(x * w).sum())


def test_a_flipped_decision_is_refused_naming_file_and_line(recorded):
    x, _, order = recorded
    x.output = -np.ones(3)
    with pytest.raises(
        ad.BranchError,
        match=rf"{DECISION} \(if x.*\) decided on the truth of .*was True .*is False now; build",
    ):
        ad.forward(order)


def test_a_decision_that_stands_is_accepted(recorded):
    x, w, order = recorded
    x.output, w.output = np.full(5, 2.0), np.full(5, 3.0)
    assert ad.forward(order) == 60.0
    ad.backward(order)
    np.testing.assert_array_equal(w.gradient, np.full(5, 4.0))


def test_a_decision_that_flips_back_is_accepted(recorded):
    x, _, order = recorded
    x.output = -np.ones(3)
    with pytest.raises(ad.BranchError):
        ad.forward(order)
    x.output = np.ones(3)
    assert ad.forward(order) == 6.0


def test_a_decision_about_data_alone():
    x, w = ad.Constant(1.0), ad.Variable(2.0)
    y = w * x if x > 0 else w
    x.output = -1.0
    with pytest.raises(ad.BranchError):
        ad.forward(ad.topological_sort(y))


def test_a_decision_about_parameters_alone():
    w = ad.Variable(2.0)
    y = w * 3.0 if w * w > 1 else w
    w.output = 0.5
    with pytest.raises(ad.BranchError):
        ad.forward(ad.topological_sort(y))


@pytest.mark.parametrize("ask", [bool, lambda c: not c, lambda c: c and 1, lambda c: any([c])])
def test_every_way_of_asking_is_recorded(ask):
    x, w = ad.Constant(1.0), ad.Variable(2.0)
    asked = ask(x > 0)
    y = w * float(asked is not None)
    x.output = -1.0
    with pytest.raises(ad.BranchError):
        ad.forward(ad.topological_sort(y * x))


def test_of_several_decisions_the_one_that_flips_is_named():
    x, w = ad.Constant(2.0), ad.Variable(1.0)
    y = w
    for limit in (0.0, 1.0, 5.0):
        y = y * x if x > limit else y + x
    order = ad.topological_sort(y)
    x.output = 4.0
    assert ad.forward(order) == 20.0
    x.output = 0.5
    with pytest.raises(ad.BranchError, match="was True"):
        ad.forward(order)
    x.output = 6.0
    with pytest.raises(ad.BranchError, match="was False"):
        ad.forward(order)


def newton(a):
    root = ad.Constant(1.0)
    while abs(root * root - a) > 1e-10:
        root = 0.5 * (root + a / root)
    return root


def test_a_loop_until_converged_can_be_differentiated_and_replayed():
    a = ad.Variable(2.0)
    order = ad.topological_sort(newton(a))
    ad.backward(order)
    assert a.gradient == pytest.approx(0.5 / np.sqrt(2.0))
    a.output = 2.01
    assert ad.forward(order) == pytest.approx(np.sqrt(2.01))
    a.output = 1.0
    with pytest.raises(ad.BranchError):
        ad.forward(order)


def test_a_loop_that_would_take_more_turns_is_refused():
    a = ad.Variable(2.0)
    order = ad.topological_sort(newton(a))
    a.output = 200.0
    with pytest.raises(ad.BranchError):
        ad.forward(order)


def test_a_decision_between_nodes_that_exist_already():
    x = ad.Constant(1.0)
    positive, negative = x * 1.0, x * -1.0
    order = ad.topological_sort(positive if x > 0 else negative)
    x.output = -1.0
    with pytest.raises(ad.BranchError):
        ad.forward(order)


def descend(order, w, steps=1, rate=0.1):
    for _ in range(steps):
        ad.backward(order)
        w.output = w.output - rate * w.gradient
        ad.forward(order)


def quadratic(w, x, target):
    loss = np.sum((w * x - target) ** 2)
    return loss, ad.topological_sort(loss)


def test_a_loop_around_the_sweeps_is_no_decision_of_the_graph():
    w = ad.Variable(np.zeros(2))
    loss, order = quadratic(w, ad.Constant(np.ones(2)), 1.0)
    turns = 0
    while loss > 1e-3:
        descend(order, w)
        turns += 1
    assert turns > 3
    assert loss.output <= 1e-3


def test_early_stopping_is_no_decision_of_the_next_graph():
    """Its last condition was asked after the last sweep; the parameters are the same."""
    w = ad.Variable(np.zeros(2))
    loss, order = quadratic(w, ad.Constant(np.ones(2)), 1.0)
    while loss > 1e-3:
        descend(order, w)
    _, second = quadratic(w, ad.Constant(np.ones(2)), 5.0)
    descend(second, w, steps=30)
    np.testing.assert_allclose(w.output, 5.0, atol=0.1)


def test_a_decision_on_shared_data_between_sweeps_is_refused_rather_than_guessed():
    """Whether it was about training or the computation cannot be seen; the remedy is said."""
    w, x = ad.Variable(np.zeros(2)), ad.Constant(np.ones(2))
    loss, order = quadratic(w, x, 1.0)
    while loss > 1e-3:
        descend(order, w)
    _, second = quadratic(w, x, 5.0)
    with pytest.raises(ad.BranchError, match="ask node.output instead"):
        descend(second, w, steps=30)


def test_a_graph_rebuilt_at_each_step_with_a_condition_between():
    w, best = ad.Variable(np.zeros(2)), np.inf
    for _ in range(20):
        loss, order = quadratic(w, ad.Constant(np.ones(2)), 1.0)
        descend(order, w)
        if loss < best:
            best = float(loss.output)
    assert best < 1e-3


def earlier_and_later(x, w):
    """A graph that decided, and one built after its sweep, by a decision about the first."""
    first = leaky(x * w)
    ad.backward(ad.topological_sort(first.sum()))
    return first, ad.topological_sort((x * w * (2.0 if first.sum() > 0 else 3.0)).sum())


def test_a_decision_about_an_earlier_graph_that_decided_too_is_asked_again():
    """It holds a copy of that graph, and not what that graph remembers."""
    x, w = ad.Constant(np.ones(3)), ad.Variable(np.ones(3))
    first, order = earlier_and_later(x, w)
    gone = weakref.ref(first)
    assert ad.forward(order) == 6.0
    del first
    assert gone() is None
    x.output = np.full(3, 5.0)
    assert ad.forward(order) == 30.0
    x.output = -np.ones(3)
    with pytest.raises(ad.BranchError, match="was True when the graph was built and is False now"):
        ad.forward(order)


def test_a_decision_about_an_earlier_operator_that_is_used_again_is_asked_again():
    w, shift = ad.Variable(np.ones(3)), ad.Variable(np.zeros(3))
    first = leaky(w)
    ad.backward(ad.topological_sort(first.sum()))
    order = ad.topological_sort((first * 2.0 if (first + shift).sum() > 0 else first).sum())
    assert ad.forward(order) == 12.0
    w.output = np.full(3, 2.0)
    assert ad.forward(order) == 24.0
    shift.output = np.full(3, -9.0)
    with pytest.raises(ad.BranchError, match="if \\(first \\+ shift\\)"):
        ad.forward(order)


def test_a_gate_that_the_branch_does_not_use():
    w, gate = ad.Variable(2.0), ad.Constant(1.0)
    order = ad.topological_sort(w * 2.0 if gate > 0 else w * 3.0)
    gate.output = 5.0
    assert ad.forward(order) == 4.0
    gate.output = -1.0
    with pytest.raises(ad.BranchError, match="decided on the truth of"):
        ad.forward(order)


def test_a_decision_before_the_last_sweep_does_not_matter_to_another_graph():
    v, w = ad.Variable(1.0), ad.Variable(1.0)
    unrelated = ad.topological_sort(v * 2.0 if v > 0 else v)
    ad.forward(unrelated)
    order = ad.topological_sort(w * 3.0)
    v.output = -1.0
    assert ad.forward(order) == 3.0
    with pytest.raises(ad.BranchError):
        ad.forward(unrelated)


def test_decisions_inside_a_transform_stay_there():
    w = ad.Variable(np.ones(3))
    assert ad.grad(lambda x: leaky(w * x).sum())(-np.ones(3)) == pytest.approx([0.1] * 3)
    order = ad.topological_sort((w * 2.0).sum())
    w.output = -np.ones(3)
    assert ad.forward(order) == -6.0


def test_a_decision_inside_an_inner_transform_stays_in_the_outer_one():
    x, built = ad.Variable(2.0), []

    def outer(v):
        slope = ad.jvp(lambda y: ad.square(y) if y > 0 else y, (v,), (1.0,))[1]
        built.append(slope * v)
        return built[0]

    assert ad.vjp(outer, x)[0] == 8.0
    order = ad.topological_sort(built[0])
    x.output = 3.0
    assert ad.forward(order) == 18.0
    x.output = -3.0
    with pytest.raises(ad.BranchError, match="was True"):
        ad.forward(order)


def test_an_error_inside_a_transform_closes_it():
    def broken(x):
        raise KeyError("from the user")

    with pytest.raises(KeyError, match="from the user"):
        ad.grad(broken)(1.0)
    assert ad.recording.thread.state.depth == 0


def test_a_sweep_inside_a_transform_keeps_the_decisions_of_the_outer_function():
    x, built = ad.Constant(1.0), []

    def outer(v):
        y = v * 2.0 if x > 0 else v
        inner = ad.Variable(1.0)
        ad.backward(ad.topological_sort(inner * inner))
        built.append(y * x)
        return built[0]

    ad.vjp(outer, 1.0)
    x.output = -1.0
    with pytest.raises(ad.BranchError):
        ad.forward(ad.topological_sort(built[0]))


def test_an_array_has_no_single_truth():
    with pytest.raises(ad.AutodiffError, match="neither true nor false as a whole"):
        bool(ad.Variable(np.ones(3)) > 0)


@pytest.mark.parametrize(
    "f",
    [lambda x: sum(row.sum() for row in x), lambda x: x.sum() / len(x), lambda x: ad.stack([*x])],
)
def test_a_replay_with_another_number_of_rows_is_refused_where_python_counted_them(f):
    x = ad.Constant(np.ones((4, 2)))
    order = ad.topological_sort(f(x))
    x.output = np.ones((4, 2)) * 2
    ad.forward(order)
    x.output = np.ones((8, 2))
    with pytest.raises(ad.BranchError, match="decided on the length of .*was 4 .*is 8 now"):
        ad.forward(order)


def test_what_a_refused_replay_computed_is_not_differentiated():
    x, w = ad.Constant(np.ones(2)), ad.Variable(np.ones(2))
    loss = (w * x).sum() if x.sum() > 0 else (w + x).sum()
    order = ad.topological_sort(loss)
    x.output = -np.ones(2)
    with pytest.raises(ad.BranchError):
        ad.forward(order)
    with pytest.raises(ad.StaleError):
        ad.backward(order)


def test_a_decision_in_a_notebook_names_the_line_of_the_cell():
    source = "taken = bool(x > 0)\n"
    exec(compile(source, "/tmp/ipykernel_7/123.py", "exec"), {"x": ad.Constant(1.0)})
    assert ad.recording.thread.state.branches.line == "line 1 of a notebook cell"


def test_an_error_of_a_replay_that_no_decision_explains_stays_what_it_is():
    x, y = ad.Constant(np.ones(3)), ad.Constant(np.ones(3))
    order = ad.topological_sort(leaky(x) + y)
    x.output = np.full(2, 5.0)
    with pytest.raises(ad.ShapeError, match=r"shapes \(2,\) and \(3,\) do not broadcast"):
        ad.forward(order)
    x.output = np.full(2, -5.0)
    with pytest.raises(ad.BranchError, match="was True"):
        ad.forward(order)


def test_a_condition_that_cannot_be_computed_explains_nothing():
    x, y = ad.Constant(np.ones(3)), ad.Constant(np.ones(3))
    gate = (x + y).sum() > 0
    product = x * 2.0 if gate else x
    order = ad.topological_sort(product + np.ones(3))
    x.output = np.ones(2)
    with pytest.raises(ad.ShapeError, match=r"add: shapes \(2,\) and \(3,\)"):
        ad.forward(order)
