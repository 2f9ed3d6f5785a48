"""The passes: each a function from a graph to a graph that computes the same."""

from .broadcasts import absorb_broadcasts
from .chains import fuse_chains
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

FUSING = (
    spell_padding,
    absorb_transposes,
    remember_maxima,
    recognise_cross_entropy,
    lend_shapes,
    remove_dead,
    crop_unread,
    absorb_epilogues,
    fuse_chains,
    remove_dead,
)
"""Passes that make operators for which there are compiled kernels."""

__all__ = [
    "FUSING",
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
    "simplify",
    "spell_padding",
]
