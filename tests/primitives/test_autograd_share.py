"""How many of the NumPy functions that HIPS autograd differentiates are supported here."""

import numpy as np

from autodiff.catalogue import numpy_functions

WHY_MISSING = {
    "full": "NumPy asks only the type of its argument `like`; write ad.full_like, or x * np.ones",
    "real_if_close": "its result's dtype depends on values, and so would a replay's",
    **dict.fromkeys(
        ["cross", "pinv", "eig"],
        "no rule is stated yet",
    ),
    **dict.fromkeys(
        ["irfft2", "irfftn", "rfft2", "rfftn"],
        "no rule is stated yet; fft2 and fftn take real arrays too",
    ),
}


def differentiated_by_autograd(autograd):
    """NumPy's functions for which HIPS autograd has a rule, or writes in terms of such."""
    tables = [autograd.core.primitive_vjps, autograd.core.primitive_jvps]
    found = {}
    for name in {f.__name__ for table in tables for f in table}:
        for module in (np, np.linalg, np.fft):
            if callable(getattr(module, name, None)) and not name.startswith("_"):
                found[name] = getattr(module, name)
                break
    return found


def test_share_of_autograds_functions(autograd):
    theirs = differentiated_by_autograd(autograd)
    missing = {name for name, function in theirs.items() if function not in numpy_functions}
    unexplained = missing - set(WHY_MISSING)
    assert not unexplained, f"{sorted(unexplained)} can be differentiated by autograd, and not here"
    assert len(theirs) > 120
    assert (len(theirs) - len(missing)) / len(theirs) > 0.93
