"""The primitives, one file a family. Importing this package fills the catalogue."""

from . import (
    activations,
    arithmetic,
    broadcasting,
    einsum,
    elementary,
    flattening,
    indexing,
    joining,
    linear_algebra,
    losses,
    random,
    reductions,
    shaping,
    statistics,
)

__all__ = [
    "activations",
    "arithmetic",
    "broadcasting",
    "einsum",
    "elementary",
    "flattening",
    "indexing",
    "joining",
    "linear_algebra",
    "losses",
    "random",
    "reductions",
    "shaping",
    "statistics",
]
