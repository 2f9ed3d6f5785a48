"""Fourier transforms, by the names of `numpy.fft`."""

from .primitives.fourier import (
    fft,
    fft2,
    fftn,
    ifft,
    ifft2,
    ifftn,
)
from .primitives.real_fourier import hfft, ihfft, irfft, irfft2, irfftn, rfft, rfft2, rfftn
from .primitives.shifting import fftshift, ifftshift

__all__ = [
    "fft",
    "fft2",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftn",
]
