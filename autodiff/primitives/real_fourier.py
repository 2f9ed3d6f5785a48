"""Fourier transforms of real signals, and back."""

from __future__ import annotations

import numpy as np

from .fourier import ADJOINT, Transform, ifft, resize_like, to_operand
from .kinds import Nondifferentiable
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
    """

    compute = staticmethod(np.fft.rfft)

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
