"""Numbers that are missing: NaN and infinity, and the reductions that leave NaN out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..catalogue import stands_for
from ..dtypes import convert, is_half, largest
from ..evaluation import in_float32
from .comparisons import Comparison, greater_equal, logical_not, logical_or
from .cumulative import cumprod, cumsum, prod
from .extrema import Extremum
from .kinds import Elementwise
from .masking import masked
from .primitive import primitive
from .reductions import Axis, mean, sum
from .variance import spread, squared_spread


class IsKind(Comparison):
    """A question about each number for itself."""

    def examples(self, rng):
        yield (np.array([1.0, np.nan, -np.inf, np.inf]),), {}


class Isnan(IsKind):
    """Whether an element is not a number."""

    def function(self, x):
        return np.isnan(x)


isnan = primitive(Isnan, np.isnan)


class Isinf(IsKind):
    """Whether an element is infinite."""

    def function(self, x):
        return np.isinf(x)


isinf = primitive(Isinf, np.isinf)


class Isfinite(IsKind):
    """Whether an element is a number, and not infinite."""

    def function(self, x):
        return np.isfinite(x)


isfinite = primitive(Isfinite, np.isfinite)


class NanToNum(Elementwise):
    """Replace what is not finite by numbers, as `numpy.nan_to_num`.

    The derivative is 1 where `x` is finite and 0 where it was replaced.

    Parameters
    ----------
    x : array_like
        Operand.
    nan : float
        What stands for NaN.
    posinf, neginf : float, optional
        What stands for the infinities; the largest and smallest numbers of the dtype by default.
    """

    moves = True
    partials = (lambda y, x, **replaced_by: isfinite(x),)

    def __call__(
        self, x: Any, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
    ) -> Any:
        return self.apply(x, nan=nan, posinf=posinf, neginf=neginf)

    def function(self, x, nan, posinf, neginf):
        dtype = np.asarray(x).dtype
        if not is_half(dtype):
            return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
        # NumPy returns bfloat16, which it does not know, as it is; and float32 has other limits.
        top = largest(dtype)
        limits = (top if posinf is None else posinf), (-top if neginf is None else neginf)
        wide = np.nan_to_num(x.astype(np.float32), nan=nan, posinf=limits[0], neginf=limits[1])
        return convert(wide, dtype)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=3),), {"nan": 1.0, "posinf": 2.0, "neginf": -2.0}


nan_to_num = primitive(NanToNum, np.nan_to_num)


def _left_is_chosen(a: Any, b: Any, greater: Any, less: Any) -> Any:
    return logical_or(greater_equal(greater, less), isnan(b))


def _pairs(rng: np.random.Generator) -> Iterator[Any]:
    yield (rng.normal(size=(2, 3)), rng.normal(size=3)), {}
    yield (rng.normal(size=(2, 1)), 0.1), {}


class Fmax(Elementwise):
    """The larger of two values, elementwise; where one is NaN, the other. At a tie the first gets
    the whole gradient, as in PyTorch.
    """

    partials = (
        lambda y, a, b: _left_is_chosen(a, b, a, b),
        lambda y, a, b: logical_not(_left_is_chosen(a, b, a, b)),
    )

    def function(self, a, b):
        return np.fmax(a, b)

    def examples(self, rng):
        return _pairs(rng)


fmax = primitive(Fmax, np.fmax)


class Fmin(Elementwise):
    """The smaller of two values, elementwise; where one is NaN, the other. At a tie the first gets
    the whole gradient, as in PyTorch.
    """

    partials = (
        lambda y, a, b: _left_is_chosen(a, b, b, a),
        lambda y, a, b: logical_not(_left_is_chosen(a, b, b, a)),
    )

    def function(self, a, b):
        return np.fmin(a, b)

    def examples(self, rng):
        return _pairs(rng)


fmin = primitive(Fmin, np.fmin)


class Nanmax(Extremum):
    """Largest element over axes that is not NaN, as `numpy.nanmax`. Ties share the gradient."""

    identity, join = -np.inf, "fmax"

    def function(self, x, axis, keepdims):
        return np.nanmax(x, axis=axis, keepdims=keepdims)


nanmax = primitive(Nanmax, np.nanmax)


class Nanmin(Extremum):
    """Smallest element over axes that is not NaN, as `numpy.nanmin`. Ties share the gradient."""

    identity, join = np.inf, "fmin"

    def function(self, x, axis, keepdims):
        return np.nanmin(x, axis=axis, keepdims=keepdims)


nanmin = primitive(Nanmin, np.nanmin)


@stands_for(np.nansum)
def nansum(
    x: Any, axis: Axis = None, keepdims: bool = False, *, initial: Any = None, where: Any = True
) -> Any:
    """Sum over axes in which NaN counts as 0, and gets the gradient 0, as `numpy.nansum`."""
    return sum(x, axis, keepdims, initial=initial, where=_present(x, where))


@stands_for(np.nanprod)
def nanprod(
    x: Any, axis: Axis = None, keepdims: bool = False, *, initial: Any = None, where: Any = True
) -> Any:
    """Product over axes in which NaN counts as 1, and gets the gradient 0, as `numpy.nanprod`."""
    return prod(x, axis, keepdims, initial=initial, where=_present(x, where))


@stands_for(np.nanmean)
def nanmean(x: Any, axis: Axis = None, keepdims: bool = False, *, where: Any = True) -> Any:
    """Mean over axes of what is not NaN, as `numpy.nanmean`; NaN where nothing is left."""
    return mean(x, axis, keepdims, where=_present(x, where))


@stands_for(np.nanvar)
def nanvar(
    x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False, *, where: Any = True
) -> Any:
    r"""Variance over axes of what is not NaN, as `numpy.nanvar`.

    With the mean :math:`\bar x` of the :math:`n` numbers that are not NaN it is :math:`\sum (x -
    \bar x)^2 / (n - d)` over them; NaN where they are not more than :math:`d`.

    Parameters
    ----------
    x : array_like
        Operand.
    axis : int or tuple of int, optional
        Axes to reduce; all where not given.
    ddof : int
        The :math:`d` of the denominator.
    keepdims : bool
        Keep the reduced axes, with length 1.
    where : array_like
        Which elements count; broadcasts to the shape of `x`.
    """
    return in_float32(squared_spread, x, axis, ddof, keepdims, _present(x, where), np.nan)


@stands_for(np.nanstd)
def nanstd(
    x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False, *, where: Any = True
) -> Any:
    """Standard deviation of what is not NaN, the square root of `nanvar`, as `numpy.nanstd`."""
    return in_float32(spread, x, axis, ddof, keepdims, _present(x, where), np.nan)


def _present(x: Any, where: Any = True) -> Any:
    """Which elements are not NaN, of those that `where` chooses."""
    present = logical_not(isnan(x))
    return present if where is True else masked(present, where, fill=0)


@stands_for(np.nancumsum)
def nancumsum(x: Any, axis: int | None = None) -> Any:
    """Running sum in which NaN counts as 0, and gets the gradient 0, as `numpy.nancumsum`."""
    return cumsum(masked(x, _present(x), fill=0), axis)


@stands_for(np.nancumprod)
def nancumprod(x: Any, axis: int | None = None) -> Any:
    """Running product in which NaN counts as 1, and gets the gradient 0, as `numpy.nancumprod`."""
    return cumprod(masked(x, _present(x), fill=1), axis)
