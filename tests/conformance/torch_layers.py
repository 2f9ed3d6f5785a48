"""PyTorch's layers and losses in our words, as `torch_spellings` does it for arrays."""

from torch_gaps import Excluded
from torch_spellings import given


def widths(x, padding):
    """PyTorch counts from the last axis, before and after; NumPy from the first, in pairs."""
    pairs = [tuple(padding[i : i + 2]) for i in range(0, len(padding), 2)]
    return [(0, 0)] * (x.ndim - len(pairs)) + pairs[::-1]


PAD_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(lib, x, padding, mode="constant", value=None):
    if min(padding) < 0:
        raise Excluded("negative padding")
    filling = given(constant_values=value or None)
    return lib.pad(x, widths(x, padding), mode=PAD_MODES[mode], **filling)


def max_pool2d(
    lib, x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    more = given(ceil_mode=ceil_mode or None)
    return lib.max_pool2d(x, kernel_size, stride, padding, dilation, **more)


def avg_pool2d(
    lib,
    x,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
):
    more = given(
        ceil_mode=ceil_mode or None,
        count_include_pad=None if count_include_pad else False,
        divisor_override=divisor_override,
    )
    return lib.avg_pool2d(x, kernel_size, stride or None, padding, **more)


def cross_entropy(
    lib,
    x,
    target,
    weight=None,
    ignore_index=-100,
    reduction="mean",
    label_smoothing=0.0,
):
    more = given(
        weight=weight,
        ignore_index=None if ignore_index == -100 else ignore_index,
        reduction=None if reduction == "mean" else reduction,
        label_smoothing=label_smoothing or None,
    )
    return lib.cross_entropy(x, target, **more)


def dropout(lib, x, p=0.5, training=True, inplace=False):
    if training and 0 < p < 1:
        raise Excluded("random")
    return lib.dropout(x, p, training)
