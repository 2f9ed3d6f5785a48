"""Every NumPy function that HIPS autograd differentiates is supported here too."""

import numpy as np

from autodiff.catalogue import numpy_functions


def differentiated_by_autograd(autograd):
    """NumPy's functions for which HIPS autograd has a rule, or writes in terms of such."""
    tables = [autograd.core.primitive_vjps, autograd.core.primitive_jvps]
    found = {}
    ours = [np, np.linalg, np.fft]
    theirs = [autograd.numpy, autograd.numpy.linalg, autograd.numpy.fft]
    for rule in {f for table in tables for f in table}:
        name = rule.__name__
        for module, wrapped in zip(ours, theirs, strict=True):
            # Rules for SciPy's functions stand in the same tables, some by the same names.
            if hasattr(module, name) and getattr(wrapped, name, None) is rule:
                found[name] = getattr(module, name)
    return found


def test_every_function_that_autograd_differentiates_is_here(autograd):
    theirs = differentiated_by_autograd(autograd)
    missing = sorted(name for name, f in theirs.items() if f not in numpy_functions)
    assert not missing, f"autograd differentiates {missing}, and we do not"
    assert len(theirs) > 120
