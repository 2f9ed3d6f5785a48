"""One sample of PyTorch's operator database, computed by PyTorch and by this library.

Compared are the values, the gradients (reverse mode), the derivative along a random direction
(forward mode) and that derivative of the gradient (second order), forward over reverse and reverse
over reverse. All directions are random, from a seed that is the sample's name.
"""

import warnings

import numpy as np
import torch
from share import seed_of
from torch.autograd import forward_ad
from torch_gaps import Excluded

import autodiff as ad
from autodiff.catalogue import numpy_functions
from autodiff.structures import GraphNode

RTOL, ATOL = 1e-7, 1e-9
CHECKS = ("value", "reverse", "forward", "second")


class Ours:
    """This library by NumPy's names: a function of ours, or one of NumPy's that takes nodes."""

    def __init__(self, mine, numpy):
        self._mine, self._numpy = mine, numpy

    def __getattr__(self, name):
        mine, numpy = getattr(self._mine, name, None), getattr(self._numpy, name, None)
        if callable(mine) and not isinstance(mine, type):
            return mine
        if callable(numpy) and not isinstance(numpy, type) and numpy in numpy_functions:
            return numpy
        raise AttributeError(f"neither autodiff nor NumPy on nodes offers {name}")


OURS = Ours(ad, np)
OURS.linalg, OURS.fft = Ours(ad.linalg, np.linalg), Ours(ad.fft, np.fft)


def as_list(result):
    """The arrays of a result, which may be one, a tuple or a list."""
    if isinstance(result, list | tuple):
        return [leaf for part in result for leaf in as_list(part)]
    return [result]


def as_numpy(thing):
    if isinstance(thing, torch.Tensor):
        # A tangent of zeros, and a conjugate, may be promises: force makes them numbers.
        return np.array(thing.numpy(force=True))
    return thing.output if isinstance(thing, GraphNode) else np.asarray(thing)


class Call:
    """The arguments of a sample, with its floating and complex arrays taken out of their places."""

    def __init__(self, sample):
        self.tensors = []
        self.template = self._take((sample.input, tuple(sample.args), dict(sample.kwargs)))

    def _take(self, thing):
        if isinstance(thing, torch.Tensor):
            if not (thing.is_floating_point() or thing.is_complex()):
                return thing
            self.tensors.append(thing.detach().clone())
            return Slot(len(self.tensors) - 1)
        if isinstance(thing, dict):
            return {
                key: one if key in CONSTANT else self._take(one)
                for key, one in thing.items()
                if key not in DROPPED
            }
        if type(thing) in (list, tuple, torch.Size):
            kind = list if type(thing) is list else tuple
            return kind(self._take(one) for one in thing)
        return thing

    def fill(self, leaves, other):
        """The arguments anew, with these leaves, and every other thing brought to its library."""

        def put(thing):
            if isinstance(thing, Slot):
                return leaves[thing.position]
            if isinstance(thing, dict):
                return {key: put(one) for key, one in thing.items()}
            if type(thing) in (list, tuple):
                return type(thing)(put(one) for one in thing)
            return other(thing)

        first, args, kwargs = put(self.template)
        return [first, *args], kwargs

    @property
    def arrays(self):
        return [as_numpy(tensor) for tensor in self.tensors]


class Slot:
    def __init__(self, position):
        self.position = position


# Where arrays live, and how they lie there, is no part of a function.
DROPPED = {"device", "layout", "memory_format", "pin_memory", "requires_grad", "sparse_grad"}

# PyTorch has no derivative in these.
CONSTANT = {"rtol", "weight"}

DTYPES = {
    torch.float16: np.float16,
    torch.float32: np.float32,
    torch.float64: np.float64,
    torch.complex64: np.complex64,
    torch.complex128: np.complex128,
    torch.int32: np.int32,
    torch.int64: np.int64,
    torch.bool: np.bool_,
}


def to_numpy(thing):
    if isinstance(thing, torch.dtype):
        return DTYPES[thing]
    return as_numpy(thing) if isinstance(thing, torch.Tensor) else thing


# Eigenvectors and singular vectors are known up to a turn: what does not depend on it is compared.
def svd_of(lib, u, s, vh):
    k = s.shape[-1]
    u, vh = u[..., :, :k], vh[..., :k, :]
    return [lib.abs(u), s, lib.abs(vh), lib.matmul(u, vh)]


def old_svd_in_torch(u, s, v):
    return svd_of(torch, u, s, v.mH)


def eigen_of(lib):
    return lambda w, v: [w, lib.abs(v)]


GAUGE = {
    "linalg.eig": (eigen_of(torch), eigen_of(ad)),
    "linalg.eigh": (eigen_of(torch), eigen_of(ad)),
    "linalg.svd": (lambda *usv: svd_of(torch, *usv), lambda *usv: svd_of(ad, *usv)),
    "svd": (old_svd_in_torch, lambda *usv: svd_of(ad, *usv)),
}

# PyTorch returns the positions too, or the pooled positions: NumPy has another function for these.
FIRST_RESULT = {"max.reduction_with_dim", "min.reduction_with_dim", "sort", "msort", "median"}
FIRST_RESULT |= {"nanmedian", "nn.functional.max_pool2d"}


class Case:
    """One sample: what PyTorch says, and what this library says."""

    def __init__(self, name, operator, full_name, spelling, sample):
        self.name, self.operator, self.full_name = name, operator, full_name
        self.spelling, self.call = spelling, Call(sample)
        self.hermitian = "hermitian" in operator.gradcheck_wrapper.__name__
        self.rng = np.random.default_rng(seed_of(name))

    def direction(self, array):
        array = np.asarray(array)
        drawn = self.rng.normal(size=array.shape)
        if array.dtype.kind == "c":
            drawn = drawn + 1j * self.rng.normal(size=array.shape)
        return np.asarray(drawn, dtype=array.dtype)

    def theirs(self, leaves):
        args, kwargs = self.call.fill(leaves, lambda thing: thing)
        if self.hermitian:
            args[0] = args[0] + args[0].mH
        found = self.operator.op(*args, **kwargs)
        if self.full_name in FIRST_RESULT and isinstance(found, tuple):
            found = found[0]
        if self.operator.name in GAUGE:
            return GAUGE[self.operator.name][0](*found)
        return as_list(found)

    def ours(self, leaves, lib=OURS):
        args, kwargs = self.call.fill(leaves, to_numpy)
        if self.hermitian:
            args[0] = args[0] + lib.conj(lib.swapaxes(args[0], -1, -2))
        found = self.spelling(lib, *args, **kwargs)
        if self.operator.name in GAUGE:
            return GAUGE[self.operator.name][1](*found)
        return as_list(found)

    def compare(self):
        """One sentence for each check that does not hold.

        Raises
        ------
        Excluded
            If the arguments cannot be said in NumPy's words.
        """
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            reference = Reference(self)
            return [
                f"{check}: {fault}"
                for check in CHECKS
                if (fault := self._fault(check, reference)) is not None
            ]

    def _fault(self, check, reference):
        wanted = getattr(reference, check)
        if wanted is None:
            return None
        try:
            found = getattr(self, f"_{check}")(reference)
        except Excluded:
            raise
        except Exception as error:
            return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        return difference(found, wanted)

    def _value(self, reference):
        nodes = [ad.Variable(array) for array in self.call.arrays]
        return [as_numpy(one) for one in self.ours(nodes)]

    def _differentiable(self, reference):
        def f(*leaves):
            found = self.ours(leaves)
            return [found[position] for position in reference.differentiable]

        return f

    def _reverse(self, reference):
        _, pullback = ad.vjp(self._differentiable(reference), *self.call.arrays)
        return list(pullback(reference.cotangents))

    def _forward(self, reference):
        f = self._differentiable(reference)
        return as_list(ad.jvp(f, self.call.arrays, reference.tangents)[1])

    def _second(self, reference):
        f = self._differentiable(reference)

        def gradient(*leaves):
            return ad.vjp(f, *leaves)[1](reference.cotangents)

        _, forward = ad.jvp(gradient, self.call.arrays, reference.tangents)
        _, pullback = ad.vjp(gradient, *self.call.arrays)
        return [*forward, *pullback(tuple(reference.tangents))]


class Reference:
    """What PyTorch says; None where it has no such derivative itself."""

    def __init__(self, case):
        self.reverse = self.forward = self.second = None
        leaves = [tensor.clone() for tensor in case.call.tensors]
        if case.operator.supports_autograd:
            for leaf in leaves:
                leaf.requires_grad_()
        outputs = case.theirs(leaves)
        self.value = [as_numpy(one) for one in outputs]
        self.differentiable = [
            position
            for position, one in enumerate(outputs)
            if isinstance(one, torch.Tensor) and one.requires_grad
        ]
        if not self.differentiable:
            return
        self.cotangents = [case.direction(self.value[place]) for place in self.differentiable]
        self.tangents = [case.direction(as_numpy(leaf)) for leaf in leaves]
        self._sweep(case, leaves, [outputs[place] for place in self.differentiable])

    def _sweep(self, case, leaves, outputs):
        cotangents = [
            torch.from_numpy(one.copy()).requires_grad_(case.operator.supports_gradgrad)
            for one in self.cotangents
        ]
        twice = case.operator.supports_gradgrad
        gradients = torch.autograd.grad(
            outputs, leaves, cotangents, create_graph=twice, allow_unused=True
        )
        self.reverse = [_or_zeros(g, leaf) for g, leaf in zip(gradients, leaves, strict=True)]
        if twice:
            along = sum(
                (torch.from_numpy(t).conj() * g).real.sum()
                for t, g in zip(self.tangents, gradients, strict=True)
                if g is not None and g.requires_grad
            )
            if isinstance(along, torch.Tensor):
                found = torch.autograd.grad(along, [*leaves, *cotangents], allow_unused=True)
            else:
                found = [None] * (len(leaves) + len(cotangents))
            second = [
                _or_zeros(one, leaf) for one, leaf in zip(found[: len(leaves)], leaves, strict=True)
            ]
            self.second = [*second, *second]
            # The derivative of the pullback in its argument is the derivative forward.
            self.forward = [
                _or_zeros(one, leaf)
                for one, leaf in zip(found[len(leaves) :], cotangents, strict=True)
            ]
        if case.operator.supports_forward_ad:
            self.forward = self._dual(case)

    def _dual(self, case):
        with forward_ad.dual_level():
            leaves = [
                forward_ad.make_dual(leaf.clone(), torch.from_numpy(tangent.copy()))
                for leaf, tangent in zip(case.call.tensors, self.tangents, strict=True)
            ]
            outputs = case.theirs(leaves)
            tangents = [
                forward_ad.unpack_dual(outputs[place]).tangent for place in self.differentiable
            ]
            return [
                _or_zeros(tangent, outputs[place])
                for tangent, place in zip(tangents, self.differentiable, strict=True)
            ]


def _or_zeros(found, like):
    return as_numpy(torch.zeros_like(like) if found is None else found)


def difference(found, wanted):
    """None where all arrays agree, or a sentence about the first that does not."""
    if len(found) != len(wanted):
        return f"{len(found)} results, PyTorch has {len(wanted)}"
    for mine, theirs in zip(found, wanted, strict=True):
        mine, theirs = np.asarray(mine), np.asarray(theirs)
        if mine.shape != theirs.shape:
            return f"shape {mine.shape}, PyTorch has {theirs.shape}"
        if mine.dtype.kind != theirs.dtype.kind:
            return f"dtype {mine.dtype}, PyTorch has {theirs.dtype}"
        finite = np.abs(theirs[np.isfinite(theirs)])
        atol = ATOL * max(1.0, finite.max() if finite.size else 0.0)
        if not np.allclose(mine, theirs, rtol=RTOL, atol=atol, equal_nan=True):
            return f"another number ({worst(mine, theirs)})"
    return None


def worst(mine, theirs):
    apart = ~np.isclose(mine, theirs, rtol=RTOL, atol=ATOL, equal_nan=True)
    place = tuple(np.argwhere(apart)[0]) if apart.any() else ()
    return f"{mine[place]:.6g}, PyTorch has {theirs[place]:.6g}"
