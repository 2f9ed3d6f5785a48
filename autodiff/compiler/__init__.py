"""From a sorted graph to a program that is compiled for this processor."""

from .program import Program, compile

__all__ = ["Program", "compile"]
