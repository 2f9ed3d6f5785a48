"""Losses, with PyTorch's names and meanings: each is a mean over the batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import catalogue
from ..errors import DtypeError, IndexingError, ShapeError, with_operands
from ..evaluation import autocast
from .activations import softmax
from .arithmetic import subtract
from .elementary import square
from .kinds import General, Nondifferentiable
from .primitive import primitive
from .reductions import count, mean, sum


class OneHotLike(Nondifferentiable):
    """1 at the label of each example and 0 elsewhere, in the shape and dtype of `like`.

    Parameters
    ----------
    labels : array_like of int, shape (N, ...)
        Classes.
    like : array_like, shape (N, C, ...)
        Lends its shape and dtype; its axis 1 (0 where it is the only one) counts the classes.
    """

    shape_only = (1,)

    def function(self, labels, like):
        axis = _class_axis(np.ndim(like))
        classes = np.arange(np.shape(like)[axis]).reshape([-1] + [1] * (np.ndim(like) - axis - 1))
        return (np.expand_dims(labels, axis) == classes).astype(like.dtype)

    def shape(self, labels, like):
        return like

    def examples(self, rng):
        yield (np.array([2, 0]), np.zeros((2, 3))), {}


one_hot_like = primitive(OneHotLike)


class CrossEntropy(General):
    r"""Cross-entropy between a softmax over logits and integer labels, the mean over the batch.

    .. math:: L = \frac1N \sum_n \Bigl( \ln \sum_c e^{z_{nc}} - z_{n, t_n} \Bigr),
       \qquad \frac{\partial L}{\partial z_{nc}} = \frac1N \bigl(\operatorname{softmax}(z_n)_c - [c
       = t_n]\bigr)

    Parameters
    ----------
    logits : array_like, shape (N, C), (C,) or (N, C, d1, ...)
        Unnormalised log-probabilities of C classes.
    labels : array_like of int, shape (N,), () or (N, d1, ...)
        The true classes, 0 to C - 1; a `Constant` can be replayed with new ones.

    Returns
    -------
    scalar
        The mean loss, in nats.

    Raises
    ------
    ShapeError
        If the labels do not have the shape of the logits without the class axis.
    DtypeError
        If the labels are not integers.
    IndexingError
        If a label is not a class.
    """

    autocast = "float32"

    def __call__(self, logits: Any, labels: Any) -> Any:
        return self.apply(logits, labels if hasattr(labels, "dtype") else np.asarray(labels))

    def function(self, logits, labels):
        self.shape(np.shape(logits), np.shape(labels))
        logits, axis = np.asarray(logits), _class_axis(np.ndim(logits))
        classes = logits.shape[axis]
        if labels.dtype.kind not in "iu":
            raise DtypeError(
                f"labels must be integer classes; got {labels.dtype}; write labels.astype(int)"
            )
        if labels.size and not (labels.min() >= 0 and labels.max() < classes):
            raise IndexingError(
                f"labels must lie in 0 to {classes - 1}, for {classes} classes; got {labels.min()} "
                f"to {labels.max()}"
            )
        # Shifted first, so that large logits lose no digit in the difference.
        shifted = logits - np.max(logits, axis, keepdims=True)
        picked = np.take_along_axis(shifted, np.expand_dims(labels, axis), axis)
        return np.mean(np.log(np.sum(np.exp(shifted), axis, keepdims=True)) - picked)

    def shape(self, logits, labels):
        if not logits:
            raise ShapeError("logits need a class axis; got a scalar")
        axis = _class_axis(len(logits))
        expected = logits[:axis] + logits[axis + 1 :]
        if labels != expected:
            hint = f"; write labels.argmax(axis={axis})" if labels == logits else ""
            raise ShapeError(
                f"logits of shape {logits} need labels of shape {expected}, the number of the "
                f"class of each example; got {labels}{hint}"
            )
        if 0 in logits:
            raise ShapeError(
                f"the mean over no examples is undefined; got logits of shape {logits}"
            )
        return ()

    def vjp(self, position, gradient, output, logits, labels):
        return (
            None
            if position == 1
            else _residual(logits, labels) * (gradient / count(labels, like=logits))
        )

    def jvp(self, tangents, output, logits, labels):
        if tangents[0] is None:
            return None
        return sum(_residual(logits, labels) * tangents[0]) / count(labels, like=logits)

    def examples(self, rng):
        yield (rng.normal(size=(4, 3)), np.array([0, 2, 1, 1])), {}
        yield (rng.normal(size=3), np.array(2)), {}
        yield (rng.normal(size=(2, 3, 2)), rng.integers(0, 3, size=(2, 2))), {}


cross_entropy = primitive(CrossEntropy)


def _residual(logits: Any, labels: Any) -> Any:
    """Softmax minus the one-hot labels."""
    axis = _class_axis(np.ndim(logits))
    return softmax(logits, axis) - one_hot_like(labels, logits)


def _class_axis(rank: int) -> int:
    return 1 if rank > 1 else 0


@catalogue.stands_for()
def mse_loss(x: Any, target: Any) -> Any:
    r"""Mean squared error :math:`\frac1n \sum_i (x_i - t_i)^2`.

    Raises
    ------
    ShapeError
        If the shapes differ: broadcasting a target by accident is a common and silent mistake.
    """
    if np.shape(x) != np.shape(target):
        message = f"shapes {np.shape(x)} and {np.shape(target)} must be equal; reshape one of them"
        raise ShapeError(with_operands("mse_loss", ShapeError(message), [x, target]))
    x, target = autocast("float32", x, target)
    return mean(square(subtract(x, target)))
