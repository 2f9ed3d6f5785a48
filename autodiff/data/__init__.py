"""Data: MNIST, scikit-learn's digits, and shuffled batches."""

from .digits import load_digits
from .idx import read_idx
from .loader import DataLoader
from .mnist import load_mnist

__all__ = ["DataLoader", "load_digits", "load_mnist", "read_idx"]
