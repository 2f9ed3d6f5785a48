"""One library's share of `overhead.py`: its import, a chain of scalars, a small network."""

import argparse
import importlib
import json
import statistics
import time

import numpy as np

OPERATIONS = 10_000
LAYERS = (64, 128, 128, 10)
BATCH = 32
REPEATS = {"chain": 7, "network": 100}


def chain(x, sin):
    """A scalar after `OPERATIONS` operations: a sine, two sums, two products, and again."""
    y = x
    for _ in range(OPERATIONS // 5):
        y = (sin(y) * 0.9 + x) * 1.1 - 0.1
    return y


def network(parameters, images, targets, np):
    """Mean cross-entropy of a small network, written in NumPy's functions."""
    h = images
    for weight, bias in parameters[:-1]:
        h = np.tanh(np.dot(h, weight) + bias)
    weight, bias = parameters[-1]
    logits = np.dot(h, weight) + bias
    largest = np.max(logits, axis=1, keepdims=True)
    surprise = np.log(np.sum(np.exp(logits - largest), axis=1, keepdims=True)) + largest
    return -np.mean(np.sum((logits - surprise) * targets, axis=1))


def data():
    """Parameters of the network, images, and targets as rows of a unit matrix."""
    rng = np.random.default_rng(0)
    parameters = [
        (rng.normal(size=(n, m)) / np.sqrt(n), np.zeros(m))
        for n, m in zip(LAYERS, LAYERS[1:], strict=False)
    ]
    return parameters, rng.normal(size=(BATCH, LAYERS[0])), np.eye(10)[rng.integers(0, 10, BATCH)]


def with_autodiff(ad):
    """Ours: the chain as a graph of nodes, the network in plain NumPy."""

    def of_chain():
        x = ad.Variable(0.5)
        order = ad.topological_sort(chain(x, ad.sin))
        ad.backward(order)
        return x.gradient

    of_network = ad.grad(network)
    return of_chain, lambda *arguments: of_network(*arguments, np)


def with_autograd(autograd):
    """HIPS autograd; it asks for its own copy of NumPy's functions."""
    theirs = importlib.import_module("autograd.numpy")
    of_chain = autograd.grad(lambda x: chain(x, theirs.sin))
    of_network = autograd.grad(network)
    return lambda: of_chain(0.5), lambda *arguments: of_network(*arguments, theirs)


def with_torch(torch):
    """PyTorch, eager, on one thread; it has no NumPy functions, so there is no network."""
    torch.set_num_threads(1)

    def of_chain():
        x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
        chain(x, torch.sin).backward()
        return x.grad

    return of_chain, None


def timed(f, repeats, *arguments):
    """Median of the seconds of some calls, after one to warm up; and the last result."""
    result, seconds = f(*arguments), []
    for _ in range(repeats):
        start = time.perf_counter()
        result = f(*arguments)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def main():
    """Measure one library; print JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=["autodiff", "autograd", "torch"])
    name = parser.parse_args().library
    start = time.perf_counter()
    library = importlib.import_module(name)
    found = {"import": time.perf_counter() - start}
    of_chain, of_network = globals()[f"with_{name}"](library)
    found["chain"], slope = timed(of_chain, REPEATS["chain"])
    found["chain_result"] = float(slope)
    if of_network is not None:
        found["network"], gradient = timed(of_network, REPEATS["network"], *data())
        found["network_result"] = float(
            sum(np.square(one).sum() for pair in gradient for one in pair)
        )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
