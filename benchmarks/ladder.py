"""From loops in Python to compiled threads: the same convolution, and the same training step.

Each rung adds one idea. The lowest are toys, written here; all others are the library itself, the
upper ones with a compiler of which an idea was left out on the rungs below. Each computes the
reference network's second convolution with its two transposes, and a training step of the whole
network with that convolution inside. The results of every rung are compared with the library's
before anything is timed. Then the rungs are timed in rounds, in each of which every rung runs for a
moment, in balanced order: in as many rounds as there are rungs, each runs once after each other.

Beside the ladder stand what the machine can do (the rate of a large product of matrices, and of
copies that fit in the cache and that do not), the training step in tiles of several sizes, and
where the time of the highest rung's step goes.

    python benchmarks/ladder.py

Times are given for an image, since the slow rungs are measured with fewer of them. *Bytes moved*
counts what each array operation reads and writes, as if no number stayed in a register or in a
cache between two operations; it says how much a rung asks of memory, not what reaches it. The
update of the parameters is in the time and not in the bytes.
"""

import argparse
import contextlib
import gc
import statistics
import time
from pathlib import Path

import numpy as np
from _ladder_toys import COMPILED_LOOPS, LOOPS, TAPS, with_convolution
from threadpoolctl import threadpool_limits

import autodiff as ad
from autodiff.benchmarking.orders import BALANCED, turns
from autodiff.benchmarking.peers.sgemm import OPERATIONS, SIDE
from autodiff.benchmarking.report import circumstances, save, show, spread
from autodiff.benchmarking.workloads import LEARNING_RATE, operations

RESULTS = Path(__file__).parent / "results"
BATCH = 100
TOLERANCE = 1e-4
FILTERS, CHANNELS, SIDE_OF_IMAGE = 16, 6, 13
TILES = (1, 4, 8, 16, 17, 24, 32, 48, 64, 100)
COPIES = {"cache": 2**17, "memory": 2**27}

UNFUSED, UNPLANNED, WHOLE = {"fuse": False}, {"plan_memory": False}, {"tile": BATCH}

# title, threads, images of a measurement, the toy convolution if it is one, options of ad.compile
# if it is compiled.
RUNGS = [
    ("Python loops (toy)", 1, 2, LOOPS, None),
    ("the same loops, compiled (toy)", 1, BATCH, COMPILED_LOOPS, None),
    ("NumPy loops over taps (toy)", 1, BATCH, TAPS, None),
    ("im2col and GEMM: the interpreter", 1, BATCH, None, None),
    ("im2col and GEMM, threads", None, BATCH, None, None),
    ("compiled, nothing fused", 1, BATCH, None, UNFUSED | UNPLANNED | WHOLE),
    ("+ fusion", 1, BATCH, None, UNPLANNED | WHOLE),
    ("+ memory plan", 1, BATCH, None, WHOLE),
    ("+ tiles in the cache", 1, BATCH, None, {}),
    ("+ threads", None, BATCH, None, {}),
]


def convolution(images, toy, options):
    """The second convolution, under a sum that gives it a gradient.

    A parameter moves the images, so that they need a gradient as inside of a network.
    """
    rng = np.random.default_rng(0)
    shapes = (images, CHANNELS, SIDE_OF_IMAGE, SIDE_OF_IMAGE), (FILTERS, CHANNELS, 3, 3)
    data, filters = (rng.standard_normal(shape).astype(np.float32) for shape in shapes)
    shift, w = ad.Variable(np.zeros((1, CHANNELS, 1, 1), np.float32)), ad.Variable(filters)
    x = ad.Constant(data) + shift
    y = toy.convolution(x, w) if toy else ad.conv2d(x, w)
    weights = rng.standard_normal(y.shape).astype(np.float32)
    loss = (y * ad.Constant(weights)).sum()
    order = ad.topological_sort(loss) if options is None else ad.compile(loss, **options)

    def run():
        ad.forward(order)
        ad.backward(order)
        return [loss.output, shift.gradient, w.gradient]

    return run, order


def training(images, toy, options):
    """A training step of the reference network."""
    rng = np.random.default_rng(0)
    model = ad.nn.reference_network(rng=0)
    optimizer = ad.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    x = ad.Constant(rng.random((images, 1, 28, 28), np.float32), name="images")
    t = ad.Constant(rng.integers(0, 10, images), name="labels")
    logits = with_convolution(model, x, toy) if toy else model(x)
    loss = ad.cross_entropy(logits, t)
    if options is not None:
        program = ad.compile(loss, optimizer=optimizer, **options)

        def run():
            return [program.step(), *(p.value for p in model.parameters())]

        return run, program
    order = ad.topological_sort(loss)

    def run():
        value = ad.forward(order)
        ad.backward(order)
        optimizer.step()
        return [value, *(p.value for p in model.parameters())]

    return run, order


def agree(ours, expected):
    """Whether all arrays are equal, relative to the largest number in each."""
    return all(
        np.abs(np.asarray(one) - other).max() <= TOLERANCE * np.abs(other).max()
        for one, other in zip(ours, expected, strict=True)
    )


def clock(run, seconds):
    """Seconds of each call, for about as long as was asked, and at least three calls."""
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        run()
        times.append(time.perf_counter() - before)
    return times


@contextlib.contextmanager
def held_to(threads):
    """Programs and the BLAS use that many threads."""
    before = ad.get_num_threads()
    ad.set_num_threads(threads)
    try:
        with threadpool_limits(threads):
            yield
    finally:
        ad.set_num_threads(before)


def in_rounds(runs, options):
    """Seconds of a call of each, the median of each of its turns.

    Parameters
    ----------
    runs : dict
        By title, a number of threads and what to call.

    Returns
    -------
    list of dict
        For each round seconds by title; the titles are in the order in which they ran.
    """
    rounds = []
    for order in turns(list(runs), options.rounds):
        rounds.append({})
        for title in order:
            threads, run = runs[title]
            with held_to(threads):
                gc.collect()
                run()  # what ran before has left other arrays in the caches
                times = clock(run, options.seconds / options.rounds)
            rounds[-1][title] = statistics.median(times)
    return rounds


def bytes_moved(order, toy):
    """Bytes that the array operations of forward and backward read and write, for one call.

    Backward of an operator reads the gradient and its inputs, and writes a gradient for each input.
    A convolution by im2col also writes and reads the matrix of windows, in each of its products.
    """
    if not isinstance(order, list):  # a program knows its own
        return order.listing().bytes_moved
    total = 0
    for node in order:
        if isinstance(node, ad.Operator):
            inputs = sum(one.output.nbytes for one in node.inputs)
            total += 3 * inputs + 2 * node.output.nbytes
            if node.primitive.name == "conv2d":
                x, w = (one.output for one in node.inputs)
                taps = w.shape[2] * w.shape[3]
                rows, columns = node.output.shape[2:]
                windows = x.shape[0] * x.shape[1] * taps * rows * columns * x.itemsize
                total += 3 * 2 * windows
            elif toy is not None and node.primitive.name == toy.name:
                total += toy.bytes_moved(*(one.output for one in node.inputs), node.output)
    return total


def peak(threads):
    """Operations a second of NumPy's largest product, the fastest of several."""
    rng = np.random.default_rng(0)
    a, b = rng.random((2, SIDE, SIDE), np.float32)
    with threadpool_limits(threads):
        return OPERATIONS / min(clock(lambda: a @ b, 2))


def bandwidths():
    """Bytes a second that a copy reads and writes, the fastest of several, by where they lie."""
    found = {}
    for place, size in COPIES.items():
        source, target = np.ones((2, size // 4), np.float32)
        repeat = max(1, 2**23 // size)

        def copy(source=source, target=target, repeat=repeat):
            for _ in range(repeat):
                np.copyto(target, source)

        found[place] = 2 * size * repeat / min(clock(copy, 1))
    return found


def in_tiles(options):
    """The training step on one thread, in tiles of several sizes."""
    runs, arenas = {}, {}
    with held_to(1):
        for tile in TILES:
            run, program = training(BATCH, None, {"tile": tile})
            run()
            runs[tile], arenas[tile] = (1, run), program.listing().arena_bytes
    rounds, rows = in_rounds(runs, options), []
    for tile, arena in arenas.items():
        times = [one[tile] / BATCH for one in rounds]
        rows.append({"tile": tile, "seconds_per_image": spread(times), "arena_bytes": arena})
        rows[-1]["rounds"] = times
        median = 1e6 * statistics.median(times)
        print(f"  tiles of {tile:3}{median:8.2f} us {arena / 2**10:8.0f} KiB", flush=True)
    return rows


def profiled(options):
    """Where the time of a training step goes, step by step, on all threads."""
    with held_to(options.threads):
        profile = training(BATCH, None, {})[1].profile(repeat=200)
    print(f"\n{profile}")
    return profile.to_dict()


def built(rungs, make, options):
    """Each rung, compared with the library: what to call, with how many threads, and its row."""
    runs, rows, expected = {}, [], {}
    for title, threads, images, toy, compiled in rungs:
        threads = threads or options.threads
        with held_to(threads):
            if images not in expected:
                expected[images] = make(images, None, None)[0]()
            run, order = make(images, toy, compiled)
            right = agree(run(), expected[images])
            arena = None if isinstance(order, list) else order.listing().arena_bytes
            rows.append(
                {
                    "title": title,
                    "threads": threads,
                    "images": images,
                    "bytes_per_image": bytes_moved(order, toy) / images,
                    "arena_bytes": arena,
                    "right": right,
                }
            )
        runs[title] = threads, run
    return runs, rows


def climb(rungs, make, operations_of_image, peaks, options):
    """Measure one computation on each rung."""
    runs, rows = built(rungs, make, options)
    rounds = in_rounds(runs, options)
    for row in rows:
        times = [one[row["title"]] / row["images"] for one in rounds]
        rate = operations_of_image / statistics.median(times)
        row |= {
            "seconds_per_image": spread(times),
            "rounds": times,
            "flops_per_second": rate,
            "share_of_peak": rate / peaks[options.threads],
        }
        print(
            f"  {row['title']:36}{1e6 * statistics.median(times):12.1f} us "
            f"{rate / 1e9:8.3f} GFLOP/s {row['share_of_peak']:8.2%} of the peak"
            f" {row['bytes_per_image'] / 2**20:9.3f} MiB"
            + ("" if row["right"] else "  DOES NOT COUNT: another result"),
            flush=True,
        )
    return rows


def main():
    """Read the options, and climb twice."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=2, help="on the highest rungs (default: 2)")
    parser.add_argument("--seconds", type=float, default=3, help="for each rung (default: 3)")
    parser.add_argument(
        "--rounds", type=int, default=len(RUNGS), help=f"turns of each (default: {len(RUNGS)})"
    )
    parser.add_argument("--json", default=RESULTS / "ladder.json", help="where to write")
    options = parser.parse_args()
    if min(options.rounds, options.threads) < 1:
        parser.error("rounds and threads must be at least 1")
    report = {"benchmark": "The ladder", **circumstances(["numpy", "numba"])}
    report["settings"] = {
        "threads": options.threads,
        "seconds": options.seconds,
        "rounds": options.rounds,
        "order": BALANCED,
    }
    show(report["benchmark"], report)
    peaks = {threads: peak(threads) for threads in sorted({1, options.threads})}
    report["peak"] = {str(threads): value for threads, value in peaks.items()}
    report["bandwidth"] = bandwidths()
    side = SIDE_OF_IMAGE - 2
    # The image of a convolution inside of a network needs a gradient: three equal products.
    one_convolution = 3 * 2 * FILTERS * CHANNELS * 9 * side * side
    step = operations(ad.nn.reference_network(rng=0), (1, 28, 28))
    for name, make, count in (
        ("convolution", convolution, one_convolution),
        ("training_step", training, step),
    ):
        print(f"\n{name.replace('_', ' ')}: {count / 1e6:.2f} MFLOP an image")
        report[name] = {
            "flops_per_image": count,
            "rungs": climb(RUNGS, make, count, peaks, options),
        }
        save(report, options.json)
    print("\ntraining step in tiles, 1 thread")
    report["tiles"] = in_tiles(options)
    report["profile"] = profiled(options)
    save(report, options.json)


if __name__ == "__main__":
    main()
