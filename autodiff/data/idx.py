"""The IDX file format, in which MNIST is published.

A file begins with four bytes: two zeros, the type of the elements, the number of axes. Then comes
the length of each axis, as a big-endian integer of four bytes, and then all elements in order. The
whole may be compressed with gzip.

References
----------
Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", 1998.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from ..errors import DataError

_TYPES: dict[int, np.dtype] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}


def read_idx(path: str | Path) -> np.ndarray:
    """Read an IDX file, compressed or not.

    Parameters
    ----------
    path : path_like
        The file. Whether it is compressed is seen from its first bytes, not from its name.

    Returns
    -------
    numpy.ndarray
        Its elements; the array may be read-only.

    Raises
    ------
    DataError
        If the file is corrupt, truncated, too long or of another format.
    """
    content = _content(Path(path))
    if len(content) < 4:
        raise DataError(f"{path}: {len(content)} bytes are too short for an IDX file")
    zeros, code, rank = struct.unpack(">HBB", content[:4])
    if zeros or code not in _TYPES or not rank:
        raise DataError(
            f"{path}: not an IDX file; it begins with the bytes {content[:4].hex(' ')} instead of "
            "00 00, a type (08 for bytes) and a number of axes"
        )
    start = 4 + 4 * rank
    if len(content) < start:
        raise DataError(f"{path}: truncated within the lengths of its {rank} axes")
    shape = struct.unpack(f">{rank}I", content[4:start])
    dtype = _TYPES[code]
    expected = math.prod(shape) * dtype.itemsize
    found = len(content) - start
    if found != expected:
        fault = "truncated" if found < expected else "too long"
        raise DataError(
            f"{path}: {fault}; its header announces shape {shape}, that is {expected} bytes, and "
            f"{found} follow"
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape)


def _content(path: Path) -> bytes:
    raw = path.read_bytes()
    if raw[:2] != b"\x1f\x8b":
        if path.suffix == ".gz":
            raise DataError(f"{path}: not compressed with gzip, although its name ends in .gz")
        return raw
    try:
        return gzip.decompress(raw)
    except EOFError as error:
        raise DataError(f"{path}: truncated; the compressed data end too early") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: corrupt; gzip says: {error}") from error
