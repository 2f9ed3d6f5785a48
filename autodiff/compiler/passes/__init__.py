"""The passes: each a function from a graph to a graph that computes the same."""

from ..instructions import Pass
from .broadcasts import absorb_broadcasts
from .chains import fuse_chains, separate_chains
from .common import merge_common, remove_dead
from .cropping import crop_unread
from .epilogues import absorb_epilogues
from .losses import recognise_cross_entropy
from .padding import spell_padding
from .pooling import remember_maxima
from .products import absorb_transposes
from .shapes import lend_shapes
from .simplifying import simplify

SIMPLIFYING = (simplify, lend_shapes, absorb_broadcasts, merge_common, remove_dead)
"""Passes that only leave work out, in the order in which they run."""

FITTING = (spell_padding, absorb_transposes, remember_maxima)
"""Passes that say an operator in the way in which there is a kernel for it."""

FUSING = (
    recognise_cross_entropy,
    lend_shapes,
    remove_dead,
    crop_unread,
    absorb_epilogues,
    fuse_chains,
    remove_dead,
)
"""Passes that make one operator of several, and drop what is then not read any more."""

SEPARATING = (lend_shapes, remove_dead, separate_chains)
"""What runs in place of `FUSING` where nothing is to be fused."""


def sequence(kernels: bool = True, fuse: bool = True) -> tuple[Pass, ...]:
    """All passes in their order; without kernels, those that only leave work out."""
    if not kernels:
        return SIMPLIFYING
    return (*SIMPLIFYING, *FITTING, *(FUSING if fuse else SEPARATING))


__all__ = [
    "FITTING",
    "FUSING",
    "SEPARATING",
    "SIMPLIFYING",
    "absorb_broadcasts",
    "absorb_epilogues",
    "absorb_transposes",
    "crop_unread",
    "fuse_chains",
    "lend_shapes",
    "merge_common",
    "recognise_cross_entropy",
    "remember_maxima",
    "remove_dead",
    "separate_chains",
    "sequence",
    "simplify",
    "spell_padding",
]
