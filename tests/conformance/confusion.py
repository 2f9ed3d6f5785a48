"""Programs that a careless differentiator gets wrong: a derivative inside another.

Each takes the derivative outside and the one inside, of a scalar function at a number, and the
library; and states its closed form. With one tag for all derivatives the inner one sees the
perturbation of the outer: the first program then gives 2.

References
----------
J. M. Siskind, B. A. Pearlmutter, "Perturbation Confusion and Referential Transparency: Correct
Functional Implementation of Forward-Mode AD", IFL 2005.

O. Manzyuk, B. A. Pearlmutter, A. A. Radul, D. R. Rush, J. M. Siskind, "Perturbation confusion in
forward automatic differentiation of higher-order functions", Journal of Functional Programming 29,
2019. https://doi.org/10.1017/S095679681900008X
"""

import math


def shifted(outer, inner, lib):
    """Manzyuk and others: differentiate f(x + u) in u at 0, twice; confusion gives 0."""

    def by(derivative, f):
        return lambda x: derivative(lambda u: f(x + u))(0.0)

    return by(outer, by(inner, lib.exp))(1.0)


def three_deep(outer, inner, lib):
    def middle(x):
        return inner(lambda y: y * outer(lambda z: x * y * z * z)(y))(x)

    return outer(lambda x: x * middle(x))(1.0)


def euler_operator(outer, inner, lib):
    """(x d/dx) applied three times to exp: (x + 3 x^2 + x^3) exp(x)."""

    def once(derivative, f):
        return lambda x: x * derivative(f)(x)

    return once(outer, once(inner, once(outer, lib.exp)))(1.0)


def newton_inside(outer, inner, lib):
    """The derivative of a root in a parameter: y^2 = x has dy/dx = 1 / (2 y)."""

    def root(x):
        y = 2.0
        for _ in range(6):
            y = y - (y * y - x) / inner(lambda y: y * y - x)(y)
        return y

    return outer(root)(9.0)


PROGRAMS = {
    "x d/dy (x + y)": (
        lambda outer, inner, lib: outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0),
        1.0,
    ),
    "x d/dy (x y)": (
        lambda outer, inner, lib: outer(lambda x: x * inner(lambda y: x * y)(2.0))(1.0),
        2.0,
    ),
    "x d/dy (x y^2)": (
        lambda outer, inner, lib: outer(lambda x: x * inner(lambda y: x * y * y)(3.0))(2.0),
        24.0,
    ),
    "d/dy y^3 at x^2": (
        lambda outer, inner, lib: outer(lambda x: inner(lambda y: y * y * y)(x * x))(2.0),
        96.0,
    ),
    "d/dy (x + y)^3 at x": (
        lambda outer, inner, lib: outer(lambda x: inner(lambda y: (x + y) ** 3.0)(x))(1.0),
        24.0,
    ),
    "x d/dy x": (
        lambda outer, inner, lib: outer(lambda x: x * inner(lambda y: x * 1.0)(1.0))(2.0),
        0.0,
    ),
    "d/dy (y d/dz (x z))": (
        lambda outer, inner, lib: outer(
            lambda x: inner(lambda y: y * outer(lambda z: x * z)(y))(3.0)
        )(2.0),
        1.0,
    ),
    "d/dy sin(x y) cos y": (
        lambda outer, inner, lib: outer(
            lambda x: inner(lambda y: lib.sin(x * y) * lib.cos(y))(2.0)
        )(0.5),
        math.cos(1.0) * math.cos(2.0)
        - math.sin(1.0) * math.cos(2.0)
        - 2 * math.cos(1.0) * math.sin(2.0),
    ),
    "a shift, twice": (shifted, math.e),
    "three deep": (three_deep, 24.0),
    "the operator x d/dx": (euler_operator, 5 * math.e),
    "Newton's method inside": (newton_inside, 1 / 6),
}
