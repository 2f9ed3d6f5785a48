"""The checks of the numbered equations, by their labels."""

import numpy as np

CHECKS = {}


def checks(label):
    """Enter a function as the test of an equation."""

    def enter(function):
        assert label not in CHECKS
        CHECKS[label] = function
        return function

    return enter


def inner(a, b):
    return float(np.sum(a * b))
