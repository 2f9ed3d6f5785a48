"""Rows of an array, copied by the threads that are going to compute with them.

Each thread copies the examples of its own share of the batch, as a region divides it. So several
cores wait for the memory at once, and each finds its examples in its own cache.
"""

from __future__ import annotations

import math

import numpy as np
from numba import carray, cfunc

from . import team
from .kernels.views import copy, view
from .settings import get_num_threads

LEAST = 1 << 16
"""With fewer bytes, a copy is done before a second thread has begun."""


@cfunc("void(CPointer(int64), int64)", cache=True)
def _copy_rows(control_address, share):
    control = carray(control_address, 6)
    shares, rows, size, source, target = control[0], control[1], control[2], control[3], control[4]
    index = view(control[5], np.int64)
    for row in range(rows * share // shares, rows * (share + 1) // shares):
        copy(source + index[row] * size, target + row * size, size)


def take(array: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Rows of an array: ``array.take(index, axis=0)``.

    Parameters
    ----------
    array : ndarray
        With one axis or more.
    index : ndarray of int64
        Numbers of rows, each of which exists; they are not checked.
    """
    # The stride of an axis of length 1 may be anything.
    threads, size = get_num_threads(), array.itemsize * math.prod(array.shape[1:])
    plain = array.flags.c_contiguous and index.flags.c_contiguous and not array.dtype.hasobject
    if threads == 1 or not plain or len(index) * size < LEAST:
        return array.take(index, axis=0)
    result = np.empty((len(index), *array.shape[1:]), array.dtype)
    addresses = [one.__array_interface__["data"][0] for one in (array, result, index)]
    control = np.array([threads, len(index), size, *addresses], np.int64)
    team.run(_copy_rows.address, control, threads)  # type: ignore[arg-type]
    return result
