"""What is measured: operations, steps, memory."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autodiff as ad
from autodiff.benchmarking import Workload, memory
from autodiff.benchmarking.worker import mean_loss, walk
from autodiff.benchmarking.workloads import NETWORKS, operations

LINUX = Path("/proc/self/clear_refs").exists()


@pytest.fixture(scope="module")
def digits():
    return ad.data.load_digits(28)[0]


def test_operations_of_the_reference_network():
    first, second = 2 * 6 * 9 * 26 * 26, 2 * 16 * 6 * 9 * 11 * 11
    dense = 2 * (400 * 84 + 84 * 10)
    model = ad.nn.reference_network(rng=0)
    assert operations(model, (1, 28, 28), training=False) == first + second + dense
    assert operations(model, (1, 28, 28)) == 2 * first + 3 * (second + dense)


@pytest.mark.parametrize(
    ("network", "parameters"),
    [("reference", 35_474), ("lenet5", 61_706), ("lenet5_relu", 61_706), ("mlp", 235_146)]
    + [("pytorch_example", 1_199_882)],
)
def test_networks(network, parameters):
    workload = Workload(network, network, network)
    assert workload.describe((1, 28, 28))["parameters"] == parameters
    one, other = (workload.model().state_dict() for _ in range(2))
    assert all(np.array_equal(value, other[name]) for name, value in one.items())


def test_depth_and_channels_are_what_was_asked_for():
    model = NETWORKS["stacked"](channels=8, depth=5, rng=0)
    layers = [one for one in model if isinstance(one, ad.nn.Conv2d | ad.nn.Linear)]
    assert len(layers) == 5 and layers[1].in_channels == layers[1].out_channels == 8


def test_walk_takes_the_steps_it_was_given():
    seen = []
    found = walk(lambda x, t: seen.append(x) or x, [(1, 0), (2, 0), (3, 0)], epochs=2, steps=5)
    assert seen == found["results"] == [1, 2, 3, 1, 2]
    assert 0 < found["inside"] <= found["seconds"]


def test_mean_loss_is_the_cross_entropy(digits):
    logits = np.random.default_rng(0).normal(size=(9, 10))
    labels = digits[1][:9]
    assert mean_loss(logits, labels) == pytest.approx(float(ad.cross_entropy(logits, labels)))


@pytest.mark.skipif(not LINUX, reason="only Linux lets a process forget its peak")
def test_growth_sees_what_was_freed_again():
    # In a process of its own: one that has freed memory before may use it again, and not grow.
    program = (
        "import json, numpy as np\n"
        "from autodiff.benchmarking import memory\n"
        "before = np.ones(40_000_000, np.uint8)\n"
        "del before\n"
        "growth = memory.Growth()\n"
        "block = np.ones(20_000_000, np.uint8)\n"
        "del block\n"
        "print(json.dumps(growth.read()))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    found = json.loads(ran.stdout)
    assert found["reset"] and 19e6 < found["growth"] < 40e6


def test_growth_says_where_the_peak_could_not_be_reset(monkeypatch, tmp_path):
    pytest.importorskip("resource", reason="Windows tells no peak")
    monkeypatch.setattr(memory, "RESET", tmp_path)
    found = memory.Growth().read()
    assert not found["reset"] and found["growth"] >= 0
