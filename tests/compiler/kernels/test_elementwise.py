"""Chains: what they compute is what the primitives compute, one after the other."""

import importlib.util

import numpy as np
import pytest

pytest.importorskip("numba", reason="the kernels are compiled by numba")

import autodiff.primitives as primitives
from autodiff.catalogue import functions
from autodiff.compiler.kernels.elementwise import (
    IMPORTS,
    SUPPORTED,
    Operand,
    Step,
    chain_geometry,
    chain_source,
)
from autodiff.errors import ArgumentError

assert primitives  # fills the catalogue

DTYPES = [np.float32, np.float64]
dtypes = pytest.mark.parametrize("dtype", DTYPES)
BATCHES = [1, 7, 16, 33]
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -2.0]


@pytest.fixture
def compiled(tmp_path):
    """Write chains to a file and import it, as the compiler does."""

    def make(source):
        path = tmp_path / f"chains{len(list(tmp_path.glob('*.py')))}.py"
        path.write_text(f"{IMPORTS}\n\n{source}", encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.chain

    return make


def apply(name, values):
    """The primitive, as NumPy runs it."""
    with np.errstate(all="ignore"):
        return functions[name].function(*values)


THREE = ["clip", "where"]
TWO = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "equal", "not_equal"]
TWO += ["less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or"]
ONE = sorted(SUPPORTED.difference(TWO, THREE))


@dtypes
@pytest.mark.parametrize("names", [ONE, TWO, THREE], ids=["one", "two", "three"])
def test_each_primitive(guarded, compiled, names, dtype):
    """One chain of all that have as many operands, with a result for each."""
    count = 1 + (names is TWO) + 2 * (names is THREE)
    operands = [Operand(f"x{k}") for k in range(count)]
    steps = [Step(name, tuple(range(count))) for name in names]
    results = [(f"y{k}", count + k) for k in range(len(names))]
    chain = compiled(chain_source("chain", operands, steps, results))
    geometry = chain_geometry((5,), operands, [(5,)] * count)
    for n in BATCHES:
        rng = np.random.default_rng(n)
        xs = [rng.normal(size=(5, n)).astype(dtype) for _ in range(count)]
        for x in xs:
            special = rng.random(x.shape) < 0.3
            x[special] = rng.choice(SPECIAL, special.sum())
        ys = [guarded(np.empty(xs[0].size, dtype), filled=-77) for _ in names]
        chain(*map(guarded, xs), *ys, geometry, n)
        for name, y in zip(names, ys, strict=True):
            expected = np.asarray(apply(name, xs), dtype)
            tolerance = 1e-6 if dtype == np.float32 else 1e-14
            np.testing.assert_allclose(y, expected.ravel(), rtol=tolerance, err_msg=name)


@dtypes
@pytest.mark.parametrize("exponent", [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 1.7, -2.0, 7.0])
def test_powers_with_a_constant_exponent(guarded, compiled, exponent, dtype):
    chain = compiled(
        chain_source("chain", [Operand("x")], [Step("power", (0, exponent))], [("y", 1)])
    )
    x = np.concatenate([np.random.default_rng(0).normal(size=40), SPECIAL]).astype(dtype)
    y = guarded(np.empty(x.size, dtype))
    chain(guarded(x), y, chain_geometry((x.size,), [Operand("x")], [(x.size,)]), 1)
    with np.errstate(all="ignore"):
        expected = x**exponent
    np.testing.assert_allclose(y, expected, rtol=4 * np.finfo(dtype).eps)


SHAPES = [
    ((), (), ()),
    ((3, 4, 5), (3, 1, 1), (1, 1, 1)),
    ((3, 4, 5), (3, 4, 5), (3, 1, 1)),
    ((3, 4, 5), (4, 1), (1, 4, 1)),
    ((3, 4, 5), (5,), ()),
    ((6,), (6,), (1,)),
    ((6,), (), (6,)),
]


@dtypes
@pytest.mark.parametrize("shape, feature, lane", SHAPES, ids=str)
@pytest.mark.parametrize("with_lanes", [False, True])
def test_kinds_of_operands(guarded, compiled, shape, feature, lane, with_lanes, dtype):
    operands = [Operand("x"), Operand("w", "feature"), Operand("c", "scalar")]
    shapes = [shape, feature, ()]
    steps = [Step("multiply", (0, 1)), Step("add", (len(operands) + with_lanes, 2))]
    if with_lanes:
        operands.append(Operand("z", "lanes"))
        shapes.append(lane)
        steps.append(Step("subtract", (5, 3)))
    last = len(operands) + len(steps) - 1
    chain = compiled(chain_source("chain", operands, steps, [("y", last)]))
    geometry = chain_geometry(shape, operands, shapes)
    for n in BATCHES:
        rng = np.random.default_rng(n)
        x = rng.normal(size=(*shape, n)).astype(dtype)
        w, c = rng.normal(size=feature).astype(dtype), rng.normal(size=()).astype(dtype)
        values, expected = [x, w, c], x * w[..., None] + c
        if with_lanes:
            values.append(rng.normal(size=(*lane, n)).astype(dtype))
            expected = expected - values[-1]
        y = guarded(np.empty(x.size, dtype), filled=-77)
        chain(*map(guarded, values), y, geometry, n)
        tolerance = 16 * np.finfo(dtype).eps
        np.testing.assert_allclose(y.reshape(x.shape), expected, tolerance, tolerance)


@dtypes
@pytest.mark.parametrize("truths", [np.bool_, np.uint8])
def test_truths_as_operands_inside_and_as_results(guarded, compiled, truths, dtype):
    """relu with its derivative, and a mask from outside: three results of one pass."""
    operands = [Operand("x"), Operand("keep", "tile", boolean=True)]
    operands.append(Operand("flag", "feature", boolean=True))
    steps = [
        Step("greater", (0, 0.0)),
        Step("relu", (0,)),
        Step("logical_and", (3, 1)),
        Step("multiply", (4, 1)),
        Step("where", (2, 6, 3)),
    ]
    source = chain_source(
        "chain", operands, steps, [("y", 6), ("m", 5), ("z", 7), ("k", 0)], booleans=("m", "k")
    )
    chain = compiled(source)
    for n in BATCHES:
        rng = np.random.default_rng(n)
        x = rng.normal(size=(4, n)).astype(dtype)
        x[0, 0] = np.nan
        keep, flag = (rng.random((4, n)) < 0.5).astype(truths), rng.random(4) < 0.5
        y, z = (guarded(np.empty(x.size, dtype)) for _ in range(2))
        m, k = (guarded(np.empty(x.size, truths)) for _ in range(2))
        geometry = chain_geometry((4,), operands, [(4,), (4,), (4,)])
        flat = guarded(x), guarded(keep), guarded(flag.astype(truths))
        chain(*flat, y, m, z, k, geometry, n)
        top = np.maximum(x, 0) * keep
        np.testing.assert_array_equal(y.reshape(x.shape), top)
        np.testing.assert_array_equal(m.reshape(x.shape), (x > 0) & (keep > 0))
        np.testing.assert_array_equal(z.reshape(x.shape), np.where(flag[:, None], top, x > 0))
        np.testing.assert_array_equal(k.reshape(x.shape), x != 0)


def test_the_source_can_be_read():
    source = chain_source(
        "chain",
        [Operand("x"), Operand("b", "feature")],
        [Step("add", (0, 1)), Step("relu", (2,))],
        [("y", 3)],
    )
    assert source == (
        "@njit(nogil=True, cache=True)\n"
        "def chain(x, b, y, geometry, n):\n"
        "    outer, length = geometry[0], geometry[1] * n\n"
        "    zero = broadcast(x, 0.0)\n"
        "    for run in range(outer):\n"
        "        start = run * length\n"
        "        b_ = splat(b, geometry[2 + run])\n"
        "        for p in range(0, length, lanes(x)):\n"
        "            x_ = load_part(x, start + p, length - p)\n"
        "            t0 = add(x_, b_)\n"
        "            t1 = maximum(t0, zero)\n"
        "            store_part(y, start + p, t1, length - p)\n"
    )


def test_long_runs_where_no_operand_varies():
    operands = [Operand("x"), Operand("b", "feature")]
    assert chain_geometry((6, 5, 5), operands, [(6, 5, 5), (6, 1, 1)])[:2].tolist() == [6, 25]
    assert chain_geometry((6, 5, 5), operands, [(6, 5, 5), ()])[:2].tolist() == [1, 150]


def test_what_a_chain_cannot_hold_is_refused():
    with pytest.raises(ArgumentError, match="no chain can hold 'matmul'"):
        chain_source("chain", [Operand("x")], [Step("matmul", (0, 0))], [("y", 1)])
    with pytest.raises(ArgumentError, match="chain: a chain needs an operand or a result of float"):
        flags = [Operand("x", boolean=True)]
        chain_source("chain", flags, [Step("logical_not", (0,))], [("y", 1)], booleans=("y",))
