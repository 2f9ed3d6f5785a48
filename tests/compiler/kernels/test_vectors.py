"""The functions on vectors do what NumPy's do, and touch only the memory that they name."""

import numpy as np
import pytest

numba = pytest.importorskip("numba", reason="the kernels are compiled by numba")
from numba import njit  # noqa: E402
from numba.core.errors import TypingError  # noqa: E402

from autodiff.compiler.kernels import vectors as v  # noqa: E402
from autodiff.compiler.kernels.registers import VECTOR_BITS  # noqa: E402

DTYPES = (np.float32, np.float64)
SPECIAL = [np.nan, np.inf, -np.inf, -0.0, 0.0, 1.5, 2.5, -1.5, -2.5, 1e30, 0.3, -7.0, 3.0]


def jitted(expression, operands):
    """A jitted function of whole arrays whose lanes are computed by `expression`."""
    names = ", ".join("abc"[:operands])
    loads = "".join(f"        {x} = v.load_part({x}_, i, len(out) - i)\n" for x in "abc"[:operands])
    text = (
        f"def f({', '.join(x + '_' for x in 'abc'[:operands])}, out):\n"
        f"    for i in range(0, len(out), v.lanes(out)):\n{loads}"
        f"        v.store_part(out, i, {expression.format(names)}, len(out) - i)\n"
    )
    space = {"v": v}
    exec(text, space)
    return njit(space["f"])


UNARY = {
    "v.negative({})": np.negative,
    "v.absolute({})": np.absolute,
    "v.sqrt({})": np.sqrt,
    "v.floor({})": np.floor,
    "v.nearest({})": np.rint,
}
BINARY = {
    "v.add({})": np.add,
    "v.subtract({})": np.subtract,
    "v.multiply({})": np.multiply,
    "v.divide({})": np.divide,
    "v.maximum({})": np.maximum,
    "v.minimum({})": np.minimum,
    **{
        f"v.select(v.{name}({{}}), v.broadcast(a, 1), v.zeros(a))": getattr(np, name)
        for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
    },
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("expression", UNARY)
def test_functions_of_one_vector(expression, dtype):
    a = np.array(SPECIAL * 3, dtype)
    out = np.empty_like(a)
    jitted(expression, 1)(a, out)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(out, UNARY[expression](a))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("expression", BINARY)
def test_functions_of_two_vectors(expression, dtype):
    a, b = (x.ravel() for x in np.meshgrid(np.array(SPECIAL, dtype), np.array(SPECIAL, dtype)))
    out = np.empty_like(a)
    jitted(expression, 2)(a, b, out)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(out, BINARY[expression](a, b).astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_multiply_and_add(dtype):
    a, b, c = np.random.default_rng(0).normal(size=(3, 50)).astype(dtype)
    out = np.empty_like(a)
    jitted("v.fma({})", 3)(a, b, c, out)
    np.testing.assert_allclose(out, a * b + c, rtol=0, atol=4 * np.finfo(dtype).eps)


@njit
def copy_part(a, out, start, count):
    v.store_part(out, start, v.load_part(a, start, count), count)


@njit
def copy(a, out, start):
    v.store(out, start, v.load(a, start))


@njit
def spread(a, out, index):
    v.store(out, 0, v.splat(a, index))


@njit
def across(a):
    return v.total(v.load(a, 0)), v.largest(v.load(a, 0))


@njit
def width(a):
    return v.lanes(a)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_part_of_a_vector_leaves_the_rest_alone(dtype):
    a = np.arange(1, 41, dtype=dtype)
    lanes = VECTOR_BITS // 8 // a.itemsize
    assert width(a) == lanes
    for count in (-3, 0, 1, lanes - 1, lanes, lanes + 5):
        out = np.full(40, np.nan, dtype)
        copy_part(a, out, 3, count)
        expected = np.full(40, np.nan, dtype)
        stop = 3 + min(max(count, 0), lanes)
        expected[3:stop] = a[3:stop]
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_whole_vectors(dtype):
    a, out = np.arange(1, 41, dtype=dtype), np.full(40, np.nan, dtype)
    lanes = width(a)
    copy(a, out, 1)
    np.testing.assert_array_equal(out[1 : 1 + lanes], a[1 : 1 + lanes])
    assert np.isnan(out[0]) and np.isnan(out[1 + lanes :]).all()
    spread(a, out, 6)
    np.testing.assert_array_equal(out[:lanes], 7)
    assert across(a) == (a[:lanes].sum(), a[lanes - 1])
    a[1] = np.nan
    assert np.isnan(across(a)).all()


@pytest.mark.parametrize("array", [np.zeros(40, np.int64), np.zeros((8, 8)), np.zeros(80)[::2]])
def test_other_arrays_are_refused_when_compiled(array):
    with pytest.raises(TypingError, match="flat contiguous arrays of float32 or float64"):
        njit(lambda a: v.total(v.load(a, 0)))(array)


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: v.total(v.add(v.load(a, 0), v.load(b, 0))),
        lambda a, b: v.total(v.select(v.less(v.load(a, 0), v.load(b, 0)), v.zeros(a), v.zeros(a))),
        lambda a, b: v.total(v.sqrt(a)),
        lambda a, b: v.total(a),
        lambda a, b: v.largest(a),
    ],
)
def test_operands_that_are_not_vectors_of_one_dtype_are_refused(function):
    with pytest.raises(TypingError, match="needs vectors of one dtype"):
        njit(function)(np.zeros(40, np.float32), np.zeros(40))
