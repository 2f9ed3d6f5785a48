"""The processor's clock for Python, to find out how fast it counts."""

from __future__ import annotations

from numba import njit

from .views import cycles


@njit(nogil=True, cache=True)
def count():
    """The clock that timed regions read."""
    return cycles()
