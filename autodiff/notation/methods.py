"""The methods and attributes of an array, on nodes: ``a.sum()``, ``a.T``, ``a.reshape(2, 3)``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue import functions


class Methods:
    """NumPy's methods, each the function of the catalogue of the same name."""

    __slots__ = ()

    shape: tuple[int, ...]

    @property
    def T(self) -> Any:
        """The array with its axes in reverse order."""
        return functions["transpose"](self)

    @property
    def mT(self) -> Any:
        """The array with its last two axes exchanged: the transpose of each matrix."""
        return functions["swapaxes"](self, -1, -2)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape))

    @property
    def real(self) -> Any:
        """The real part, as `numpy.real`."""
        return functions["real"](self)

    @property
    def imag(self) -> Any:
        """The imaginary part, as `numpy.imag`."""
        return functions["imag"](self)

    def sum(
        self, axis: Any = None, keepdims: bool = False, *, initial: Any = None, where: Any = True
    ) -> Any:
        """Sum over `axis`, as `numpy.sum`."""
        return functions["sum"](self, axis, keepdims, initial=initial, where=where)

    def mean(self, axis: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
        """Mean over `axis`, as `numpy.mean`."""
        return functions["mean"](self, axis, keepdims, where=where)

    def var(
        self, axis: Any = None, ddof: int = 0, keepdims: bool = False, *, where: Any = True
    ) -> Any:
        """Variance over `axis`, as `numpy.var`."""
        return functions["var"](self, axis, ddof, keepdims, where=where)

    def std(
        self, axis: Any = None, ddof: int = 0, keepdims: bool = False, *, where: Any = True
    ) -> Any:
        """Standard deviation over `axis`, as `numpy.std`."""
        return functions["std"](self, axis, ddof, keepdims, where=where)

    def prod(
        self, axis: Any = None, keepdims: bool = False, *, initial: Any = None, where: Any = True
    ) -> Any:
        """Product over `axis`, as `numpy.prod`."""
        return functions["prod"](self, axis, keepdims, initial=initial, where=where)

    def cumsum(self, axis: Any = None) -> Any:
        """Running sum along `axis`, as `numpy.cumsum`."""
        return functions["cumsum"](self, axis=axis)

    def cumprod(self, axis: Any = None) -> Any:
        """Running product along `axis`, as `numpy.cumprod`."""
        return functions["cumprod"](self, axis=axis)

    def max(
        self, axis: Any = None, keepdims: bool = False, *, initial: Any = None, where: Any = True
    ) -> Any:
        """Maximum over `axis`, as `numpy.max`."""
        return functions["max"](self, axis, keepdims, initial=initial, where=where)

    def min(
        self, axis: Any = None, keepdims: bool = False, *, initial: Any = None, where: Any = True
    ) -> Any:
        """Minimum over `axis`, as `numpy.min`."""
        return functions["min"](self, axis, keepdims, initial=initial, where=where)

    def any(self, axis: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
        """Whether any element over `axis` is true; no gradient flows."""
        return functions["any"](self, axis, keepdims, where=where)

    def all(self, axis: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
        """Whether all elements over `axis` are true; no gradient flows."""
        return functions["all"](self, axis, keepdims, where=where)

    def argmax(self, axis: Any = None) -> Any:
        """Position of the maximum along `axis`; integers, so no gradient flows."""
        return functions["argmax"](self, axis=axis)

    def argmin(self, axis: Any = None) -> Any:
        """Position of the minimum along `axis`; integers, so no gradient flows."""
        return functions["argmin"](self, axis=axis)

    def argsort(self, axis: Any = -1) -> Any:
        """Positions that put the elements in order along `axis`; integers, so no gradient flows."""
        return functions["argsort"](self, axis=axis)

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape; one axis may be -1."""
        return functions["reshape"](self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order; reversed where none is given."""
        return functions["transpose"](self, (axes[0] if len(axes) == 1 else axes or None))

    def ravel(self) -> Any:
        """All elements along one axis, as `numpy.ravel`."""
        return functions["ravel"](self)

    def flatten(self) -> Any:
        """All elements along one axis, as `numpy.ravel`; of a node it needs no copy."""
        return functions["ravel"](self)

    def squeeze(self, axis: Any = None) -> Any:
        """Without axes of length 1, as `numpy.squeeze`."""
        return functions["squeeze"](self, axis)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """With two axes exchanged, as `numpy.swapaxes`."""
        return functions["swapaxes"](self, axis1, axis2)

    def repeat(self, repeats: Any, axis: Any = None) -> Any:
        """Each element several times in a row, as `numpy.repeat`."""
        return functions["repeat"](self, repeats, axis)

    def take(self, indices: Any, axis: Any = None) -> Any:
        """The elements at given positions along `axis`, as `numpy.take`."""
        return functions["take"](self, indices, axis)

    def clip(self, min: Any = None, max: Any = None) -> Any:
        """The values limited to an interval, as `numpy.clip`."""
        return functions["clip"](self, min, max)

    def astype(self, dtype: Any) -> Any:
        """The same values in another dtype."""
        return functions["astype"](self, dtype)

    def conj(self) -> Any:
        """The complex conjugate, as `numpy.conj`."""
        return functions["conj"](self)

    def dot(self, other: Any) -> Any:
        """The product with `other`, as `numpy.dot`."""
        return functions["dot"](self, other)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """The sum of a diagonal, as `numpy.trace`."""
        return functions["trace"](self, offset, axis1, axis2)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """A diagonal, as `numpy.diagonal`."""
        return functions["diagonal"](self, offset, axis1, axis2)

    def round(self, decimals: int = 0) -> Any:
        """The values rounded; no gradient flows."""
        return functions["round"](self, decimals)
