"""Memory: the sweeps free what nobody needs any more, and training does not grow.

The peaks are measured by tracemalloc, which sees NumPy's arrays, in units of one array of the
chain: so a test states how many arrays were alive at once.
"""

import functools
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import autodiff as ad

DEPTH = 200
X = np.linspace(-1.0, 1.0, 131_072)  # 1 MB


def chain(x):
    for position in range(DEPTH):
        x = ad.tanh(x) if position % 2 else ad.sin(x)
    return x.sum()


def peak(f):
    """How many arrays of the size of X were alive at once, at most, while `f` ran."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = f()
        at_most = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    del result  # it had to live until the measurement was over
    return at_most / X.nbytes


def sweeps(retain_grad, times=2):
    w = ad.Variable(X)
    order = ad.topological_sort(chain(w))
    for _ in range(times):
        ad.forward(order)
        ad.backward(order, retain_grad=retain_grad)
    return w.gradient


def test_keeping_all_takes_an_output_and_a_gradient_for_each_node_and_no_more():
    """The second sweep's gradients take the place of the first one's."""
    assert 2 * DEPTH < peak(lambda: sweeps(retain_grad=True)) < 2 * DEPTH + 8


def test_training_without_the_gradients_of_operators_takes_half():
    assert DEPTH < peak(lambda: sweeps(retain_grad=False)) < DEPTH + 8
    np.testing.assert_array_equal(sweeps(retain_grad=False), sweeps(retain_grad=True))


def test_grad_keeps_no_gradient_longer_than_it_needs_it():
    assert DEPTH < peak(lambda: ad.grad(chain)(X)) < DEPTH + 8
    assert DEPTH < peak(lambda: ad.value_and_grad(chain)(X)) < DEPTH + 8


def test_a_pullback_and_a_derivative_along_a_direction_keep_none_either():
    def call_pullback():
        _, pullback = ad.vjp(chain, X)
        pullback(1.0)
        return pullback(1.0)

    assert DEPTH < peak(call_pullback) < DEPTH + 8
    assert DEPTH < peak(lambda: ad.jvp(chain, (X,), (X,))) < DEPTH + 8


def test_second_derivatives_free_what_they_can():
    """Kept are the chain and the graph of its gradient: at most four nodes an operator."""
    assert peak(lambda: ad.hvp(chain, X, X)) < 4 * DEPTH + 16
    twice = ad.grad(lambda x: (ad.grad(chain)(x) * X).sum())
    assert peak(lambda: twice(X)) < 4 * DEPTH + 16


def alive_while_sweeping(f, x):
    """How many arrays are alive when the gradient has come to each operator, last one first."""
    seen = []

    def look(value):
        def pullback(gradient):
            seen.append(tracemalloc.get_traced_memory()[0] / X.nbytes)
            return gradient

        return value, pullback

    watched = ad.custom_gradient(look)
    tracemalloc.start()
    try:
        ad.grad(lambda x: f(x, watched))(x)
    finally:
        tracemalloc.stop()
    return seen


def test_outputs_are_freed_while_the_gradient_passes():
    def f(x, watched):
        for _ in range(10):
            x = watched(ad.tanh(ad.sin(ad.tanh(x))))
        return x.sum()

    seen = alive_while_sweeping(f, X)
    # Each of the ten pieces holds three arrays; the gradient of the sum is but a view.
    assert len(seen) == 10 and np.all(np.abs(np.diff(seen[1:]) + 3.0) < 0.1)


def test_a_node_that_the_user_holds_stays_whole():
    held = []

    def f(x):
        held.append(ad.sin(x))
        return ad.tanh(held[0] * 2.0).sum()

    ad.grad(f)(X)
    [node] = held
    np.testing.assert_array_equal(node.output, np.sin(X))
    order = ad.topological_sort(node.sum())
    ad.backward(order)
    np.testing.assert_array_equal(order[0].gradient, np.cos(X))


def test_views_and_shared_arrays_do_not_mix_gradients():
    """Rules hand on one array to several operands; freeing one use must not touch the other."""

    def f(x):
        rows = x.reshape(2, 3)
        y = rows + rows.T.reshape(2, 3)
        return ((y - rows) * y[0].sum() + rows[0, 0] * y).sum()

    x = np.arange(1.0, 7.0)
    gradient = ad.grad(f)(x)
    w = ad.Variable(x)
    ad.backward(ad.topological_sort(f(w)))
    np.testing.assert_array_equal(gradient, w.gradient)
    ad.check_grads(f, (x,))


def test_a_result_returned_twice_gets_both_gradients():
    def f(x):
        y = ad.sin(x)
        return y, (y, x), 3.0, y * 2.0

    _, pullback = ad.vjp(f, X[:3])
    for _ in range(2):
        [gradient] = pullback((X[:3], (X[3:6], X[6:9]), 1.0, X[9:12]))
        expected = np.cos(X[:3]) * (X[:3] + X[3:6] + 2.0 * X[9:12]) + X[6:9]
        np.testing.assert_allclose(gradient, expected, rtol=1e-14)


def test_many_results_are_swept_in_one_pass():
    calls = []

    @ad.custom_gradient
    def counted(x):
        return x, lambda gradient: calls.append(1) or gradient

    def f(x):
        y = counted(x)
        return [y * float(i) for i in range(20)]

    _, pullback = ad.vjp(f, 1.0)
    assert pullback([1.0] * 20) == (sum(range(20)),) and len(calls) == 1


def test_without_retain_grad_the_operators_have_no_gradient_and_variables_do():
    w = ad.Variable(X[:4])
    inner = ad.sin(w)
    order = ad.topological_sort(inner.sum())
    ad.backward(order)
    assert inner.gradient is not None
    ad.backward(order, retain_grad=False)
    assert inner.gradient is None and order[-1].gradient is None
    np.testing.assert_array_equal(w.gradient, np.cos(X[:4]))
    ad.backward(order, accumulate=True, retain_grad=False)
    np.testing.assert_array_equal(w.gradient, 2.0 * np.cos(X[:4]))


def test_fit_does_not_keep_the_gradients_of_operators(monkeypatch):
    given = []
    real = ad.training.fitting.backward
    monkeypatch.setattr(
        ad.training.fitting, "backward", lambda *a, **k: (given.append(k), real(*a, **k))
    )
    model = ad.nn.Linear(4, 3, rng=0)
    images = np.ones((8, 4), np.float32)
    ad.training.fit(model, (images, np.arange(8) % 3), epochs=1, batch_size=4, progress=False)
    assert [options["retain_grad"] for options in given] == [False] * 2


GROWTH = """
import gc, tracemalloc
import numpy as np, autodiff as ad

x, w = ad.Constant(np.ones((2, 3)), name="x"), ad.Variable(np.full((3, 3), 0.1), name="w")
order = ad.topological_sort(np.mean(np.tanh(x @ w) ** 2))

def replay():
    x.output = np.ones((2, 3))
    ad.forward(order); ad.backward(order)
    w.output = w.output - 0.01 * w.gradient

def deciding(w, x):
    y = x[0] * w[0]
    if y[0] > 100.0: raise SystemExit("never")
    return sum([element for element in y]) * len(y)  # a loop over a node, and its length

decided = ad.topological_sort(deciding(w, x))

def replay_decisions():
    ad.forward(decided); ad.backward(decided)

def rebuild():
    loss = deciding(w, x)
    ad.backward(ad.topological_sort(loss))
    w.output = w.output - 0.01 * w.gradient
    if loss > 1e9: raise SystemExit("never")  # the next graph remembers this

def transform():
    value, gradient = ad.value_and_grad(lambda w: deciding(w, x.output))(w.output)

def pullback():
    value, back = ad.vjp(lambda w: {"a": w * 2.0, "b": w}, w.output)
    back(value)

def directions():
    ad.jvp(np.tanh, (w.output,), (w.output,))
    ad.hvp(lambda w: np.sum(w ** 3.0), w.output, w.output)

def checkpoints():
    piece = ad.checkpoint(lambda x: np.tanh(x @ w))
    ad.backward(ad.topological_sort(piece(x).sum()))

def custom():
    double = ad.custom_gradient(lambda v: (v * 2.0, lambda g: g * 2.0))
    ad.backward(ad.topological_sort(double(w).sum()))

step = globals()[STEP]
for _ in range(200): step()
gc.collect(); gc.disable()
tracemalloc.start()
for _ in range(10): step()
gc.collect()  # empties Python's lists of free tuples too
memory, objects = tracemalloc.get_traced_memory()[0], len(gc.get_objects())
for _ in range(STEPS): step()
new = len(gc.get_objects()) - objects
circles = gc.collect()
grown = tracemalloc.get_traced_memory()[0] - memory
assert new < 100 and circles == 0 and grown < 5_000, (STEP, new, circles, grown)
print("done")
"""


@pytest.mark.parametrize(
    ("step", "steps"),
    [
        ("replay", 10_000),
        ("rebuild", 10_000),
        ("replay_decisions", 2_000),
        ("transform", 2_000),
        ("pullback", 1_000),
        ("directions", 1_000),
        ("checkpoints", 1_000),
        ("custom", 1_000),
    ],
)
def test_a_training_loop_does_not_grow(step, steps):
    """Neither arrays nor objects, nor circles of objects that would wait for the collector.

    In a process of its own, so that nothing else allocates.
    """
    code = f"STEP, STEPS = {step!r}, {steps}\n{GROWTH}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("done\n", "")


def test_the_sentinel_sees_what_a_leak_looks_like():
    code = f"STEP, STEPS = 'leak', 1_000\n{GROWTH}".replace(
        "def custom", "kept = []\ndef leak(): kept.append(x * 2.0)\n\ndef custom"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1 and "AssertionError: ('leak'" in run.stderr


def test_fifty_layers_with_checkpoints_take_less_than_a_third():
    """Pieces of seven layers: their ends are kept, and the inside of one piece at a time."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(64, 64)) / 8 for _ in range(50)]
    images = rng.normal(size=(2_000, 64))

    def piece(start, x):
        for w in weights[start : start + 7]:
            x = ad.tanh(x @ w)
        return x

    def network(x, wrap):
        pieces = [wrap(functools.partial(piece, start)) for start in range(0, 50, 7)]
        return functools.reduce(lambda y, f: f(y), pieces, x).sum()

    def gradient(wrap):
        return ad.grad(lambda x: network(x, wrap))(images)

    unit = X.nbytes / images.nbytes
    plain = peak(lambda: gradient(lambda f: f)) * unit
    cut = peak(lambda: gradient(ad.checkpoint)) * unit
    # Plain: 2 arrays a layer. Cut: 8 ends, 14 inside, and what one rule needs for a moment.
    assert 100 < plain < 108 and cut < 30
    np.testing.assert_array_equal(gradient(ad.checkpoint), gradient(lambda f: f))
