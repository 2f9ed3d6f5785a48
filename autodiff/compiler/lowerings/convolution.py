"""Lowering of the convolution and its two transposes."""

from __future__ import annotations

from typing import Any

import numpy as np

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
from ..kernels import geometry, winograd
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
    operands = Operand(w, WHOLE), Operand(x), Operand(step.output)
    bias = Operand(w if b is None else b, WHOLE)
    direct = geometry.convolution(x.shape[1:], w.shape, **params, bias=b is not None, relu=relu)
    if _in_squares(x, w, params):
        call = _winograd("product", (*operands, bias), _squares(x, w, params, direct), (2,))
    else:
        count = _operations(w.shape, step.output.shape)
        call = Call("products.product", (*operands, bias), direct, (2,), operations=count)
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
        if _in_squares(x, w, params):
            direct = geometry.convolution(x.shape[1:], w.shape, **params, bias=True)
            pooling = pool_geometry(filters, (height, width), windows, relu)
            table = winograd.with_pooling(_squares(x, w, params, direct), pooling, code.dtype)
            images = Scratch(filters * height * width, x.dtype)
            inputs = Operand(w, WHOLE), Operand(x), Operand(b, WHOLE)
            call = _winograd(
                "product_and_pool", (*inputs, images, Operand(y), Operand(code)), table, (3, 4, 5)
            )
            return Lowered((TILE, TILE), (call,))
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
                (x.dtype, code.dtype),
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
        operands = Operand(w, WHOLE), Operand(g), Operand(step.output), Operand(w, WHOLE)
        direct = geometry.input_transpose(step.output.shape[1:], w.shape, **step.params)
        if _in_squares(step.output, w, step.params):
            table = _squares(step.output, w, step.params, direct, back=True)
            call = _winograd("product", operands, table, (2,))
        else:
            count = _operations(w.shape, g.shape)
            call = Call("products.product", operands, direct, (2,), operations=count)
        return Lowered((TILE,), (call,))

    return lower


@implements(Numba, Conv2dFilterTranspose)
def _filter(primitive: Conv2dFilterTranspose) -> Lowering:
    def lower(step: Instruction, kinds: Kinds) -> Lowered | None:
        x, g, _ = step.inputs
        if not (are_tiles(kinds, x, g) and is_floating(x, g, step.output)):
            return None
        operands = Operand(g), Operand(x), Operand(step.output, WHOLE)
        direct = geometry.filter_transpose(x.shape[1:], step.output.shape, **step.params)
        if _in_squares(x, step.output, step.params):
            table = _squares(x, step.output, step.params, direct, correlates=True)
            call = _winograd("correlate", operands, table, (2,))
        else:
            count = _operations(step.output.shape, g.shape)
            call = Call("products.correlate", operands, direct, (2,), operations=count)
        return Lowered((PARTIAL,), (call,))

    return lower


LEAST_GAIN = 1.5
"""Winograd's convolution is chosen where it is estimated to be so many times as fast."""


def _in_squares(x: Value, w: Value, params: dict[str, Any]) -> bool:
    """Whether Winograd's convolution can be used, in float32, and pays."""
    if x.dtype != np.float32 or w.shape[2:] != (3, 3) or params["groups"] != 1:
        return False
    if params["stride"] != (1, 1) or params["dilation"] != (1, 1):
        return False
    filters, high, wide = conv2d.shape(x.shape, w.shape, **params)[1:]
    return winograd.gain(filters, w.shape[1], high, wide) >= LEAST_GAIN


def _squares(
    x: Value,
    w: Value,
    params: dict[str, Any],
    direct: np.ndarray,
    back: bool = False,
    correlates: bool = False,
) -> np.ndarray:
    """The geometry of Winograd's convolution, or of its transpose in the images."""
    corner = tuple([before for before, _ in params["padding"]])
    read, written = x.shape[2:], conv2d.shape(x.shape, w.shape, **params)[2:]
    if back:
        read, written = written, read
        corner = tuple([2 - before for before in corner])
    flags = 0 if back else direct[geometry.FLAGS]
    sizes = read, corner, written
    return winograd.winograd_geometry(w.shape, *sizes, direct, flags, back, correlates)


def _winograd(
    kernel: str, operands: tuple[Operand | Scratch, ...], table: np.ndarray, writes: tuple[int, ...]
) -> Call:
    """A call of one of Winograd's kernels; its scratch stands in front of what follows `bias`."""
    room = Scratch(int(table[winograd.ROOM]), np.dtype(np.float32))
    place = 3 if kernel != "product" else 4
    operands = (*operands[:place], room, *operands[place:])
    moved = tuple([number + (number >= place) for number in writes])
    return Call(
        f"winograd.{kernel}",
        operands,
        table,
        (place, *moved),
        operations=winograd.operations(table),
    )


def _operations(w: Shape, y: Shape) -> int:
    """Multiplications and additions of a convolution of one image."""
    return 2 * y[1] * y[2] * y[3] * w[1] * w[2] * w[3]
