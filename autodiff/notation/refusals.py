"""What a node refuses, as it would cut the graph: ``float(a)``, ``np.array(a)``, ``a[0] = 1``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError


class Refusals:
    """Ways to take numbers out of the graph unseen, each with the remedy in its message."""

    __slots__ = ()

    def __setitem__(self, key: Any, value: Any) -> None:
        raise DtypeError(
            "the elements of a node cannot be assigned: put new data in a leaf, with "
            "leaf.output = array, or choose between values with ad.where"
        )

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


def _cut(kind: str) -> str:
    return (
        f"{kind}(node) would cut the graph, so that no gradient could flow back; "
        f"for the number alone write {kind}(node.output)"
    )
