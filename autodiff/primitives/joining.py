"""Joining arrays, padding them, and cutting pieces off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import catalogue
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from .broadcasting import cast_like, ones_like, where, zeros_like
from .kinds import Linear
from .padding import MODES, repeat_borders
from .primitive import primitive
from .shaping import as_axis, expand_dims, reshape


class Concatenate(Linear):
    """Join arrays along an axis that they have, as `numpy.concatenate`.

    Parameters
    ----------
    arrays : sequence of array_like
        Operands whose shapes agree but for `axis`.
    axis : int or None
        The axis along which they are joined; None to join the flattened arrays.

    Raises
    ------
    ShapeError
        If the shapes do not agree.
    """

    def __call__(self, arrays: Sequence[Any], axis: int | None = 0) -> Any:
        arrays = _listed(self.name, arrays)
        if axis is None:
            arrays, axis = [reshape(array, -1) for array in arrays], 0
        return self.apply(*arrays, axis=as_axis(self.name, axis, arrays[0]))

    def function(self, *arrays, axis):
        return np.concatenate(arrays, axis)

    def shape(self, *shapes, axis):
        first = shapes[0]
        for shape in shapes[1:]:
            if len(shape) != len(first):
                raise ShapeError(
                    f"shapes {first} and {shape} have different numbers of axes; add one with "
                    "expand_dims, or use stack"
                )
            if any(a != b for i, (a, b) in enumerate(zip(first, shape, strict=True)) if i != axis):
                raise ShapeError(
                    f"shapes {first} and {shape} differ in an axis other than axis {axis}"
                )
        total = sum(shape[axis] for shape in shapes)
        return (*first[:axis], total, *first[axis + 1 :])

    def vjp(self, position, gradient, output, *arrays, axis):
        return piece_like(gradient, *arrays, piece=position, axis=axis)

    def jvp(self, tangents, output, *arrays, axis):
        filled = [zeros_like(x) if t is None else t for x, t in zip(arrays, tangents, strict=True)]
        return self.apply(*filled, axis=axis)

    def examples(self, rng):
        yield ([rng.normal(size=(2, 3)), rng.normal(size=(1, 3))],), {}
        yield (
            ([rng.normal(size=(2, 3)), rng.normal(size=(2, 1)), rng.normal(size=(2, 2))],),
            {"axis": -1},
        )


concatenate = primitive(Concatenate, np.concatenate, np.concat)


class PieceLike(Linear):
    """The piece of `x` that array number `piece` contributed to a concatenation of `arrays`."""

    def function(self, x, *arrays, piece, axis):
        self.shape(np.shape(x), *map(np.shape, arrays), piece=piece, axis=axis)
        start = sum(np.shape(array)[axis] for array in arrays[:piece])
        key = [slice(None)] * np.ndim(x)
        key[axis] = slice(start, start + np.shape(arrays[piece])[axis])
        return cast_like(x[tuple(key)], arrays[piece])

    def shape(self, x, *arrays, piece, axis):
        total = concatenate.shape(*arrays, axis=axis)
        if x != total:
            raise ShapeError(f"shape {x} is not the {total} of the concatenation")
        return arrays[piece]

    def transpose(self, gradient, x, *arrays, piece, axis):
        return concatenate(
            [gradient if i == piece else zeros_like(array) for i, array in enumerate(arrays)],
            axis,
        )

    def examples(self, rng):
        yield (
            (rng.normal(size=(3, 2)), np.zeros((1, 2)), np.zeros((2, 2))),
            {"piece": 1, "axis": 0},
        )


piece_like = primitive(PieceLike)


def _listed(name: str, arrays: Any) -> list[Any]:
    try:
        listed = list(arrays)
    except TypeError:
        raise DtypeError(f"{name} needs a list of arrays; got {describe(arrays)}") from None
    if not listed:
        raise ArgumentError(f"{name} needs at least one array")
    return listed


@catalogue.stands_for(np.stack)
def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Join arrays of one shape along a new axis, as `numpy.stack`.

    Raises
    ------
    ShapeError
        If the shapes differ.
    """
    arrays = _listed("stack", arrays)
    shapes = [np.shape(array) for array in arrays]
    if len(set(shapes)) > 1:
        raise ShapeError(
            f"stack: the arrays must have one shape; got {', '.join(map(str, shapes))}"
        )
    axis = as_axis("stack", axis, arrays[0], new=1)
    return concatenate([expand_dims(array, axis) for array in arrays], axis)


class Pad(Linear):
    """Surround `x` by zeros, another number, or elements of its own, as `numpy.pad`.

    Parameters
    ----------
    x : array_like
        Operand.
    pad_width : int, pair, or sequence of pairs
        For each axis how many elements stand before and after.
    mode : {"constant", "edge", "reflect", "symmetric", "wrap"}
        A number; or the last element again, those before it without or with it, or those at the
        other end.
    constant_values : float
        The number of the mode "constant".

    Raises
    ------
    ShapeError
        If `pad_width` does not fit the axes.
    ArgumentError
        If it is negative, or `mode` another one.
    """

    def __call__(
        self, x: Any, pad_width: Any, mode: str = "constant", *, constant_values: float = 0
    ) -> Any:
        rank = np.ndim(x)
        if mode not in ("constant", *MODES):
            raise ArgumentError(
                f"pad: the modes with a derivative are 'constant', {', '.join(map(repr, MODES))}; "
                f"got {mode!r}"
            )
        if np.ndim(constant_values) != 0:
            raise ArgumentError(
                f"pad: constant_values is one number for all axes; got {constant_values!r}"
            )
        try:
            widths = np.broadcast_to(np.asarray(pad_width), (rank, 2))
        except ValueError:
            raise ShapeError(
                f"pad: pad_width {pad_width!r} does not give a pair for each of {rank} axes"
            ) from None
        if widths.dtype.kind not in "iu" or (widths < 0).any():
            raise ArgumentError(f"pad: pad_width must be integers of at least 0; got {pad_width!r}")
        pairs = tuple((int(before), int(after)) for before, after in widths)
        if mode != "constant":
            return repeat_borders(x, pad_width=pairs, mode=mode)
        padded = self.apply(x, pad_width=pairs)
        if _is_zero(constant_values):
            return padded
        return where(self.apply(ones_like(x), pad_width=pairs), padded, constant_values)

    def function(self, x, pad_width):
        return np.pad(x, pad_width) if pad_width else np.asarray(x)

    def shape(self, x, pad_width):
        return tuple(
            length + before + after for length, (before, after) in zip(x, pad_width, strict=True)
        )

    def transpose(self, gradient, x, pad_width):
        return crop(gradient, pad_width=pad_width)

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), 1), {}
        yield (rng.normal(size=(2, 3)), ((0, 1), (2, 0))), {}


def _is_zero(number: Any) -> bool:
    """Whether a number is the Python number 0, that no graph need add."""
    return isinstance(number, int | float) and number == 0


pad = primitive(Pad, np.pad)


class Crop(Linear):
    """Cut a border off: the transpose of `pad`."""

    def function(self, x, pad_width):
        return x[
            tuple(
                slice(before, length - after)
                for length, (before, after) in zip(x.shape, pad_width, strict=True)
            )
        ]

    def shape(self, x, pad_width):
        return tuple(
            length - before - after for length, (before, after) in zip(x, pad_width, strict=True)
        )

    def transpose(self, gradient, x, pad_width):
        return pad(gradient, pad_width)

    def examples(self, rng):
        yield (rng.normal(size=(4, 5)),), {"pad_width": ((1, 0), (2, 1))}


crop = primitive(Crop)
