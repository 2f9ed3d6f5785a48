"""Surround an array by elements of its own: reflected, repeated, or from the other end."""

from __future__ import annotations

import numpy as np

from .kinds import Linear
from .primitive import primitive

MODES = ("edge", "reflect", "symmetric", "wrap")


class RepeatBorders(Linear):
    """Surround `x` by its own elements, in one of the modes of `numpy.pad`.

    Parameters
    ----------
    x : array_like
        Operand.
    pad_width : tuple of pairs of int
        For each axis how many elements stand before and after.
    mode : {"edge", "reflect", "symmetric", "wrap"}
        Which elements: the last one again, those before it without or with it, or those at the
        other end.
    """

    def function(self, x, pad_width, mode):
        return np.pad(x, pad_width, mode=mode)

    def shape(self, x, pad_width, mode):
        return _padded(x, pad_width)

    def transpose(self, gradient, x, pad_width, mode):
        return fold_borders(gradient, x, pad_width=pad_width, mode=mode)

    def examples(self, rng):
        for mode in MODES:
            yield (rng.normal(size=(3, 4)),), {"pad_width": ((1, 2), (0, 3)), "mode": mode}


repeat_borders = primitive(RepeatBorders)


class FoldBorders(Linear):
    """Add each element of the borders to the one that it repeats: the transpose of padding.

    Parameters
    ----------
    g : array_like
        An array with borders.
    like : array_like
        The array without; it lends its shape.
    pad_width, mode
        Those of the padding.
    """

    shape_only = (1,)

    def function(self, g, like, pad_width, mode):
        for axis, (length, width) in enumerate(zip(np.shape(like), pad_width, strict=True)):
            source = np.pad(np.arange(length), width, mode=mode)
            folded = np.zeros((length, *np.delete(g.shape, axis)), g.dtype)
            np.add.at(folded, source, np.moveaxis(g, axis, 0))
            g = np.moveaxis(folded, 0, axis)
        return g

    def shape(self, g, like, pad_width, mode):
        return like

    def transpose(self, gradient, g, like, pad_width, mode):
        return repeat_borders(gradient, pad_width=pad_width, mode=mode)

    def examples(self, rng):
        for mode in MODES:
            widths = ((1, 2), (0, 3))
            operands = rng.normal(size=(6, 7)), rng.normal(size=(3, 4))
            yield operands, {"pad_width": widths, "mode": mode}


fold_borders = primitive(FoldBorders)


def _padded(shape: tuple[int, ...], pad_width: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    return tuple(
        length + before + after for length, (before, after) in zip(shape, pad_width, strict=True)
    )
