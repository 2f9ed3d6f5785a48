"""Random expression graphs, and four ways to differentiate each that must agree.

A program is a list of instructions. Each applies one function to earlier results, so that results
are shared, shapes broadcast, and some results are never used. Several of them are outputs. The loss
is the sum of all outputs, weighted at random. Its derivative is computed

1. as numbers, by `backward`;
2. as a graph of gradients, by `gradients`, whose nodes are computed anew by `forward`;
3. along a random direction, by `jvp`;
4. along the same direction, by differences of the program run in NumPy.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import autodiff as ad

SHAPES = [(), (3,), (1,), (2, 3), (2, 1), (1, 3), (3, 3), (2, 1, 3), (2, 3, 3)]
LARGEST = 4.0
"""What is larger goes through tanh before it is used, so that no chain of products overflows."""

ONE = {
    "sin": lambda lib, x: lib.sin(x),
    "cos": lambda lib, x: lib.cos(x),
    "tanh": lambda lib, x: lib.tanh(x),
    "arctan": lambda lib, x: lib.arctan(x),
    "exp": lambda lib, x: lib.exp(lib.multiply(0.3, x)),
    "square": lambda lib, x: lib.square(x),
    "negative": lambda lib, x: lib.negative(x),
    "sqrt": lambda lib, x: lib.sqrt(lib.add(1.0, lib.square(x))),
    "log": lambda lib, x: lib.log(lib.add(1.5, lib.square(x))),
    "reciprocal": lambda lib, x: lib.reciprocal(lib.add(1.5, lib.square(x))),
    "power": lambda lib, x: lib.power(lib.add(1.5, lib.square(x)), 1.5),
    "expm1": lambda lib, x: lib.expm1(lib.multiply(0.3, x)),
    "sinc": lambda lib, x: lib.sinc(lib.multiply(0.3, x)),
    "sum": lambda lib, x: lib.sum(x),
    "mean": lambda lib, x: lib.mean(x),
    "ravel": lambda lib, x: lib.ravel(x),
    "transpose": lambda lib, x: lib.transpose(x),
}
ALONG = {
    "sum along": lambda lib, x, a: lib.sum(x, axis=a),
    "sum along, kept": lambda lib, x, a: lib.sum(x, axis=a, keepdims=True),
    "mean along": lambda lib, x, a: lib.mean(x, axis=a),
    "var along": lambda lib, x, a: lib.var(x, axis=a, keepdims=True),
    "cumsum": lambda lib, x, a: lib.cumsum(x, axis=a),
    "flip": lambda lib, x, a: lib.flip(x, a),
    "roll": lambda lib, x, a: lib.roll(x, 1, axis=a),
    "repeat": lambda lib, x, a: lib.repeat(x, 2, axis=a),
    "take": lambda lib, x, a: lib.take(x, np.array([0, -1, 0]), axis=a),
    "first": lambda lib, x, a: lib.take(x, 0, axis=a),
    "to the end": lambda lib, x, a: lib.moveaxis(x, a, -1),
    "joined": lambda lib, x, a: lib.concatenate([x, lib.sin(x)], axis=a),
    "new axis": lambda lib, x, a: lib.expand_dims(x, a),
}
TWO = {
    "add": lambda lib, x, y: lib.add(x, y),
    "subtract": lambda lib, x, y: lib.subtract(x, y),
    "multiply": lambda lib, x, y: lib.multiply(x, y),
    "divide": lambda lib, x, y: lib.divide(x, lib.add(1.5, lib.square(y))),
    "arctan2": lambda lib, x, y: lib.arctan2(x, lib.add(1.5, lib.square(y))),
    "logaddexp": lambda lib, x, y: lib.logaddexp(x, y),
    "hypot": lambda lib, x, y: lib.hypot(lib.add(2.0, lib.square(x)), y),
    "where": lambda lib, x, y: lib.where(np.arange(3) % 2 == 0, x, y),
    "inner": lambda lib, x, y: lib.sum(lib.multiply(x, y)),
    "stack": lambda lib, x, y: lib.stack([lib.add(x, y), lib.multiply(x, y)]),
}
MATRICES = {
    "matmul": lambda lib, x, y: lib.matmul(x, y),
    "gram": lambda lib, x, y: lib.matmul(x, lib.swapaxes(x, -1, -2)),
    "einsum": lambda lib, x, y: lib.einsum("...ij,...jk->...ik", x, y),
}
FUNCTIONS = ONE | ALONG | TWO | MATRICES
LARGEST_SIZE = 64


class Instruction(NamedTuple):
    function: str
    operands: tuple[int, ...]
    axis: int | None


class Program(NamedTuple):
    """Shapes of the inputs, what is done, and which results are outputs."""

    shapes: tuple[tuple[int, ...], ...]
    instructions: tuple[Instruction, ...]
    outputs: tuple[int, ...]
    seed: int

    def inputs(self):
        rng = np.random.default_rng(self.seed)
        return [rng.normal(size=shape) for shape in self.shapes]

    def run(self, lib, *inputs):
        found = list(inputs)
        for function, operands, axis in self.instructions:
            chosen = [found[operand] for operand in operands]
            found.append(FUNCTIONS[function](lib, *chosen, *([] if axis is None else [axis])))
        return [found[output] for output in self.outputs]

    @property
    def shared(self):
        """How many results are used more than once."""
        used = [operand for step in self.instructions for operand in step.operands]
        return sum(used.count(operand) > 1 for operand in set(used))


def fits(x, y):
    try:
        return np.prod(np.broadcast_shapes(x.shape, y.shape)) <= LARGEST_SIZE
    except ValueError:
        return False


def can(name, x, y):
    if name in ALONG:
        return x.ndim > 0 and x.size <= LARGEST_SIZE // 3 and x.ndim < 5
    if name == "where":
        return fits(x, y) and fits(np.broadcast_arrays(x, y)[0], np.zeros(3))
    if name in TWO:
        return fits(x, y) and max(x.ndim, y.ndim) < 5
    if name == "gram":
        return x.ndim > 1
    if name in MATRICES:
        return (
            min(x.ndim, y.ndim) > 1
            and x.shape[-1] == y.shape[-2]
            and fits(x[..., :1, :1], y[..., :1, :1])
        )
    return True


@st.composite
def programs(draw):
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    found = [rng.normal(size=shape) for shape in shapes]
    usable, steps = list(range(len(found))), []

    def append(name, operands, axis=None):
        chosen = [found[operand] for operand in operands]
        found.append(FUNCTIONS[name](np, *chosen, *([] if axis is None else [axis])))
        steps.append(Instruction(name, operands, axis))
        if np.abs(found[-1]).max(initial=0.0) > LARGEST:
            return append("tanh", (len(found) - 1,))
        return usable.append(len(found) - 1)

    for _ in range(draw(st.integers(1, 8))):
        # Late results first, so that programs are deep; shrinking goes towards the last one.
        back = st.integers(1, min(len(usable), 6))
        first, second = usable[-draw(back)], usable[-draw(back)]
        x, y = found[first], found[second]
        # Few pairs of results can be multiplied as matrices: those that can often are.
        names = [*FUNCTIONS, *MATRICES, *MATRICES, *MATRICES, *MATRICES]
        name = draw(st.sampled_from([name for name in names if can(name, x, y)]))
        operands = (first, second) if name in TWO | MATRICES else (first,)
        append(name, operands, draw(st.integers(0, x.ndim - 1)) if name in ALONG else None)
    ends = draw(st.lists(st.sampled_from(usable), max_size=2))
    return Program(tuple(shapes), tuple(steps), tuple(sorted({usable[-1], *ends})), seed)


class Disagreement(AssertionError):
    """Two of the four ways differ."""


def check(program):
    """Differentiate `program` in all four ways.

    Raises
    ------
    Disagreement
        If two of them differ.
    """
    inputs = program.inputs()
    rng = np.random.default_rng(program.seed + 1)
    weights = [rng.normal(size=np.shape(one)) for one in program.run(np, *inputs)]
    direction = [rng.normal(size=one.shape) for one in inputs]

    def loss(lib, *arrays):
        terms = zip(weights, program.run(lib, *arrays), strict=True)
        return sum(lib.sum(lib.multiply(weight, one)) for weight, one in terms)

    variables = [ad.Variable(one) for one in inputs]
    root = loss(ad, *variables)
    agree("value", root.output, loss(np, *inputs))
    numbers = by_backward(root, variables)
    for name, mine, graph in zip("abc", numbers, by_gradients(root, variables), strict=False):
        agree(f"numbers and graph, input {name}", mine, graph)
    along = sum(np.sum(mine * step) for mine, step in zip(numbers, direction, strict=True))
    _, forward = ad.jvp(lambda *arrays: loss(ad, *arrays), inputs, direction)
    agree("reverse and forward", along, forward)
    difference, error = by_differences(lambda *arrays: loss(np, *arrays), inputs, direction)
    tolerance = 1e-7 + min(10 * error, 1e-4 * (1 + abs(difference)))
    agree("forward and differences", forward, difference, atol=tolerance)


def by_backward(root, variables):
    ad.backward(ad.topological_sort(root))
    return [
        np.zeros(one.shape) if one.gradient is None else np.array(one.gradient) for one in variables
    ]


def by_gradients(root, variables):
    nodes = ad.gradients(root, variables)
    ad.forward(ad.topological_sort(nodes))
    return [node.output for node in nodes]


def by_differences(f, inputs, direction):
    """The difference of fourth order that halving its step changes least, and that change."""

    def slope(step):
        at = [
            f(*(one + k * step * way for one, way in zip(inputs, direction, strict=True)))
            for k in (-2, -1, 1, 2)
        ]
        return (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * step)

    slopes = [slope(2e-3 / 2**k) for k in range(5)]
    changes = np.abs(np.diff(slopes))
    best = int(np.argmin(changes))
    return slopes[best + 1], changes[best]


def agree(what, one, other, atol=1e-9):
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape:
        raise Disagreement(f"{what}: shapes {one.shape} and {other.shape}")
    if not np.allclose(one, other, rtol=1e-8 if atol < 1e-8 else 1e-6, atol=atol):
        raise Disagreement(f"{what}: {one} and {other}")


def results(examples=50_000):
    """Check that many programs, the same in every run, and count what they consist of."""
    counts = Counter()

    @seed(0)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(programs())
    def run(program):
        check(program)
        counts["programs"] += 1
        counts["with shared results"] += program.shared > 0
        counts["with several outputs"] += len(program.outputs) > 1
        counts["with several inputs"] += len(program.shapes) > 1
        for step in program.instructions:
            functions[step.function] += 1

    functions = Counter()
    run()
    return {**counts, "functions": dict(sorted(functions.items()))}
