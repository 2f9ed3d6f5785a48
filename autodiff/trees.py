"""Trees: nested dicts, lists, tuples and dataclasses, whose leaves are arrays.

A function of a model takes its parameters as one argument with many arrays inside. This module
takes such an argument apart into a list of leaves, and puts results together in the same shape. It
is our own, sixty lines without a compiled dependency, so that the book can show it whole.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .errors import ArgumentError


def flatten(tree: Any) -> list[Any]:
    """The leaves of a tree, in a fixed order: dicts by insertion, the others by position."""
    branches = _branches(tree)
    return [tree] if branches is None else [leaf for branch in branches for leaf in flatten(branch)]


def unflatten(tree: Any, leaves: Iterable[Any]) -> Any:
    """A tree of the shape of `tree` with other leaves.

    Raises
    ------
    ArgumentError
        If the number of leaves is not that of `tree`.
    """
    pending = iter(leaves)
    try:
        result = _fill(tree, pending)
    except StopIteration:
        raise ArgumentError("a tree has more leaves than values were given for it") from None
    if next(pending, pending) is not pending:
        raise ArgumentError("more values were given than the tree has leaves")
    return result


def tree_map(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply `function` to the leaves of `tree`, together with those of trees of the same shape."""
    columns = [flatten(tree), *map(flatten, others)]
    if len({len(column) for column in columns}) > 1:
        raise ArgumentError("tree_map: the trees have different numbers of leaves")
    return unflatten(tree, [function(*row) for row in zip(*columns, strict=True)])


def _branches(tree: Any) -> list[Any] | None:
    if isinstance(tree, dict):
        return list(tree.values())
    if isinstance(tree, list | tuple):
        return list(tree)
    if tree is None:
        return []
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return [getattr(tree, field.name) for field in dataclasses.fields(tree)]
    return None


def _fill(tree: Any, leaves: Iterator[Any]) -> Any:
    branches = _branches(tree)
    if branches is None:
        return next(leaves)
    filled = [_fill(branch, leaves) for branch in branches]
    if isinstance(tree, dict):
        return type(tree)(zip(tree.keys(), filled, strict=True))
    if tree is None:
        return None
    if isinstance(tree, list):
        return filled
    if isinstance(tree, tuple):
        return type(tree)(*filled) if hasattr(tree, "_fields") else tuple(filled)
    return type(tree)(
        **dict(zip([field.name for field in dataclasses.fields(tree)], filled, strict=True))
    )
