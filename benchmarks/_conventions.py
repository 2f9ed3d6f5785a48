"""The points at which a derivative is a convention, as programs in three libraries.

At a kink, a tie or a singularity there is no derivative, and yet a library answers. Each case is
one expression in the vector ``x``, written for each library, and a point. The answer is the
gradient of the sum of the result (of its real part) with respect to ``x``.
"""

import inspect
from typing import NamedTuple

import numpy as np

import autodiff as ad

INF, NAN = float("inf"), float("nan")


class Case(NamedTuple):
    """One expression, as each library writes it, and where it is differentiated."""

    subject: str
    at: list
    ours: str
    torch: str
    jax: str
    reason: str = ""
    """Why our answer is not everybody's; empty where all three agree."""


KINKS, TIES = "Kinks", "Ties"
EDGES, SPREAD, LIMITS = "Edges of a domain", "Products and spreads", "Infinities"

CASES = [
    Case(KINKS, [0.0], "ad.relu(x)", "torch.relu(x)", "jax.nn.relu(x)"),
    Case(
        KINKS,
        [0.0],
        "ad.leaky_relu(x)",
        "torch.nn.functional.leaky_relu(x)",
        "jax.nn.leaky_relu(x)",
        "0 counts to the negative side, as in PyTorch; JAX counts it to the positive one.",
    ),
    Case(
        KINKS,
        [0.0],
        "ad.abs(x)",
        "torch.abs(x)",
        "jnp.abs(x)",
        "The middle of the slopes -1 and 1, as in PyTorch; JAX takes the slope to the right.",
    ),
    Case(KINKS, [0.0], "ad.abs(x + 0j)", "torch.abs(x + 0j)", "jnp.abs(x + 0j)"),
    Case(KINKS, [0.0], "ad.sign(x)", "torch.sign(x)", "jnp.sign(x)"),
    Case(KINKS, [1.0], "ad.floor(x)", "torch.floor(x)", "jnp.floor(x)"),
    Case(KINKS, [0.5, 1.5], "ad.round(x)", "torch.round(x)", "jnp.round(x)"),
    Case(
        KINKS,
        [-1.0, 1.0],
        "ad.clip(x, -1.0, 1.0)",
        "torch.clip(x, -1.0, 1.0)",
        "jnp.clip(x, -1.0, 1.0)",
        "At a bound the value is still x: the slope 1, as in PyTorch; JAX takes the middle.",
    ),
    Case(
        KINKS,
        [0.0, 0.0],
        "ad.linalg.norm(x)",
        "torch.linalg.norm(x)",
        "jnp.linalg.norm(x)",
        "The shortest subgradient, 0, as in PyTorch; JAX divides 0 by 0.",
    ),
    Case(
        KINKS,
        [0.0, 0.0],
        "ad.linalg.norm(x, 1)",
        "torch.linalg.norm(x, 1)",
        "jnp.linalg.norm(x, 1)",
        "A sum of absolute values, each with the slope 0 at 0, as in PyTorch; see `abs`.",
    ),
    Case(
        KINKS,
        [0.0, 0.0],
        "ad.hypot(x[0], x[1])",
        "torch.hypot(x[0], x[1])",
        "jnp.hypot(x[0], x[1])",
        "The rule x / hypot(x, y) is 0 / 0, as in PyTorch; JAX splits the slope 1 between the two.",
    ),
    Case(
        KINKS,
        [0.0, 0.0],
        "ad.arctan2(x[0], x[1])",
        "torch.arctan2(x[0], x[1])",
        "jnp.arctan2(x[0], x[1])",
        "The angle of the origin has no derivative, and NaN says so, as in JAX; PyTorch answers 0.",
    ),
    Case(
        KINKS,
        [0.0],
        "ad.angle(x + 0j)",
        "torch.angle(x + 0j)",
        "jnp.angle(x + 0j)",
        "A phase that is not there moves nothing, as in PyTorch; JAX answers NaN.",
    ),
    Case(KINKS, [0.0], "ad.sinc(x)", "torch.sinc(x)", "jnp.sinc(x)"),
    Case(
        TIES,
        [1.0, 1.0],
        "ad.maximum(x[0], x[1])",
        "torch.maximum(x[0], x[1])",
        "jnp.maximum(x[0], x[1])",
    ),
    Case(
        TIES,
        [1.0, 1.0],
        "ad.minimum(x[0], x[1])",
        "torch.minimum(x[0], x[1])",
        "jnp.minimum(x[0], x[1])",
    ),
    Case(
        TIES,
        [1.0, 1.0],
        "ad.fmax(x[0], x[1])",
        "torch.fmax(x[0], x[1])",
        "jnp.fmax(x[0], x[1])",
        "The first of two equal operands, as in PyTorch; JAX takes the second.",
    ),
    Case(TIES, [2.0, 2.0, 1.0], "ad.max(x)", "torch.amax(x, 0)", "jnp.max(x)"),
    Case(TIES, [2.0, 2.0, 3.0], "ad.min(x)", "torch.amin(x, 0)", "jnp.min(x)"),
    Case(
        TIES,
        [1.0, 1.0, 1.0, 1.0],
        "ad.max_pool2d(x.reshape(1, 1, 2, 2), 2)",
        "torch.nn.functional.max_pool2d(x.reshape(1, 1, 2, 2), 2)",
        "jax.lax.reduce_window(x.reshape(2, 2), -jnp.inf, jax.lax.max, (2, 2), (2, 2), 'VALID')",
    ),
    Case(
        TIES,
        [2.0, 1.0, 1.0],
        "ad.sort(x) * np.array([1.0, 2.0, 3.0])",
        "torch.sort(x, stable=True).values * torch.tensor([1.0, 2.0, 3.0])",
        "jnp.sort(x) * jnp.array([1.0, 2.0, 3.0])",
    ),
    Case(TIES, [1.0, 2.0, 2.0], "ad.median(x)", "torch.quantile(x, 0.5)", "jnp.median(x)"),
    Case(TIES, [1.0, 2.0, 2.0, 3.0], "ad.median(x)", "torch.quantile(x, 0.5)", "jnp.median(x)"),
    Case(TIES, [1.0, 1.0], "ad.ptp(x)", "torch.amax(x, 0) - torch.amin(x, 0)", "jnp.ptp(x)"),
    Case(EDGES, [0.0], "ad.sqrt(x)", "torch.sqrt(x)", "jnp.sqrt(x)"),
    Case(EDGES, [0.0], "ad.sqrt(x * x)", "torch.sqrt(x * x)", "jnp.sqrt(x * x)"),
    Case(EDGES, [0.0], "ad.cbrt(x)", "torch.pow(x, 1 / 3)", "jnp.cbrt(x)"),
    Case(EDGES, [0.0], "ad.log(x)", "torch.log(x)", "jnp.log(x)"),
    Case(EDGES, [-1.0, 1.0], "ad.arccos(x)", "torch.arccos(x)", "jnp.arccos(x)"),
    Case(EDGES, [1.0], "ad.arctanh(x)", "torch.arctanh(x)", "jnp.arctanh(x)"),
    Case(EDGES, [0.0], "1.0 / x", "1.0 / x", "1.0 / x"),
    Case(EDGES, [0.0], "x / x", "x / x", "x / x"),
    Case(
        EDGES,
        [0.0],
        "x ** 0.0",
        "x ** 0.0",
        "x ** 0.0",
        "A constant, with the slope 0, as in PyTorch; JAX multiplies 0 by infinity.",
    ),
    Case(EDGES, [0.0], "x ** 1.0", "x ** 1.0", "x ** 1.0"),
    Case(EDGES, [0.0], "x ** 0.5", "x ** 0.5", "x ** 0.5"),
    Case(
        EDGES,
        [0.0, 0.0],
        "x[0] ** x[1]",
        "x[0] ** x[1]",
        "x[0] ** x[1]",
        "With the exponent 0 it is constant in its base, as in PyTorch; see `x ** 0.0`.",
    ),
    Case(EDGES, [0.0, 2.0], "x[0] ** x[1]", "x[0] ** x[1]", "x[0] ** x[1]"),
    Case(EDGES, [-2.0, 2.0], "x[0] ** x[1]", "x[0] ** x[1]", "x[0] ** x[1]"),
    Case(
        EDGES,
        [0.0, -1.0, 1.0],
        "ad.where(x > 0, ad.log(x), 0.0)",
        "torch.where(x > 0, torch.log(x), 0.0)",
        "jnp.where(x > 0, jnp.log(x), 0.0)",
    ),
    Case(
        EDGES,
        [0.0, -1.0, 1.0],
        "ad.where(x > 0, ad.sqrt(x), 0.0)",
        "torch.where(x > 0, torch.sqrt(x), 0.0)",
        "jnp.where(x > 0, jnp.sqrt(x), 0.0)",
    ),
    Case(
        EDGES,
        [0.0, -1.0, 1.0],
        "ad.log(ad.where(x > 0, x, 1.0))",
        "torch.log(torch.where(x > 0, x, 1.0))",
        "jnp.log(jnp.where(x > 0, x, 1.0))",
    ),
    Case(SPREAD, [0.0, 2.0, 3.0], "ad.prod(x)", "torch.prod(x)", "jnp.prod(x)"),
    Case(SPREAD, [0.0, 0.0, 3.0], "ad.prod(x)", "torch.prod(x)", "jnp.prod(x)"),
    Case(SPREAD, [2.0, 0.0, 3.0], "ad.cumprod(x)", "torch.cumprod(x, 0)", "jnp.cumprod(x)"),
    Case(
        SPREAD,
        [1.0, 1.0],
        "ad.std(x)",
        "torch.std(x, correction=0)",
        "jnp.std(x)",
        "The length of the deviations, with a norm's slope 0 at 0, as in PyTorch; JAX multiplies 0 "
        "by the infinite slope of a root.",
    ),
    Case(
        SPREAD,
        [1.0],
        "ad.std(x)",
        "torch.std(x, correction=0)",
        "jnp.std(x)",
        "One element does not deviate: as for equal elements.",
    ),
    Case(
        SPREAD,
        [2.0, 2.0, 2.0],
        "ad.std(x + 0j, ddof=1)",
        "torch.std(x + 0j, correction=1)",
        "jnp.std(x + 0j, ddof=1)",
        "As for real elements: see `std(x)`.",
    ),
    Case(SPREAD, [1.0], "ad.std(x, ddof=1)", "torch.std(x, correction=1)", "jnp.std(x, ddof=1)"),
    Case(SPREAD, [1.0], "ad.var(x)", "torch.var(x, correction=0)", "jnp.var(x)"),
    Case(SPREAD, [1.0], "ad.var(x, ddof=1)", "torch.var(x, correction=1)", "jnp.var(x, ddof=1)"),
    Case(LIMITS, [-INF, 0.0], "ad.logsumexp(x)", "torch.logsumexp(x, 0)", "jax.nn.logsumexp(x)"),
    Case(LIMITS, [-INF, -INF], "ad.logsumexp(x)", "torch.logsumexp(x, 0)", "jax.nn.logsumexp(x)"),
    Case(LIMITS, [INF, 0.0], "ad.logsumexp(x)", "torch.logsumexp(x, 0)", "jax.nn.logsumexp(x)"),
    Case(
        LIMITS,
        [-INF, 0.0, 1.0],
        "ad.softmax(x)[1]",
        "torch.softmax(x, 0)[1]",
        "jax.nn.softmax(x)[1]",
    ),
    Case(
        LIMITS,
        [-INF, 0.0, 1.0],
        "ad.log_softmax(x)[1]",
        "torch.log_softmax(x, 0)[1]",
        "jax.nn.log_softmax(x)[1]",
    ),
    Case(
        LIMITS, [-INF, -INF], "ad.softmax(x)[0]", "torch.softmax(x, 0)[0]", "jax.nn.softmax(x)[0]"
    ),
    Case(
        LIMITS,
        [-INF, -INF],
        "ad.logaddexp(x[0], x[1])",
        "torch.logaddexp(x[0], x[1])",
        "jnp.logaddexp(x[0], x[1])",
    ),
    Case(LIMITS, [-1000.0, 1000.0], "ad.sigmoid(x)", "torch.sigmoid(x)", "jax.nn.sigmoid(x)"),
    Case(LIMITS, [-1000.0, 1000.0], "ad.tanh(x)", "torch.tanh(x)", "jnp.tanh(x)"),
    Case(LIMITS, [NAN, 1.0], "ad.max(x)", "torch.amax(x, 0)", "jnp.max(x)"),
    Case(LIMITS, [NAN, 1.0], "ad.nanmax(x)", "torch.fmax(x[0], x[1])", "jnp.nanmax(x)"),
    Case(
        LIMITS,
        [NAN],
        "ad.relu(x)",
        "torch.relu(x)",
        "jax.nn.relu(x)",
        "NaN is not greater than 0, so nothing passes, as in JAX; PyTorch passes it on.",
    ),
]


def run(program, **names):
    """The value of an expression of one library."""
    return eval(inspect.cleandoc(program), names)


def ours(case):
    """Our gradient, as a list of numbers."""
    with np.errstate(all="ignore"):
        found = ad.grad(lambda x: ad.sum(ad.real(run(case.ours, ad=ad, np=np, x=x))))(
            np.array(case.at)
        )
    return found.tolist()


def pytorch(case, torch):
    """PyTorch's gradient."""
    x = torch.tensor(case.at, dtype=torch.float64, requires_grad=True)
    torch.real(run(case.torch, torch=torch, x=x)).sum().backward()
    return x.grad.tolist()


def jax_numpy(case, jax):
    """JAX's gradient; its gradients of complex numbers are the conjugates of ours."""
    jnp = jax.numpy
    f = jax.grad(lambda x: jnp.sum(jnp.real(run(case.jax, jax=jax, jnp=jnp, x=x))))
    return f(jnp.array(case.at)).tolist()


def same(one, other):
    """Whether two gradients are equal, NaN included."""
    return np.allclose(one, other, rtol=1e-12, atol=0.0, equal_nan=True)
