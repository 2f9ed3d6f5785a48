"""Randomness: one generator for the whole library, and the random mask of dropout.

There is one documented way to make a run repeatable: ``ad.manual_seed(0)`` before the model is
built. Whatever draws random numbers, be it a layer's initial weights, dropout or the order of
batches, takes them from one generator, unless it was given a generator or a seed of its own as
``rng``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import catalogue
from ..dtypes import is_differentiable
from ..errors import ArgumentError, DtypeError, describe
from .kinds import Nondifferentiable
from .primitive import primitive

Rng = np.random.Generator | int | None


class _Default:
    """Holds the library-wide generator."""

    generator = np.random.default_rng()


def manual_seed(seed: int) -> np.random.Generator:
    """Restart the library-wide random generator, so that what follows is repeatable.

    Parameters
    ----------
    seed : int
        Any non-negative integer.

    Returns
    -------
    numpy.random.Generator
        The new generator.

    Raises
    ------
    ArgumentError
        If `seed` is no non-negative integer.
    """
    if seed is None:
        raise ArgumentError("manual_seed needs a non-negative integer; got None")
    _Default.generator = as_generator(seed)
    return _Default.generator


def as_generator(rng: Rng) -> np.random.Generator:
    """The generator that `rng` stands for: itself, a seed's own one, or the library's for None.

    Raises
    ------
    ArgumentError
        If it is a negative number, or neither a generator, nor an integer, nor None.
    """
    if rng is None:
        return _Default.generator
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool) and rng >= 0:
        return np.random.default_rng(int(rng))
    raise ArgumentError(
        f"a seed is a non-negative integer, or a numpy.random.Generator; got {describe(rng)}"
    )


class DropoutMask(Nondifferentiable):
    r"""A random mask: each element is 0 with probability :math:`p`, else :math:`1/(1 - p)`.

    Its mean is 1, so that dropout does not change the mean of what it multiplies. Each execution
    draws anew, so that every replay of a recorded graph drops other elements.

    Parameters
    ----------
    like : array_like
        Lends its shape and dtype.
    p : float
        Probability of a zero, from 0 to 1.
    rng : numpy.random.Generator, optional
        Where the numbers come from; the library-wide generator where not given.

    References
    ----------
    N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
    JMLR 15, 2014. https://jmlr.org/papers/v15/srivastava14a.html
    """

    shape_only = (0,)
    pure = False  # each execution draws other numbers

    def __call__(self, like: Any, p: float = 0.5, rng: Rng = None) -> Any:
        return self.apply(like, p=p, rng=None if rng is None else as_generator(rng))

    def function(self, like, p, rng):
        dtype = getattr(like, "dtype", np.dtype(float))
        if p == 1:
            return np.zeros(np.shape(like), dtype)
        # Single precision decides as well as double, and is drawn in half the time.
        kept = as_generator(rng).random(np.shape(like), dtype=np.float32) >= p
        return np.multiply(kept, 1.0 / (1.0 - p), dtype=dtype)

    def shape(self, like, p, rng):
        return like

    def examples(self, rng):
        yield (np.zeros((2, 3)),), {"p": 0.25, "rng": 0}


dropout_mask = primitive(DropoutMask)


@catalogue.stands_for()
def dropout(x: Any, p: float = 0.5, training: bool = True, rng: Rng = None) -> Any:
    """Set elements to zero with probability `p`, and scale the others up by ``1/(1 - p)``.

    Parameters
    ----------
    x : array_like
        Operand.
    p : float
        Probability of a zero, from 0 to 1.
    training : bool
        Where False, `x` is returned as it is.
    rng : numpy.random.Generator or int, optional
        Where the numbers come from; the library-wide generator where not given.

    Raises
    ------
    ArgumentError
        If `p` is no probability.
    DtypeError
        If `x` is not floating.
    """
    if not (isinstance(p, int | float) and 0 <= p <= 1):
        raise ArgumentError(f"dropout: p is a probability, from 0 to 1; got {p!r}")
    if not training or p == 0:
        return x
    dtype = x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype
    if not is_differentiable(dtype):
        raise DtypeError(f"dropout needs a floating operand; got {describe(x)}")
    return x * dropout_mask(x, p, rng)
