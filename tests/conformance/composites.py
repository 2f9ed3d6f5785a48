"""Random composite functions of a vector, from a seed: a grammar that JAX and this library share.

A function reads its arguments out of the vector, applies some steps to them, each to earlier
results, and returns a weighted sum of the last ones. The grammar is that of `expressions`, and
layers, linear algebra, order, indexing and Fourier transforms besides.
"""

import numpy as np
from expressions import ALONG, LARGEST, MATRICES, ONE, TWO, Instruction, Program, can

import autodiff as ad

FILTERS = np.random.default_rng(0).normal(size=(2, 1, 2, 2))
KERNEL = np.random.default_rng(1).normal(size=(3, 2, 2, 2))


def image(lib, x):
    """Sixteen numbers of x, over and over where it has fewer."""
    return lib.reshape(lib.take(lib.ravel(x), np.arange(16) % x.size), (1, 1, 4, 4))


def regular(lib, x):
    """A positive definite matrix for each of the matrices in x."""
    return lib.add(lib.matmul(x, lib.swapaxes(x, -1, -2)), 2.0 * np.eye(x.shape[-2]))


LAYERS = {
    "conv2d": lambda lib, x: lib.conv2d(image(lib, x), FILTERS, stride=1),
    "conv2d, strided": lambda lib, x: lib.conv2d(image(lib, x), FILTERS, stride=2),
    "two convolutions": lambda lib, x: lib.conv2d(
        lib.tanh(lib.conv2d(image(lib, x), FILTERS, stride=1)), KERNEL, stride=1
    ),
    "max_pool2d": lambda lib, x: lib.max_pool2d(image(lib, x), 2),
    "avg_pool2d": lambda lib, x: lib.avg_pool2d(image(lib, x), 2),
    "relu": lambda lib, x: lib.relu(x),
    "sigmoid": lambda lib, x: lib.sigmoid(x),
    "gelu": lambda lib, x: lib.gelu(x),
    "erf": lambda lib, x: lib.erf(x),
    "abs": lambda lib, x: lib.abs(x),
    "clip": lambda lib, x: lib.clip(x, -0.5, 0.7),
    "max": lambda lib, x: lib.max(x),
    "min": lambda lib, x: lib.min(x),
    "fft": lambda lib, x: lib.real(lib.fft.fft(lib.ravel(x))),
    "spectrum": lambda lib, x: lib.log(lib.add(1.0, lib.abs(lib.fft.rfft(lib.ravel(x))))),
    "norm": lambda lib, x: lib.linalg.norm(lib.add(lib.ravel(x), 1.0)),
    "backwards": lambda lib, x: lib.ravel(x)[::-1],
    "picked": lambda lib, x: lib.ravel(x)[np.array([0, -1, 0])],
    "from the second on": lambda lib, x: lib.concatenate([lib.ravel(x), lib.ravel(x)])[1:],
}
ALONG_LAYERS = {
    "softmax": lambda lib, x, a: lib.softmax(x, axis=a),
    "log_softmax": lambda lib, x, a: lib.log_softmax(x, axis=a),
    "logsumexp": lambda lib, x, a: lib.logsumexp(x, axis=a),
    "max along": lambda lib, x, a: lib.max(x, axis=a),
    "sort": lambda lib, x, a: lib.sort(x, axis=a),
    "prod along": lambda lib, x, a: lib.prod(x, axis=a),
    "cumprod": lambda lib, x, a: lib.cumprod(x, axis=a),
    "std along": lambda lib, x, a: lib.std(lib.concatenate([x, lib.add(x, 1.0)], axis=a), axis=a),
}
OF_MATRIX = {
    "det": lambda lib, x: lib.linalg.det(regular(lib, x)),
    "inv": lambda lib, x: lib.linalg.inv(regular(lib, x)),
    "cholesky": lambda lib, x: lib.linalg.cholesky(regular(lib, x)),
    "solve": lambda lib, x: lib.linalg.solve(regular(lib, x), x),
    "slogdet": lambda lib, x: lib.linalg.slogdet(regular(lib, x))[1],
    "trace": lambda lib, x: lib.trace(lib.matmul(lib.swapaxes(x, -1, -2), x), axis1=-2, axis2=-1),
    "tril": lambda lib, x: lib.tril(x),
}
OF_TWO = {
    "maximum": lambda lib, x, y: lib.maximum(x, y),
    "outer": lambda lib, x, y: lib.outer(lib.ravel(x)[:3], lib.ravel(y)[:3]),
    "where greater": lambda lib, x, y: lib.where(lib.greater(x, y), x, lib.multiply(y, y)),
}
GRAMMAR = ONE | LAYERS | ALONG | ALONG_LAYERS | OF_MATRIX | TWO | MATRICES | OF_TWO
SHAPES = [(3,), (2, 2), (1, 3), (2, 3), (3, 2), (), (2, 1)]


def allowed(name, x, y):
    if name in LAYERS:
        return x.size > 0
    if name in ALONG_LAYERS:
        return x.ndim > 0 and 0 < x.size <= 24
    if name in OF_MATRIX:
        return x.ndim in (2, 3) and x.shape[-2] <= 3
    if name == "outer":
        return True
    return can("add" if name in OF_TWO else name, x, y)


class Composite(Program):
    """A program whose inputs are the parts of one vector."""

    @property
    def size(self):
        return sum(int(np.prod(shape)) for shape in self.shapes)

    @property
    def at(self):
        return np.random.default_rng(self.seed).normal(size=self.size)

    def __call__(self, lib, x):
        """The scalar result."""
        found, start = [], 0
        for shape in self.shapes:
            stop = start + int(np.prod(shape))
            found.append(lib.reshape(x[start:stop], shape))
            start = stop
        for function, operands, axis in self.instructions:
            found.append(apply(lib, function, [found[one] for one in operands], axis))
        weights = np.random.default_rng(self.seed + 1)
        return sum(
            lib.sum(lib.multiply(weights.normal(size=np.shape(found[output])), found[output]))
            for output in self.outputs
        )


def apply(lib, function, operands, axis):
    return GRAMMAR[function](lib, *operands, *([] if axis is None else [axis]))


def composite(seed):
    """The composite function of a seed: two to seven steps, and tanh where numbers grow."""
    rng = np.random.default_rng(seed)
    shapes = tuple(SHAPES[one] for one in rng.integers(0, len(SHAPES), rng.integers(1, 3)))
    start = Composite(shapes, (), (), seed)
    parts = np.split(start.at, np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1])
    found = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
    usable, steps = list(range(len(found))), []

    def append(name, operands, axis=None):
        # Our library on arrays gives arrays: NumPy itself has no convolution.
        found.append(np.asarray(apply(ad, name, [found[one] for one in operands], axis)))
        steps.append(Instruction(name, operands, axis))
        if np.abs(found[-1]).max(initial=0.0) > LARGEST:
            return append("tanh", (len(found) - 1,))
        return usable.append(len(found) - 1)

    for _ in range(rng.integers(2, 8)):
        first = usable[-int(rng.integers(1, min(len(usable), 3) + 1))]
        second = usable[rng.integers(0, len(usable))]
        x, y = found[first], found[second]
        names = [name for name in GRAMMAR if allowed(name, x, y)]
        name = names[rng.integers(0, len(names))]
        two = name in TWO | MATRICES | OF_TWO
        axis = int(rng.integers(0, x.ndim)) if name in ALONG | ALONG_LAYERS else None
        append(name, (first, second) if two else (first,), axis)
    outputs = sorted({usable[-1], usable[rng.integers(0, len(usable))]})
    return Composite(shapes, tuple(steps), tuple(outputs), seed)
