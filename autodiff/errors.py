"""The errors of the library.

Every error a user can cause is a subclass of `AutodiffError` and of the built-in error that fits,
so that both ``except ad.AutodiffError`` and ``except ValueError`` do what a reader expects. A
message says what was wrong, with which operand and which shape, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class AutodiffError(Exception):
    """Base class of every error that this library raises on purpose."""


class ShapeError(AutodiffError, ValueError):
    """The shapes of the operands do not fit the operator."""


class ArgumentError(AutodiffError, ValueError):
    """An argument has a value that the function does not accept."""


class DtypeError(AutodiffError, TypeError):
    """An array has a dtype, or an argument a type, that cannot be used here."""


class IndexingError(AutodiffError, IndexError):
    """An index lies outside the array that it is applied to."""


class GraphError(AutodiffError, ValueError):
    """A list of nodes is not a sorted graph, or a node is not part of it."""


class StaleError(AutodiffError, RuntimeError):
    """A leaf changed, but the outputs that depend on it have not been recomputed."""


class BranchError(AutodiffError, RuntimeError):
    """A replay would have taken another branch than the one that was recorded."""


class ProgramError(AutodiffError, RuntimeError):
    """A compiled program was asked for something that it did not keep or cannot do."""


class GradientError(AutodiffError, AssertionError):
    """A derivative differs from the one that finite differences give."""


class DivergenceError(AutodiffError, ArithmeticError):
    """Training left the finite numbers."""


class DifferentiationError(AutodiffError, TypeError):
    """A function was asked for a derivative that it does not have."""


class NotFiniteError(AutodiffError, FloatingPointError):
    """A value or a gradient is infinite or not a number."""


class DispatchError(AutodiffError, TypeError):
    """No implementation, or no most specific one, exists for a backend and a primitive."""


class DataError(AutodiffError, ValueError):
    """A data file is corrupt, truncated or not what its name says."""


class DataNotFoundError(AutodiffError, FileNotFoundError):
    """A data set is neither on this machine nor to be downloaded."""


class BenchmarkError(AutodiffError, RuntimeError):
    """A library that takes part in a comparison fails, or nobody is left to compare."""


class MissingDependencyError(AutodiffError, ImportError):
    """An optional package or program is needed and not installed."""


def describe(operand: Any) -> str:
    """Say what an operand is, for an error message: its kind, name, shape and dtype."""
    if isinstance(operand, bool | int | float | complex):
        return f"the number {operand!r}"
    kind = type(operand).__name__
    name = getattr(operand, "name", None)
    if hasattr(operand, "primitive"):
        kind = f"{kind} {operand.primitive.name}"
    called = f"{kind} {name!r}" if isinstance(name, str) else kind
    # A primitive has a shape too: the rule, a method.
    if isinstance(getattr(operand, "shape", None), tuple):
        return f"{called} of shape {tuple(operand.shape)}, {operand.dtype}"
    return called


def as_autodiff_error(error: Exception) -> AutodiffError:
    """`error` itself if it is ours, else the error of ours that fits the built-in one."""
    if isinstance(error, AutodiffError):
        return error
    if isinstance(error, IndexError):
        return IndexingError(str(error))
    wrong_type = isinstance(error, TypeError | OverflowError)  # overflow: 300 as an uint8
    return DtypeError(str(error)) if wrong_type else ShapeError(str(error))


def with_operands(operator: str, error: Exception, operands: Sequence[Any], scope: str = "") -> str:
    """The message of `error`, with the operator's name, its operands and its layer."""
    lines = [f"{operator}: {error}"]
    lines += [
        f"  operand {position}: {describe(operand)}" for position, operand in enumerate(operands)
    ]
    if scope:
        lines.append(f"  in layer {scope}")
    return "\n".join(lines)
