"""Fourier transforms of real signals, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..catalogue import stands_for
from ..errors import ArgumentError, DtypeError
from .fourier import ADJOINT, Transform, fft, ifft, resize_like, several_axes, to_operand
from .kinds import Nondifferentiable, conjugate
from .primitive import primitive


class Rfft(Transform):
    r"""Fourier transform of real numbers, as `numpy.fft.rfft`: the n // 2 + 1 frequencies
    that are not the conjugates of others.

    Parameters
    ----------
    a : array_like
        Operand, real.
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
    DtypeError
        If the operand is complex.
    """

    compute = staticmethod(np.fft.rfft)

    def function(self, a, n, axis, norm):
        if np.iscomplexobj(a):
            raise DtypeError("it transforms real numbers; complex ones are transformed by fft")
        return super().function(a, n, axis, norm)

    def length(self, known, n):
        return known // 2 + 1

    def transpose(self, gradient, a, n, axis, norm):
        # Zeros for the frequencies that were left out, and of the result the real part.
        full = resize_like(gradient, a, axis=axis) if n is None else gradient
        return to_operand(ifft(full, n, axis, ADJOINT[norm]), a, n, axis)


rfft = primitive(Rfft, np.fft.rfft)


class Multiplicity(Nondifferentiable):
    """How often each frequency of the real signal `x` stands in its whole spectrum: 1 or 2."""

    shape_only = (0,)

    def function(self, x, axis):
        n = np.shape(x)[axis]
        counts = np.full(n // 2 + 1, 2, np.asarray(x).dtype)
        counts[0] = 1
        if n % 2 == 0:
            counts[-1] = 1
        return counts.reshape(self.shape(np.shape(x), axis))

    def shape(self, x, axis):
        return tuple(length // 2 + 1 if i == axis else 1 for i, length in enumerate(x))

    def examples(self, rng):
        yield (rng.normal(size=(2, 4)),), {"axis": 1}
        yield (rng.normal(size=(3, 2)),), {"axis": 0}


multiplicity = primitive(Multiplicity)


class Irfft(Transform):
    r"""Inverse of `rfft`, as `numpy.fft.irfft`: from the frequencies n real numbers.

    No gradient flows to the imaginary parts of the frequency 0, and for even n of the last one:
    a real signal has none.

    Parameters
    ----------
    a : array_like
        Operand.
    n : int, optional
        Length of the result; without it twice that of the axis less one,
        ``2 * (length - 1)``.
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

    compute = staticmethod(np.fft.irfft)

    def length(self, known, n):
        return 2 * (known - 1) if n is None else n

    def transpose(self, gradient, a, n, axis, norm):
        spectrum = rfft(gradient, axis=axis, norm=ADJOINT[norm])
        return to_operand(spectrum * multiplicity(gradient, axis=axis), a, n, axis)


irfft = primitive(Irfft, np.fft.irfft)


@stands_for(np.fft.rfftn)
def rfftn(a: Any, s: Sequence[int] | None = None, axes: Any = None, norm: Any = None) -> Any:
    """Fourier transform of real numbers along several axes, as `numpy.fft.rfftn`.

    Along the last of the axes it is `rfft`, and then along the others `fft`.

    Parameters
    ----------
    a : array_like
        Operand, real.
    s : sequence of int, optional
        Length of the transform along each axis; without it those of the axes.
    axes : sequence of int, optional
        The axes; without it the last ``len(s)`` ones, or all.
    norm : {"backward", "ortho", "forward"}
        Which direction carries the factor 1/n: the inverse, both its root, or this one.

    Raises
    ------
    ShapeError
        If an axis does not exist, or is too short.
    ArgumentError
        If `s` does not name one length for each axis, or there is no axis.
    """
    (n, last), *others = _some_axes("rfftn", a, s, axes)
    result = rfft(a, n, last, norm)
    for n, axis in others:
        result = fft(result, n, axis, norm)
    return result


@stands_for(np.fft.irfftn)
def irfftn(a: Any, s: Sequence[int] | None = None, axes: Any = None, norm: Any = None) -> Any:
    """Inverse of `rfftn`, as `numpy.fft.irfftn`: along the last of the axes `irfft`, before it
    along the others `ifft`.

    Parameters
    ----------
    a : array_like
        Operand.
    s : sequence of int, optional
        Length of the result along each axis; without it those of the axes, and ``2 * (length - 1)``
        along the last.
    axes : sequence of int, optional
        The axes; without it the last ``len(s)`` ones, or all.
    norm : {"backward", "ortho", "forward"}
        Which direction carries the factor 1/n: the inverse, both its root, or this one.

    Raises
    ------
    ShapeError
        If an axis does not exist, or is too short.
    ArgumentError
        If `s` does not name one length for each axis, or there is no axis.
    """
    (n, last), *others = _some_axes("irfftn", a, s, axes)
    for length, axis in others:
        a = ifft(a, length, axis, norm)
    return irfft(a, n, last, norm)


@stands_for(np.fft.rfft2)
def rfft2(a: Any, s: Sequence[int] | None = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """Fourier transform of real numbers along two axes, as `numpy.fft.rfft2`."""
    return rfftn(a, s, axes, norm)


@stands_for(np.fft.irfft2)
def irfft2(a: Any, s: Sequence[int] | None = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """Inverse of `rfft2`, as `numpy.fft.irfft2`."""
    return irfftn(a, s, axes, norm)


@stands_for(np.fft.hfft)
def hfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """Real spectrum of a signal that is its own conjugate backwards, as `numpy.fft.hfft`."""
    return irfft(conjugate(a), n, axis, ADJOINT.get(norm or "backward", norm))


@stands_for(np.fft.ihfft)
def ihfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """Inverse of `hfft`, as `numpy.fft.ihfft`."""
    return conjugate(rfft(a, n, axis, ADJOINT.get(norm or "backward", norm)))


def _some_axes(
    name: str, a: Any, s: Sequence[int] | None, axes: Any
) -> list[tuple[int | None, int]]:
    places = several_axes(name, a, s, axes)
    if not places:
        raise ArgumentError(f"{name}: a transform of real numbers needs at least one axis")
    return places
