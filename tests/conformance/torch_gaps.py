"""What is left out, and what fails, each with its reason. Both count as failed in every share.

`EXCLUDED` holds reasons to compare nothing: a spelling raises `excluded(key)` where the arguments
ask for what NumPy's function does not mean. `GAPS` explains samples that fail: a triple of the
entries it speaks of, a pattern of the fault, and the reason.
"""

import re

EXCLUDED = {
    "descending": "NumPy sorts upwards only",
    "order of a scalar": "NumPy makes a vector of a scalar, or has no axis to sort along",
    "lower median": "of an even number PyTorch takes the lower middle, NumPy the mean of both",
    "random": "the elements are drawn at random, by another generator",
    "vectors stacked": "NumPy 2 takes a right side of two axes or more as matrices, never as a "
    "stack of vectors",
    "one-element axis contracted": "NumPy contracts only axes of the same length",
    "legacy empty": "PyTorch still accepts an empty vector among matrices here, NumPy does not",
    "flattened index": "without an axis NumPy takes an index of one axis only",
    "index of other axes": "NumPy takes along an axis by an index with as many axes as the array",
    "negative padding": "NumPy pads, and never cuts off",
    "no complex logaddexp": "NumPy has no logaddexp of complex numbers",
    "old norm of a scalar": "NumPy has no norm of a scalar along an axis",
}


class Excluded(Exception):
    """The sample cannot be asked of NumPy's function: `key` says why."""

    def __init__(self, key):
        super().__init__(EXCLUDED[key])
        self.reason = EXCLUDED[key]


GAPS = [
    (
        "linalg.svd svd",
        r"the further vectors of a matrix of shape",
        "the further vectors of a matrix that is not square have no derivative, and are refused",
    ),
    (
        "var var.unbiased",
        r"forward: another number \(nan, PyTorch has 0\)",
        "the variance of nothing is NaN, and so is its derivative; PyTorch says 0",
    ),
    (
        "linalg.norm.subgradients_at_zero",
        r"second: another number \(\S+, PyTorch has nan",
        "the second derivative at a kink is 0, and NaN in PyTorch",
    ),
    (
        "nn.functional.avg_pool2d",
        r"unexpected keyword argument '(ceil_mode|divisor_override|count_include_pad)'",
        "average pooling has no ceil_mode, count_include_pad and divisor_override",
    ),
    (
        "nn.functional.conv2d nn.functional.conv_transpose2d nn.functional.max_pool2d",
        r"x needs 4 axes",
        "an image needs the axis of the batch, of length 1",
    ),
    (
        "nn.functional.cross_entropy nn.functional.mse_loss",
        r"unexpected keyword argument|logits of shape",
        "losses are means over the batch: no weights, no other reduction; labels are numbers "
        "of classes",
    ),
    (
        "gradient",
        r"'edge_order'|a spacing is a number",
        "samples are at equal distances, and the ends of first order",
    ),
    ("sgn", r"the sign of a complex number", "the sign of a complex number is refused"),
    (
        "linalg.norm linalg.norm.subgradients_at_zero",
        r"there is no max of nothing",
        "the largest of no elements is refused",
    ),
    (
        "softmax softmax.with_dtype log_softmax log_softmax.with_dtype",
        r"there is no max of nothing",
        "softmax along an axis of no elements is refused",
    ),
    ("hsplit vsplit", r"^TypeError: 'str'", "the error of a wrong argument is Python's own"),
    (
        "linspace linspace.tensor_overload logspace logspace.tensor_overload",
        r"^(TypeError: 'float'|ValueError: Number of samples)",
        "the error of a wrong number of samples is NumPy's own",
    ),
    ("cov", r"'(fweights|aweights)'", "cov has no weights"),
    ("linalg.tensorsolve", r"'axes'", "tensorsolve has no axes"),
    (
        "quantile nanquantile",
        r"the shares q are numbers",
        "the shares of quantiles are numbers without a derivative",
    ),
    (
        "quantile nanquantile",
        r"there is no axis along which elements could be in order",
        "the quantile of a scalar is refused",
    ),
]


def reason_of(name, fault):
    """Why this sample fails, or None where nobody has said."""
    for entries, pattern, reason in GAPS:
        if name in entries.split() and re.search(pattern, fault):
            return reason
    return None
