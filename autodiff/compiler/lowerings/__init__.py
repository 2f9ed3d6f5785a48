"""Lowerings: from an instruction to the kernels that compute it on a tile, one file a family.

Importing this package registers them with the dispatcher for the backend `Numba`, and imports
Numba, which takes a while: it is done when the first program is made.
"""

from . import convolution, dense, elementwise, losses, pooling, reductions, shaping

__all__ = ["convolution", "dense", "elementwise", "losses", "pooling", "reductions", "shaping"]
