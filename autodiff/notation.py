"""How nodes are written: ``a + b``, ``a @ b``, ``a[0]``, ``a.sum()``, ``np.exp(a)``.

Nothing is computed here. Each piece of notation looks its function up in the catalogue.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from .catalogue import functions, numpy_functions
from .errors import DifferentiationError, DtypeError
from .recording import decide, length


class Notation:
    """Python's operators, NumPy's methods and NumPy's protocols, for nodes."""

    __slots__ = ()

    shape: tuple[int, ...]

    # fmt: off: an operator of Python is one line here, so that the table can be read at a glance.
    def __add__(self, other: Any) -> Any:
        return functions["add"](self, other)

    def __radd__(self, other: Any) -> Any:
        return functions["add"](other, self)

    def __sub__(self, other: Any) -> Any:
        return functions["subtract"](self, other)

    def __rsub__(self, other: Any) -> Any:
        return functions["subtract"](other, self)

    def __mul__(self, other: Any) -> Any:
        return functions["multiply"](self, other)

    def __rmul__(self, other: Any) -> Any:
        return functions["multiply"](other, self)

    def __truediv__(self, other: Any) -> Any:
        return functions["divide"](self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return functions["divide"](other, self)

    def __pow__(self, other: Any) -> Any:
        return functions["power"](self, other)

    def __rpow__(self, other: Any) -> Any:
        return functions["power"](other, self)

    def __mod__(self, other: Any) -> Any:
        return functions["remainder"](self, other)

    def __rmod__(self, other: Any) -> Any:
        return functions["remainder"](other, self)

    def __matmul__(self, other: Any) -> Any:
        return functions["matmul"](self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return functions["matmul"](other, self)

    def __neg__(self) -> Any:
        return functions["negative"](self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return functions["abs"](self)

    def __invert__(self) -> Any:
        return functions["logical_not"](self)

    def __and__(self, other: Any) -> Any:
        return functions["logical_and"](self, other)

    def __rand__(self, other: Any) -> Any:
        return functions["logical_and"](other, self)

    def __or__(self, other: Any) -> Any:
        return functions["logical_or"](self, other)

    def __ror__(self, other: Any) -> Any:
        return functions["logical_or"](other, self)

    def __lt__(self, other: Any) -> Any:
        return functions["less"](self, other)

    def __le__(self, other: Any) -> Any:
        return functions["less_equal"](self, other)

    def __gt__(self, other: Any) -> Any:
        return functions["greater"](self, other)

    def __ge__(self, other: Any) -> Any:
        return functions["greater_equal"](self, other)

    def __eq__(self, other: Any) -> Any:
        return functions["equal"](self, other)

    def __ne__(self, other: Any) -> Any:
        return functions["not_equal"](self, other)

    def __getitem__(self, key: Any) -> Any:
        return functions["getitem"](self, key)

    # fmt: on

    # A node is a key of dictionaries by its identity, whatever `==` builds.
    __hash__ = object.__hash__

    @property
    def T(self) -> Any:
        """The array with its axes in reverse order."""
        return functions["transpose"](self)

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

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Sum over `axis`, as `numpy.sum`."""
        return functions["sum"](self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Mean over `axis`, as `numpy.mean`."""
        return functions["mean"](self, axis=axis, keepdims=keepdims)

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        """Variance over `axis`, as `numpy.var`."""
        return functions["var"](self, axis=axis, ddof=ddof, keepdims=keepdims)

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        """Standard deviation over `axis`, as `numpy.std`."""
        return functions["std"](self, axis=axis, ddof=ddof, keepdims=keepdims)

    def prod(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Product over `axis`, as `numpy.prod`."""
        return functions["prod"](self, axis=axis, keepdims=keepdims)

    def cumsum(self, axis: Any = None) -> Any:
        """Running sum along `axis`, as `numpy.cumsum`."""
        return functions["cumsum"](self, axis=axis)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Maximum over `axis`, as `numpy.max`."""
        return functions["max"](self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Minimum over `axis`, as `numpy.min`."""
        return functions["min"](self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: Any = None) -> Any:
        """Position of the maximum along `axis`; integers, so no gradient flows."""
        return functions["argmax"](self, axis=axis)

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape; one axis may be -1."""
        return functions["reshape"](self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order; reversed where none is given."""
        return functions["transpose"](self, (axes[0] if len(axes) == 1 else axes or None))

    def ravel(self) -> Any:
        """All elements along one axis, as `numpy.ravel`."""
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

    def __setitem__(self, key: Any, value: Any) -> None:
        raise DtypeError(
            "the elements of a node cannot be assigned: put new data in a leaf, with "
            "leaf.output = array, or choose between values with ad.where"
        )

    def __len__(self) -> int:
        if not self.shape:
            raise DtypeError("len() of a node without axes: a scalar has no length")
        return decide(self, length)

    def __iter__(self) -> Any:
        return (self[position] for position in range(len(self)))

    def item(self) -> Any:
        """Refused, since it would cut the graph: the number is ``node.output.item()``."""
        raise DtypeError(_cut("float"))

    def __format__(self, form: str) -> str:
        if form:
            raise DtypeError(
                f"a node cannot be formatted with {form!r}; for its number write node.output"
            )
        return str(self)

    def __float__(self) -> float:
        raise DtypeError(_cut("float"))

    def __int__(self) -> int:
        raise DtypeError(_cut("int"))

    def __index__(self) -> int:
        raise DtypeError(_cut("int"))

    def __complex__(self) -> complex:
        raise DtypeError(_cut("complex"))

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise DtypeError(
            "turning a node into an array would cut the graph, so that no gradient could flow "
            "back; for the array alone write node.output"
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        called = f"np.{ufunc.__name__}" if method == "__call__" else f"np.{ufunc.__name__}.{method}"
        if method != "__call__" or ufunc not in numpy_functions:
            raise DifferentiationError(
                f"{called} has no derivative here; for the array alone use node.output"
            )
        if kwargs:
            raise DifferentiationError(
                f"{called} on a node takes no {', '.join(sorted(kwargs))}: nodes are never written "
                "in place"
            )
        return numpy_functions[ufunc](*inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function not in numpy_functions:
            raise DifferentiationError(
                f"{_numpy_name(function)} has no derivative here; for the array alone use "
                "node.output"
            )
        ours = numpy_functions[function]
        try:
            return ours(*args, **kwargs)
        except TypeError:
            # Most likely one of the arguments of NumPy's that there are not here, such as dtype=.
            signature = inspect.signature(ours)
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                names = ", ".join(signature.parameters)
                raise DtypeError(
                    f"{_numpy_name(function)} on a node takes ({names}); it {error}"
                ) from None
            raise


def _numpy_name(function: Any) -> str:
    return f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)


def _cut(kind: str) -> str:
    return (
        f"{kind}(node) would cut the graph, so that no gradient could flow back; "
        f"for the number alone write {kind}(node.output)"
    )
