"""Weights for the libraries that keep an image's channels last."""

from __future__ import annotations

import numpy as np

import autodiff as ad
from autodiff import nn


def channels_last_weights(
    model: nn.Sequential, image: tuple[int, ...]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Weight and bias of each layer that has them: filters HWIO, matrices (in, out).

    Flattening reads row, column, channel there, so that the rows of the matrix behind it are in
    another order than ours.
    """
    weights, flattened = {}, None
    x = np.zeros((1, *image), np.float32)
    for name, layer in model.named_children():
        y = layer(ad.Constant(x)).output
        if isinstance(layer, nn.Flatten):
            flattened = x.shape[1:]
        if isinstance(layer, nn.Conv2d):
            weight = layer.weight.value.transpose(2, 3, 1, 0)
        elif isinstance(layer, nn.Linear):
            weight = layer.weight.value
            if flattened is not None:
                weight = weight.reshape(-1, *flattened).transpose(0, 2, 3, 1)
            weight = weight.reshape(layer.out_features, -1).T
            flattened = None
        if isinstance(layer, nn.Conv2d | nn.Linear):
            weights[name] = np.ascontiguousarray(weight), layer.bias.value.copy()
        x = y
    return weights


def borders(padding: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Padding before and after, for rows and for columns."""
    rows, columns = padding
    return (rows, rows), (columns, columns)
