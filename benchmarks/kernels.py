"""How fast are the compiled kernels for products, beside the machine's fastest matrix product?

One thread each: the kernels run inside threads of their own. A kernel is timed on the same arrays
again and again, so they are in cache as far as they fit, as they are in a compiled program, which
takes a batch through the network tile by tile. The peak is NumPy's float32 product of two square
matrices, measured before and after the kernels.

    python benchmarks/kernels.py
"""

import argparse
import time
from pathlib import Path

import numpy as np
from numba import njit
from threadpoolctl import threadpool_limits

from autodiff.benchmarking.report import circumstances, load, save, show
from autodiff.compiler.kernels import geometry, products

RESULTS = Path(__file__).parent / "results"

CONVOLUTIONS = (
    # name, image, filters, padding, images in a tile
    ("reference 1", (1, 28, 28), (6, 1, 3, 3), 0, (16, 25, 50)),
    ("reference 2", (6, 13, 13), (16, 6, 3, 3), 0, (16, 25, 50)),
    ("LeNet-5 1", (1, 28, 28), (6, 1, 5, 5), 2, (16, 25, 50)),
    ("LeNet-5 2", (6, 14, 14), (16, 6, 5, 5), 0, (16, 25, 50)),
    ("PyTorch's example 1", (1, 28, 28), (32, 1, 3, 3), 0, (8, 16)),
    ("PyTorch's example 2", (32, 26, 26), (64, 32, 3, 3), 0, (8, 16)),
)
DENSE = (
    # name, outputs, inputs, images in a tile
    ("reference 3", 84, 400, (8, 16, 25, 50)),
    ("reference 4", 10, 84, (8, 16, 25, 50)),
    ("MLP 1", 256, 784, (8, 16, 25, 50)),
    ("PyTorch's example 3", 128, 9216, (8, 16, 32)),
)
PEAK_SIZE = 1024
ROUND = 1e7
ROUNDS = 50


@njit(nogil=True)
def many_products(times, w, x, y, bias, geometry, n):
    for _ in range(times):
        products.product(w, x, y, bias, geometry, n)


@njit(nogil=True)
def many_correlations(times, g, x, dw, geometry, n):
    for _ in range(times):
        products.correlate(g, x, dw, geometry, n)


@njit(nogil=True)
def many_weight_gradients(times, g, x, dw, geometry, n):
    for _ in range(times):
        products.product(g, x, dw, g, geometry, n)


def many_numpy(times, left, right):
    for _ in range(times):
        left @ right


def gigaflops(work, function, *arguments):
    """In the fastest of some rounds: what the machine can do when nobody disturbs it.

    A round repeats small products without leaving the compiled code, as a program would.
    """
    times = max(1, int(ROUND / work))
    function(times, *arguments)
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function(times, *arguments)
        rounds.append(time.perf_counter() - start)
    return round(1e-9 * work * times / min(rounds), 1)


def random(rng, *shape):
    return rng.random(shape, dtype=np.float32)


def convolution(rng, image, filters, padding, images):
    """How much a convolution's three products compute, and how each is called."""
    borders = ((padding, padding), (padding, padding))
    forward = geometry.convolution(image, filters, padding=borders)
    backward = geometry.input_transpose(image, filters, padding=borders)
    weights = geometry.filter_transpose(image, filters, padding=borders)
    rows, columns = (size + 2 * padding - filters[2] + 1 for size in image[1:])
    x = random(rng, int(np.prod(image)) * images)
    w = random(rng, int(np.prod(filters)))
    y = random(rng, filters[0] * rows * columns * images)
    none = w[:0]
    return 2 * w.size * rows * columns * images, {
        "forward": (many_products, w, x, y, none, forward, images),
        "input": (many_products, w, y, x, none, backward, images),
        "weights": (many_correlations, y, x, w, weights, images),
    }


def dense(rng, outputs, inputs, images):
    """The same for a dense layer, and with NumPy."""
    forward, backward = geometry.dense(outputs, inputs), geometry.dense_input(outputs, inputs)
    weights = geometry.dense_weights(outputs, inputs)
    x, y, w = (random(rng, size) for size in (inputs * images, outputs * images, outputs * inputs))
    none, total = w[:0], w.copy()
    right, left = x.reshape(images, inputs), y.reshape(images, outputs)
    matrix = w.reshape(outputs, inputs)
    return 2 * outputs * inputs * images, {
        "forward": (many_products, w, x, y, none, forward, images),
        "input": (many_products, w, y, x, none, backward, images),
        "weights": (many_weight_gradients, y, x, total, weights, images),
        "forward, NumPy": (many_numpy, right, matrix.T),
        "input, NumPy": (many_numpy, left, matrix),
        "weights, NumPy": (many_numpy, left.T, right),
    }


def peak(rng):
    """GFLOP/s of NumPy's product of two square matrices."""
    a, b = random(rng, PEAK_SIZE, PEAK_SIZE), random(rng, PEAK_SIZE, PEAK_SIZE)
    return gigaflops(2 * PEAK_SIZE**3, many_numpy, a, b)


def measure():
    """Every kernel on every shape."""
    rng = np.random.default_rng(0)
    cases = [(name, images, convolution, args) for name, *args, sizes in CONVOLUTIONS
             for images in sizes]  # fmt: skip
    cases += [(name, images, dense, args) for name, *args, sizes in DENSE for images in sizes]
    peaks, rows = [peak(rng)], []
    for name, images, build, args in cases:
        work, functions = build(rng, *args, images)
        found = {kernel: gigaflops(work, *function) for kernel, function in functions.items()}
        rows.append({"layer": name, "images": images, "gigaflops": found})
        figures = "".join(f"{kernel} {value:6.1f}  " for kernel, value in found.items())
        print(f"{name:20} {images:3} images: {figures}", flush=True)
    peaks.append(peak(rng))
    print(f"NumPy's matrix product: {max(peaks):.1f}")
    return {"peak_gigaflops": max(peaks), "peaks": peaks, "kernels": rows}


def main():
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", default=RESULTS / "kernels.json", help="where to write")
    options = parser.parse_args()
    report = {
        "benchmark": "GFLOP/s of the compiled products, float32, one thread",
        **circumstances(["numpy", "numba"]),
        "load_before": load(),
    }
    show(report["benchmark"], report)
    with threadpool_limits(1):
        report |= measure()
    save(report, options.json)


if __name__ == "__main__":
    main()
