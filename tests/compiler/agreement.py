"""What tests of the compiler share: a compiled graph beside the interpreter's, and a limit."""

import numpy as np

import autodiff as ad


def as_wide(array):
    """An array in the widest type of its kind, for a reference with no error to speak of."""
    kind = array.dtype.kind
    wide = {"f": np.float64, "c": np.complex128}.get(kind)
    return array if wide is None else array.astype(wide)


def record(build, data, parameters):
    """The leaves and the root of a graph.

    `build(**leaves)` returns a root, or a root and a list of other nodes.
    """
    leaves = {name: ad.Constant(array, name=name) for name, array in data.items()}
    leaves |= {name: ad.Variable(array, name=name) for name, array in parameters.items()}
    built = build(**leaves)
    root, kept = built if isinstance(built, tuple) else (built, [])
    return leaves, root, list(kept)


def sweep(order, root, kept, variables):
    """Forward and backward; what came out, by name."""
    ad.forward(order)
    found = {"root": root.output} | {f"kept {k}": node.output for k, node in enumerate(kept)}
    if variables and root.requires_grad:
        ad.backward(order)
        found |= {f"gradient {name}": node.gradient for name, node in variables.items()}
    return found


def interpreted(build, data, parameters):
    """Root, kept nodes and gradients of a graph that is recorded and swept anew."""
    leaves, root, kept = record(build, data, parameters)
    variables = {name: leaves[name] for name in parameters}
    return sweep(ad.topological_sort([*kept, root]), root, kept, variables)


def relative(actual, exact):
    """The error in the maximum norm, relative to the largest magnitude of the exact result."""
    actual, exact = np.asarray(actual), np.asarray(exact)
    known = np.isfinite(exact) & np.isfinite(actual)  # what overflows in float32 alone is left out
    if not known.any():
        return 0.0
    scale = np.abs(exact[known]).max()
    error = np.abs(actual[known].astype(exact.dtype) - exact[known]).max()
    return 0.0 if error == 0 else float(error / max(scale, np.finfo(float).tiny))


def assert_agrees(actual, expected, exact, name=""):
    """`actual` is as good as `expected`, NumPy's own result: the limit of the project."""
    actual, expected, exact = map(np.asarray, (actual, expected, exact))
    assert actual.shape == expected.shape, (name, actual.shape, expected.shape)
    assert actual.dtype == expected.dtype, (name, actual.dtype, expected.dtype)
    if actual.dtype.kind not in "fcV":
        np.testing.assert_array_equal(actual, expected, err_msg=name)
        return
    if actual.dtype.kind == "V" or actual.dtype.itemsize == 2:
        actual, expected = actual.astype(np.float32), expected.astype(np.float32)
    np.testing.assert_array_equal(np.isnan(actual), np.isnan(expected), err_msg=f"nan of {name}")
    ours, theirs = (np.where(np.isinf(array), array, 0) for array in (actual, expected))
    np.testing.assert_array_equal(ours, theirs, err_msg=f"infinities of {name}")
    with np.errstate(all="ignore"):
        limit = max(1e-5, 4 * relative(expected, exact))
        error = relative(actual, exact)
    assert error <= limit, f"{name}: error {error:.2g}, limit {limit:.2g}"


def check(build, data, parameters=None, replays=(), keep=True):
    """Compile a graph, run it twice, replay it with other data, and compare with the interpreter.

    Returns the program.
    """
    parameters = parameters or {}
    leaves, root, kept = record(build, data, parameters)
    variables = {name: leaves[name] for name in parameters}
    program = ad.compile(root, keep=kept if keep else [])
    for number, arrays in enumerate([data, data, *replays]):
        for name, array in arrays.items():
            leaves[name].output = array
        compare(build, program, root, kept if keep else [], variables, arrays, parameters, number)
    return program


def compare(build, program, root, kept, variables, data, parameters, number=0):
    """One run of a program beside the interpreter."""
    with np.errstate(all="ignore"):
        expected = interpreted(build, data, parameters)
        exact = interpreted(
            build,
            {name: as_wide(array) for name, array in data.items()},
            {name: as_wide(array) for name, array in parameters.items()},
        )
        actual = sweep(program, root, kept, variables)
    for name, value in actual.items():
        assert_agrees(value, expected[name], exact[name], f"run {number}, {name}")


def kinds_of_stages(program):
    """For each stage of the gradients' plan, its kind and the names of its primitives."""
    part = program._joint or program._forward
    (plan, *_) = part._plans.values()
    return [
        (type(stage).__name__, [step.primitive.name for step in stage.steps])
        for stage in plan.stages
    ]


def compiled_stages(program):
    """The compiled stages of its latest plan."""
    part = program._joint or program._forward
    *_, plan = part._plans.values()
    return [stage for stage in plan.stages if hasattr(stage, "region")]
