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
        "var.unbiased",
        r"forward: another number \(nan, PyTorch has 0\)",
        "the variance of nothing is NaN, and so is its derivative; PyTorch says 0",
    ),
    (
        "linalg.norm.subgradients_at_zero",
        r"second: another number",
        "the second derivative at a kink is another number than PyTorch's, which is NaN or 0",
    ),
    (
        "linalg.norm.subgradients_at_zero",
        r"reverse: another number \(nan",
        "the gradient of the norm of order 1/2 at 0 is NaN",
    ),
    (
        "nn.functional.max_pool2d nn.functional.avg_pool2d",
        r"unexpected keyword argument '(ceil_mode|divisor_override|count_include_pad)'",
        "pooling has no ceil_mode, count_include_pad and divisor_override",
    ),
    (
        "nn.functional.conv2d nn.functional.conv_transpose2d nn.functional.max_pool2d",
        r"x needs 4 axes",
        "an image needs the axis of the batch, of length 1",
    ),
    (
        "nn.functional.pad.constant nn.functional.pad.reflect nn.functional.pad.replicate "
        "nn.functional.pad.replicate_negative nn.functional.pad.circular",
        r"unexpected keyword argument 'constant_values'|only the mode 'constant' is known",
        "pad surrounds with zeros only",
    ),
    (
        "nn.functional.cross_entropy nn.functional.mse_loss",
        r"unexpected keyword argument|logits of shape",
        "losses are means over the batch: no weights, no other reduction; labels are numbers "
        "of classes",
    ),
    ("nn.functional.gelu", r"'approximate'", "gelu is the exact one"),
    ("cholesky linalg.cholesky", r"'upper'", "cholesky gives the lower triangle"),
    ("argmax argmin", r"'keepdims'", "argmax and argmin have no keepdims"),
    (
        "gradient",
        r"'edge_order'|a spacing is a number",
        "samples are at equal distances, and the ends of first order",
    ),
    ("sgn", r"the sign of a complex number", "the sign of a complex number is refused"),
    (
        "norm linalg.norm linalg.norm.subgradients_at_zero linalg.vector_norm",
        r"no norm of vectors with a derivative has ord",
        "norms of vectors are of orders 1, 2, inf and those above 1",
    ),
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
    (
        "std std.unbiased var var.unbiased",
        r"another number \(-0, PyTorch has nan\)",
        "the variance of fewer elements than degrees of freedom is -0 here, NaN in NumPy",
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
    (
        "linalg.vector_norm",
        r"an axis is an integer",
        "vector_norm reduces one axis, or all",
    ),
    (
        "logsumexp",
        r"value: another number",
        "the logarithm of complex numbers is another branch of it, 2 pi i apart",
    ),
]


def reason_of(name, fault):
    """Why this sample fails, or None where nobody has said."""
    for entries, pattern, reason in GAPS:
        if name in entries.split() and re.search(pattern, fault):
            return reason
    return None
