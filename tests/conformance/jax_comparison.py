"""Composite functions in JAX and in this library: value, gradient, derivative forward, Hessian.

Only where JAX is installed, which `requirements-benchmarks.txt` asks for.
"""

from collections import Counter

import jax
import jax.numpy as jnp
import jax.scipy.special
import numpy as np
from composites import composite
from confusion import PROGRAMS

import autodiff as ad

jax.config.update("jax_enable_x64", True)
# Each function is compiled for one call: the compiler need not be thorough.
jax.config.update("jax_disable_most_optimizations", True)

COMPOSITES = 200
RTOL, ATOL = 1e-8, 1e-9


class Jax:
    """JAX by the names that this library has."""

    linalg, fft = jnp.linalg, jnp.fft
    softmax, log_softmax = staticmethod(jax.nn.softmax), staticmethod(jax.nn.log_softmax)
    relu, sigmoid = staticmethod(jax.nn.relu), staticmethod(jax.nn.sigmoid)
    logsumexp = staticmethod(jax.scipy.special.logsumexp)
    erf = staticmethod(jax.scipy.special.erf)

    def __getattr__(self, name):
        return getattr(jnp, name)

    @staticmethod
    def gelu(x):
        return jax.nn.gelu(x, approximate=False)

    @staticmethod
    def conv2d(x, w, stride):
        layout = ("NCHW", "OIHW", "NCHW")
        strides = (stride, stride)
        return jax.lax.conv_general_dilated(x, w, strides, "VALID", dimension_numbers=layout)

    @staticmethod
    def windows(x, size):
        images, channels, rows, columns = x.shape
        return x.reshape(images, channels, rows // size, size, columns // size, size)

    def max_pool2d(self, x, size):
        return self.windows(x, size).max((3, 5))

    def avg_pool2d(self, x, size):
        return self.windows(x, size).mean((3, 5))


JAX = Jax()


def compare(f, x, direction):
    """Name the derivatives in which JAX's and ours differ, with the largest difference."""

    def theirs(x):
        return f(JAX, x)

    def ours(x):
        return f(ad, x)

    @jax.jit
    def derivatives(x, direction):
        _, along = jax.jvp(theirs, (x,), (direction,))
        return theirs(x), jax.grad(theirs)(x), along, jax.hessian(theirs)(x)

    value, gradient, along, hessian = derivatives(x, direction)
    with np.errstate(all="ignore"):
        pairs = {
            "value": (ours(x), value),
            "value of nodes": (ad.value_and_grad(ours)(x)[0], value),
            "grad": (ad.grad(ours)(x), gradient),
            "jvp": (ad.jvp(ours, (x,), (direction,))[1], along),
            "hessian": (ad.hessian(ours)(x), hessian),
        }
    return {
        name: float(np.max(np.abs(np.asarray(mine) - np.asarray(their))))
        for name, (mine, their) in pairs.items()
        if not close(np.asarray(mine), np.asarray(their))
    }


def close(mine, theirs):
    scale = max(1.0, np.max(np.abs(theirs[np.isfinite(theirs)]), initial=0.0))
    return mine.shape == theirs.shape and np.allclose(
        mine, theirs, rtol=RTOL, atol=ATOL * scale, equal_nan=True
    )


# Where JAX is known to be the one that is wrong: still counted as a disagreement.
EXPLAINED = {
    117: "near 0 JAX's second derivative of `sinc` divides by x and loses ten of its digits; "
    "this library's agrees with the power series"
}


def outcome(seed):
    f = composite(seed)
    direction = np.random.default_rng(seed + 2).normal(size=f.size)
    return compare(f, f.at, direction)


# Real functions of complex numbers. JAX's gradient is the conjugate of PyTorch's and ours.
COMPLEX = {
    "squares": lambda lib, z: lib.sum(lib.square(lib.abs(z))),
    "exp": lambda lib, z: lib.sum(lib.real(lib.exp(z))),
    "angle": lambda lib, z: lib.sum(lib.angle(z)),
    "parts": lambda lib, z: lib.sum(lib.multiply(lib.real(z), lib.sin(lib.imag(z)))),
    "conjugate": lambda lib, z: lib.sum(lib.imag(lib.multiply(lib.conj(z), lib.square(z)))),
    "spectrum": lambda lib, z: lib.sum(lib.abs(lib.fft.fft(z))),
    "product": lambda lib, z: lib.abs(lib.prod(z)),
    "inverse": lambda lib, z: lib.sum(lib.abs(lib.linalg.inv(lib.reshape(z, (2, 2))))),
    "determinant": lambda lib, z: lib.log(lib.abs(lib.linalg.det(lib.reshape(z, (2, 2))))),
    "quotient": lambda lib, z: lib.sum(lib.real(lib.divide(lib.sin(z), lib.cosh(z)))),
    "power": lambda lib, z: lib.sum(lib.real(lib.power(z, 2.5))),
    "root and logarithm": lambda lib, z: lib.sum(lib.imag(lib.log(lib.sqrt(z)))),
}


def complex_outcomes():
    """The functions whose gradient, or derivative along a direction, is not JAX's."""
    rng = np.random.default_rng(0)
    z, direction = rng.normal(size=(2, 4)) + 1j * rng.normal(size=(2, 4))
    wrong = {}
    for name, f in COMPLEX.items():
        gradient = np.conj(jax.grad(lambda z, f=f: f(JAX, z))(jnp.asarray(z)))
        _, along = jax.jvp(lambda z, f=f: f(JAX, z), (z,), (direction,))
        mine = ad.grad(lambda z, f=f: f(ad, z))(z)
        forward = ad.jvp(lambda z, f=f: f(ad, z), (z,), (direction,))[1]
        if not (close(mine, gradient) and close(np.asarray(forward), np.asarray(along))):
            wrong[name] = (str(mine), str(gradient))
    return wrong


def forward_in_jax(f):
    return lambda x: jax.jvp(f, (x,), (1.0,))[1]


MODES = (jax.grad, forward_in_jax)
MIXTURES = [(outer, inner) for outer in MODES for inner in MODES]


def in_jax(program, outer, inner):
    return float(program(outer, inner, JAX))


def results():
    functions, passed, failed = Counter(), 0, {}
    for seed in range(COMPOSITES):
        functions.update(step.function for step in composite(seed).instructions)
        found = outcome(seed)
        passed += not found
        if found:
            failed[seed] = found
    return {
        "composites": COMPOSITES,
        "passed": passed,
        "failed": {seed: EXPLAINED.get(seed, str(found)) for seed, found in failed.items()},
        "complex functions": len(COMPLEX),
        "complex functions failed": complex_outcomes(),
        "perturbation programs": len(PROGRAMS),
        "functions": dict(sorted(functions.items())),
    }
