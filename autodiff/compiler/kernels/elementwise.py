"""Chains of elementwise operators as one kernel: the source of a function that NumPy runs as many.

Each of NumPy's functions reads its operands from memory and writes its result back. A chain keeps
what lies between in registers: memory is read once for each operand and written once for each
result. This file writes such a function as Python source, which can be printed and read.

A tile of F features and n examples, batch last, is walked through as `outer` runs of ``inner * n``
numbers that lie next to each other. Operands come in four kinds:

- "tile": of the shape of the result, read along the run;
- "feature": a parameter, one number for each feature or for some axes of them, the same for all
  examples, and the same along a run;
- "lanes": n numbers, one for each example, for some axes of the features or none; a run is then n;
- "scalar": one number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...errors import ArgumentError
from ...primitives.primitive import Shape


class Operand(NamedTuple):
    """An operand of a chain.

    Attributes
    ----------
    name : str
        What the function calls it.
    kind : str
        "tile", "feature", "lanes" or "scalar".
    boolean : bool
        Whether it is an array of truths (bool or uint8), which counts as 0 and 1.
    """

    name: str
    kind: str = "tile"
    boolean: bool = False


class Step(NamedTuple):
    """One operator of a chain.

    Attributes
    ----------
    primitive : str
        Its name in the catalogue.
    operands : tuple of int or float
        An int is the number of a value, counted through the operands of the chain and then its
        steps; a float is a constant.
    """

    primitive: str
    operands: tuple[int | float, ...]


_NUMBERS = {
    "add": "add({}, {})",
    "subtract": "subtract({}, {})",
    "multiply": "multiply({}, {})",
    "divide": "divide({}, {})",
    "negative": "negative({})",
    "identity": "{}",
    "maximum": "maximum({}, {})",
    "minimum": "minimum({}, {})",
    "abs": "absolute({})",
    "sqrt": "sqrt({})",
    "square": "multiply({0}, {0})",
    "relu": "maximum({}, zero)",
    "clip": "minimum(maximum({}, {}), {})",
    "sign": "select(greater({0}, zero), one, select(less({0}, zero), negative(one), {0}))",
    "exp": "exp({})",
    "expm1": "expm1({})",
    "log": "log({})",
    "log1p": "log1p({})",
    "tanh": "tanh({})",
    "sigmoid": "sigmoid({})",
    "erf": "erf({})",
    "sin": "sin({})",
    "cos": "cos({})",
    "power": 'lane_by_lane("pow", {}, {})',
}
"""Primitives of numbers whose results are numbers."""

_QUESTIONS = {
    "equal": "equal({}, {})",
    "not_equal": "not_equal({}, {})",
    "less": "less({}, {})",
    "less_equal": "less_equal({}, {})",
    "greater": "greater({}, {})",
    "greater_equal": "greater_equal({}, {})",
    "isnan": "not_equal({0}, {0})",
    "isfinite": "less(absolute({}), infinity)",
    "isinf": "equal(absolute({}), infinity)",
}
"""Primitives of numbers whose results are truths."""

_LOGIC = {
    "logical_and": "both({}, {})",
    "logical_or": "either({}, {})",
    "logical_not": "neither({})",
}
"""Primitives of truths whose results are truths."""

TRUTHS = frozenset([*_QUESTIONS, *_LOGIC])
"""Names of those whose results are truths."""

SUPPORTED = frozenset([*_NUMBERS, *TRUTHS, "where"])
"""Names of the primitives that a chain may be made of."""

_POWERS = {
    -1.0: "divide(one, {0})",
    0.0: "one",
    0.5: "sqrt({0})",
    1.0: "{0}",
    2.0: "multiply({0}, {0})",
    3.0: "multiply(multiply({0}, {0}), {0})",
    4.0: "multiply(multiply({0}, {0}), multiply({0}, {0}))",
}
"""Powers with a constant exponent that are a few multiplications."""

_CONSTANTS = {"zero": "0.0", "one": "1.0", "infinity": "np.inf"}

IMPORTS = """\
import numpy as np
from numba import njit

from autodiff.compiler.kernels.bits import lane_by_lane
from autodiff.compiler.kernels.masks import both, either, load_codes, neither, store_codes
from autodiff.compiler.kernels.mathematics import cos, erf, exp, expm1, log, log1p
from autodiff.compiler.kernels.mathematics import sigmoid, sin, tanh
from autodiff.compiler.kernels.vectors import absolute, add, broadcast, divide, equal, greater
from autodiff.compiler.kernels.vectors import greater_equal, lanes, less, less_equal, load_part
from autodiff.compiler.kernels.vectors import maximum, minimum, multiply, negative, not_equal
from autodiff.compiler.kernels.vectors import select, splat, sqrt, store_part, subtract
"""
"""What a file of chains has to start with."""


def chain_geometry(
    shape: Shape, operands: Sequence[Operand], shapes: Sequence[Shape]
) -> np.ndarray:
    """How the runs of a chain lie in its operands.

    Parameters
    ----------
    shape : tuple of int
        Features of the result, without the batch.
    operands : sequence of Operand
        Those of the chain.
    shapes : sequence of tuple
        Their features, which broadcast to `shape`.

    Returns
    -------
    array of int64, shape (2 + outer * tables,)
        `outer`, `inner`; for each operand of kind "feature" or "lanes" which of its numbers, or of
        its groups of n, belongs to each run.
    """
    varying = [
        axis
        for operand, features in zip(operands, shapes, strict=True)
        for axis, length in enumerate(reversed(features))
        if operand.kind == "feature" and length > 1
    ]
    # Trailing axes along which no parameter varies: they make a run.
    kept = len(shape) - (min(varying) if varying else len(shape))
    if any(operand.kind == "lanes" for operand in operands):
        kept = len(shape)
    outer = math.prod(shape[:kept])
    tables = []
    for operand, features in zip(operands, shapes, strict=True):
        if operand.kind in ("feature", "lanes"):
            numbers = np.arange(math.prod(features)).reshape(features)
            everywhere = np.broadcast_to(numbers, shape).reshape(outer, -1)
            tables.append(everywhere[:, 0])
    return np.concatenate([[outer, math.prod(shape[kept:])], *tables]).astype(np.int64)


def chain_source(
    name: str,
    operands: Sequence[Operand],
    steps: Sequence[Step],
    results: Sequence[tuple[str, int]],
    booleans: Sequence[str] = (),
) -> str:
    """Source of a function ``name(operands..., results..., geometry, n)``.

    Parameters
    ----------
    name : str
        Name of the function.
    operands : sequence of Operand
        What it reads; one at least is no array of truths.
    steps : sequence of Step
        What it computes, inputs before users.
    results : sequence of (str, int)
        What it writes: the name of an array and the number of a value.
    booleans : sequence of str
        Names of the results that are arrays of truths (bool or uint8).

    Raises
    ------
    ArgumentError
        If a primitive is not in `SUPPORTED`, or nothing is a floating-point array.
    """
    like = [o.name for o in operands if not o.boolean]
    like += [result for result, _ in results if result not in booleans]
    if not like:
        raise ArgumentError(f"{name}: a chain needs an operand or a result of floating point")
    text, found = [], []  # found: the expression of each value, and whether it is a mask
    outside, inside, tables = [], [], 0
    for operand in operands:
        read = f"{operand.name}_"
        found.append((read, False))
        if operand.kind in ("feature", "lanes"):
            at = f"geometry[2 + {tables} * outer + run]" if tables else "geometry[2 + run]"
            tables += 1
        if operand.kind in ("tile", "lanes"):
            place = "start + p" if operand.kind == "tile" else f"{operand.name}_at + p"
            if operand.kind == "lanes":
                outside.append(f"{operand.name}_at = {at} * n")
            load = f"load_part({operand.name}, {place}, length - p)"
            if operand.boolean:
                load = f"load_codes({operand.name}, {place}, zero, length - p)"
            inside.append(f"{read} = {load}")
        else:
            place = "0" if operand.kind == "scalar" else at
            number = f"splat({operand.name}, {place})"
            if operand.boolean:
                number = f"broadcast(zero, {operand.name}[{place}])"
            outside.append(f"{read} = {number}")
    for k, step in enumerate(steps):
        expression, mask = _expression(step, found)
        inside.append(f"t{k} = {expression}")
        found.append((f"t{k}", mask))
    for result, value in results:
        number = _number(found[value])
        store = "store_codes" if result in booleans else "store_part"
        if result in booleans and not found[value][1]:
            number = _number((_mask(found[value]), True))
        inside.append(f"{store}({result}, start + p, {number}, length - p)")
    constants = [
        f"{constant} = broadcast({like[0]}, {number})"
        for constant, number in _CONSTANTS.items()
        if any(constant in line for line in (*outside, *inside))
    ]
    arguments = [o.name for o in operands] + [result for result, _ in results]
    text = [
        "@njit(nogil=True, cache=True)",
        f"def {name}({', '.join(arguments)}, geometry, n):",
        "    outer, length = geometry[0], geometry[1] * n",
        *(f"    {line}" for line in constants),
        "    for run in range(outer):",
        "        start = run * length",
        *(f"        {line}" for line in outside),
        f"        for p in range(0, length, lanes({like[0]})):",
        *(f"            {line}" for line in inside),
    ]
    return "\n".join(text) + "\n"


def _expression(step: Step, found: Sequence[tuple[str, bool]]) -> tuple[str, bool]:
    """The source of one step, and whether its result is a mask."""
    name, operands = step
    values = [
        (f"broadcast(zero, {_literal(operand)})", False)
        if isinstance(operand, float)
        else found[operand]
        for operand in operands
    ]
    if name == "where":
        condition, a, b = values
        return f"select({_mask(condition)}, {_number(a)}, {_number(b)})", False
    if name in _LOGIC:
        return _LOGIC[name].format(*map(_mask, values)), True
    numbers = [_number(value) for value in values]
    if name == "power" and isinstance(operands[1], float) and operands[1] in _POWERS:
        return _POWERS[operands[1]].format(*numbers), False
    if name in _QUESTIONS:
        return _QUESTIONS[name].format(*numbers), True
    if name not in _NUMBERS:
        raise ArgumentError(f"no chain can hold {name!r}: it has no function of vectors")
    return _NUMBERS[name].format(*numbers), False


def _literal(number: float) -> str:
    if math.isnan(number):
        return "np.nan"
    return repr(number) if math.isfinite(number) else f"{'-' if number < 0 else ''}np.inf"


def _number(value: tuple[str, bool]) -> str:
    expression, mask = value
    return f"select({expression}, one, zero)" if mask else expression


def _mask(value: tuple[str, bool]) -> str:
    expression, mask = value
    return expression if mask else f"not_equal({expression}, zero)"
