"""Every NumPy function that HIPS autograd differentiates is supported here too."""

import sys

import numpy as np

from autodiff.catalogue import numpy_functions


def differentiated_by_autograd(autograd):
    """NumPy's functions for which HIPS autograd has a rule, or writes in terms of such."""
    tables = [autograd.core.primitive_vjps, autograd.core.primitive_jvps]
    found = {}
    special = sys.modules.get("autograd.scipy.special")
    for rule in {f for table in tables for f in table}:
        name = rule.__name__
        if rule is getattr(special, name, None):
            continue  # SciPy's, whose rules stand in the same tables, some by NumPy's names
        for module in (np, np.linalg, np.fft):
            if callable(getattr(module, name, None)) and not name.startswith("_"):
                found[name] = getattr(module, name)
                break
    return found


def test_every_function_that_autograd_differentiates_is_here(autograd):
    theirs = differentiated_by_autograd(autograd)
    missing = sorted(name for name, f in theirs.items() if f not in numpy_functions)
    assert not missing, f"autograd differentiates {missing}, and we do not"
    assert len(theirs) > 120
