"""PyTorch's name of a function, or of one variant of it, and the same call in NumPy's words.

A name that is not here is looked up in the library as it is, with PyTorch's arguments as they are.
"""

from torch_layers import avg_pool2d, cross_entropy, dropout, max_pool2d, pad
from torch_spellings import (
    axes,
    cast,
    concatenate,
    cov,
    cross,
    diff,
    expand,
    gather,
    given,
    gradient,
    in_chunks,
    linalg_norm,
    linspace,
    logaddexp,
    logspace,
    many_axes,
    median,
    narrow,
    norm,
    normalised,
    of_size,
    one_axis,
    ordered,
    pieces,
    position,
    quantile,
    reduction,
    running,
    shifted,
    solve,
    spread,
    squeeze,
    swapped,
    take_along_dim,
    tensor_split,
    tensordot,
    vector_norm,
    with_alpha,
)

SPELLINGS = {
    **{
        name: reduction(name)
        for name in ["sum", "mean", "amax", "amin", "all", "any", "nansum", "nanmean"]
    },
    **{name: reduction(name) for name in ("nansum", "nanmean")},
    **{name: spread(name) for name in ("std", "var")},
    **{name: position(name) for name in ("argmax", "argmin")},
    **{name: running(name) for name in ("cumsum", "cumprod")},
    **{name: ordered(name) for name in ("sort", "argsort")},
    **{name: normalised(name) for name in ("softmax", "log_softmax")},
    **{f"fft.{name}": one_axis(name) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
    **{f"fft.{name}": many_axes(name, (-2, -1)) for name in ("fft2", "ifft2", "rfft2", "irfft2")},
    **{f"fft.{name}": many_axes(name, None) for name in ("fftn", "ifftn", "rfftn", "irfftn")},
    **{f"fft.{name}": shifted(name) for name in ("fftshift", "ifftshift")},
    "__radd__": swapped("add"),
    "__rdiv__": swapped("divide"),
    "__rmatmul__": swapped("matmul"),
    "__rmod__": swapped("remainder"),
    "__rmul__": swapped("multiply"),
    "__rpow__": swapped("power"),
    "__rsub__": swapped("subtract"),
    "__getitem__": lambda lib, x, key: x[key],
    "add": with_alpha("add"),
    "sub": with_alpha("subtract"),
    "rsub": lambda lib, x, other, *, alpha=1: lib.subtract(
        other, x if alpha == 1 else lib.multiply(alpha, x)
    ),
    "div.floor_rounding": lambda lib, x, other, *, rounding_mode: lib.floor_divide(x, other),
    "atleast_1d": lambda lib, x: lib.atleast_1d(*(x if isinstance(x, list) else [x])),
    "atleast_2d": lambda lib, x: lib.atleast_2d(*(x if isinstance(x, list) else [x])),
    "atleast_3d": lambda lib, x: lib.atleast_3d(*(x if isinstance(x, list) else [x])),
    "bmm": lambda lib, x, other: lib.matmul(x, other),
    "cat": concatenate,
    "cholesky": lambda lib, x, upper=False: lib.linalg.cholesky(x, **given(upper=upper or None)),
    "chunk": pieces(in_chunks),
    "clamp": lambda lib, x, min=None, max=None: lib.clip(x, min, max),
    "clamp_max": lambda lib, x, max: lib.clip(x, None, max),
    "clamp_min": lambda lib, x, min: lib.clip(x, min, None),
    "count_nonzero": lambda lib, x, dim=None: lib.count_nonzero(x, axis=axes(x, dim)),
    "cross": cross,
    "diagflat": lambda lib, x, offset=0: lib.diag(lib.ravel(x), offset),
    "diagonal": lambda lib, x, offset=0, dim1=0, dim2=1: lib.diagonal(x, offset, dim1, dim2),
    "diff": diff,
    "einsum": lambda lib, operands, equation: lib.einsum(equation, *operands),
    "eq": lambda lib, x, other: lib.equal(x, other),
    "expand": expand,
    "expand_as": lambda lib, x, other: lib.broadcast_to(x, other.shape),
    "flatten": lambda lib, x, start_dim=0, end_dim=-1: lib.flatten(x, start_dim, end_dim),
    "flip": lambda lib, x, dims: lib.flip(x, dims),
    "full_like": lambda lib, x, value, dtype=None: lib.full_like(cast(lib, x, dtype), value),
    "gather": gather,
    "gradient": gradient,
    "index_select": lambda lib, x, dim, index: (
        lib.take(lib.atleast_1d(x), lib.atleast_1d(index), axis=dim)
        if x.ndim
        else lib.take(x, index.item())
    ),
    "linalg.cholesky": lambda lib, x, *, upper=False: lib.linalg.cholesky(
        x, **given(upper=upper or None)
    ),
    "linalg.cross": lambda lib, x, other, *, dim=-1: lib.cross(x, other, axis=dim),
    "linalg.diagonal": lambda lib, x, *, offset=0, dim1=-2, dim2=-1: lib.diagonal(
        x, offset, dim1, dim2
    ),
    # The samples are made Hermitian: which triangle is read, or that it is, changes nothing.
    "linalg.eigh": lambda lib, x, UPLO="L": lib.linalg.eigh(x),
    "linalg.eigvalsh": lambda lib, x, UPLO="L": lib.linalg.eigvalsh(x),
    "linalg.pinv": lambda lib, x, *, rtol=None: lib.linalg.pinv(x, rtol=rtol),
    "linalg.pinv.hermitian": lambda lib, x, *, hermitian: lib.linalg.pinv(x),
    "linalg.pinv.singular": lambda lib, x, other: lib.linalg.pinv(
        lib.matmul(x, lib.swapaxes(other, -1, -2))
    ),
    "linalg.matrix_norm": lambda lib, x, ord="fro", dim=(-2, -1), keepdim=False: lib.linalg.norm(
        x, ord, axis=tuple(dim), keepdims=keepdim
    ),
    "linalg.norm": linalg_norm,
    "linalg.svd": lambda lib, x, full_matrices=True: lib.linalg.svd(x, full_matrices),
    "linspace": linspace,
    "logsumexp": lambda lib, x, dim, keepdim=False: lib.logsumexp(
        x, axis=axes(x, dim), keepdims=keepdim
    ),
    "masked_fill": lambda lib, x, mask, value: lib.where(mask, value, x),
    "max.binary": lambda lib, x, other: lib.maximum(x, other),
    "max": reduction("max"),
    **{name: median(name) for name in ("median", "nanmedian")},
    **{name: quantile(name) for name in ("quantile", "nanquantile")},
    "cov": cov,
    "linalg.tensorsolve": lambda lib, a, b, dims=None: lib.linalg.tensorsolve(
        a, b, **given(axes=dims)
    ),
    "linalg.vecdot": lambda lib, x, y, *, dim=-1: lib.linalg.vecdot(x, y, axis=dim),
    "linalg.vector_norm": vector_norm,
    "logspace": logspace,
    "logaddexp": logaddexp,
    "linalg.solve": solve,
    "nn.functional.dropout": dropout,
    "min.binary": lambda lib, x, other: lib.minimum(x, other),
    "min": reduction("min"),
    "mm": lambda lib, x, other: lib.matmul(x, other),
    "msort": lambda lib, x: lib.sort(x, axis=0),
    "mT": lambda lib, x: lib.swapaxes(x, -1, -2),
    "mv": lambda lib, x, other: lib.matmul(x, other),
    "narrow": narrow,
    "nn.functional.avg_pool2d": avg_pool2d,
    "nn.functional.cross_entropy": cross_entropy,
    "nn.functional.gelu": lambda lib, x, approximate="none": lib.gelu(
        x, **({} if approximate == "none" else {"approximate": approximate})
    ),
    "nn.functional.max_pool2d": max_pool2d,
    "nn.functional.mse_loss": lambda lib, x, target, reduction="mean": lib.mse_loss(
        x, target, **({} if reduction == "mean" else {"reduction": reduction})
    ),
    "nn.functional.pad": pad,
    "norm": norm,
    "ones_like": lambda lib, x, dtype=None: lib.ones_like(cast(lib, x, dtype)),
    "permute": lambda lib, x, dims: lib.transpose(x, dims),
    "prod": reduction("prod"),
    "repeat": lambda lib, x, repeats: lib.tile(x, repeats),
    "repeat_interleave": lambda lib, x, repeats, dim=None, output_size=None: lib.repeat(
        x, repeats, axis=dim
    ),
    "reshape_as": lambda lib, x, other: lib.reshape(x, other.shape),
    "roll": lambda lib, x, shifts, dims=None: lib.roll(x, shifts, axis=dims),
    "rot90": lambda lib, x, k=1, dims=(0, 1): lib.rot90(x, k, dims),
    "select": lambda lib, x, dim, index: lib.take(x, index, axis=dim),
    "sgn": lambda lib, x: lib.sign(x),
    "split": pieces(of_size),
    "split_with_sizes": pieces(of_size),
    "squeeze": squeeze,
    "stack": lambda lib, arrays, dim=0: lib.stack(arrays, axis=dim),
    "svd": lambda lib, x, some=True: lib.linalg.svd(x, not some),
    "t": lambda lib, x: lib.transpose(x),
    "T": lambda lib, x: lib.transpose(x),
    "take_along_dim": take_along_dim,
    "tensor_split": tensor_split,
    "tensordot": tensordot,
    "tile": lambda lib, x, reps: lib.tile(x, reps),
    "transpose": lambda lib, x, dim0, dim1: (
        lib.swapaxes(x, dim0, dim1) if x.ndim else lib.transpose(x)
    ),
    "trapezoid": lambda lib, y, x=None, dx=1.0, dim=-1: lib.trapezoid(y, x, dx=dx, axis=dim),
    "trapz": lambda lib, y, x=None, dx=1.0, dim=-1: lib.trapezoid(y, x, dx=dx, axis=dim),
    "unflatten": lambda lib, x, dim, sizes: lib.reshape(
        x, (*x.shape[: dim % x.ndim], *sizes, *x.shape[dim % x.ndim + 1 :])
    ),
    "unsqueeze": lambda lib, x, dim: lib.expand_dims(x, dim),
    "view": lambda lib, x, shape: lib.reshape(x, shape),
    "view_as": lambda lib, x, other: lib.reshape(x, other.shape),
    "where": lambda lib, x, condition, other: lib.where(condition, x, other),
    "zeros_like": lambda lib, x, dtype=None: lib.zeros_like(cast(lib, x, dtype)),
}

# The same name, another function.
NOT_THE_SAME = {
    "equal": "torch.equal says whether two arrays are equal as a whole, as numpy.array_equal",
    "div.trunc_rounding": "NumPy has no division that rounds towards zero",
}
