"""Lowering of the convolution and its two transposes."""

from __future__ import annotations

from typing import Any

from ...dispatch import implements
from ...primitives.convolution import (
    Conv2d,
    Conv2dFilterTranspose,
    Conv2dInputTranspose,
    conv2d,
)
from ...primitives.transposed_convolution import ConvTranspose2d
from ..backend import (
    PARTIAL,
    TILE,
    WHOLE,
    Call,
    Kinds,
    Lowered,
    Lowering,
    Numba,
    Operand,
    Scratch,
    are_tiles,
    is_floating,
    is_whole,
)
from ..fused import Conv2dBias, Conv2dPool
from ..instructions import Instruction, Shape, Value
from ..kernels import geometry
from ..kernels.bands import band_geometry
from ..kernels.pooling import pool_geometry


@implements(Numba, Conv2d)
def _plain(primitive: Conv2d) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        x, w = step.inputs
        return _convolution(step, kinds, x, w, None, False, step.params)

    return lower


@implements(Numba, Conv2dBias)
def _with_bias(primitive: Conv2dBias) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        x, w, b = step.inputs
        params = {name: value for name, value in step.params.items() if name != "relu"}
        return _convolution(step, kinds, x, w, b, step.params["relu"], params)

    return lower


def _convolution(
    step: Instruction,
    kinds: Kinds,
    x: Value,
    w: Value,
    b: Value | None,
    relu: bool,
    params: dict[str, Any],
) -> Lowered | None:
    parameters = [w] if b is None else [w, b]
    if not (are_tiles(kinds, x) and is_whole(kinds, *parameters)):
        return None
    if not is_floating(x, *parameters, step.output):
        return None
    call = Call(
        "products.product",
        (
            Operand(w, WHOLE),
            Operand(x),
            Operand(step.output),
            Operand(w if b is None else b, WHOLE),
        ),
        geometry.convolution(x.shape[1:], w.shape, **params, bias=b is not None, relu=relu),
        writes=(2,),
        operations=_operations(w.shape, step.output.shape),
    )
    return Lowered((TILE,), (call,))


@implements(Numba, Conv2dPool)
def _pooled(primitive: Conv2dPool) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        (x, w, b), (y, code) = step.inputs, step.outputs
        if not (are_tiles(kinds, x) and is_whole(kinds, w, b) and is_floating(x, w, b, y)):
            return None
        params = dict(step.params)
        windows, relu = params.pop("windows"), params.pop("relu")
        filters, height, width = conv2d.shape(x.shape, w.shape, **params)[1:]
        rows, stride = y.shape[2], windows.stride[0]
        call = Call(
            "bands.convolve_and_pool",
            (
                Operand(w, WHOLE),
                Operand(x),
                Operand(b, WHOLE),
                Scratch(filters * stride * width, x.dtype),
                Operand(y),
                Operand(code),
            ),
            band_geometry(
                geometry.convolution(x.shape[1:], w.shape, **params, bias=True, band=stride),
                pool_geometry(filters, (height, width), windows, relu, stride),
                rows,
                stride,
            ),
            writes=(3, 4, 5),
            operations=2 * filters * rows * stride * width * w.shape[1] * w.shape[2] * w.shape[3],
        )
        return Lowered((TILE, TILE), (call,))

    return lower


@implements(Numba, Conv2dInputTranspose)
@implements(Numba, ConvTranspose2d)
def _spread(primitive: Conv2dInputTranspose | ConvTranspose2d) -> Lowering:
    """The gradient of a convolution's images, and the layer that is its namesake."""

    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        g, w = step.inputs[:2]
        if not (are_tiles(kinds, g) and is_whole(kinds, w) and is_floating(g, w, step.output)):
            return None
        call = Call(
            "products.product",
            (Operand(w, WHOLE), Operand(g), Operand(step.output), Operand(w, WHOLE)),
            geometry.input_transpose(step.output.shape[1:], w.shape, **step.params),
            writes=(2,),
            operations=_operations(w.shape, g.shape),
        )
        return Lowered((TILE,), (call,))

    return lower


@implements(Numba, Conv2dFilterTranspose)
def _filter(primitive: Conv2dFilterTranspose) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        x, g, _ = step.inputs
        if not (are_tiles(kinds, x, g) and is_floating(x, g, step.output)):
            return None
        call = Call(
            "products.correlate",
            (Operand(g), Operand(x), Operand(step.output, WHOLE)),
            geometry.filter_transpose(x.shape[1:], step.output.shape, **step.params),
            writes=(2,),
            operations=_operations(step.output.shape, g.shape),
        )
        return Lowered((PARTIAL,), (call,))

    return lower


def _operations(w: Shape, y: Shape) -> int:
    """Multiplications and additions of a convolution of one image."""
    return 2 * y[1] * y[2] * y[3] * w[1] * w[2] * w[3]
