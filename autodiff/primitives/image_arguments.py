"""The arguments that convolution and pooling share: meaning, and errors with a remedy."""

from __future__ import annotations

import operator
from typing import Any

from ..errors import ArgumentError, DtypeError, ShapeError
from .windows import NO_BORDERS, Borders, Pair, Windows

Padding = Borders | str
"""Borders of zeros; or "same", whose borders follow from the kernel, which a replay may change."""


def as_pair(name: str, argument: str, value: Any, least: int) -> Pair:
    """An argument for the two axes of an image: a pair, or one number for both.

    Raises
    ------
    DtypeError
        If it is neither an integer nor a pair of integers.
    ArgumentError
        If a number is smaller than `least`.
    """
    try:
        rows, columns = map(operator.index, value if hasattr(value, "__len__") else (value, value))
    except (TypeError, ValueError):
        raise DtypeError(
            f"{name}: {argument} must be an integer, or a pair of integers for rows and columns; "
            f"got {value!r}"
        ) from None
    if min(rows, columns) < least:
        raise ArgumentError(f"{name}: {argument} must be at least {least}; got {value!r}")
    return rows, columns


def as_groups(name: str, groups: Any) -> int:
    """The number of groups: an integer of at least 1.

    Raises
    ------
    DtypeError
        If it is no integer.
    ArgumentError
        If it is less than 1.
    """
    try:
        number = operator.index(groups)
    except TypeError:
        raise DtypeError(f"{name}: groups must be an integer; got {groups!r}") from None
    if number < 1:
        raise ArgumentError(f"{name}: groups must be at least 1; got {groups!r}")
    return number


def as_padding(name: str, padding: Any, stride: Pair) -> Padding:
    """The padding of a convolution: borders, or "same" where the kernel decides on them.

    Raises
    ------
    ArgumentError
        If it is negative, another string, or "same" together with a stride.
    """
    if not isinstance(padding, str):
        return borders(as_pair(name, "padding", padding, 0))
    if padding not in ("valid", "same"):
        raise ArgumentError(f'{name}: padding must be numbers, "valid" or "same"; got {padding!r}')
    if padding == "same" and stride != (1, 1):
        raise ArgumentError(
            f'{name}: padding="same" keeps the size of the image, which needs stride 1; '
            f"got stride {stride}; give the padding in numbers"
        )
    return padding if padding == "same" else NO_BORDERS


def borders(padding: Pair) -> Borders:
    """The same padding before and after each axis."""
    rows, columns = padding
    return (rows, rows), (columns, columns)


def convolution_windows(kernel: Pair, stride: Pair, padding: Padding, dilation: Pair) -> Windows:
    """The windows of a convolution, with "same" padding turned into borders."""
    windows = Windows(kernel, stride, NO_BORDERS, dilation)
    if isinstance(padding, str):
        # What "valid" cuts off, the kernel's extent less 1, is added; an odd rest goes behind.
        rows, columns = (length - 1 for length in windows.extent)
        padding = ((rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2))
    return windows._replace(borders=padding)


def check_axes(operand: str, shape: tuple[int, ...], axes: str) -> None:
    """Raise ShapeError unless `shape` has four axes."""
    if len(shape) != 4:
        remedy = f"; {operand}[None] adds one in front" if len(shape) == 3 else ""
        raise ShapeError(f"{operand} needs 4 axes, ({axes}); got shape {shape}{remedy}")


def check_filters(w: tuple[int, ...]) -> None:
    """Raise ShapeError unless `w` has four axes, and elements."""
    check_axes("w", w, "filters, channels of a group, rows, columns")
    if 0 in w:
        raise ShapeError(f"w needs at least one element along each axis; got shape {w}")


def check_groups(what: str, number: int, groups: int) -> None:
    """Raise ShapeError unless `groups` divides the number of channels."""
    if number % groups:
        raise ShapeError(
            f"groups={groups} does not divide the {number} {what}; choose a divisor of {number}"
        )
