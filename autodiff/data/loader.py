"""Batches of arrays, shuffled anew in every epoch."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import lazy
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..primitives.random import Rng, as_generator
from ..structures import GraphNode


class DataLoader:
    """Walk over arrays in batches: each walk is one epoch.

    Parameters
    ----------
    *arrays : array_like
        Arrays with equal first axes, such as images and labels; or one tuple of them.
    batch_size : int
        Number of examples in a batch; the last batch may be smaller.
    shuffle : bool
        Whether each epoch has another random order.
    seed : int or numpy.random.Generator, optional
        Where the order comes from; the library-wide generator where not given.
    drop_last : bool
        Whether to leave out a last batch that is smaller.

    Yields
    ------
    tuple of numpy.ndarray
        One batch of each array; the bare batch where there is one array.

    Raises
    ------
    ShapeError
        If the arrays have different numbers of examples, or none.
    ArgumentError
        If `batch_size` is no positive integer.

    Examples
    --------
    >>> loader = DataLoader(np.arange(5), batch_size=2)
    >>> [batch.tolist() for batch in loader]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        *arrays: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        seed: Rng = None,
        drop_last: bool = False,
    ) -> None:
        if len(arrays) == 1 and isinstance(arrays[0], tuple | list):
            arrays = tuple(arrays[0])
        if not arrays:
            raise ArgumentError("DataLoader needs at least one array")
        for array in arrays:
            if isinstance(array, GraphNode):
                raise DtypeError(f"DataLoader takes arrays; got {describe(array)}: write .output")
        try:
            self.arrays = tuple([np.asarray(array) for array in arrays])
        except ValueError as error:
            raise ShapeError(f"DataLoader needs rectangular arrays; NumPy says: {error}") from error
        counts = [array.shape[0] if array.ndim else None for array in self.arrays]
        if None in counts or len(set(counts)) != 1:
            listed = " and ".join(str(array.shape) for array in self.arrays)
            raise ShapeError(
                f"the arrays must have equal numbers of examples along axis 0; got shapes {listed}"
            )
        if not counts[0]:
            raise ShapeError("there are no examples: the arrays are empty")
        try:
            self.batch_size = operator.index(batch_size)
        except TypeError:
            self.batch_size = 0
        if self.batch_size < 1:
            raise ArgumentError(f"batch_size must be a positive integer; got {batch_size!r}")
        self.shuffle, self.drop_last = shuffle, drop_last
        self.rng = None if seed is None else as_generator(seed)
        if not len(self):
            raise ArgumentError(
                f"no batch is left: {counts[0]} examples are fewer than batch_size "
                f"{self.batch_size}, and drop_last is set"
            )

    @property
    def examples(self) -> int:
        """Number of examples."""
        return len(self.arrays[0])

    def __len__(self) -> int:
        """Number of batches in an epoch."""
        whole, rest = divmod(self.examples, self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        order = as_generator(self.rng).permutation(self.examples) if self.shuffle else None
        for number in range(len(self)):
            part = slice(number * self.batch_size, (number + 1) * self.batch_size)
            if order is None:
                batch = tuple([array[part] for array in self.arrays])
            else:
                batch = tuple([_take(array, order[part]) for array in self.arrays])
            yield batch if len(batch) > 1 else batch[0]

    def __repr__(self) -> str:
        return (
            f"DataLoader({self.examples} examples, {len(self)} batches of {self.batch_size}"
            f"{', shuffled' if self.shuffle else ''})"
        )


def _take(array: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Some rows of an array, copied by the threads of compiled programs if there are any."""
    if lazy.loaded("autodiff.compiler.team") is None:
        return array.take(index, axis=0)  # a little faster than array[index]
    return lazy.load("autodiff.compiler.gathering", "compiled programs").take(array, index)
