"""Which instructions run in compiled regions, and which on NumPy."""

import importlib

import agreement
import numpy as np
import pytest

import autodiff as ad
from autodiff.compiler.backend import PARTIAL
from autodiff.compiler.instructions import trace
from autodiff.compiler.passes import FUSING, SIMPLIFYING
from autodiff.compiler.placement import batch_of, place
from autodiff.ordering import topological_sort

pytest.importorskip("numba")
importlib.import_module("autodiff.compiler.lowerings")  # registers the kernels
RNG = np.random.default_rng(0)


def normal(*shape, dtype=np.float32):
    return RNG.normal(size=shape).astype(dtype)


def fused(root, *others):
    """The graph of a root, its gradients and other nodes, behind all passes."""
    order = topological_sort(root)
    variables = [node for node in order if isinstance(node, ad.Variable)]
    results = [root, *others, *ad.gradients(root, variables)]
    graph = trace(topological_sort(results), results)
    for change in (*SIMPLIFYING, *FUSING):
        graph = change(graph)
    return graph


def stages(root, *others):
    return place(fused(root, *others))


def on_numpy(root, *others):
    """The names of the primitives that no region computes."""
    return {
        step.primitive.name
        for stage in stages(root, *others)
        if not stage.is_region
        for step in stage.steps
    }


def test_sums_of_one_region_have_one_dtype():
    x, w = ad.Constant(normal(6, 3)), ad.Variable(normal(3, 2))
    z, v = ad.Constant(normal(6, 3, dtype=np.float64)), ad.Variable(normal(3, 2, dtype=np.float64))
    found = stages((x @ w).sum() + (z @ v).sum())
    regions = [stage for stage in found if stage.is_region]
    assert len(regions) == 2
    for stage in regions:
        dtypes = {
            value.dtype
            for step, lowered in zip(stage.steps, stage.lowered, strict=True)
            for value, kind in zip(step.outputs, lowered.kinds, strict=True)
            if kind == PARTIAL
        }
        assert len(dtypes) == 1


def test_sums_of_two_dtypes_agree_with_the_interpreter():
    agreement.check(
        lambda x, z, w, v: ad.sum(ad.astype(x @ w, np.float64)) + (z @ v).sum(),
        {"x": normal(6, 3), "z": normal(6, 3, dtype=np.float64)},
        {"w": normal(3, 2), "v": normal(3, 2, dtype=np.float64)},
        [{"x": normal(1, 3), "z": normal(1, 3, dtype=np.float64)}],
    )


def test_a_batch_without_examples_is_computed_by_numpy():
    x, w = ad.Constant(normal(0, 3)), ad.Variable(normal(3, 2))
    root = ad.relu(x @ w).sum()
    assert batch_of(fused(root)) == []
    with np.errstate(all="ignore"):
        agreement.check(lambda x, w: ad.relu(x @ w).sum(), {"x": normal(4, 3)}, {"w": normal(3, 2)},
                        [{"x": normal(0, 3)}, {"x": normal(2, 3)}])  # fmt: skip


def test_where_shapes_change_and_nothing_else_no_region_is_compiled():
    x, w = ad.Constant(normal(4, 3)), ad.Variable(normal(3, 4))
    for stage in stages(ad.cumsum(x.reshape(4, 3, 1), axis=1).sum() + ad.sum(w @ x)):
        assert not stage.is_region or any(lowered.calls for lowered in stage.lowered)
