"""Which instructions run in compiled regions, and which on NumPy."""

import importlib

import agreement
import numpy as np
import pytest

import autodiff as ad
from autodiff.compiler.backend import PARTIAL
from autodiff.compiler.instructions import trace
from autodiff.compiler.passes import sequence
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
    for change in sequence():
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


LAYERS = {
    "convolutions": lambda x: convolution(ad.relu(convolution(x, stride=2, padding=1)), groups=2),
    "same": lambda x: convolution(x, padding="same", dilation=2),
    "transposed": lambda x: ad.conv_transpose2d(x, weights(2, 2, 3, 3), bias(2), 2, 1, 1),
    "average": lambda x: ad.avg_pool2d(ad.tanh(convolution(x)), 2),
    "overlapping": lambda x: ad.max_pool2d(ad.leaky_relu(convolution(x)), 3, 2, 1),
    "layer norm": lambda x: ad.nn.LayerNorm((2, 8, 8))(convolution(x, padding=1)),
    "residual": lambda x: ad.relu(x + convolution(x, padding=1)),
    "gelu": lambda x: ad.gelu(ad.clip(convolution(x), -1.0, 1.0)),
    "softmax": lambda x: ad.log_softmax(ad.softmax(convolution(x), 1), 1),
    "argmax": lambda x: convolution(x) * ad.max(ad.sigmoid(x), axis=(1, 2, 3), keepdims=True),
}


def weights(*shape):
    return ad.Variable(normal(*shape))


bias = weights


def convolution(x, groups=1, **options):
    return ad.conv2d(x, weights(2, 2 // groups, 3, 3), bias(2), groups=groups, **options)


@pytest.mark.parametrize("layer", LAYERS)
def test_common_layers_stay_in_regions(layer):
    images, labels = ad.Constant(normal(6, 2, 8, 8)), ad.Constant(RNG.integers(0, 3, 6))
    rows = LAYERS[layer](images).reshape(6, -1)
    logits = rows @ weights(3, rows.shape[1]).T
    left = on_numpy(ad.cross_entropy(logits, labels), ad.argmax(logits, axis=1))
    assert left <= {"bias_like", "expand_dims"}, "what is left has to do with parameters alone"


def test_labels_at_every_pixel_stay_in_regions():
    images, labels = ad.Constant(normal(6, 2, 8, 8)), ad.Constant(RNG.integers(0, 2, (6, 6, 6)))
    assert on_numpy(ad.cross_entropy(convolution(images), labels)) == set()


def test_a_mean_is_not_repeated_in_memory():
    x, w = ad.Constant(normal(6, 3)), weights(3, 2)
    names = [step.primitive.name for step in fused(ad.mse_loss(ad.tanh(x @ w), x @ w)).instructions]
    assert "broadcast_like" not in names
