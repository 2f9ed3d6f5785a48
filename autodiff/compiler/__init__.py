"""From a sorted graph to a program that is compiled for this processor."""

from . import drawing as drawing  # registers how graphs of passes are drawn
from .program import Program, compile

__all__ = ["Program", "compile"]
