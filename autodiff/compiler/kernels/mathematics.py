r"""Elementary functions of vectors, to a few units in the last place.

Each is reduced to a short interval, where a polynomial is as good as the function:

- :math:`e^x = 2^n e^r` with :math:`n` the integer nearest to :math:`x / \ln 2`, so that
  :math:`|r| \le \ln 2 / 2`. There the Taylor polynomial of degree 7 serves float32, and that of
  degree 13 serves float64. The product :math:`n \ln 2` is subtracted in two parts, of which the
  first is exact.
- :math:`\ln x = e \ln 2 + \ln m` with :math:`m = 1 + f` near 1, and :math:`\ln (1 + f) =
  2 \operatorname{artanh} s` with :math:`s = f / (2 + f)`, an odd series in :math:`s`.
- sine and cosine of the distance to the nearest multiple of :math:`\pi / 2`.

Written once for both dtypes: the constants of a name differ, the steps are the same.

References
----------
S. L. Moshier, Cephes Mathematical Library (sine, cosine). https://www.netlib.org/cephes/
Sun Microsystems, fdlibm, e_log.c (logarithm). https://www.netlib.org/fdlibm/
Eigen, SpecialFunctions (error function in float32). https://eigen.tuxfamily.org
W. J. Cody, W. Waite, "Software Manual for the Elementary Functions", Prentice-Hall, 1980.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, types
from numba.extending import overload

from .bits import exponent, lane_by_lane, mantissa, power_of_two, tabled, with_sign
from .masks import both, either
from .vectors import (
    absolute,
    add,
    broadcast,
    divide,
    equal,
    floor,
    fma,
    greater,
    greater_equal,
    largest,
    less,
    multiply,
    nearest,
    negative,
    not_equal,
    select,
    subtract,
    zeros,
)


def _taylor(degree: int) -> tuple[float, ...]:
    """Coefficients of (exp(r) - 1 - r) / r^2, the highest first."""
    return tuple(1 / math.factorial(k) for k in range(degree, 1, -1))


_TABLE: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "exp": (_taylor(7), _taylor(13)),
    "1/ln2": ((1 / math.log(2),), (1 / math.log(2),)),
    "ln2 high": ((0.693359375,), (6.93147180369123816490e-01,)),
    "ln2 low": ((-2.12194440e-4,), (1.90821492927058770002e-10,)),
    # From where on e^x is infinite, and until where it is zero.
    "most": ((89.0,), (710.0,)),
    "least": ((-104.0,), (-746.0,)),
    # Until where e^x - 1 is -1, and from where on tanh x is 1.
    "minus one": ((-20.0,), (-40.0,)),
    "one": ((10.0,), (20.0,)),
    "log": (
        (2 / 9, 2 / 7, 2 / 5, 2 / 3),
        (
            *(1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01),
            *(2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01),
            6.666666666666735130e-01,
        ),
    ),
    "smallest normal": ((2.0**-126,), (2.0**-1022,)),
    "raise": ((2.0**24,), (2.0**54,)),
    "raised by": ((24.0,), (54.0,)),
    "sin": (
        (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1),
        (
            *(1.58962301576546568060e-10, -2.50507477628578072866e-8, 2.75573136213857245213e-6),
            *(-1.98412698295895385996e-4, 8.33333333332211858878e-3, -1.66666666666666307295e-1),
        ),
    ),
    "cos": (
        (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2),
        (
            *(-1.13585365213876817300e-11, 2.08757008419747316778e-9, -2.75573141792967388112e-7),
            *(2.48015872888517045348e-5, -1.38888888888730564116e-3, 4.16666666666665929218e-2),
        ),
    ),
    # Half of pi in three parts, and until where the reduction keeps its digits.
    "quarter 1": ((1.5703125,), (1.57079625129699707031,)),
    "quarter 2": ((4.837512969970703125e-4,), (7.54978941586159635336e-8,)),
    "quarter 3": ((7.54978995489188216e-8,), (5.39030285815811905290e-15,)),
    "farthest": ((8192.0,), (2.0**20,)),
    # Where the error function of float32 becomes 1, and a rational function below.
    "erf one": ((3.832506856900711,), ()),
    "erf above": (
        (
            *(-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06),
            *(-5.69250639462346e-05, -7.34990630326855e-04, -2.95459980854025e-03),
            -1.60960333262415e-02,
        ),
        (),
    ),
    "erf below": (
        (
            *(-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03),
            *(-7.37332916720468e-03, -1.42647390514189e-02),
        ),
        (),
    ),
}
constant, polynomial = tabled(_TABLE)


@njit(nogil=True, inline="always")
def reduced(x):
    """The integer n and r with x = n ln 2 + r."""
    n = nearest(multiply(x, constant(x, "1/ln2")))
    r = fma(negative(n), constant(x, "ln2 high"), x)
    return n, fma(negative(n), constant(x, "ln2 low"), r)


@njit(nogil=True, inline="always")
def limited(x, low, high):
    """`x` between two limits; what is not a number stays."""
    return select(less(x, low), low, select(greater(x, high), high, x))


@njit(nogil=True, cache=True)
def exp(x):
    """:math:`e^x`."""
    n, r = reduced(limited(x, constant(x, "least"), constant(x, "most")))
    power = add(fma(multiply(r, r), polynomial(r, "exp"), r), broadcast(x, 1.0))
    # In two steps: the power of two may lie beyond the range of which the result is just inside.
    half = floor(multiply(n, broadcast(x, 0.5)))
    return multiply(multiply(power, power_of_two(half)), power_of_two(subtract(n, half)))


@njit(nogil=True, cache=True)
def expm1(x):
    """:math:`e^x - 1`, exact for small x."""
    n, r = reduced(limited(x, constant(x, "minus one"), constant(x, "most")))
    small = fma(multiply(r, r), polynomial(r, "exp"), r)
    # 2^n (e^r - 1) + (2^n - 1), halved, so that 2^n does not overflow before the result does.
    half = power_of_two(subtract(n, broadcast(x, 1.0)))
    result = fma(half, small, subtract(half, broadcast(x, 0.5)))
    result = select(equal(n, zeros(x)), small, add(result, result))
    return select(equal(x, zeros(x)), x, result)


@njit(nogil=True, cache=True)
def log(x):
    """:math:`ln x`."""
    low = less(x, constant(x, "smallest normal"))
    positive = select(low, multiply(x, constant(x, "raise")), x)
    e = exponent(positive)
    e = select(low, subtract(e, constant(x, "raised by")), e)
    f = subtract(mantissa(positive), broadcast(x, 1.0))
    s = divide(f, add(f, broadcast(x, 2.0)))
    z = multiply(s, s)
    half = multiply(multiply(f, f), broadcast(x, 0.5))
    rest = fma(s, fma(z, polynomial(z, "log"), half), multiply(e, constant(x, "ln2 low")))
    result = fma(e, constant(x, "ln2 high"), subtract(f, subtract(half, rest)))
    result = select(equal(x, broadcast(x, np.inf)), x, result)
    result = select(equal(x, zeros(x)), broadcast(x, -np.inf), result)
    broken = either(less(x, zeros(x)), not_equal(x, x))
    return select(broken, broadcast(x, np.nan), result)


@njit(nogil=True, cache=True)
def log1p(x):
    """:math:`ln(1 + x)`, exact for small x."""
    u = add(x, broadcast(x, 1.0))
    # What was lost when 1 + x was rounded, at the slope of the logarithm there.
    lost = divide(subtract(x, subtract(u, broadcast(x, 1.0))), u)
    usual = both(greater(u, zeros(x)), less(u, broadcast(x, np.inf)))
    return select(equal(x, zeros(x)), x, add(log(u), select(usual, lost, zeros(x))))


@njit(nogil=True, cache=True)
def tanh(x):
    """Hyperbolic tangent: with :math:`e = e^{2|x|} - 1` it is :math:`e / (e + 2)`."""
    size = limited(absolute(x), zeros(x), constant(x, "one"))
    e = expm1(add(size, size))
    return with_sign(divide(e, add(e, broadcast(x, 2.0))), x)


@njit(nogil=True, cache=True)
def sigmoid(x):
    """Logistic function; :math:`e^{-|x|}` never overflows, and both branches are the same."""
    one, small = broadcast(x, 1.0), exp(negative(absolute(x)))
    return divide(select(greater_equal(x, zeros(x)), one, small), add(one, small))


@njit(nogil=True, inline="always")
def turned(x, quarters):
    """Sine of x plus so many quarters of a turn."""
    n = nearest(multiply(x, broadcast(x, 2 / math.pi)))
    r = fma(negative(n), constant(x, "quarter 1"), x)
    r = fma(negative(n), constant(x, "quarter 2"), r)
    r = fma(negative(n), constant(x, "quarter 3"), r)
    n = add(n, broadcast(x, quarters))
    n = subtract(n, multiply(floor(multiply(n, broadcast(x, 0.25))), broadcast(x, 4.0)))
    z = multiply(r, r)
    sine = fma(multiply(z, polynomial(z, "sin")), r, r)
    one = broadcast(x, 1.0)
    cosine = fma(multiply(z, z), polynomial(z, "cos"), fma(z, broadcast(x, -0.5), one))
    odd = either(equal(n, one), equal(n, broadcast(x, 3.0)))
    result = select(odd, cosine, sine)
    return select(greater(n, broadcast(x, 1.5)), negative(result), result)


@njit(nogil=True, inline="always")
def far(x):
    """Whether a lane is too far from zero for `turned`."""
    beyond = greater(absolute(x), constant(x, "farthest"))
    return largest(select(beyond, broadcast(x, 1.0), zeros(x))) > 0


@njit(nogil=True, cache=True)
def sin(x):
    """Sine; far from zero, where the reduction needs more digits, lane by lane."""
    if far(x):
        return lane_by_lane("sin", x)
    return select(equal(x, zeros(x)), x, turned(x, 0.0))  # which keeps the sign of zero


@njit(nogil=True, cache=True)
def cos(x):
    """Cosine; far from zero, lane by lane."""
    if far(x):
        return lane_by_lane("cos", x)
    return turned(x, 1.0)


def erf(x):
    """Error function: a rational function in float32, lane by lane in float64."""
    raise TypeError("the error function of vectors is for jitted code; use scipy.special.erf")


@overload(erf)
def _erf(x):
    if x.dtype == types.float64:
        return lambda x: lane_by_lane("erf", x)

    def rational(x):
        limit = constant(x, "erf one")
        z = multiply(x, x)
        value = multiply(x, divide(polynomial(z, "erf above"), polynomial(z, "erf below")))
        return select(greater(absolute(x), limit), with_sign(broadcast(x, 1.0), x), value)

    return rational
