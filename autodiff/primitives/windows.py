"""Windows that slide over images: the geometry and the views that convolution and pooling share.

Inside, the images of a batch are laid out as (C, H, W, N), the batch last. A *tap* is one position
of the kernel; all that it meets while the kernel slides is a strided slice of the image, whose
rows of W·N numbers lie next to each other in memory. So gathering the windows and scattering
their gradients are a few long copies and additions, one for each tap, however many images,
channels and positions there are.

To the outside the batch comes first, as a view: nothing is copied for that. Elementwise operators
keep the order in memory of their operands, so a whole network runs batch-last without knowing it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..errors import ShapeError

Pair = tuple[int, int]
Borders = tuple[Pair, Pair]
"""How far images are extended before and after rows and columns; a negative border crops."""

NO_BORDERS: Borders = ((0, 0), (0, 0))


class Windows(NamedTuple):
    """Which pixels the taps of a kernel meet.

    Attributes
    ----------
    kernel : pair of int
        Number of taps along rows and columns.
    stride : pair of int
        Distance between neighbouring windows.
    borders : pair of pairs of int
        What is added around the image, or cropped from it.
    dilation : pair of int
        Distance between neighbouring taps.
    partly : bool
        Whether a last window may reach beyond the borders, as long as it starts before the one at
        the end: what is rounded up in PyTorch's `ceil_mode`.
    """

    kernel: Pair
    stride: Pair
    borders: Borders
    dilation: Pair
    partly: bool = False

    @property
    def extent(self) -> Pair:
        """How many rows and columns one window spans."""
        rows, columns = self.kernel
        return self.dilation[0] * (rows - 1) + 1, self.dilation[1] * (columns - 1) + 1

    @property
    def disjoint(self) -> bool:
        """Whether no two windows share a pixel."""
        return self.stride[0] >= self.extent[0] and self.stride[1] >= self.extent[1]

    def around(self, size: Pair) -> Windows:
        """These windows with all borders that an image of `size` needs, so that none is partly."""
        if not self.partly:
            return self
        ends = [self._reached(axis, size[axis]) for axis in (0, 1)]
        (top, bottom), (left, right) = self.borders
        grown = ((top, bottom + ends[0]), (left, right + ends[1]))
        return self._replace(borders=grown, partly=False)

    def _reached(self, axis: int, length: int) -> int:
        """How far the last window along an axis reaches beyond the border."""
        before, after = self.borders[axis]
        stride, rest = self.stride[axis], before + length + after - self.extent[axis]
        last = stride * -(-rest // stride)
        if last >= before + length:
            last -= stride
        return max(0, last - rest)

    def padded(self, size: Pair) -> Pair:
        """Rows and columns of an image of `size` with its borders."""
        if self.partly:
            return self.around(size).padded(size)
        (top, bottom), (left, right) = self.borders
        return size[0] + top + bottom, size[1] + left + right

    def counts(self, size: Pair) -> Pair:
        r"""Number of windows along rows and columns, :math:`\lfloor (L - e) / s \rfloor + 1`.

        Here :math:`L` is the length with borders, :math:`e` the extent and :math:`s` the stride.

        Raises
        ------
        ShapeError
            If not even one window fits.
        """
        rows, columns = self.padded(size)
        height, width = self.extent
        if rows < height or columns < width:
            raise ShapeError(
                f"the kernel spans {height} x {width} pixels and does not fit into an image of "
                f"{size[0]} x {size[1]}, {rows} x {columns} with its padding; use a smaller kernel "
                "or dilation, more padding, or larger images"
            )
        return (rows - height) // self.stride[0] + 1, (columns - width) // self.stride[1] + 1

    def along(self, images: np.ndarray, axis: int) -> Iterator[np.ndarray]:
        """For each tap along one axis a view of all that it meets in images with their borders."""
        stride, dilation = self.stride[axis], self.dilation[axis]
        last = images.shape[1 + axis] - self.extent[axis]
        for start in range(0, dilation * self.kernel[axis], dilation):
            met = slice(start, start + last + 1, stride)
            yield images[:, met] if axis == 0 else images[:, :, met]

    def taps(self, images: np.ndarray) -> Iterator[np.ndarray]:
        """For each tap, row by row, a view (C, OH, OW, N) of all that it meets."""
        for rows in self.along(images, 0):
            yield from self.along(rows, 1)

    def gather(self, images: Any) -> np.ndarray:
        """Copy all windows of images (N, C, H, W) into an array (C, kh * kw, OH, OW, N)."""
        source = batch_last(images, self.borders)
        counts = self._replace(borders=NO_BORDERS).counts(source.shape[1:3])
        length = self.kernel[0] * self.kernel[1]
        windows = np.empty((len(source), length, *counts, source.shape[3]), source.dtype)
        for position, tap in enumerate(self.taps(source)):
            windows[:, position] = tap
        return windows

    def scatter(self, windows: np.ndarray, size: Pair) -> np.ndarray:
        """Add windows up to images (N, C, H, W) of `size`: the transpose of `gather`."""
        shape = len(windows), *self.padded(size), windows.shape[-1]
        images = np.zeros(shape, windows.dtype)
        for position, tap in enumerate(self.taps(images)):
            tap += windows[:, position]
        return batch_first(remove(images, self.borders))


def batch_last(images: Any, borders: Borders = NO_BORDERS, fill: Any = 0) -> np.ndarray:
    """Images (N, C, H, W) as a contiguous array (C, H, W, N), extended by borders of `fill`.

    Where the memory is in that order already and there is no border, nothing is copied.
    """
    view = extend(np.asarray(images).transpose(1, 2, 3, 0), borders, fill)
    return np.ascontiguousarray(view)


def batch_first(images: np.ndarray) -> np.ndarray:
    """Images (C, H, W, N) seen as (N, C, H, W): a view."""
    return images.transpose(3, 0, 1, 2)


def extend(images: np.ndarray, borders: Borders, fill: Any = 0) -> np.ndarray:
    """Add borders to images (C, H, W, N), or crop them where a border is negative."""
    if borders == NO_BORDERS:
        return images
    rows, columns = (
        slice(max(0, -before), length - max(0, -after))
        for length, (before, after) in zip(images.shape[1:3], borders, strict=True)
    )
    kept = images[:, rows, columns]
    (top, bottom), (left, right) = ((max(0, b), max(0, a)) for b, a in borders)
    if top == bottom == left == right == 0:
        return kept
    channels, height, width, batch = kept.shape
    shape = channels, top + height + bottom, left + width + right, batch
    result = np.full(shape, fill, images.dtype)
    result[:, top : top + height, left : left + width] = kept
    return result


def remove(images: np.ndarray, borders: Borders) -> np.ndarray:
    """Undo `extend`: the transpose of adding a border of zeros is to crop it, and vice versa."""
    (top, bottom), (left, right) = borders
    return extend(images, ((-top, -bottom), (-left, -right)))
