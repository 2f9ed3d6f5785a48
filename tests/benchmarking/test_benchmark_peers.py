"""The peers: each network, translated, has the logits and losses that ours has."""

import functools
from unittest import mock

import numpy as np
import pytest

import autodiff as ad
from autodiff.benchmarking import Workload
from autodiff.benchmarking.participants import PARTICIPANTS
from autodiff.lazy import load


@pytest.fixture(scope="module")
def digits():
    return ad.data.load_digits(28)[0]


@pytest.mark.parametrize("network", ["reference", "lenet5", "lenet5_relu", "mlp", "stacked"])
@pytest.mark.parametrize("name", ["pytorch", "pytorch_channels_last", "hips"])
def test_a_peer_trains_and_infers_the_same(name, network, request, digits):
    one = PARTICIPANTS[name]
    peer_module = request.getfixturevalue(one.package)
    assert peer_module.__name__ == one.package
    same_as_ours(one, network, digits)


@pytest.mark.parametrize("name", ["pytorch_compile", "pytorch_compile_channels_last"])
def test_a_compiled_peer_trains_and_infers_the_same(name, request, monkeypatch, digits):
    torch = request.getfixturevalue("torch")
    # All that torch.compile does but the making of machine code, for which a compiler is needed.
    eager = functools.partial(torch.compile, backend="eager")
    compiled = mock.Mock(side_effect=eager)
    monkeypatch.setattr("torch.compile", compiled)
    ours, theirs = same_as_ours(PARTICIPANTS[name], "reference", digits)
    assert compiled.call_count == 2
    filters = theirs.model[3].weight
    assert filters.is_contiguous(memory_format=torch.channels_last) == ("last" in name)
    assert np.allclose(filters.detach(), ours.model[3].weight.value, atol=1e-6)


def same_as_ours(one, network, digits):
    images, labels = digits[0][:20], digits[1][:20]
    workload = Workload(network, network, network)
    peers = []
    for each in (PARTICIPANTS["autodiff_interpreter"], one):
        facts = {"threads": 1, "image": (1, 28, 28), "batch": 20, "model": workload.model()}
        module = load(f"autodiff.benchmarking.peers.{each.module}", "the test")
        needed = {need: facts[need] for need in each.needs}
        peers.append(getattr(module, each.factory)(**needed, **each.options))
    logits = [peer.infer(images) for peer in peers]
    assert np.allclose(*logits, rtol=1e-4, atol=1e-5)
    losses = [[peer.step(images, labels) for _ in range(5)] for peer in peers]
    assert np.allclose(*losses, rtol=1e-5) and losses[0][-1] < losses[0][0]
    for peer in peers:
        peer.reset()
    assert peers[1].step(images, labels) == pytest.approx(losses[0][0], rel=1e-5)
    peers[0].step(images, labels)
    return peers
