r"""Check derivatives against finite differences.

For a function :math:`L` of real numbers the central difference along a direction :math:`t` is

.. math:: \frac{L(x + h t) - L(x - h t)}{2 h} = t^T \nabla L + \frac{h^2}{6} L''' + O(h^4),

and rounding adds an error of about :math:`\varepsilon |L| / h`, since the two values agree in most
of their digits. The sum of both errors is least near :math:`h = \varepsilon^{1/3}`, where it is of
the order :math:`\varepsilon^{2/3}`: 4e-11 in float64, ten digits that can be trusted. In float32
the same best choice leaves 2e-5, so that a wrong rule and a right one may look alike, and with the
step of float64 nothing is left at all. Therefore everything is checked in float64.

A derivative of order k is compared with the central difference of the derivative of order k - 1,
which was checked before. So the errors do not grow with the order.

References
----------
W. H. Press, S. A. Teukolsky, W. T. Vetterling, B. P. Flannery, "Numerical Recipes", 3rd edition,
2007, section 5.7.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .dtypes import epsilon, is_differentiable
from .errors import ArgumentError, DtypeError, GradientError, describe
from .structures import GraphNode
from .transforms import jvp, vjp
from .trees import flatten, unflatten

Function = Callable[..., Any]
Arrays = list[np.ndarray]

MODES = ("forward", "reverse")
EPSILON = float(np.finfo(np.float64).eps)
STEP = EPSILON ** (1 / 3)
SHOWN = 5


def check_grads(
    f: Function,
    args: Sequence[Any],
    modes: str | Sequence[str] = MODES,
    order: int = 2,
    *,
    step: float = STEP,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    seed: int = 0,
) -> None:
    r"""Compare the derivatives of a function with central differences.

    Every element is compared at once, along a random direction, with every result weighted by a
    random number: a wrong element shows with probability 1. Only where that fails, the elements are
    searched one by one, to say which of them are wrong. Beside a kink, as of relu at 0, a
    difference means nothing: choose other arguments.

    Parameters
    ----------
    f : callable
        A function of arrays, or of trees of them, that returns an array or a tree.
    args : sequence
        The arguments at which it is checked: a tuple, also for one argument. Floating and complex
        arrays, which are converted to float64 and complex128. A complex argument is checked in its
        real and its imaginary part; its gradient is :math:`\partial L/\partial\mathrm{Re}\,x + i\,
        \partial L/\partial\mathrm{Im}\,x`, PyTorch's convention.
    modes : sequence of {"forward", "reverse"}, or one
        What is checked. For order 2 also each mode over each mode.
    order : int
        The highest order of derivatives.
    step : float
        The step :math:`h`, multiplied by max(1, abs(x)) for each element x.
    rtol, atol : float
        The difference that is accepted: ``atol + rtol * abs(expected)``, and what rounding the
        result explains.
    seed : int
        Seed of the random directions.

    Raises
    ------
    GradientError
        If a derivative differs; the message says of which order, in which mode, with respect to
        which argument and index, and by how much.
    DtypeError
        If an argument is not floating or complex, or a result has less precision than float64.
    ArgumentError
        If `f` gives another result when it is called again, or an option is not one listed here.

    Examples
    --------
    >>> import autodiff as ad, numpy as np
    >>> ad.check_grads(lambda x: np.exp(x).sum(), (np.arange(3.0),))
    """
    chosen = (modes,) if isinstance(modes, str) else tuple(modes)
    for mode in chosen:
        if mode not in MODES:
            raise ArgumentError(f"modes are 'forward' and 'reverse'; got {mode!r}")
    if not chosen:
        raise ArgumentError("modes is empty: name 'forward', 'reverse' or both")
    if isinstance(order, bool) or not hasattr(order, "__index__") or operator.index(order) < 1:
        raise ArgumentError(f"order is a positive integer, the highest to check; got {order!r}")
    if not isinstance(args, tuple | list):
        raise ArgumentError(
            f"args is the tuple of the function's arguments, such as (x,); got {describe(args)}"
        )
    tree = tuple(args)
    leaves = [_double(leaf, path) for leaf, path in _paths(tree)]
    if not leaves:
        raise ArgumentError("args holds no array to differentiate with respect to")
    primals = unflatten(tree, leaves)
    _refuse_results(f, primals)
    _Check(chosen, step, rtol, atol, np.random.default_rng(seed)).run(f, primals, order, ())


@dataclasses.dataclass
class _Check:
    modes: tuple[str, ...]
    step: float
    rtol: float
    atol: float
    rng: np.random.Generator

    def run(self, f: Function, primals: tuple, order: int, outer: tuple[str, ...]) -> None:
        """Check the derivatives of `f`, itself the derivative of the modes `outer`, and theirs."""
        results = _results(f, primals)
        plain = len(results) == 1 and results[0].size == 1 and results[0].dtype.kind == "f"
        weights = [
            np.ones_like(result) if plain else self._direction(np.zeros_like(result))
            for result in results
        ]
        for mode in self.modes:
            # Along fixed directions every derivative is a function of the same arguments again.
            tangents = [self._direction(leaf) for leaf in flatten(primals)]
            derivative = _derivative(f, mode, primals, tangents, weights)
            expected, noise = self._slope(f, primals, tangents, weights)
            found = _project(mode, derivative, primals, tangents, weights)
            if not self._agree(found, expected, noise):
                self._search(f, mode, outer, primals, weights)
            if order > 1:
                self.run(derivative, primals, order - 1, (mode, *outer))

    def _search(
        self, f: Function, mode: str, outer: tuple[str, ...], primals: tuple, weights: Arrays
    ) -> None:
        """Compare every element alone, and report the worst."""
        names = [path for _, path in _paths(primals)]
        gradient = _derivative(f, mode, primals, [], weights)
        if mode == "reverse":  # one sweep serves all elements
            shares = _results(gradient, primals)
            gradient = lambda *_: shares  # noqa: E731
        wrong: list[tuple[float, str]] = []
        count = 0
        for count, (place, index, unit, tangents) in enumerate(_units(flatten(primals)), 1):  # noqa: B007
            if mode == "forward":
                gradient = _derivative(f, mode, primals, tangents, weights)
            scale = float(np.max(np.abs(tangents[place])))
            expected, noise = (
                number / scale for number in self._slope(f, primals, tangents, weights)
            )
            found = _project(mode, gradient, primals, tangents, weights) / scale
            if not self._agree(found, expected, noise):
                gap = abs(found - expected)
                at = f", index {index}" if index else ""
                told = (
                    f"{names[place]}{at}{unit}: expected {expected:.9g}, found {found:.9g}, "
                    f"which differs by {gap:.3g} ({gap / max(abs(expected), self.atol):.2g} of it)"
                )
                wrong.append((gap if np.isfinite(gap) else np.inf, told))
        if not wrong:
            return  # the random direction met a kink; every element for itself is right
        wrong.sort(key=lambda entry: -entry[0])
        weighted = (
            "" if weights[0].size == len(weights) == 1 else ", weighted by fixed random numbers,"
        )
        raise GradientError(
            f"derivative of order {len(outer) + 1}, {' over '.join([mode, *outer])} mode: "
            f"{len(wrong)} of {count} derivatives of the result{weighted} differ from central "
            "differences, these by most:\n  " + "\n  ".join(told for _, told in wrong[:SHOWN])
        )

    def _agree(self, found: float, expected: float, noise: float) -> bool:
        return bool(abs(found - expected) <= self.atol + self.rtol * abs(expected) + noise)

    def _slope(
        self, f: Function, primals: tuple, tangents: Arrays, weights: Arrays
    ) -> tuple[float, float]:
        """Central difference of the weighted results along `tangents`, and its rounding error."""
        ahead, behind = (
            [
                np.asarray(leaf + step * tangent)
                for leaf, tangent in zip(flatten(primals), tangents, strict=True)
            ]
            for step in (self.step, -self.step)
        )
        high = _results(f, unflatten(primals, ahead))
        low = _results(f, unflatten(primals, behind))
        # Subtracted before they are weighted and summed: then large results cancel exactly.
        rise = [above - below for above, below in zip(high, low, strict=True)]
        size = _inner([np.abs(weight) for weight in weights], [np.abs(above) for above in high])
        return _inner(weights, rise) / (2 * self.step), EPSILON * size / self.step

    def _direction(self, leaf: np.ndarray) -> np.ndarray:
        """Random numbers, none of them small, each scaled to the leaf's element."""
        if leaf.dtype.kind == "c":
            return np.asarray(self._direction(leaf.real) + 1j * self._direction(leaf.imag))
        random = self.rng.choice([-1.0, 1.0], leaf.shape) * self.rng.uniform(0.5, 1.5, leaf.shape)
        return np.asarray(random * np.maximum(1.0, np.abs(leaf)))


def _derivative(
    f: Function, mode: str, primals: tuple, tangents: Arrays, weights: Arrays
) -> Function:
    """The derivative of `f` along `tangents`, or that of its weighted results, as a function."""
    if mode == "forward":
        return lambda *at: jvp(f, at, unflatten(primals, tangents))[1]

    def pulled(*at: Any) -> Any:
        value, pullback = vjp(f, *at)
        return pullback(unflatten(value, weights))

    return pulled


def _project(
    mode: str, derivative: Function, primals: tuple, tangents: Arrays, weights: Arrays
) -> float:
    """What is left to multiply: with the weights in forward mode, the tangents in reverse."""
    found = _results(derivative, primals)
    return _inner(weights, found) if mode == "forward" else _inner(found, tangents)


def _inner(left: Arrays, right: Arrays) -> float:
    """The inner product of real vectors; a complex number counts as two real ones."""
    pairs = zip(left, right, strict=True)
    return float(sum([np.sum(np.conj(one) * other).real for one, other in pairs]))


def _results(f: Function, primals: tuple) -> Arrays:
    return [
        np.asarray(leaf.output if isinstance(leaf, GraphNode) else leaf)
        for leaf in flatten(f(*primals))
    ]


def _units(leaves: Arrays) -> Iterator[tuple[int, tuple[int, ...], str, Arrays]]:
    """Each element alone: the leaf's place, the index, which part, and the direction."""
    for place, leaf in enumerate(leaves):
        parts = (
            {", real part": 1.0, ", imaginary part": 1j} if leaf.dtype.kind == "c" else {"": 1.0}
        )
        for index in np.ndindex(leaf.shape):
            for name, unit in parts.items():
                tangents = [np.zeros_like(other) for other in leaves]
                tangents[place][index] = unit * np.maximum(1.0, np.abs(leaf[index]))
                yield place, index, name, tangents


def _double(leaf: Any, path: str) -> np.ndarray:
    """An argument in double precision.

    Raises
    ------
    DtypeError
        If it is a node, or not floating or complex.
    """
    if isinstance(leaf, GraphNode):
        raise DtypeError(f"{path} is {describe(leaf)}: check_grads takes arrays, pass node.output")
    array = np.asarray(leaf)
    if not is_differentiable(array.dtype):
        raise DtypeError(
            f"{path} has dtype {array.dtype}, which has no derivative; pass floating values, "
            "such as 3.0 instead of 3, or keep it out of args: lambda x: f(x, labels)"
        )
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _refuse_results(f: Function, primals: tuple) -> None:
    """A difference tells something of a function of its arguments alone, in full precision."""
    for one, other in zip(_results(f, primals), _results(f, primals), strict=True):
        if not is_differentiable(one.dtype):
            raise DtypeError(f"a result of the function has dtype {one.dtype}: no derivative")
        if epsilon(one.dtype) > EPSILON:
            raise DtypeError(
                f"a result of the function has dtype {one.dtype} for float64 arguments; "
                "differences in so few digits mislead: remove the conversion inside the function"
            )
        if not np.all(np.isfinite(one)):
            raise ArgumentError(
                "a result of the function is not finite: choose other arguments to check it at"
            )
        if not np.array_equal(one, other):
            raise ArgumentError(
                "the function gave two results for the same arguments: fix its random numbers, or "
                "put the model into eval mode"
            )


def _paths(tree: Any, path: str = "args") -> Iterator[tuple[Any, str]]:
    """The leaves of a tree in the order of `flatten`, each with the expression that reaches it."""
    if isinstance(tree, dict):
        for key, branch in tree.items():
            yield from _paths(branch, f"{path}[{key!r}]")
    elif isinstance(tree, list | tuple):
        for position, branch in enumerate(tree):
            yield from _paths(branch, f"{path}[{position}]")
    elif dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        for field in dataclasses.fields(tree):
            yield from _paths(getattr(tree, field.name), f"{path}.{field.name}")
    elif tree is not None:
        yield tree, path
