"""The lowest rungs of the ladder: a convolution with its transposes, by loops.

Stride 1, no padding. Each toy is taught to the library with `ad.custom_gradient`, so that it takes
part in a training step like any operator.
"""

import itertools

import numpy as np
from numba import njit

import autodiff as ad


class Toy:
    """A convolution and its transposes in the input and in the filter.

    Attributes
    ----------
    name : str
        The operator's name in a graph.
    convolution : callable
        The convolution as a function that the library differentiates.
    traffic : int
        Numbers that are read and written for one multiplication and addition.
    """

    name: str
    traffic: int

    def __init__(self):
        def convolution(x, w):
            def pullback(gradient):
                return self.input_transpose(gradient, w), self.filter_transpose(gradient, x)

            return self.convolve(x, w), pullback

        convolution.__name__ = self.name
        self.convolution = ad.custom_gradient(convolution)

    def bytes_moved(self, x, w, y):
        """In the three products, each of which takes equally many multiplications."""
        return 3 * y.size * w[0].size * self.traffic * x.itemsize


class Loops(Toy):
    """One multiplication and addition at a time, in Python. It reads both factors."""

    name, traffic = "convolution by loops", 2

    def convolve(self, x, w):
        images, channels, height, width = x.shape
        filters, _, high, wide = w.shape
        rows, columns = height - high + 1, width - wide + 1
        y = np.zeros((images, filters, rows, columns), x.dtype)
        a, b = x.tolist(), w.tolist()
        for n, o, r, q in itertools.product(*map(range, y.shape)):
            total = 0.0
            for c in range(channels):
                for i in range(high):
                    for j in range(wide):
                        total += b[o][c][i][j] * a[n][c][r + i][q + j]
            y[n, o, r, q] = total
        return y

    def input_transpose(self, gradient, w):
        """The padded gradient, convolved with the turned filters."""
        border = w.shape[2] - 1
        padded = np.pad(gradient, ((0, 0), (0, 0), (border, border), (border, border)))
        return self.convolve(padded, w[:, :, ::-1, ::-1].swapaxes(0, 1))

    def filter_transpose(self, gradient, x):
        """The images, convolved with the gradient as a filter: batch and channels trade places."""
        return self.convolve(x.swapaxes(0, 1), gradient.swapaxes(0, 1)).swapaxes(0, 1)


@njit
def _convolve(x, w, y):
    images, filters, rows, columns = y.shape
    _, channels, high, wide = w.shape
    for n in range(images):
        for o in range(filters):
            for r in range(rows):
                for q in range(columns):
                    total = 0.0
                    for c in range(channels):
                        for i in range(high):
                            for j in range(wide):
                                total += w[o, c, i, j] * x[n, c, r + i, q + j]
                    y[n, o, r, q] = total


class CompiledLoops(Loops):
    """The same loops, as Numba compiles them without any help."""

    name = "convolution by compiled loops"

    def convolve(self, x, w):
        (images, _, height, width), (filters, _, high, wide) = x.shape, w.shape
        y = np.empty((images, filters, height - high + 1, width - wide + 1), x.dtype)
        _convolve(np.ascontiguousarray(x), np.ascontiguousarray(w), y)
        return y


class Taps(Toy):
    """One array operation for each number of the filters: it meets a shifted image of each example.

    It reads the image, writes the product, reads it again with the sum, and writes the sum.
    """

    name, traffic = "convolution by taps", 5

    def taps(self, w, y):
        """Each position in the filters, with the part of a channel that it meets."""
        rows, columns = y[2:]
        for o, c, i, j in itertools.product(*map(range, w)):
            yield (o, c, i, j), np.s_[:, c, i : i + rows, j : j + columns]

    def convolve(self, x, w):
        (images, _, height, width), (filters, _, high, wide) = x.shape, w.shape
        y = np.zeros((images, filters, height - high + 1, width - wide + 1), x.dtype)
        for tap, met in self.taps(w.shape, y.shape):
            y[:, tap[0]] += w[tap] * x[met]
        return y

    def input_transpose(self, gradient, w):
        (images, _, rows, columns), (_, channels, high, wide) = gradient.shape, w.shape
        x = np.zeros((images, channels, rows + high - 1, columns + wide - 1), gradient.dtype)
        for tap, met in self.taps(w.shape, gradient.shape):
            x[met] += w[tap] * gradient[:, tap[0]]
        return x

    def filter_transpose(self, gradient, x):
        (_, filters, rows, columns), (_, channels, height, width) = gradient.shape, x.shape
        w = np.zeros((filters, channels, height - rows + 1, width - columns + 1), x.dtype)
        for tap, met in self.taps(w.shape, gradient.shape):
            w[tap] = (gradient[:, tap[0]] * x[met]).sum()
        return w


LOOPS, COMPILED_LOOPS, TAPS = Loops(), CompiledLoops(), Taps()


def with_convolution(model, x, toy):
    """The logits of a network whose convolutions are the toy's."""
    for layer in model:
        if isinstance(layer, ad.nn.Conv2d):
            x = toy.convolution(x, layer.weight) + layer.bias.reshape(1, -1, 1, 1)
        else:
            x = layer(x)
    return x
