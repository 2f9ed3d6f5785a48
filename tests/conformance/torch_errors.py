"""Calls that PyTorch refuses.

Where NumPy refuses them too, this library must raise an error of its own.
"""

import warnings

import numpy as np
import torch
from torch_comparison import OURS, Case, to_numpy

import autodiff as ad

RAISED, LEGAL, NOT_SAID = "raised", "legal in NumPy", "not to be said in NumPy's words"


class MissingFromNumpy(Exception):
    """NumPy has no such function."""


class Probe:
    """NumPy, noting whether a call reached it: what is wrong before that is not NumPy's refusal."""

    def __init__(self, module):
        self._module, self.reached = module, False

    def __getattr__(self, name):
        found = getattr(self._module, name, None)
        if found is None:
            # A convolution, a loss: there PyTorch's rules are ours.
            raise MissingFromNumpy

        def call(*args, **kwargs):
            self.reached = True
            return found(*args, **kwargs)

        return call


class ErrorCase(Case):
    """One call that PyTorch refuses."""

    def outcome(self):
        """RAISED, LEGAL or NOT_SAID; or a sentence about what went wrong."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            refused = self._refused_by_numpy()
            return self._raised() if refused is None else refused

    def _refused_by_numpy(self):
        """None where NumPy refuses the call, or where it has no such function to ask."""
        numpy, linalg, fft = Probe(np), Probe(np.linalg), Probe(np.fft)
        numpy.linalg, numpy.fft = linalg, fft
        try:
            if "out" in self.call.template[2]:  # a function writes into no array of the user's
                return NOT_SAID
            self.ours(self.call.arrays, numpy)
        except MissingFromNumpy:
            return None
        except Exception as error:
            reached = numpy.reached or linalg.reached or fft.reached
            return None if reached or isinstance(error, IndexError) else NOT_SAID
        return LEGAL

    def _raised(self):
        def other(thing):
            found = to_numpy(thing)
            return ad.Constant(found) if isinstance(thing, torch.Tensor) else found

        try:
            leaves = [ad.Variable(array) for array in self.call.arrays]
            args, kwargs = self.call.fill(leaves, other)
            self.spelling(OURS, *args, **kwargs)
        except ad.AutodiffError:
            return RAISED
        except Exception as error:
            return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        return "nothing was raised"
