"""Values and gradients against PyTorch in float64, for every function that both libraries have."""

import numpy as np
import pytest

import autodiff as ad

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 3)), RNG.normal(size=(2, 3))
ROW, COLUMN, SCALAR = RNG.normal(size=3), RNG.normal(size=(2, 1)), np.array(0.7)
P, Q = np.abs(A) + 0.3, np.abs(B) + 0.3  # positive
T = RNG.normal(size=(2, 3, 4))
TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
INDEX = np.array([[0, 2], [1, 1]])
Z = A + 1j * B

# name: (ours, theirs, arguments). Both functions get their library as the first argument, so that
# one lambda may serve both; the strings are names of functions that both libraries have.
CASES = {}
for name in [
    "exp",
    "log",
    "sqrt",
    "log1p",
    "expm1",
    "sin",
    "cos",
    "tanh",
    "erf",
    "sigmoid",
    "square",
    "reciprocal",
    "abs",
    "relu",
]:
    CASES[name] = (name, name, [P])
for name in [
    "exp",
    "expm1",
    "sin",
    "cos",
    "tanh",
    "erf",
    "sigmoid",
    "square",
    "abs",
    "relu",
    "negative",
]:
    CASES[f"{name} of either sign"] = (name, name, [A])
for name in [
    "exp",
    "log",
    "sqrt",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "square",
    "reciprocal",
    "abs",
    "conj",
]:
    CASES[f"{name} of complex"] = (name, name, [Z])
for name in ["add", "subtract", "multiply", "divide", "maximum", "minimum"]:
    for shapes, pair in {
        "equal": (A, Q),
        "row": (A, ROW),
        "outer": (COLUMN, ROW),
        "scalar": (SCALAR, P),
    }.items():
        CASES[f"{name}, {shapes}"] = (name, name, list(pair))
for name in ["maximum", "minimum"]:
    CASES[f"{name}, ties"] = (name, name, [TIES, TIES[::-1] * 1.0])
for number in (-2, -1, 0, 0.5, 1, 2, 3, 3.7):
    CASES[f"power {number}"] = (lambda lib, x, n=number: x**n, None, [P])
    CASES[f"number {number} to a power"] = (lambda lib, x, n=number: abs(n) ** x, None, [P])
CASES |= {
    "power": (lambda lib, a, b: a**b, None, [P, B]),
    "power, broadcast": (lambda lib, a, b: a**b, None, [P, ROW]),
    "power, integer of either sign": (lambda lib, a: a**3, None, [A]),
    "power of complex": (lambda lib, a, b: a**b, None, [Z, Z * 0.5]),
    "power, base 0": (lambda lib, a, b: a**b, None, [np.zeros(3), np.array([1.0, 2.0, 0.0])]),
    "clip": (lambda lib, x: lib.clip(x, -0.5, 0.5), None, [A]),
    "clip, only below": (lambda lib, x: lib.clip(x, min=0.1), None, [A]),
    "clip by arrays": (lambda lib, x, a, b: lib.clip(x, a, b), None, [A, -P, P]),
    "clip, limits crossed": (lambda lib, x, a, b: lib.clip(x, a, b), None, [A, P, -Q]),
    "clip at its limits": (lambda lib, x: lib.clip(x, 2.0, 3.0), None, [TIES]),
    "abs at 0": ("abs", "abs", [np.array([-1.0, 0.0, 1.0])]),
    "relu at 0": ("relu", "relu", [np.array([-1.0, 0.0, 1.0])]),
    "gelu": ("gelu", lambda t, x: t.nn.functional.gelu(x), [A]),
    "leaky_relu": (
        lambda ad, x: ad.leaky_relu(x, 0.2),
        lambda t, x: t.nn.functional.leaky_relu(x, 0.2),
        [A],
    ),
    "where": (lambda lib, a, b: lib.where(a > b, a * b, b), None, [A, B]),
    "where, broadcast": (lambda lib, a, b: lib.where(a > 0, a, b), None, [A, SCALAR]),
    "matrix-vector of complex": (lambda lib, a, b: a @ b, None, [Z, Z[0]]),
    "index": (lambda lib, x: x[1], None, [T]),
    "slices": (lambda lib, x: x[:, 1:, ::2], None, [T]),
    "new axis and ellipsis": (lambda lib, x: x[None, ..., -1], None, [T]),
    "repeated indices": (lambda lib, x: x[[0, 1, 1, 1]], None, [T]),
    "index arrays": (lambda lib, x: x[[[0], [1]], :, [1, 1]], None, [T]),
    "mask": (lambda lib, x: x[x > 0], None, [T]),
    "take_along_axis": (
        lambda ad, x: ad.take_along_axis(x, INDEX, axis=1),
        lambda t, x: t.take_along_dim(x, t.tensor(INDEX), dim=1),
        [A],
    ),
    "concatenate": (
        lambda ad, a, b: ad.concatenate([a, b, a], axis=-1),
        lambda t, a, b: t.cat([a, b, a], dim=-1),
        [A, COLUMN],
    ),
    "stack": (
        lambda ad, a, b: ad.stack([a, b], axis=1),
        lambda t, a, b: t.stack([a, b], dim=1),
        [A, B],
    ),
    "pad": (
        lambda ad, x: ad.pad(x, ((1, 0), (2, 3))),
        lambda t, x: t.nn.functional.pad(x, (2, 3, 1, 0)),
        [A],
    ),
    "reshape": (lambda lib, x: x.reshape(4, -1), None, [T]),
    "transpose": (
        lambda ad, x: x.transpose(2, 0, 1),
        lambda t, x: x.permute(2, 0, 1),
        [T],
    ),
    "swapaxes": (lambda lib, x: lib.swapaxes(x, 0, -1), None, [T]),
    "moveaxis": (lambda lib, x: lib.moveaxis(x, 0, -1), None, [T]),
    "squeeze": (lambda lib, x: lib.squeeze(x[:, :1], 1), None, [T]),
    "expand_dims": (
        lambda ad, x: ad.expand_dims(x, -1),
        lambda t, x: t.unsqueeze(x, -1),
        [A],
    ),
    "broadcast_to": (lambda lib, x: lib.broadcast_to(x, (4, 2, 3)), None, [A]),
    "cross_entropy": (
        lambda ad, x: ad.cross_entropy(x, np.array([2, 0])),
        lambda t, x: t.nn.functional.cross_entropy(x, t.tensor([2, 0])),
        [A],
    ),
    "cross_entropy of one example": (
        lambda ad, x: ad.cross_entropy(x, 1),
        lambda t, x: t.nn.functional.cross_entropy(x, t.tensor(1)),
        [ROW],
    ),
    "cross_entropy of pictures": (
        lambda ad, x: ad.cross_entropy(x, np.array([[2, 0, 1, 1], [0, 0, 2, 1]])),
        lambda t, x: t.nn.functional.cross_entropy(x, t.tensor([[2, 0, 1, 1], [0, 0, 2, 1]])),
        [T],
    ),
    "cross_entropy of huge logits": (
        lambda ad, x: ad.cross_entropy(x, np.array([2, 0])),
        lambda t, x: t.nn.functional.cross_entropy(x, t.tensor([2, 0])),
        [1e4 * A],
    ),
    "mse_loss": (
        "mse_loss",
        lambda t, a, b: t.nn.functional.mse_loss(a, b),
        [A, B],
    ),
}
for shapes in [((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (3,)), ((3,), (3,))] + [
    ((5, 1, 2, 3), (4, 3, 2)),
    ((3,), (5, 3, 2)),
    ((5, 2, 3), (3,)),
]:
    CASES[f"matmul {shapes}"] = ("matmul", "matmul", [RNG.normal(size=s) for s in shapes])
for axis in (None, 0, -1, (0, 2)):
    for keepdims in (False, True):
        for ours, theirs in [("sum", "sum"), ("mean", "mean"), ("max", "amax"), ("min", "amin")]:
            dim = (0, 1, 2) if axis is None else axis
            for which, data in [("", T), (" with ties", np.round(T))]:
                CASES[f"{ours} over {axis}, {keepdims}{which}"] = (
                    lambda ad, x, f=ours, a=axis, k=keepdims: getattr(ad, f)(x, a, keepdims=k),
                    lambda t, x, f=theirs, d=dim, k=keepdims: getattr(t, f)(x, d, keepdim=k),
                    [data],
                )
        for name in ("var", "std"):
            for ddof in (0, 1):
                CASES[f"{name} over {axis}, {keepdims}, {ddof}"] = (
                    lambda ad, x, f=name, a=axis, k=keepdims, d=ddof: getattr(ad, f)(
                        x, a, ddof=d, keepdims=k
                    ),
                    lambda t, x, f=name, a=axis, k=keepdims, d=ddof: getattr(t, f)(
                        x, a, correction=d, keepdim=k
                    ),
                    [T],
                )
        CASES[f"logsumexp over {axis}, {keepdims}"] = (
            lambda ad, x, a=axis, k=keepdims: ad.logsumexp(x, a, keepdims=k),
            lambda t, x, d=dim, k=keepdims: t.logsumexp(x, d, keepdim=k),
            [300.0 * T],
        )
for axis in (0, 1, -1):
    for name in ("softmax", "log_softmax"):
        for scale in (1.0, 1e4):
            CASES[f"{name} over {axis} of {scale:g}"] = (
                lambda ad, x, f=name, a=axis: getattr(ad, f)(x, axis=a),
                lambda t, x, f=name, a=axis: getattr(t, f)(x, dim=a),
                [scale * T],
            )
CASES["var of complex"] = ("var", lambda t, x: t.var(x, correction=0), [Z])
CASES["logsumexp of complex"] = ("logsumexp", lambda t, x: t.logsumexp(x, (0, 1)), [Z])


def call(f, library, args):
    return getattr(library, f)(*args) if isinstance(f, str) else f(library, *args)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_value_and_gradients(torch, name):
    ours, theirs, args = CASES[name]
    tensors = [torch.tensor(arg, requires_grad=True) for arg in args]
    result = call(theirs or ours, torch, tensors)
    variables = [ad.Variable(arg) for arg in args]
    node = call(ours, ad, variables)
    assert node.shape == tuple(result.shape)
    assert str(node.dtype) == str(result.dtype).removeprefix("torch.")
    np.testing.assert_allclose(
        node.output, result.detach().resolve_conj().numpy(), rtol=1e-12, atol=1e-14
    )
    rng = np.random.default_rng(1)
    seed = rng.normal(size=node.shape).astype(node.dtype)
    if node.dtype.kind == "c":
        seed += 1j * rng.normal(size=node.shape)
    result.backward(torch.tensor(seed))
    ad.backward(ad.topological_sort(node), gradient=seed)
    for variable, tensor in zip(variables, tensors, strict=True):
        np.testing.assert_allclose(
            variable.gradient, tensor.grad.resolve_conj().numpy(), rtol=1e-10, atol=1e-13
        )


# Where the two differ on purpose.


def test_sign_of_a_complex_number_is_refused(torch):
    assert torch.sgn(torch.tensor(3j)) == 1j
    with pytest.raises(ad.DtypeError, match=r"write x / ad.abs\(x\)"):
        ad.sign(3j)


def test_var_divides_by_n_as_numpy_does(torch):
    data = np.array([1.0, 2.0, 4.0])
    assert ad.var(data) == pytest.approx(np.var(data), rel=1e-15)
    assert torch.tensor(data).var() == pytest.approx(1.5 * np.var(data), rel=1e-15)


def test_max_of_ties_shares_the_gradient_also_over_all_axes(torch):
    """As torch.amax does; torch.max along an axis gives all of it to one of them."""
    x = torch.tensor(TIES, requires_grad=True)
    x.max(dim=1).values.sum().backward()
    assert x.grad[1].tolist() == [1.0, 0.0, 0.0]
    shares = ad.grad(lambda x: x.max(axis=1).sum())(TIES)
    np.testing.assert_allclose(shares, [[0, 0.5, 0.5], [1 / 3] * 3])


def test_power_at_zero_to_a_negative_power(torch):
    with np.errstate(all="ignore"):
        a, b = ad.grad(ad.power, (0, 1))(0.0, -1.0)
    base, exponent = [torch.tensor(x, requires_grad=True) for x in (0.0, -1.0)]
    (base**exponent).backward()
    assert a == base.grad.item() == -np.inf
    assert exponent.grad.item() == -np.inf and np.isnan(b)
