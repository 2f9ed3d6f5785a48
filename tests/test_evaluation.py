"""Every operator on halves computes in float32 and rounds once, and so does every derivative."""

import numpy as np
import pytest

import autodiff as ad
from autodiff import evaluation
from autodiff.catalogue import primitives
from autodiff.dtypes import as_dtype, is_half
from autodiff.trees import flatten, tree_map

FLOAT16, BFLOAT16 = as_dtype("float16"), as_dtype("bfloat16")
HALVES = [pytest.param(dtype, id=dtype.name) for dtype in (FLOAT16, BFLOAT16)]
every_half = pytest.mark.parametrize("half", HALVES)


def is_real(leaf):
    return isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"


def halved(args, half):
    """The arguments of an example with the floating arrays rounded to halves."""
    args = tree_map(lambda leaf: np.asarray(leaf) if isinstance(leaf, np.generic) else leaf, args)
    return tree_map(lambda leaf: leaf.astype(half) if is_real(leaf) else leaf, args)


def is_half_array(leaf):
    return isinstance(leaf, np.ndarray | np.generic) and is_half(leaf.dtype)


def widened(args):
    return tree_map(lambda leaf: leaf.astype(np.float32) if is_half_array(leaf) else leaf, args)


def as_nodes(args):
    def node(leaf):
        if not isinstance(leaf, np.ndarray):
            return leaf
        return (ad.Variable if is_half_array(leaf) else ad.Constant)(leaf)

    return tree_map(node, args)


CASES = [
    pytest.param(primitive, number, half, id=f"{name}-{number}-{half.name}")
    for name, primitive in primitives.items()
    for number, _ in enumerate(primitive.examples(np.random.default_rng(0)))
    for half in (FLOAT16, BFLOAT16)
]
RANDOM = {"dropout_mask"}


def example(primitive, number, half):
    args, kwargs = list(primitive.examples(np.random.default_rng(0)))[number]
    args = halved(args, half)
    return (args[0], np.float32) if primitive.name == "astype" else args, kwargs


def rounded(exact, half):
    """A result of float32 in the half type that it is stored in; others are left alone."""
    exact = np.asarray(exact)
    return exact.astype(half) if exact.dtype == np.float32 else exact


def same(found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("primitive", "number", "half"), CASES)
def test_every_primitive_is_its_float32_self_rounded_once(primitive, number, half):
    args, kwargs = example(primitive, number, half)
    exact = primitive(*widened(args), **kwargs)
    expected = np.asarray(exact) if primitive.name == "astype" else rounded(exact, half)
    node = primitive(*as_nodes(args), **kwargs)
    composed = any(operand.inputs for operand in node.inputs)  # of two operators: rounded twice
    for found in (node.output, primitive(*args, **kwargs)):
        assert found.dtype == expected.dtype
        if primitive.name not in RANDOM and not composed:
            same(found, expected)


@pytest.mark.parametrize(("primitive", "number", "half"), CASES)
def test_every_derivative_is_its_float32_self_rounded_once(primitive, number, half):
    args, kwargs = example(primitive, number, half)
    node = primitive(*as_nodes(args), **kwargs)
    if not node.requires_grad:
        assert not primitive.differentiable or not any(map(is_half_array, flatten(args)))
        return
    rule, operands = node.primitive, [operand.value for operand in node.inputs]
    given = [i for i, operand in enumerate(node.inputs) if is_half(operand.dtype)]
    rng = np.random.default_rng(1)
    seed = rng.normal(size=node.shape).astype(node.dtype)
    tangents = [
        rng.normal(size=np.shape(operand)).astype(half) if i in given else None
        for i, operand in enumerate(operands)
    ]
    wide = widened([seed, node.value, *operands])
    exact = rule.pull(given, wide[0], wide[1], wide[2:], node.params)
    pulled = evaluation.pull(rule, given, seed, node.value, operands, node.params)
    for found, expected in zip(pulled, exact, strict=True):
        assert (found is None) == (expected is None)
        if found is not None:
            same(found, np.asarray(expected).astype(half))
    exact = rule.jvp(widened(tangents), wide[1], *wide[2:], **node.params)
    pushed = evaluation.push(rule, tangents, node.value, operands, node.params)
    assert (pushed is None) == (exact is None)
    if pushed is not None:
        same(pushed, np.asarray(exact).astype(node.dtype))


@pytest.mark.parametrize(("primitive", "number", "half"), CASES)
def test_gradients_have_the_type_of_their_variable(primitive, number, half):
    args, kwargs = example(primitive, number, half)
    nodes = as_nodes(args)
    node = primitive(*nodes, **kwargs)
    if not node.requires_grad:
        return
    seed = np.random.default_rng(1).normal(size=node.shape).astype(node.dtype)
    variables = [leaf for leaf in flatten(nodes) if isinstance(leaf, ad.Variable)]
    ad.backward(ad.topological_sort(node), gradient=seed)
    graph = ad.gradients(node, variables, gradient=ad.Constant(seed))
    for variable, built in zip(variables, graph, strict=True):
        assert variable.gradient.dtype == half and variable.gradient.shape == variable.shape
        if primitive.name not in RANDOM:
            same(built.output, variable.gradient)


def like(x, *shape):
    """Fixed numbers, in the library and the type of `x`."""
    numbers = np.random.default_rng(2).normal(size=shape).astype(FLOAT16).astype(BFLOAT16)
    if isinstance(x, ad.GraphNode):
        return numbers.astype(x.dtype)
    return x.new_tensor(numbers.astype(float))


def layer_norm(library, x):
    return ad.nn.LayerNorm(8)(x) if library is ad else library.layer_norm(x, (8,))


PEERS = {
    "matmul": lambda ad, x: x @ like(x, 8, 5),
    "conv2d": lambda ad, x: ad.conv2d(x.reshape(2, 2, 3, 4), like(x, 4, 2, 3, 2)),
    "softmax": lambda ad, x: ad.softmax(x, -1),
    "log_softmax": lambda ad, x: ad.log_softmax(x, -1),
    "sigmoid": lambda ad, x: ad.sigmoid(x),
    "gelu": lambda ad, x: ad.gelu(x),
    "mean": lambda ad, x: x.mean(),
    "var": lambda ad, x: ad.var(x) if hasattr(ad, "Variable") else x.var(correction=0),
    "layer_norm": lambda ad, x: layer_norm(ad, x),
}


@every_half
@pytest.mark.parametrize("name", PEERS)
def test_values_and_gradients_lie_beside_pytorchs(torch, half, name):
    """Ours within one rounding of what PyTorch computes in float32; its halves nearby."""
    f = PEERS[name]
    x = np.random.default_rng(0).normal(size=(6, 8)).astype(half)
    theirs = torch.tensor(x.astype(np.float32))
    single = theirs.clone().requires_grad_()
    low = theirs.to(getattr(torch, half.name)).requires_grad_()
    functional = torch.nn.functional
    exact, other = f(functional, single), f(functional, low)
    ours = ad.Variable(x)
    node = f(ad, ours)
    assert node.dtype.name == str(other.dtype).removeprefix("torch.")
    seed = np.random.default_rng(1).normal(size=node.shape).astype(half)
    exact.backward(torch.tensor(seed.astype(np.float32)))
    other.backward(torch.tensor(seed.astype(np.float32)).to(other.dtype))
    ad.backward(ad.topological_sort(node), gradient=seed)
    unit = 2.0**-8 if half == BFLOAT16 else 2.0**-11
    for mine, peer, truth, gradient in (
        (node.output, other, exact, False),
        (ours.gradient, low.grad, single.grad, True),  # of rules that use the rounded output
    ):
        truth = truth.detach().double().numpy()
        once = unit * np.abs(truth) + 1e-6  # half a unit; float32 itself adds a little
        nearby = 3 * once + 4 * unit
        assert (np.abs(mine.astype(float) - truth) <= (nearby if gradient else once)).all()
        assert (np.abs(peer.detach().double().numpy() - truth) <= nearby).all()
