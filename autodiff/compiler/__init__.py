"""From a sorted graph to a program that is compiled for this processor."""
