"""The primitives, one file a family. Importing this package fills the catalogue."""

from . import (
    activations,
    arithmetic,
    broadcasting,
    einsum,
    elementary,
    indexing,
    joining,
    linear_algebra,
    losses,
    reductions,
    shaping,
)

__all__ = [
    "activations",
    "arithmetic",
    "broadcasting",
    "einsum",
    "elementary",
    "indexing",
    "joining",
    "linear_algebra",
    "losses",
    "reductions",
    "shaping",
]
