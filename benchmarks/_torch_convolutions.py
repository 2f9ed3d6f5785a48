"""The convolution and its two transposes by PyTorch, for `convolutions.py`."""

import torch


def torch_methods(kind, channels, side, kernel, batch):
    """The same by PyTorch; how many threads it has is set outside."""
    methods = {}
    for name, layout in (
        ("PyTorch", torch.contiguous_format),
        ("PyTorch, channels last", torch.channels_last),
    ):
        x, g = (torch.rand(batch, channels, side, side).to(memory_format=layout) for _ in "xg")
        w = torch.rand(channels, channels, kernel, kernel).to(memory_format=layout)
        methods[name] = torch_method(kind, x, w, g, kernel // 2)
    return methods


def torch_method(kind, x, w, g, border):
    def run(times):
        for _ in range(times):
            product(kind, x, w, g, border)

    return run


def product(kind, x, w, g, border):
    """One of the three; only the gradient that is asked for is computed."""
    if kind == "forward":
        return torch.nn.functional.conv2d(x, w, padding=border)
    sizes = ([1, 1], [border, border], [1, 1], False, [0, 0], 1)
    mask = [kind == "input", kind == "filters", False]
    found = torch.ops.aten.convolution_backward(g, x, w, None, *sizes, mask)
    return found[0 if kind == "input" else 1]
