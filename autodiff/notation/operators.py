"""Python's operators on nodes: ``a + b``, ``a @ b``, ``a < b``, ``a[0]``, ``for row in a``."""

from __future__ import annotations

from typing import Any

from ..catalogue import functions
from ..errors import DtypeError
from ..recording import decide, length


class Operators:
    """Python's operators, each the function of the catalogue that it means."""

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

    def __floordiv__(self, other: Any) -> Any:
        return functions["floor_divide"](self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return functions["floor_divide"](other, self)

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

    def __xor__(self, other: Any) -> Any:
        return functions["logical_xor"](self, other)

    def __rxor__(self, other: Any) -> Any:
        return functions["logical_xor"](other, self)

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

    def __len__(self) -> int:
        if not self.shape:
            raise DtypeError("len() of a node without axes: a scalar has no length")
        return decide(self, length)

    def __iter__(self) -> Any:
        return (self[position] for position in range(len(self)))
