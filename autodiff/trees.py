"""Trees: nested dicts, lists, tuples and dataclasses, whose leaves are arrays.

A function of a model takes its parameters as one argument with many arrays inside. This module
takes such an argument apart into a list of leaves, and puts results together in the same shape. It
is our own, a hundred lines without a compiled dependency, so that the book can show it whole.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .errors import ArgumentError


def flatten(tree: Any) -> list[Any]:
    """The leaves of a tree, in a fixed order: dicts by insertion, the others by position."""
    branches = _branches(tree)
    return [tree] if branches is None else [leaf for branch in branches for leaf in flatten(branch)]


def leaves_like(tree: Any, other: Any) -> list[Any]:
    """The leaves of `other` in the order of those of `tree`, whose structure it has.

    What stands under the same key of two dicts belongs together, in whatever order the keys were
    entered. A None in `other` stands for as many leaves as `tree` has there.

    Raises
    ------
    ArgumentError
        If a dict has other keys than its counterpart, or none.
    """
    if other is None:
        return [None] * len(flatten(tree))
    if isinstance(tree, dict) or isinstance(other, dict):
        mine, given = (set(one) if isinstance(one, dict) else None for one in (tree, other))
        if mine != given:
            raise ArgumentError(
                "two trees must have the same structure; where one has "
                f"{_keys(tree)}, the other has {_keys(other)}"
            )
        return [leaf for key in tree for leaf in leaves_like(tree[key], other[key])]
    branches, others = _branches(tree), _branches(other)
    if branches is None or others is None or len(branches) != len(others):
        return flatten(other)
    pairs = zip(branches, others, strict=True)
    return [leaf for branch, another in pairs for leaf in leaves_like(branch, another)]


def is_leaf(tree: Any) -> bool:
    """Whether it has no branches, as an array, a node or a number has none."""
    return _branches(tree) is None


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
    columns = [flatten(tree), *(leaves_like(tree, other) for other in others)]
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


def _keys(tree: Any) -> str:
    """What stands at some place of a tree, for a message about dicts."""
    return f"a dict of {list(tree)}" if isinstance(tree, dict) else f"a {type(tree).__name__}"


def _fill(tree: Any, leaves: Iterator[Any]) -> Any:
    branches = _branches(tree)
    if branches is None:
        return next(leaves)
    filled = [_fill(branch, leaves) for branch in branches]
    if isinstance(tree, dict):
        result = copy.copy(tree)  # a defaultdict keeps its default
        result.update(zip(tree.keys(), filled, strict=True))
        return result
    if tree is None:
        return None
    if isinstance(tree, list):
        return filled
    if isinstance(tree, tuple):
        return type(tree)(*filled) if hasattr(tree, "_fields") else tuple(filled)
    result = copy.copy(tree)
    for field, branch in zip(dataclasses.fields(tree), filled, strict=True):
        object.__setattr__(result, field.name, branch)  # frozen, or no argument of __init__
    return result
