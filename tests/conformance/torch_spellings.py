"""PyTorch's calls in NumPy's words: the same function, the arguments translated, never the result.

A spelling has PyTorch's signature after the library, `ad` or NumPy itself, and is one call of a
function of that library. So the same line says what this library must compute, and whether NumPy
accepts the call.
"""

import math

import numpy as np
from torch_gaps import Excluded


def axes(x, dim):
    """PyTorch's () means every axis, as None does in NumPy; and a scalar has axis 0 there."""
    if dim == () or not x.ndim:
        return None
    return tuple(dim) if isinstance(dim, list) else dim


def degrees_of_freedom(unbiased, correction):
    if isinstance(unbiased, bool):
        return int(unbiased)
    return 1 if correction is None else correction


def cast(lib, x, dtype):
    return x if dtype is None or x.dtype == dtype else lib.astype(x, dtype)


def given(**options):
    """The options that differ from what is the default in both libraries."""
    return {name: value for name, value in options.items() if value is not None}


def vector(x):
    if not x.ndim:
        raise Excluded("order of a scalar")


def reduction(name):
    def call(lib, x, dim=None, keepdim=False, dtype=None):
        return getattr(lib, name)(cast(lib, x, dtype), axis=axes(x, dim), keepdims=keepdim)

    return call


def spread(name):
    def call(lib, x, dim=None, unbiased=None, keepdim=False, *, correction=None):
        if isinstance(dim, bool):  # std(x, unbiased), PyTorch's other signature
            dim, unbiased = None, dim
        ddof = degrees_of_freedom(unbiased, correction)
        return getattr(lib, name)(x, axis=axes(x, dim), ddof=ddof, keepdims=keepdim)

    return call


def position(name):
    def call(lib, x, dim=None, keepdim=False):
        return getattr(lib, name)(x, axis=axes(x, dim), **given(keepdims=keepdim or None))

    return call


def running(name):
    def call(lib, x, dim, dtype=None):
        vector(x)
        return getattr(lib, name)(cast(lib, x, dtype), axis=dim)

    return call


def ordered(name):
    def call(lib, x, dim=-1, descending=False, stable=None):
        if descending:
            raise Excluded("descending")
        vector(x)
        return getattr(lib, name)(x, axis=dim)

    return call


def normalised(name):
    def call(lib, x, dim, dtype=None):
        vector(x)
        return getattr(lib, name)(cast(lib, x, dtype), axis=dim)

    return call


def one_axis(name):
    def call(lib, x, n=None, dim=-1, norm=None):
        return getattr(lib.fft, name)(x, n=n, axis=dim, norm=norm)

    return call


def many_axes(name, default):
    def call(lib, x, s=None, dim=default, norm=None):
        # PyTorch takes -1 for "as it is", and counts s from the last axes where dim is not given.
        dims = dim if dim is None or isinstance(dim, tuple) else (dim,)
        if dims is None and s is not None:
            dims = tuple(range(-len(s), 0))
        return getattr(lib.fft, name)(x, s=s, axes=dims, norm=norm)

    return call


def shifted(name):
    return lambda lib, x, dim=None: getattr(lib.fft, name)(x, axes=dim)


def swapped(name):
    return lambda lib, x, other: getattr(lib, name)(other, x)


def with_alpha(name):
    def call(lib, x, other, *, alpha=1):
        return getattr(lib, name)(x, other if alpha == 1 else lib.multiply(alpha, other))

    return call


def ends(sizes):
    """Where pieces of these sizes end, but for the last."""
    return [int(end) for end in np.cumsum(sizes)[:-1]]


def pieces(size):
    def call(lib, x, wanted, dim=0):
        length = x.shape[dim]
        sizes = wanted if not isinstance(wanted, int) else size(length, wanted)
        return lib.split(x, ends(sizes), axis=dim)

    return call


def of_size(length, size):
    return [min(size, length - start) for start in range(0, max(length, 1), size)]


def in_chunks(length, chunks):
    return of_size(length, max(1, math.ceil(length / chunks)))


def expand(lib, x, *shape):
    shape = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
    own = (1,) * (len(shape) - x.ndim) + tuple(x.shape)
    full = tuple(o if s == -1 else s for s, o in zip(shape, own, strict=True))
    return lib.broadcast_to(x, full)


def squeeze(lib, x, dim=None):
    """PyTorch leaves an axis that is longer than 1, where NumPy refuses it."""
    dims = range(x.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    return lib.squeeze(x, axis=tuple(d for d in dims if x.ndim and x.shape[d] == 1))


def gather(lib, x, dim, index, sparse_grad=False):
    """PyTorch reads only the part of x that is as long as the index, but for the axis."""
    if x.ndim != index.ndim or not x.ndim:
        raise Excluded("index of other axes")
    part = tuple(
        slice(None) if d == dim % x.ndim else slice(length) for d, length in enumerate(index.shape)
    )
    return lib.take_along_axis(x[part], index, axis=dim)


def narrow(lib, x, dim, start, length):
    start = int(start) + (x.shape[dim] if start < 0 else 0)
    return x[(slice(None),) * (dim % x.ndim) + (slice(start, start + length),)]


def take_along_dim(lib, x, index, dim=None):
    if dim is None and index.ndim != 1:
        raise Excluded("flattened index")
    return lib.take_along_axis(x, index, axis=dim)


def cross(lib, x, other, dim=None):
    """The old function takes the first axis of length 3 where none is given."""
    return lib.cross(x, other, axis=x.shape.index(3) if dim is None else dim)


def median(name):
    def call(lib, x, dim=None, keepdim=False):
        vector(x)
        if (x.shape[dim] if dim is not None else x.size) % 2 == 0:
            raise Excluded("lower median")
        return getattr(lib, name)(x, axis=dim, keepdims=keepdim)

    return call


def solve(lib, a, b, *, left=True):
    if b.ndim > 1 and b.shape == a.shape[:-1]:
        raise Excluded("vectors stacked")
    return lib.linalg.solve(a, b)


def tensordot(lib, x, other, dims=2):
    if isinstance(dims, tuple) and any(
        x.shape[i] != other.shape[j] for i, j in zip(*dims, strict=True)
    ):
        raise Excluded("one-element axis contracted")
    return lib.tensordot(x, other, axes=dims)


def logaddexp(lib, x, other):
    if "c" in {getattr(operand, "dtype", np.dtype(int)).kind for operand in (x, other)}:
        raise Excluded("no complex logaddexp")
    return lib.logaddexp(x, other)


def concatenate(lib, arrays, dim=0):
    shapes = {np.shape(array) for array in arrays}
    if (0,) in shapes and any(len(shape) > 1 for shape in shapes):
        raise Excluded("legacy empty")
    return lib.concatenate(arrays, axis=dim)


def gradient(lib, x, *, spacing=None, dim=None, edge_order=1):
    every = tuple(range(x.ndim)) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    if spacing is None:
        spacing = ()
    elif not isinstance(spacing, list | tuple):
        spacing = (spacing,) * len(every)
    order = {} if edge_order == 1 else {"edge_order": edge_order}
    return lib.gradient(x, *spacing, axis=every, **order)


def diff(lib, x, n=1, dim=-1, prepend=None, append=None):
    parts = [part for part in (prepend, x, append) if part is not None and (n or part is x)]
    return lib.diff(lib.concatenate(parts, axis=dim) if len(parts) > 1 else x, n=n, axis=dim)


def norm(lib, x, p="fro", dim=None, keepdim=False, dtype=None):
    """The old function: over all elements, where linalg.norm takes a matrix."""
    if dim is not None and not x.ndim:
        raise Excluded("old norm of a scalar")
    if p in ("fro", "nuc"):
        return lib.linalg.norm(x, None if p == "fro" and dim is None else p, axis=axes(x, dim))
    if dim is None:
        return lib.linalg.norm(lib.ravel(x), p)
    return lib.linalg.norm(x, p, axis=axes(x, dim), keepdims=keepdim)


def linalg_norm(lib, x, ord=None, dim=None, keepdim=False, dtype=None):
    return lib.linalg.norm(x, ord, axis=axes(x, dim), keepdims=keepdim)


def linspace(lib, start, end, steps, dtype=None):
    return lib.linspace(cast_number(lib, start, dtype), cast_number(lib, end, dtype), steps)


def cast_number(lib, x, dtype):
    if dtype is None:
        return x
    return dtype(x) if isinstance(x, int | float | complex) else lib.astype(x, dtype)


def tensor_split(lib, x, wanted, dim=0):
    return lib.array_split(
        x, wanted.tolist() if isinstance(wanted, np.ndarray) else wanted, axis=dim
    )


def cov(lib, x, *, correction=1, fweights=None, aweights=None):
    return lib.cov(x, ddof=correction, **given(fweights=fweights, aweights=aweights))


def quantile(name):
    def call(lib, x, q, dim=None, keepdim=False, *, interpolation="linear"):
        return getattr(lib, name)(x, q, axis=axes(x, dim), method=interpolation, keepdims=keepdim)

    return call


def logspace(lib, start, end, steps, base=10.0, dtype=None):
    ends = (cast_number(lib, end, dtype) for end in (start, end))
    return lib.logspace(*ends, steps, base=base)


def vector_norm(lib, x, ord=2, dim=None, keepdim=False):
    return lib.linalg.vector_norm(x, axis=axes(x, dim), keepdims=keepdim, ord=ord)
