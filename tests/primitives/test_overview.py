"""What the primitives of the catalogue say of themselves, against what they do."""

import contextlib
import warnings

import numpy as np
import pytest
from test_catalogue import CASES, as_nodes, example

from autodiff.catalogue import primitives
from autodiff.precision import autocast_table

# Operands whose numbers do not matter to an example, though they may to another one. Those of
# `piece_like` lend their shapes too, but its parameter says which of them lends its dtype.
READ_ALL_THE_SAME = {
    *("equal", "heaviside", "imag", "isclose", "logical_or", "not_equal", "piece_like"),
    *("track_statistics", "where"),
}


def values_without(position, values):
    """The operands with other numbers at one position."""
    rng, shape = np.random.default_rng(3), values[position].shape
    others = [np.full(shape, fill) for fill in (np.nan, 0.0, 1.0, -3.7)]
    others.append(rng.normal(size=shape))
    for value in values[:position] + values[position + 1 :]:
        with contextlib.suppress(ValueError):
            others.append(np.broadcast_to(value.astype(float), shape))
    for other in others:
        yield [*values[:position], other, *values[position + 1 :]]


def same_value(node, values):
    """Whether an operator has the same value on other operands; they may be none of its domain."""
    try:
        found = node.primitive.function(*values, **node.params)
    except (ValueError, IndexError):
        return False
    return np.array_equal(found, node.output, equal_nan=node.dtype.kind in "fc")


def lending(primitive, number):
    """Of an example the operator, its floating operands, and those whose numbers do not matter."""
    args, kwargs = example(primitive, number)
    node = primitive(*as_nodes(args), **kwargs)
    values = [np.asarray(operand.value) for operand in node.inputs]
    floating = {i for i, value in enumerate(values) if value.dtype.kind == "f"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return (
            node,
            floating,
            {
                position
                for position in floating
                if all(same_value(node, other) for other in values_without(position, values))
            },
        )


@pytest.mark.parametrize(("primitive", "number"), CASES)
def test_an_operand_whose_numbers_do_not_matter_is_said_to_lend_its_shape(primitive, number):
    if primitive.pure and primitive.name not in READ_ALL_THE_SAME:
        node, floating, lent = lending(primitive, number)
        assert lent == floating & set(node.primitive.shape_only)


def test_what_autocast_casts():
    assert autocast_table() == {
        "half": ["bias_like", "conv2d", "conv_transpose2d", "einsum", "matmul"],
        "float32": [
            *("adjugate", "cholesky", "cross_entropy", "det", "eigen_decomposition"),
            *("fft", "ifft", "irfft", "log_abs_determinant", "pinv", "prod", "rfft"),
            *("sign_of_determinant", "singular_decomposition", "solve"),
            *("spectral_decomposition", "trace"),
        ],
    }


def test_what_is_not_the_same_when_it_is_executed_twice():
    impure = [name for name, primitive in primitives.items() if not primitive.pure]
    assert sorted(impure) == ["dropout_mask", "track_statistics"]
    assert [primitives[name].shape_only for name in sorted(impure)] == [(0,), (2,)]


def test_what_can_be_wrong_with_a_matrix_has_a_remedy():
    remedies = {name: one.remedy for name, one in primitives.items() if hasattr(one, "remedy")}
    assert {name for name, remedy in remedies.items() if "multiple of" in remedy} == {
        *("cholesky", "solve")
    }
    assert {"adjugate", "eigen_decomposition", "pinv", "singular_decomposition"} <= set(remedies)
    assert all(remedies.values())


@pytest.mark.parametrize("name", primitives)
def test_a_primitive_is_the_function_that_users_call(name):
    primitive = primitives[name]
    assert (primitive.name, primitive.__name__, primitive.__qualname__) == (name, name, name)
    assert primitive.__doc__ == type(primitive).__doc__
    assert primitive.__module__ == type(primitive).__module__
