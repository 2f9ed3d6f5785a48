"""Every primitive of the catalogue, on every one of its examples: no primitive can be forgotten."""

import inspect

import numpy as np
import pytest

import autodiff as ad
from autodiff.catalogue import numpy_functions, primitives
from autodiff.trees import flatten, tree_map

RANDOM = {"dropout_mask"}  # draws anew at each execution, so that no two values agree
# Refuse some replays that rebuilding would accept: squeeze() that would now remove other axes, and
# einsum of a diagonal, which is recorded with an identity matrix of one size.
FIXED = {"squeeze", "einsum"}
CASES = [
    pytest.param(primitive, number, id=f"{name}-{number}")
    for name, primitive in primitives.items()
    for number, _ in enumerate(primitive.examples(np.random.default_rng(0)))
]
SMOOTH = [case for case in CASES if case.values[0].differentiable]
EXACT = [case for case in CASES if case.values[0].name not in RANDOM]

every_case = pytest.mark.parametrize(("primitive", "number"), CASES)
every_smooth_case = pytest.mark.parametrize(("primitive", "number"), SMOOTH)
every_exact_case = pytest.mark.parametrize(("primitive", "number"), EXACT)


def is_real(leaf):
    return isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"


def example(primitive, number, dtype=np.float64):
    """The arguments of an example, with its floating arrays in `dtype`."""
    args, kwargs = list(primitive.examples(np.random.default_rng(0)))[number]
    args = tree_map(lambda leaf: np.asarray(leaf) if isinstance(leaf, np.generic) else leaf, args)
    return tree_map(lambda leaf: leaf.astype(dtype) if is_real(leaf) else leaf, args), kwargs


def as_nodes(args):
    def node(leaf):
        if not isinstance(leaf, np.ndarray):
            return leaf
        return (ad.Variable if is_real(leaf) else ad.Constant)(leaf)

    return tree_map(node, args)


def of_reals(primitive, args, kwargs):
    """The primitive as a function of its floating arrays alone, and these arrays."""
    leaves = flatten(args)

    def f(*reals):
        rest = iter(reals)
        filled = iter([next(rest) if is_real(leaf) else leaf for leaf in leaves])
        return primitive(*tree_map(lambda leaf: next(filled), args), **kwargs)

    return f, [leaf for leaf in leaves if is_real(leaf)]


def loss_of(value):
    """A scalar that depends on a Variable, even where `value` passes no gradient on."""
    return ad.sum(value * value) * ad.Variable(np.ones((), np.float32))


@pytest.mark.parametrize("name", primitives)
def test_is_documented_and_has_examples(name):
    primitive = primitives[name]
    assert vars(type(primitive)).get("__doc__"), "say what it computes, in mathematics"
    assert list(primitive.examples(np.random.default_rng(0)))
    assert primitive.kind in repr(primitive) and name in repr(primitive)
    if name in vars(ad):
        assert inspect.signature(primitive)


@every_case
def test_shape_rule(primitive, number):
    args, kwargs = example(primitive, number)
    node = primitive(*as_nodes(args), **kwargs)
    assert primitive.shape(*[operand.shape for operand in node.inputs], **node.params) == node.shape


@every_exact_case
def test_without_nodes_it_gives_the_same_plain_array(primitive, number):
    args, kwargs = example(primitive, number)
    plain = primitive(*args, **kwargs)
    node = primitive(*as_nodes(args), **kwargs)
    assert isinstance(plain, np.ndarray | np.generic) and isinstance(node, ad.Operator)
    assert plain.dtype == node.dtype
    np.testing.assert_array_equal(plain, node.output)


@pytest.mark.parametrize(
    ("primitive", "number"), [case for case in EXACT if case.values[0].name in vars(ad)]
)
def test_takes_lists_for_arrays(primitive, number):
    args, kwargs = example(primitive, number)
    lists = tree_map(lambda leaf: leaf.tolist() if isinstance(leaf, np.ndarray) else leaf, args)
    np.testing.assert_array_equal(primitive(*lists, **kwargs), primitive(*args, **kwargs))


@every_exact_case
def test_is_what_numpy_computes(primitive, number):
    args, kwargs = example(primitive, number)
    for twin in [theirs for theirs, ours in numpy_functions.items() if ours is primitive]:
        expected = twin(*args, **kwargs)
        node = twin(*as_nodes(args), **kwargs)
        assert isinstance(node, ad.Operator) and node.dtype == expected.dtype
        np.testing.assert_allclose(node.output, expected, rtol=1e-14)


@every_case
def test_keeps_float32(primitive, number):
    args, kwargs = example(primitive, number, np.float32)
    nodes = as_nodes(args)
    node = primitive(*nodes, **kwargs)
    variables = [leaf for leaf in flatten(nodes) if isinstance(leaf, ad.Variable)]
    if "dtype" not in node.params:
        assert node.dtype in (np.float32, np.complex64) or node.dtype.kind in "biu"
    loss = loss_of(node)
    ad.backward(ad.topological_sort(loss))
    for variable, gradient in zip(variables, ad.gradients(loss, variables), strict=True):
        for found in (variable.gradient, gradient.output):
            assert found.dtype == np.float32 and found.shape == variable.shape


@every_smooth_case
def test_derivatives_of_both_modes_to_order_two(primitive, number):
    f, reals = of_reals(primitive, *example(primitive, number))
    ad.check_grads(f, reals, modes=("forward", "reverse"), order=2)


@every_smooth_case
def test_reverse_mode_is_the_transpose_of_forward_mode(primitive, number):
    """The adjoint law <z, J x> = <J^T z, x>."""
    f, reals = of_reals(primitive, *example(primitive, number))
    rng = np.random.default_rng(1)
    x = [rng.normal(size=real.shape) for real in reals]
    value, pullback = ad.vjp(f, *reals)
    z = rng.normal(size=value.shape)
    pushed = ad.jvp(f, reals, x)[1]
    pulled = pullback(z)
    assert np.vdot(z, pushed).real == pytest.approx(
        sum(np.vdot(share, direction) for share, direction in zip(pulled, x, strict=True)),
        rel=1e-10,
        abs=1e-12,
    )


@every_case
def test_gradients_as_a_graph_equal_those_as_numbers(primitive, number):
    args, kwargs = example(primitive, number)
    nodes = as_nodes(args)
    value = primitive(*nodes, **kwargs)
    loss = loss_of(value)
    variables = [leaf for leaf in flatten(nodes) if isinstance(leaf, ad.Variable)]
    ad.backward(ad.topological_sort(loss))
    for variable, gradient in zip(variables, ad.gradients(loss, variables), strict=True):
        np.testing.assert_allclose(gradient.output, variable.gradient, rtol=1e-12, atol=1e-14)


def of_lengths(args, change, rng):
    """The arguments with each axis of length L made of length change(L)."""

    def resized(leaf):
        if not isinstance(leaf, np.ndarray):
            return leaf
        shape = tuple(change(length) for length in leaf.shape)
        if not is_real(leaf):
            return np.resize(leaf, shape)
        return rng.uniform(0.6, 1.4, shape)

    return tree_map(resized, args)


CHANGES = {
    "longer": lambda length: length + (length > 1),
    "twice": lambda length: 2 * length if length > 1 else 1,
    "twos become ones": lambda length: 1 if length == 2 else length,
    "ones become twos": lambda length: 2 if length == 1 else length,
    "only threes": lambda length: 5 if length == 3 else length,
}


@every_exact_case
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.filterwarnings("ignore:invalid value")  # the new numbers may lie outside the domain
def test_a_replay_equals_rebuilding_or_raises(primitive, number, change):
    args, kwargs = example(primitive, number)
    nodes = as_nodes(args)
    value = primitive(*nodes, **kwargs)
    loss = loss_of(value)
    leaves = [leaf for leaf in flatten(nodes) if isinstance(leaf, ad.Constant | ad.Variable)]
    variables = [leaf for leaf in leaves if isinstance(leaf, ad.Variable)]
    graph = ad.gradients(loss, variables)
    order = ad.topological_sort(loss)

    new_args = of_lengths(args, CHANGES[change], np.random.default_rng(2))
    new = [leaf for leaf in flatten(new_args) if isinstance(leaf, np.ndarray | ad.Constant)]
    for leaf, data in zip(leaves, new, strict=True):
        leaf.output = getattr(data, "output", data)
    try:
        rebuilt_nodes = as_nodes(new_args)
        rebuilt = primitive(*rebuilt_nodes, **kwargs)
    except ad.AutodiffError as error:
        with pytest.raises(type(error)):
            ad.forward(order)
        return
    rebuilt_loss = loss_of(rebuilt)
    ad.backward(ad.topological_sort(rebuilt_loss))
    expected = [leaf for leaf in flatten(rebuilt_nodes) if isinstance(leaf, ad.Variable)]
    try:
        ad.forward(order)
    except ad.ShapeError:
        assert primitive.name in FIXED
        return
    ad.backward(order)
    ad.forward(ad.topological_sort([*graph, loss]))
    np.testing.assert_array_equal(value.output, rebuilt.output)
    for variable, node, right in zip(variables, graph, expected, strict=True):
        np.testing.assert_allclose(variable.gradient, right.gradient, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(node.output, right.gradient, rtol=1e-12, atol=1e-14)
