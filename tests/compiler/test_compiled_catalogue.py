"""Every primitive of the catalogue, compiled, beside the interpreter.

Many examples share a program, since to compile takes longer than to run. Their operands are the
data of a batch times a parameter ("tile"), or sums over a batch ("sum"), so that compiled regions
stand before and behind each primitive. A share of the programs is tested, chosen by hash;
``AUTODIFF_SHARE=1`` tests all of them, which takes an hour.
"""

import os
import zlib

import agreement
import numpy as np
import pytest

import autodiff as ad
from autodiff.catalogue import primitives
from autodiff.trees import flatten, tree_map

SHARE = float(os.environ.get("AUTODIFF_SHARE", "0.02"))
TOGETHER = 8
RANDOM = {"dropout_mask"}  # draws anew at each execution, so that no two values agree
WIDE = {np.dtype(np.float32): np.complex64, np.dtype(np.float64): np.complex128}


def is_array(leaf):
    return isinstance(leaf, np.ndarray)


def is_smooth(leaf):
    return is_array(leaf) and leaf.dtype.kind in "fc"


def example(name, number, dtype):
    """A primitive and the arguments of one of its examples, its arrays in `dtype`."""

    def cast(leaf):
        leaf = np.asarray(leaf) if isinstance(leaf, np.generic) else leaf
        if not is_smooth(leaf):
            return leaf
        return leaf.astype(dtype if leaf.dtype.kind == "f" else WIDE[np.dtype(dtype)])

    args, kwargs = list(primitives[name].examples(np.random.default_rng(0)))[number]
    return primitives[name], tree_map(cast, args), kwargs


def arrays_of(args):
    return [leaf for leaf in flatten(args) if is_array(leaf)]


def groups():
    """Programs: how operands are made, the dtype, the length of the batch, and the examples."""
    found = {}
    for name, primitive in primitives.items():
        for number, (args, _) in enumerate(primitive.examples(np.random.default_rng(0))):
            arrays = [leaf for leaf in flatten(args) if isinstance(leaf, np.ndarray | np.generic)]
            lengths = [array.shape[0] for array in arrays if array.ndim]
            if name in RANDOM or not arrays:
                continue
            for dtype in ("float32", "float64"):
                found.setdefault(("sum", dtype, 5), []).append((name, number))
                if lengths:
                    found.setdefault(("tile", dtype, lengths[0]), []).append((name, number))
    for (kind, dtype, n), members in found.items():
        for start in range(0, len(members), TOGETHER):
            label = f"{kind}-{dtype}-{n}-{start}"
            if zlib.crc32(label.encode()) < SHARE * 2**32:
                part = members[start : start + TOGETHER]
                yield pytest.param(kind, dtype, n, part, id=label)


def batch_of(kind, examples, dtype, n, scale=1.0):
    """The data of the leaves: for sums, such that they are the operands of the example."""
    rng = np.random.default_rng(1)
    data = {"anchor": rng.normal(size=(n, 3)).astype(dtype)}
    for j, (_, args, _) in enumerate(examples):
        for i, array in enumerate(arrays_of(args)):
            if is_smooth(array) and kind == "sum":
                parts = rng.normal(size=(n, *array.shape)).astype(array.dtype)
                data[f"x{j}_{i}"] = (parts + (array - parts.sum(0)) / n).astype(array.dtype)
            else:
                scaled = array * np.asarray(scale, array.dtype) if is_smooth(array) else array
                data[f"x{j}_{i}"] = scaled
    return data


def builder(kind, examples):
    """A function from leaves to a loss that all examples are a part of, and their results."""

    def build(anchor, weights, **leaves):
        terms, kept = [ad.mean(anchor @ weights)], []
        for j, (primitive, args, kwargs) in enumerate(examples):
            numbers = iter(range(len(arrays_of(args))))

            def operand(leaf, j=j, numbers=numbers):
                if not is_array(leaf):
                    return leaf
                i = next(numbers)
                if not is_smooth(leaf):
                    return leaves[f"x{j}_{i}"]
                scaled = leaves[f"x{j}_{i}"] * leaves[f"p{j}_{i}"]
                return scaled if kind == "tile" else ad.sum(scaled, axis=0)

            results = flatten(primitive(*tree_map(operand, args), **kwargs))
            kept += results
            terms += [term(node) for node in results if node.requires_grad]
        return sum(terms[1:], terms[0]), kept

    return build


def term(node):
    """A real number that every element of a node has another share in."""
    real = ad.real(node) if node.dtype.kind == "c" else node
    shares = np.cos(np.arange(np.prod(node.shape, dtype=int))).reshape(node.shape)
    return ad.sum(ad.square(real) * ad.Constant(shares.astype(real.dtype)[()] + 1.5))


@pytest.mark.parametrize(("kind", "dtype", "n", "members"), list(groups()))
def test_primitives_compiled(kind, dtype, n, members):
    examples = [example(name, number, dtype) for name, number in members]
    data = batch_of(kind, examples, dtype, n)
    parameters = {"weights": np.linspace(-1, 1, 6).reshape(3, 2).astype(dtype)}
    for j, (_, args, _) in enumerate(examples):
        for i, array in enumerate(arrays_of(args)):
            if is_smooth(array):
                parameters[f"p{j}_{i}"] = np.ones((), array.dtype)
    replays = (
        [batch_of(kind, examples, dtype, size) for size in (1, 2, 17, 64)]
        if kind == "sum"
        else [batch_of(kind, examples, dtype, n, 0.5)]
    )
    agreement.check(builder(kind, examples), data, parameters, replays)
