"""Each pass maps a legal graph to a legal graph that computes the same."""

import agreement
import numpy as np
import pytest

import autodiff as ad
from autodiff.compiler.instructions import Graph, Instruction, Value, check_legal, trace
from autodiff.compiler.passes import fuse_chains, separate_chains, sequence, spell_padding
from autodiff.evaluation import evaluate
from autodiff.ordering import topological_sort

RNG = np.random.default_rng(0)


def normal(*shape, dtype=np.float32):
    return RNG.normal(size=shape).astype(dtype)


def convolutional(x, t, w, b, v, c):
    y = ad.max_pool2d(ad.relu(ad.conv2d(x, w, b, padding="same")), 2)
    return ad.cross_entropy(ad.relu(y.reshape(-1, 18) @ v.T + c), t)


def cropped(x, t, w, b, v, c):
    y = ad.relu(ad.max_pool2d(ad.conv2d(x, w, b), 3))
    z = ad.max_pool2d(ad.relu(ad.conv2d(x, w, b)), 2, ceil_mode=True)
    return ad.cross_entropy(y.reshape(-1, 2) @ v[:3, :2].T, t) + ad.sum(z) * 0.1


def averaged(x, t, w, b, v, c):
    y = ad.avg_pool2d(ad.tanh(ad.conv2d(x, w, b, stride=2, padding=1)), 2, 1)
    centred = y - ad.mean(y, axis=(0, 2, 3), keepdims=True)
    scaled = centred / ad.sqrt(ad.mean(ad.square(centred), axis=(0, 2, 3), keepdims=True) + 1e-5)
    return ad.mse_loss(ad.gelu(scaled), ad.sigmoid(ad.leaky_relu(y))) + ad.sum(c * c)


def several(x, t, w, b, v, c):
    rows = x.reshape(-1, 36)[:, :18]
    log_shares = ad.log_softmax(rows @ v.T, axis=1)
    doubled = (rows @ v.T) * 2.0 + (rows @ v.T) * 2.0
    mask = (doubled > 0.0) & (log_shares < -0.5)
    return -ad.mean(ad.where(mask, log_shares, doubled)) + ad.sum(v.T @ v) * 0.01


def second_order(x, t, w, b, v, c):
    loss = ad.cross_entropy(ad.tanh(ad.max_pool2d(ad.conv2d(x, w, b), 3).reshape(-1, 2)), t)
    return sum([ad.sum(g * g) for g in ad.gradients(loss, [w, b])])


GRAPHS = [convolutional, cropped, averaged, several, second_order]


def joint(build, n=4, dtype=np.float32):
    """The graph of a loss and its gradients, as a program traces it."""
    data = {"x": normal(n, 1, 6, 6, dtype=dtype), "t": RNG.integers(0, 2, n)}
    parameters = {"w": normal(2, 1, 3, 3, dtype=dtype), "b": normal(2, dtype=dtype)}
    parameters |= {"v": normal(5, 18, dtype=dtype), "c": normal(5, dtype=dtype)}
    leaves, root, _ = agreement.record(build, data, parameters)
    wanted = [leaves[name] for name in parameters]
    results = [root, *ad.gradients(root, wanted)]
    return trace(topological_sort(results), results)


def execute(graph):
    """The results of a graph, each primitive by its definition in NumPy."""
    found = {leaf: leaf.node.value for leaf in graph.leaves()}
    for step in graph.instructions:
        values = [found[value] for value in step.inputs]
        if len(step.outputs) > 1:
            made = step.primitive.function(*values, **step.params)
        else:
            made = [evaluate(step.primitive, values, step.params, values)]
        for value, array in zip(step.outputs, made, strict=True):
            assert np.shape(array) == value.shape, step
            assert array.dtype == value.dtype, step
            found[value] = array
    return [found[value] for value in graph.results]


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("build", GRAPHS)
def test_every_pass_keeps_the_graph_legal_and_its_numbers(build, fuse):
    graph = joint(build, dtype=np.float64)
    check_legal(graph)
    expected = execute(graph)
    for change in sequence(fuse=fuse):
        graph = change(graph)
        check_legal(graph)
        for actual, array in zip(execute(graph), expected, strict=True):
            assert np.shape(actual) == np.shape(array), change
            np.testing.assert_allclose(actual, array, rtol=1e-9, atol=1e-12, err_msg=str(change))


@pytest.mark.parametrize("build", GRAPHS)
def test_passes_leave_work_out(build):
    graph = joint(build)
    before = len(graph.instructions)
    for change in sequence():
        graph = change(graph)
    assert len(graph.instructions) < 0.8 * before


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("build", GRAPHS)
def test_halves_are_rounded_as_the_interpreter_does(build, fuse):
    """No pass may leave out or move the rounding of a step on halves."""
    graph = joint(build, dtype=np.float16)
    with np.errstate(all="ignore"):
        expected = execute(graph)
        for change in sequence(fuse=fuse):
            graph = change(graph)
            for actual, array in zip(execute(graph), expected, strict=True):
                np.testing.assert_array_equal(actual, array, err_msg=str(change))


def test_same_padding_is_spelt_in_numbers():
    x, w = ad.Constant(normal(2, 1, 6, 6)), ad.Variable(normal(2, 1, 2, 3))
    y = ad.conv2d(x, w, padding="same", dilation=(3, 1))
    results = [y, *ad.gradients(ad.sum(y), [w])]
    graph = spell_padding(trace(topological_sort(results), results))
    paddings = [step.params["padding"] for step in graph.instructions if "padding" in step.params]
    assert len(paddings) == 2
    assert set(paddings) == {((1, 2), (1, 1))}


def chains(root):
    graph = fuse_chains(trace(topological_sort(root), [root]))
    return [step for step in graph.instructions if step.primitive.name == "chain"]


def names(step):
    return [primitive.name for primitive, _, _ in step.params["steps"]]


def test_separate_chains_have_one_step_each():
    x = ad.Variable(normal(3, 2))
    graph = trace(topological_sort(root := ad.tanh(x * 2.0 + x) > 0.0), [root])
    found = [names(step) for step in separate_chains(graph).instructions]
    assert found == [["multiply"], ["add"], ["tanh"], ["greater"]]
    assert [names(step) for step in fuse_chains(graph).instructions] == [sum(found, [])]


def test_without_kernels_no_pass_makes_operators_of_the_compiler():
    assert sequence(kernels=False) == sequence()[: len(sequence(kernels=False))]
    graph = joint(convolutional)
    for change in sequence(kernels=False):
        graph = change(graph)
    assert {type(step.primitive).__module__ for step in graph.instructions}.isdisjoint(
        {"autodiff.compiler.fused"}
    )


def test_a_chain_computes_in_one_type():
    x, z = ad.Variable(normal(3, 2)), ad.Variable(normal(3, 2, dtype=np.float64))
    both = ad.logical_and(x > 0.0, z * 2.0 > 0.0)
    found = chains(ad.where(both, x, 1.0))
    assert [names(step) for step in found] == [
        ["multiply", "greater"],
        ["greater", "logical_and", "where"],
    ]
    for step in found:
        dtypes = {value.dtype for value in step.inputs if value.node is None or value.shape}
        assert len(dtypes - {np.dtype(bool)}) == 1


def test_arithmetic_on_truths_is_left_to_numpy():
    x = ad.Variable(normal(3, 2))
    root = ((x > 0.0) + (x > -1.0)) * x
    for step in chains(root):
        assert "add" not in names(step)


def test_a_number_that_is_not_real_is_in_no_chain():
    x = ad.Variable(normal(3, 2))
    assert [names(step) for step in chains(ad.exp(x) == 1j)] == [["exp"]]


def test_check_legal_refuses():
    node = ad.Constant(normal(2))
    leaf, made = Value((2,), np.dtype("f4"), node), Value((2,), np.dtype("f4"))
    step = Instruction(ad.exp, (leaf,), (made,))
    check_legal(Graph((step,), (made,)))
    with pytest.raises(ad.ProgramError, match="computes .* a second time"):
        check_legal(Graph((step, step), (made,)))
    with pytest.raises(ad.ProgramError, match="is read but never computed"):
        check_legal(Graph((), (made,)))
    late = Instruction(ad.exp, (made,), (Value((2,), np.dtype("f4")),))
    with pytest.raises(ad.ProgramError, match="before it is computed|never computed"):
        check_legal(Graph((late, step), (made,)))
