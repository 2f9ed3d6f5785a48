"""What normalisation layers need besides arithmetic: a shape that holds, and running statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..recording import thread
from ..structures import Constant
from .kinds import Linear
from .primitive import Shape, primitive


class ExpectLengths(Linear):
    """The operand itself, provided that some of its axes have the lengths that are expected.

    Broadcasting would let a picture of one channel pass for one of many. This asks at each
    execution, so that a replay is refused where building would have been.

    Parameters
    ----------
    x : array_like
        Operand.
    lengths : dict of int to int
        From an axis to its length.

    Raises
    ------
    ShapeError
        If an axis has another length.
    """

    moves = True

    def __call__(self, x: Any, lengths: dict[int, int]) -> Any:
        return self.apply(x, lengths=dict(lengths))

    def function(self, x, lengths):
        self.shape(np.shape(x), lengths)
        return np.asarray(x)

    def shape(self, x: Shape, lengths: dict[int, int]) -> Shape:
        for axis, length in lengths.items():
            if not -len(x) <= axis < len(x) or x[axis] != length:
                raise ShapeError(f"axis {axis} must have length {length}; got shape {x}")
        return x

    def transpose(self, gradient, x, lengths):
        return gradient

    def examples(self, rng):
        yield (rng.normal(size=(2, 3)), {1: 3}), {}


expect_lengths = primitive(ExpectLengths)


class TrackStatistics(Linear):
    r"""The variance of a batch as it is; on the way, running statistics are updated.

    This is the one primitive with an effect. With the mean :math:`\mu` and the variance
    :math:`\sigma^2` of the :math:`n` values of a channel, each execution sets

    .. math:: m \leftarrow (1 - \alpha) m + \alpha \mu, \qquad
       v \leftarrow (1 - \alpha) v + \alpha \frac{n}{n - 1} \sigma^2,

    in the buffers :math:`m` and :math:`v`. Because the variance passes through it, it is an
    ancestor of the layer's output: every forward sweep that computes the output updates the
    statistics once. A derivative only passes the gradient on and updates nothing, nor does the
    second run of a `checkpoint`, on the way back.

    Parameters
    ----------
    variance, mean : array_like, of C elements
        Statistics of the batch; the variance is the biased one.
    x : array_like, shape (N, C, ...)
        The batch: lends its shape, from which :math:`n` follows.
    running_mean, running_var : Constant, shape (C,)
        The buffers. They are given as parameters, not as operands, so that their change makes no
        other operator of the same graph stale.
    num_batches_tracked : Constant, shape ()
        Counts the updates.
    momentum : float or None
        The weight :math:`\alpha` of the new batch; None for the plain average of all batches.

    Raises
    ------
    ShapeError
        If a channel has fewer than two values: its variance would be unknown.
    """

    shape_only = (2,)
    pure = False  # each execution moves the statistics

    def __call__(
        self,
        variance: Any,
        mean: Any,
        x: Any,
        running_mean: Constant,
        running_var: Constant,
        num_batches_tracked: Constant,
        momentum: float | None = 0.1,
    ) -> Any:
        if thread.state.repeating:
            return variance
        return self.apply(
            variance,
            mean,
            x,
            running_mean=running_mean,
            running_var=running_var,
            num_batches_tracked=num_batches_tracked,
            momentum=momentum,
        )

    def function(self, variance, mean, x, running_mean, running_var, num_batches_tracked, momentum):
        self.shape(np.shape(variance), np.shape(mean), np.shape(x))
        values = np.size(x) // np.size(variance)
        num_batches_tracked.output = num_batches_tracked.output + 1
        weight = 1.0 / int(num_batches_tracked.output) if momentum is None else momentum
        for buffer, batch, unbias in (
            (running_mean, mean, 1.0),
            (running_var, variance, values / (values - 1)),
        ):
            old = buffer.output
            new = (1.0 - weight) * old + (weight * unbias) * np.reshape(batch, old.shape)
            buffer.output = new.astype(old.dtype, copy=False)
        return np.asarray(variance)

    def shape(self, variance: Shape, mean: Shape, x: Shape, **params: Any) -> Shape:
        if np.prod(x) <= np.prod(variance):
            raise ShapeError(
                "normalisation over a batch needs more than one value for each channel in training;"
                f" got shape {x}; use a larger batch, or call model.eval()"
            )
        return variance

    def transpose(self, gradient, variance, mean, x, **params):
        return gradient

    def jvp(self, tangents, output, *operands, **params):
        return tangents[0]

    def examples(self, rng):
        x = rng.normal(size=(4, 3))
        buffers = Constant(np.zeros(3)), Constant(np.ones(3)), Constant(np.array(0))
        yield (np.var(x, axis=0), np.mean(x, axis=0), x, *buffers), {}


track_statistics = primitive(TrackStatistics)
