"""Elementary functions of vectors: a few units in the last place, and right where it is special."""

import numpy as np
import pytest

numba = pytest.importorskip("numba", reason="the kernels are compiled by numba")
special = pytest.importorskip("scipy.special", reason="the error function is SciPy's")

from numba.core.errors import TypingError  # noqa: E402

from autodiff.compiler.kernels import bits, mathematics  # noqa: E402
from autodiff.compiler.kernels import vectors as v  # noqa: E402


def sigmoid(x):
    small = np.exp(-abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


# The function that defines it, how far its arguments go, and its error in units in the last place.
FUNCTIONS = {
    "exp": (np.exp, 88.0, 1.0),
    "expm1": (np.expm1, 88.0, 2.0),
    "log": (np.log, 1e30, 1.0),
    "log1p": (np.log1p, 1e30, 2.0),
    "tanh": (np.tanh, 15.0, 3.0),
    "sigmoid": (sigmoid, 80.0, 3.0),
    "sin": (np.sin, 100.0, 2.0),
    "cos": (np.cos, 100.0, 2.0),
    "erf": (special.erf, 6.0, 6.0),
}
DTYPES = [np.float32, np.float64]
dtypes = pytest.mark.parametrize("dtype", DTYPES)


@pytest.fixture(scope="module")
def jitted():
    made = {}

    def get(name):
        if name not in made:
            text = (
                "def f(x, y):\n    for p in range(0, len(x), v.lanes(x)):\n"
                f"        part = v.load_part(x, p, len(x) - p)\n"
                f"        v.store_part(y, p, m.{name}(part), len(x) - p)\n"
            )
            space = {"m": mathematics, "v": v}
            exec(text, space)
            made[name] = numba.njit(space["f"])
        return made[name]

    return get


@dtypes
@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_are_a_few_units_in_the_last_place(jitted, name, dtype):
    function, far, bound = FUNCTIONS[name]
    rng = np.random.default_rng(0)
    small = np.exp(rng.uniform(-80, np.log(far), 2000))
    x = np.concatenate([rng.normal(size=4000), rng.uniform(-far, far, 4000), small, -small])
    x = np.concatenate([x, 1 + 1e-3 * rng.normal(size=1000), -rng.random(1000)]).astype(dtype)
    if name.startswith("log"):
        x = x[x > (-1 if name == "log1p" else 0)]
    y = np.empty_like(x)
    jitted(name)(x, y)
    # SciPy has no error function of more digits than float64.
    wide = np.longdouble if dtype == np.float64 and name != "erf" else np.float64
    exact = function(x.astype(wide))
    units = abs(y - exact) / np.spacing(abs(exact).astype(dtype)).astype(wide)
    assert units.max() <= bound


@dtypes
@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_arguments(jitted, name, dtype):
    limits = np.finfo(dtype)
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, -1.0, -2.0, 1e6, -1e6, 3e4], dtype)
    x = np.concatenate([x, [limits.tiny, limits.smallest_subnormal, limits.max, limits.min]])
    x = np.tile(x.astype(dtype), 3)
    y = np.empty_like(x)
    jitted(name)(x, y)
    with np.errstate(all="ignore"):
        expected = FUNCTIONS[name][0](x)
    np.testing.assert_allclose(y, expected, rtol=8 * limits.eps, atol=limits.smallest_subnormal)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(y[known]), np.signbit(expected[known]))


@pytest.mark.parametrize("name, far", [("exp", 104), ("expm1", 104), ("sigmoid", 104)])
def test_where_results_leave_the_range(jitted, name, far):
    """Also through the numbers that are too small to be normal, and up to infinity."""
    for dtype, stretch in ((np.float32, 1.0), (np.float64, 746 / 104)):
        x = np.linspace(-far * stretch, far * stretch, 5001).astype(dtype)
        y = np.empty_like(x)
        jitted(name)(x, y)
        with np.errstate(all="ignore"):
            expected = FUNCTIONS[name][0](x.astype(np.longdouble)).astype(dtype)
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(np.isfinite(y), finite)
        unit = np.spacing(abs(expected[finite]))
        assert (abs(y[finite] - expected[finite]) <= 3 * unit).all()


def test_an_unknown_constant_is_refused():
    @numba.njit
    def f(x):
        v.store_part(x, 0, mathematics.constant(v.zeros(x), "nonsense"), 1)

    with pytest.raises(TypingError, match="there is no constant 'nonsense'"):
        f(np.zeros(4))


@dtypes
def test_exponents_and_mantissas(dtype):
    @numba.njit
    def f(x, e, m, again):
        part = v.load_part(x, 0, len(x))
        v.store_part(e, 0, bits.exponent(part), len(x))
        v.store_part(m, 0, bits.mantissa(part), len(x))
        product = v.multiply(bits.mantissa(part), bits.power_of_two(bits.exponent(part)))
        v.store_part(again, 0, product, len(x))

    x = np.exp(np.random.default_rng(0).normal(size=v_lanes(dtype)) * 20).astype(dtype)
    e, m, again = np.empty_like(x), np.empty_like(x), np.empty_like(x)
    f(x, e, m, again)
    np.testing.assert_array_equal(again, x)
    assert (m >= np.sqrt(0.5) * 0.999999).all() and (m < np.sqrt(2)).all()
    assert (e == np.round(e)).all()


def v_lanes(dtype):
    @numba.njit
    def f(x):
        return v.lanes(x)

    return f(np.zeros(1, dtype))


def test_the_error_function_of_arrays_is_scipys():
    with pytest.raises(TypeError, match="use scipy.special.erf"):
        mathematics.erf(np.zeros(3))
