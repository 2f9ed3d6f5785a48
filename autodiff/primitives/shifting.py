"""The zero frequency in the middle of a spectrum, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .kinds import Linear
from .primitive import primitive
from .shaping import as_axes


class Shift(Linear):
    """Elements of axes moved round by half the length.

    Parameters
    ----------
    x : array_like
        Operand.
    axes : int or tuple of int, optional
        Which axes; all where not given.

    Raises
    ------
    ShapeError
        If an axis does not exist.
    """

    def __call__(self, x: Any, axes: int | Sequence[int] | None = None) -> Any:
        moved = tuple(range(np.ndim(x))) if axes is None else as_axes(self.name, axes, x)
        return self.apply(x, axes=moved)

    def shape(self, x, axes):
        return x

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)),), {}
        yield (rng.normal(size=(2, 5)),), {"axes": -1}


class Fftshift(Shift):
    """Move the zero frequency to the middle, as `numpy.fft.fftshift`; `ifftshift` undoes it."""

    def function(self, x, axes):
        return np.fft.fftshift(x, axes)

    def transpose(self, gradient, x, axes):
        return ifftshift(gradient, axes)


fftshift = primitive(Fftshift, np.fft.fftshift)


class Ifftshift(Shift):
    """Move the zero frequency from the middle to the front, as `numpy.fft.ifftshift`."""

    def function(self, x, axes):
        return np.fft.ifftshift(x, axes)

    def transpose(self, gradient, x, axes):
        return fftshift(gradient, axes)


ifftshift = primitive(Ifftshift, np.fft.ifftshift)
