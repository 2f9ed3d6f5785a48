"""Training: the loop, its history, and the use of what was learned."""

from .evaluating import evaluate, predict
from .fitting import fit
from .history import History

__all__ = ["History", "evaluate", "fit", "predict"]
