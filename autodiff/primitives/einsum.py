"""Sums of products over named axes."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from .broadcasting import sum_like, zeros_like
from .kinds import General, conjugate
from .primitive import primitive
from .shaping import expand_dims


class Einsum(General):
    r"""Einstein summation, as `numpy.einsum`: axes are named by letters, and products summed.

    ``einsum("ij,jk->ik", a, b)`` is :math:`y_{ik} = \sum_j a_{ij} b_{jk}`. The result is linear in
    each operand. Its transpose in one operand is again a sum of products: of the gradient and the
    other operands, with the letters of that operand as result.

    Parameters
    ----------
    subscripts : str
        For each operand the letters of its axes, and after ``->`` those of the result. Without
        ``->`` the letters that occur once, sorted. ``...`` stands for axes that broadcast.
    *operands : array_like
        The operands.

    Raises
    ------
    ArgumentError
        If the subscripts are malformed.
    ShapeError
        If an operand has another number of axes than letters, or a letter two lengths.
    """

    autocast = "half"

    def __call__(self, subscripts: str, *operands: Any, **options: Any) -> Any:
        if not isinstance(subscripts, str):
            raise ArgumentError(f"einsum: subscripts must be a string; got {subscripts!r}")
        unknown = set(options) - {"optimize"}
        if unknown:
            raise ArgumentError(f"einsum does not take {', '.join(sorted(unknown))}")
        inputs, result = _parse(subscripts, [np.ndim(operand) for operand in operands])
        # A letter that one operand repeats picks a diagonal. A product with an identity matrix does
        # the same, and leaves each operand with different letters.
        free = iter(sorted(set(string.ascii_letters) - set("".join(inputs) + result)))
        deltas: list[tuple[str, np.ndarray]] = []
        for position, letters in enumerate(inputs):
            for place, letter in enumerate(letters):
                if letter in letters[:place]:
                    new = next(free)
                    letters = letters[:place] + new + letters[place + 1 :]
                    length = np.shape(operands[position])[place]
                    deltas.append((letter + new, np.eye(length, dtype=bool)))
            inputs[position] = letters
        inputs += [letters for letters, _ in deltas]
        matrices = [delta for _, delta in deltas]
        return self.apply(*operands, *matrices, inputs=tuple(inputs), result=result)

    def function(self, *operands, inputs, result):
        self.shape(*[np.shape(operand) for operand in operands], inputs=inputs, result=result)
        return np.einsum(f"{','.join(inputs)}->{result}", *operands, optimize=len(operands) > 2)

    def shape(self, *shapes, inputs, result):
        lengths: dict[str, int] = {}
        for letters, shape in zip(inputs, shapes, strict=True):
            for letter, length in zip(letters, shape, strict=True):
                if lengths.setdefault(letter, length) not in (length, 1) and length != 1:
                    raise ShapeError(
                        f"letter {letter!r} stands for axes of lengths {lengths[letter]} and "
                        f"{length}; they must be equal, or one must be 1"
                    )
                lengths[letter] = max(lengths[letter], length)
        return tuple(lengths[letter] for letter in result)

    def vjp(self, position, gradient, output, *operands, inputs, result):
        others = [i for i in range(len(operands)) if i != position]
        present = set(result).union(*[inputs[i] for i in others])
        kept = "".join(letter for letter in inputs[position] if letter in present)
        share = self.apply(
            gradient,
            *[conjugate(operands[i]) for i in others],
            inputs=(result, *[inputs[i] for i in others]),
            result=kept,
        )
        missing = tuple(i for i, c in enumerate(inputs[position]) if c not in present)
        if missing:
            share = expand_dims(share, missing)
        return sum_like(_broadcast(share, operands[position]), operands[position])

    def jvp(self, tangents, output, *operands, inputs, result):
        total = None
        for position, tangent in enumerate(tangents):
            if tangent is not None:
                replaced = [*operands[:position], tangent, *operands[position + 1 :]]
                term = self.apply(*replaced, inputs=inputs, result=result)
                total = term if total is None else total + term
        return total

    def examples(self, rng):
        a, b = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
        yield ("ij,jk->ik", a, b), {}
        yield ("ij,jk,k", a, b, rng.normal(size=4)), {}
        yield ("ii->i", rng.normal(size=(3, 3))), {}
        yield ("...ij,kj->...k", rng.normal(size=(2, 2, 3)), rng.normal(size=(4, 3))), {}
        yield ("ij->", a), {}


einsum = primitive(Einsum, np.einsum)


def _broadcast(share: Any, operand: Any) -> Any:
    """Repeat along the axes that `operand` alone had, and that were therefore summed."""
    return share + zeros_like(operand)


def _parse(subscripts: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the result, with ``...`` written out."""
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    inputs = left.split(",")
    if len(inputs) != len(ranks):
        raise ArgumentError(
            f"einsum: {subscripts!r} names {len(inputs)} operands; got {len(ranks)}"
        )
    plain = "".join(inputs).replace("...", "") + result.replace("...", "")
    if not set(plain) <= set(string.ascii_letters):
        raise ArgumentError(f"einsum: {subscripts!r} may hold letters, commas, '...' and one '->'")
    spare = "".join(sorted(set(string.ascii_letters) - set(plain)))
    widest = 0
    for position, (letters, rank) in enumerate(zip(inputs, ranks, strict=True)):
        hidden = rank - len(letters.replace("...", ""))
        if hidden < 0 or (hidden and "..." not in letters):
            raise ShapeError(
                f"einsum: operand {position} has {rank} axes, and {letters!r} names another number "
                f"in {subscripts!r}"
            )
        inputs[position] = letters.replace("...", spare[len(spare) - hidden :])
        widest = max(widest, hidden) if "..." in letters else widest
    dots = spare[len(spare) - widest :]
    if not arrow:
        once = sorted(letter for letter in set(plain) if plain.count(letter) == 1)
        return inputs, dots + "".join(once)
    result = result.replace("...", dots)
    if len(set(result)) != len(result) or not set(result) <= set("".join(inputs)):
        raise ArgumentError(
            "einsum: each letter of the result must occur once, and in an operand; "
            f"got {subscripts!r}"
        )
    return inputs, result
