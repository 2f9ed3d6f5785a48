"""Which algorithm computes a convolution fastest, by the number of channels and the size of images?

Compared are, on random numbers, for the convolution and its two transposes, each with a border that
keeps the size of the images:

- *direct*: the compiler's kernels by definition (`kernels/products.py`);
- *im2col*: the matrix of windows, in blocks that stay in the cache, and NumPy's matrix product;
- *Winograd*, with squares of 2 x 2 and of 4 x 4 outputs (`kernels/winograd.py`), for 3 x 3 alone;
- PyTorch's operators, with channels first and last.

The first three take a batch tile by tile, with the batch last, as a compiled program does; with
several threads, each takes a share of the batch. Errors are the largest difference from float64,
relative to the largest number of the result.

    python benchmarks/convolutions.py
    python benchmarks/convolutions.py --channels 64 128

A run for some sizes keeps the rows of the others, if there are any.
"""

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from _torch_convolutions import product as torch_product
from _torch_convolutions import torch_methods
from _winograd import LAYOUT, NO_TAP, Im2col, product_in_squares, scratch_of_squares
from numba import njit
from threadpoolctl import threadpool_limits

from autodiff.benchmarking.report import circumstances, load, save, show, spread
from autodiff.compiler.kernels import geometry, products, winograd
from autodiff.compiler.stages import CACHE_BYTES, LANES
from autodiff.primitives.convolution import (
    conv2d,
    conv2d_filter_transpose,
    conv2d_input_transpose,
)

RESULTS = Path(__file__).parent / "results"
CHANNELS, SIDES, BATCHES, THREADS = (8, 16, 32, 64, 128), (28, 14, 7), (32, 100), (1, 2)
PRODUCTS = (("forward", 3), ("input", 3), ("filters", 3), ("forward", 5))
SECONDS = 3e-3
ERROR_IMAGES = 16


@njit(nogil=True, cache=True)
def direct_products(times, w, x, y, table, size, batch, tile):
    for _ in range(times):
        for start in range(0, batch, tile):
            n = min(tile, batch - start)
            products.product(w, x[start * size :], y[start * size :], w, table, n)


@njit(nogil=True, cache=True)
def direct_correlations(times, g, x, dw, table, size, batch, tile):
    for _ in range(times):
        for start in range(0, batch, tile):
            n = min(tile, batch - start)
            products.correlate(g[start * size :], x[start * size :], dw, table, n)


@njit(nogil=True, cache=True)
def winograd_products(times, w, x, y, scratch, table, size, batch, tile):
    for _ in range(times):
        for start in range(0, batch, tile):
            n = min(tile, batch - start)
            at = start * size
            winograd.product(w, x[at:], y[at:], w, scratch, table, n)


@njit(nogil=True, cache=True)
def winograd_correlations(times, g, x, dw, scratch, table, size, batch, tile):
    for _ in range(times):
        for start in range(0, batch, tile):
            n = min(tile, batch - start)
            at = start * size
            winograd.correlate(g[at:], x[at:], dw, scratch, table, n)


def tile_of(share, bytes_of_image):
    """How many images a tile has, as a compiled program that computes this alone chooses it."""
    fitting = max(LANES, CACHE_BYTES // bytes_of_image)
    tiles = -(-share // fitting)
    return share if tiles == 1 else -(-share // tiles // LANES) * LANES


def tables(kind, channels, side, kernel):
    """The geometries of the direct and of Winograd's kernel."""
    border = kernel // 2
    build = {
        "forward": geometry.convolution,
        "input": geometry.input_transpose,
        "filters": geometry.filter_transpose,
    }[kind]
    image, filters = (channels, side, side), (channels, channels, kernel, kernel)
    direct = build(image, filters, padding=((border, border), (border, border)))
    sizes = (side, side), (1, 1), (side, side)
    which = {"back": kind == "input", "correlates": kind == "filters"}
    return direct, winograd.winograd_geometry(filters, *sizes, direct, **which)


def share_of_ours(kind, channels, side, kernel, share, w, x, y):
    """What one thread computes by each algorithm: functions of how many times.

    The operands are flat, the tiles one after the other: w, x and y for a product, where x is the
    gradient of the outputs for the transpose in the images; for the filters' gradient x and y are
    the two that are multiplied.
    """
    direct, squares = tables(kind, channels, side, kernel)
    size, weights = channels * side**2, channels * kernel**2
    tile = tile_of(share, 8 * size)
    filters = w.reshape(channels, weights)
    if kind == "input":
        turned = w.reshape(channels, channels, kernel, kernel)[:, :, ::-1, ::-1]
        filters = np.ascontiguousarray(turned.transpose(1, 0, 2, 3)).reshape(channels, weights)
    matrices = [Im2col(channels, side, kernel, n) for n in {tile, share % tile or tile}]
    by_images = {matrix.n: matrix for matrix in matrices}

    def for_tiles(action):
        def run(times):
            for _ in range(times):
                for start in range(0, share, tile):
                    n = min(tile, share - start)
                    part = slice(start * size, (start + n) * size)
                    action(by_images[n], x[part], y[part])

        return run

    methods = {"im2col, copy alone": for_tiles(lambda matrix, x, y: matrix.copy(x))}
    if kind == "filters":
        dw = np.zeros_like(filters)
        methods["im2col"] = for_tiles(lambda matrix, x, y: matrix.correlate(y, x, dw))
        arguments = (y, x, w, direct, size, share, tile)
        methods["direct"] = lambda times: direct_correlations(times, *arguments)
    else:
        methods["im2col"] = for_tiles(lambda matrix, x, y: matrix.product(filters, x, y))
        arguments = (w, x, y, direct, size, share, tile)
        methods["direct"] = lambda times: direct_products(times, *arguments)
    if kernel != 3:
        return methods
    tile_4 = tile_of(share, 8 * size + 4 * int(squares[winograd.ROOM]))
    scratch = np.empty(squares[winograd.ROOM] * tile_4, np.float32)
    some = (scratch, squares, size, share, tile_4)
    if kind == "filters":
        methods["Winograd 4 x 4"] = lambda times: winograd_correlations(times, y, x, w, *some)
        return methods
    methods["Winograd 4 x 4"] = lambda times: winograd_products(times, w, x, y, *some)
    if kind == "forward":
        taken = [(n, *scratch_of_squares(channels, channels, n)) for n in by_images]
        by_tile = {n: (many, memory) for n, many, memory in taken}

        def in_squares(matrix, x, y):
            many, memory = by_tile[matrix.n]
            sizes = (channels, channels, side, many, matrix.n)
            product_in_squares(w, x, y, memory, *sizes, LAYOUT, NO_TAP)

        methods["Winograd 2 x 2"] = for_tiles(in_squares)
    return methods


def together(shares, pool):
    """Several threads' shares at once."""
    if len(shares) == 1:
        return shares[0]

    def run(times):
        list(pool.map(lambda share: share(times), shares))

    return run


def duration(method, times):
    start = time.perf_counter()
    method(times)
    return time.perf_counter() - start


def compare(kind, kernel, channels, side, batch, threads, rounds, pool):
    """Times of all algorithms for one shape, in turn."""
    rng = np.random.default_rng(0)
    size = channels * side**2
    w = rng.random(channels**2 * kernel**2, np.float32)
    found = []
    for thread in range(threads):
        share = batch * (thread + 1) // threads - batch * thread // threads
        x, y = rng.random(size * share, np.float32), rng.random(size * share, np.float32)
        found.append(share_of_ours(kind, channels, side, kernel, share, w.copy(), x, y))
    methods = {name: together([one[name] for one in found], pool) for name in found[0]}
    methods |= torch_methods(kind, channels, side, kernel, batch)
    once = {}
    for name, method in methods.items():
        method(1)
        once[name] = duration(method, 1)
    times = {name: max(1, int(SECONDS / seconds)) for name, seconds in once.items()}
    measured = {name: [] for name in methods}
    for _ in range(rounds):
        for name, method in methods.items():
            if once[name] < SECONDS:
                method(1)
            measured[name].append(duration(method, times[name]) / times[name])
    return {name: rounded(spread(seconds)) for name, seconds in measured.items()}


def rounded(numbers):
    """To the digits that mean something."""
    return {name: float(f"{number:.4g}") for name, number in numbers.items()}


def last(array):
    return np.ascontiguousarray(array.transpose(1, 2, 3, 0)).ravel()


def errors(kind, channels, side, kernel):
    """Of each algorithm in float32, on normally distributed numbers; NumPy's for comparison."""
    rng = np.random.default_rng(0)
    n, border = ERROR_IMAGES, kernel // 2
    x, g = (rng.normal(size=(n, channels, side, side)).astype(np.float32) for _ in "xg")
    w = rng.normal(size=(channels, channels, kernel, kernel)).astype(np.float32)
    padding = ((border, border), (border, border))
    params = {"stride": (1, 1), "padding": padding, "dilation": (1, 1), "groups": 1}
    define, operands = {
        "forward": (conv2d, (x, w)),
        "input": (conv2d_input_transpose, (g, w, x)),
        "filters": (conv2d_filter_transpose, (x, g, w)),
    }[kind]
    exact = define.function(*[array.astype(float) for array in operands], **params)
    largest = np.abs(exact).max()

    def error(found):
        return float(np.abs(found - exact).max() / largest)

    result = {"NumPy": error(define.function(*operands, **params))}
    read, y = (g, x) if kind == "input" else (x, g)
    arrays = [w.ravel().copy(), last(read), last(y)]
    for name, method in share_of_ours(kind, channels, side, kernel, n, *arrays).items():
        if not name.startswith(("direct", "Winograd")):
            continue
        if kind == "filters":
            arrays[0][:] = 0
            method(1)
            result[name] = error(arrays[0].reshape(exact.shape))
        else:
            method(1)
            images = arrays[2].reshape(*exact.shape[1:], n)
            result[name] = error(images.transpose(3, 0, 1, 2))
    tensors = (torch.from_numpy(array) for array in (x, w, g))
    result["PyTorch"] = error(torch_product(kind, *tensors, border).numpy())
    return rounded(result)


def measure(channels, options, pool):
    """All rows of one number of channels."""
    for side in options.sides:
        for kind, kernel in PRODUCTS:
            error = errors(kind, channels, side, kernel)
            for batch in options.batches:
                for threads in THREADS:
                    torch.set_num_threads(threads)
                    arguments = (kind, kernel, channels, side, batch, threads)
                    seconds = compare(*arguments, options.rounds, pool)
                    names = ("product", "kernel", "channels", "side", "batch", "threads")
                    work = 2 * batch * side**2 * channels**2 * kernel**2
                    row = dict(zip(names, arguments, strict=True))
                    row |= {"operations": work, "seconds": seconds, "errors": error}
                    show_row(row)
                    yield row


def show_row(row):
    rates = {name: 1e-9 * row["operations"] / s["median"] for name, s in row["seconds"].items()}
    print(
        f"{row['product']:8} {row['kernel']} x {row['kernel']}, {row['channels']:3} channels, "
        f"{row['side']:2} pixels, batch {row['batch']:3}, {row['threads']} threads:",
        ", ".join(f"{name} {rate:.0f}" for name, rate in rates.items()),
        flush=True,
    )


def main():
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--channels", nargs="+", type=int, default=list(CHANNELS))
    parser.add_argument("--sides", nargs="+", type=int, default=list(SIDES))
    parser.add_argument("--batches", nargs="+", type=int, default=list(BATCHES))
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (default: 3)")
    parser.add_argument("--json", default=RESULTS / "convolutions.json", help="where to write")
    options = parser.parse_args()
    report = {
        "benchmark": "Algorithms of convolution, float32",
        **circumstances(["numpy", "numba", "torch"]),
        "load_before": load(),
        "rows": [],
    }
    show(f"{report['benchmark']}, GFLOP/s of the definition", report)
    if Path(options.json).exists():
        kept = json.loads(Path(options.json).read_text())["rows"]
        report["rows"] = [row for row in kept if not is_asked(row, options)]
    with (
        threadpool_limits(1, "blas"),
        ThreadPoolExecutor(max(THREADS)) as pool,
        torch.inference_mode(),
    ):
        for channels in options.channels:
            for row in measure(channels, options, pool):
                report["rows"].append(row)
                save(report, options.json)


def is_asked(row, options):
    sizes = options.channels, options.sides, options.batches
    asked = zip(("channels", "side", "batch"), sizes, strict=True)
    return all(row[name] in values for name, values in asked)


if __name__ == "__main__":
    main()
