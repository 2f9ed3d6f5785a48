r"""Discrete Fourier transforms, as in `numpy.fft`.

.. math:: y_k = \sum_t e^{-2 \pi i k t / n} x_t

The transform is linear, so its derivative is itself. Its transpose in the convention of complex
gradients is the conjugate transpose: the transform with the other sign of the exponent, and with
the scale factor that stands before this one. So ``norm="backward"`` becomes ``"forward"``.

References
----------
J. W. Cooley, J. W. Tukey, "An Algorithm for the Machine Calculation of Complex Fourier Series",
Mathematics of Computation 19, 1965.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import catalogue
from ..errors import ArgumentError, DtypeError, ShapeError
from .broadcasting import broadcast_like
from .kinds import Linear
from .primitive import primitive
from .shaping import as_axes, as_axis

ADJOINT = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


class ResizeLike(Linear):
    """Cut an axis at its end, or append zeros, to the length that it has in `like`."""

    shape_only = (1,)

    def function(self, x, like, axis):
        result = np.zeros(self.shape(np.shape(x), np.shape(like), axis), np.asarray(x).dtype)
        common = (slice(None),) * axis + (slice(min(x.shape[axis], result.shape[axis])),)
        result[common] = x[common]
        return result

    def shape(self, x, like, axis):
        return (*x[:axis], like[axis], *x[axis + 1 :])

    def transpose(self, gradient, x, like, axis):
        return self(gradient, x, axis=axis)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), np.zeros((2, 5))), {"axis": 1}
        yield (rng.normal(size=(4, 3)), np.zeros((2, 3))), {"axis": 0}


resize_like = primitive(ResizeLike)


class Transform(Linear):
    """A transform along one axis: what all of them share."""

    autocast = "float32"

    compute: Callable[..., Any]

    def __call__(self, a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
        if norm not in (None, *ADJOINT):
            raise ArgumentError(f"{self.name}: norm is one of {', '.join(ADJOINT)}; got {norm!r}")
        if n is not None and not hasattr(n, "__index__"):
            raise DtypeError(f"{self.name}: n is an integer; got {n!r}")
        if n is not None and operator.index(n) < 1:
            raise ArgumentError(f"{self.name}: a transform has at least one point; got n={n}")
        place = as_axis(self.name, axis, a)
        return self.apply(a, n=n, axis=place, norm=norm or "backward")

    def function(self, a, n, axis, norm):
        return type(self).compute(a, n, axis, norm)

    def shape(self, a, n, axis, norm):
        length = self.length(a[axis] if n is None else n, n)
        if a[axis] == 0 or length < 1:
            raise ShapeError(f"axis {axis} of shape {a} is too short for a transform: give n")
        return (*a[:axis], length, *a[axis + 1 :])

    def length(self, known: int, n: int | None) -> int:
        return known

    def examples(self, rng):
        yield (rng.normal(size=(2, 4)),), {}
        yield (rng.normal(size=(3, 2)),), {"axis": 0, "norm": "ortho"}
        yield (rng.normal(size=5),), {"n": 3, "norm": "forward"}
        yield (rng.normal(size=(2, 3)),), {"n": 6, "axis": -1}


def to_operand(x: Any, a: Any, n: int | None, axis: int) -> Any:
    """Undo the cutting or appending, and take the real part where the operand is real."""
    return broadcast_like(x if n is None else resize_like(x, a, axis=axis), a)


class Fft(Transform):
    r"""Discrete Fourier transform along one axis, as `numpy.fft.fft`.

    .. math:: y_k = \sum_t e^{-2 \pi i k t / n} x_t

    Parameters
    ----------
    a : array_like
        Operand.
    n : int, optional
        Length of the transform; without it that of the axis, which is otherwise cut,
        or lengthened by zeros.
    axis : int
        The axis.
    norm : {"backward", "ortho", "forward"}
        Which direction carries the factor 1/n: the inverse, both its root, or this one.

    Raises
    ------
    ShapeError
        If the axis does not exist, or is too short.
    ArgumentError
        If `norm` is another word, or `n` is not positive.
    """

    compute = staticmethod(np.fft.fft)

    def transpose(self, gradient, a, n, axis, norm):
        return to_operand(ifft(gradient, axis=axis, norm=ADJOINT[norm]), a, n, axis)


fft = primitive(Fft, np.fft.fft)


class Ifft(Transform):
    r"""Inverse of the Fourier transform along one axis, as `numpy.fft.ifft`.

    .. math:: y_t = \frac1n \sum_k e^{2 \pi i k t / n} x_k

    Parameters
    ----------
    a : array_like
        Operand.
    n : int, optional
        Length of the transform; without it that of the axis, which is otherwise cut,
        or lengthened by zeros.
    axis : int
        The axis.
    norm : {"backward", "ortho", "forward"}
        Which direction carries the factor 1/n: the inverse, both its root, or this one.

    Raises
    ------
    ShapeError
        If the axis does not exist, or is too short.
    ArgumentError
        If `norm` is another word, or `n` is not positive.
    """

    compute = staticmethod(np.fft.ifft)

    def transpose(self, gradient, a, n, axis, norm):
        return to_operand(fft(gradient, axis=axis, norm=ADJOINT[norm]), a, n, axis)


ifft = primitive(Ifft, np.fft.ifft)


def several_axes(
    name: str, a: Any, s: Sequence[int] | None, axes: Any
) -> list[tuple[int | None, int]]:
    """The length and the axis of each transform in turn, the last axis first.

    Raises
    ------
    ArgumentError
        If there are not as many lengths as axes.
    """
    if axes is None:
        axes = tuple(range(np.ndim(a))) if s is None else tuple(range(-len(s), 0))
    places = [as_axes(name, axis, a)[0] for axis in axes]
    lengths = [None] * len(places) if s is None else list(s)
    if len(lengths) != len(places):
        raise ArgumentError(f"{name}: s names {len(lengths)} lengths for {len(places)} axes")
    return list(zip(lengths[::-1], places[::-1], strict=True))


def _each(transform: Any, name: str, a: Any, s: Sequence[int] | None, axes: Any, norm: Any) -> Any:
    for n, axis in several_axes(name, a, s, axes):
        a = transform(a, n, axis, norm)
    return a


@catalogue.stands_for(np.fft.fftn)
def fftn(a: Any, s: Sequence[int] | None = None, axes: Any = None, norm: Any = None) -> Any:
    """Fourier transform along several axes, all where not given, as `numpy.fft.fftn`."""
    return _each(fft, "fftn", a, s, axes, norm)


@catalogue.stands_for(np.fft.ifftn)
def ifftn(a: Any, s: Sequence[int] | None = None, axes: Any = None, norm: Any = None) -> Any:
    """Inverse of `fftn`, as `numpy.fft.ifftn`."""
    return _each(ifft, "ifftn", a, s, axes, norm)


@catalogue.stands_for(np.fft.fft2)
def fft2(a: Any, s: Sequence[int] | None = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """Fourier transform along two axes, as `numpy.fft.fft2`."""
    return _each(fft, "fft2", a, s, axes, norm)


@catalogue.stands_for(np.fft.ifft2)
def ifft2(a: Any, s: Sequence[int] | None = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """Inverse of `fft2`, as `numpy.fft.ifft2`."""
    return _each(ifft, "ifft2", a, s, axes, norm)
