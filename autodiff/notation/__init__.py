"""How nodes are written: ``a + b``, ``a @ b``, ``a[0]``, ``a.sum()``, ``np.exp(a)``.

Nothing is computed here. Each piece of notation looks its function up in the catalogue.
"""

from __future__ import annotations

from .methods import Methods
from .operators import Operators
from .protocols import Protocols
from .refusals import Refusals


class Notation(Operators, Methods, Protocols, Refusals):
    """Python's operators, NumPy's methods and NumPy's protocols, for nodes."""

    __slots__ = ()


__all__ = ["Methods", "Notation", "Operators", "Protocols", "Refusals"]
