"""Fourier transforms, by the names of `numpy.fft`."""

from .primitives.fourier import (
    fft,
    fft2,
    fftn,
    ifft,
    ifft2,
    ifftn,
)
from .primitives.real_fourier import irfft, rfft
from .primitives.shifting import fftshift, ifftshift

__all__ = [
    "fft",
    "fft2",
    "fftn",
    "fftshift",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "irfft",
    "rfft",
]
