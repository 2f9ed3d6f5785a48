"""Which entries of PyTorch's operator database this library offers, and their samples."""

import random
import warnings

import numpy as np
import torch
from share import seed_of
from torch.testing._internal.common_methods_invocations import op_db
from torch_comparison import OURS, Case
from torch_errors import ErrorCase
from torch_names import NOT_THE_SAME, SPELLINGS

DTYPES = {"float64": torch.float64, "complex128": torch.complex128}


def full_name(operator):
    variant = operator.variant_test_name
    return f"{operator.name}.{variant}" if variant else operator.name


def by_own_name(name):
    """The function of ours that has this very name, or None."""
    *home, last = name.removeprefix("nn.functional.").split(".")
    lib = OURS
    for part in home:
        if part not in ("linalg", "fft", "special"):
            return None
        lib = getattr(lib, part) if part != "special" else lib
    if not hasattr(lib, last) or last in ("linalg", "fft"):
        return None
    path = [part for part in home if part != "special"]

    def call(library, *args, **kwargs):
        for part in path:
            library = getattr(library, part)
        return getattr(library, last)(*args, **kwargs)

    return call


def spelling_of(operator):
    """How we write this entry, or None where we have no such function."""
    if operator.name in NOT_THE_SAME or full_name(operator) in NOT_THE_SAME:
        return None
    names = [full_name(operator), operator.name, *(alias.name for alias in operator.aliases)]
    for name in names:
        if name in SPELLINGS:
            return SPELLINGS[name]
    for name in names[1:]:
        found = by_own_name(name)
        if found is not None:
            return found
    return None


def offered():
    """Every entry that we offer, by its full name, with its spelling."""
    return {
        full_name(operator): (operator, spelling)
        for operator in op_db
        if (spelling := spelling_of(operator)) is not None
    }


def seeded(name):
    torch.manual_seed(seed_of(name))
    random.seed(seed_of(name))
    np.random.seed(seed_of(name))  # noqa: NPY002 (PyTorch draws from it)


def samples(operator):
    """Pairs of a sample's name and the sample, for both dtypes."""
    for dtype_name, dtype in DTYPES.items():
        if dtype not in operator.dtypes:
            continue
        seeded(f"{full_name(operator)}/{dtype_name}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = list(operator.sample_inputs("cpu", dtype))
        for position, sample in enumerate(found):
            yield f"{full_name(operator)}/{dtype_name}/{position}", sample


def cases(name, operator, spelling):
    for sample_name, sample in samples(operator):
        yield Case(sample_name, operator, name, spelling, sample)


def error_cases(name, operator, spelling):
    if operator.error_inputs_func is None:
        return
    seeded(f"{name}/error")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = list(operator.error_inputs("cpu"))
    for position, error in enumerate(found):
        yield ErrorCase(f"{name}/error/{position}", operator, name, spelling, error.sample_input)


FAMILIES = {
    "UnaryUfuncInfo": "Elementwise functions",
    "BinaryUfuncInfo": "Elementwise functions",
    "ReductionOpInfo": "Reductions",
    "SpectralFuncInfo": "Fourier transforms",
    "ShapeFuncInfo": "Shapes, indexing and order",
    "OpInfo": "Shapes, indexing and order",
}
PRODUCTS = [
    "bmm",
    "cholesky",
    "dot",
    "einsum",
    "inner",
    "kron",
    "matmul",
    "mm",
    "mv",
    "outer",
    "svd",
    "tensordot",
    "trace",
    "vdot",
]


def family_of(operator):
    if operator.name.startswith("linalg.") or operator.name.strip("_r") in PRODUCTS:
        return "Linear algebra"
    if operator.name == "norm":
        return "Linear algebra"
    if operator.name.startswith("nn.") or "softmax" in operator.name:
        return "Convolution, pooling, activations, losses"
    return FAMILIES[type(operator).__name__]
