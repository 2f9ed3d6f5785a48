"""Dynamic graphs: a recurrent network over sequences of different lengths, in ordinary Python.

A ``for`` over the rows of a node builds one copy of the cell for each time step, so each length
has a graph of its own. Define-by-run builds the graph anew for each batch; a recorded graph may be
replayed with data of the same length, and refuses any other.
"""

import numpy as np
import pytest

import autodiff as ad

HIDDEN = 12
SHAPES = {
    "weight_ih_l0": (HIDDEN, 1),
    "weight_hh_l0": (HIDDEN, HIDDEN),
    "bias_ih_l0": (HIDDEN,),
    "bias_hh_l0": (HIDDEN,),
}


class Elman(ad.nn.Module):
    r"""Elman's network, :math:`h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})`.

    Called with a sequence of shape (T, N, 1), it returns a list of T logits of shape (N, 2).
    PyTorch calls it ``nn.RNN``, and its parameters have these names.
    """

    def __init__(self, rng, dtype=np.float64):
        bound = 1.0 / np.sqrt(HIDDEN)
        for name, shape in SHAPES.items():
            setattr(self, name, ad.Variable(rng.uniform(-bound, bound, shape).astype(dtype)))
        self.readout = ad.nn.Linear(HIDDEN, 2, rng=rng, dtype=dtype)

    def forward(self, sequence):
        h, logits = 0.0, []
        for x in sequence:  # as many turns as there are time steps
            if len(logits):
                h = h @ self.weight_hh_l0.T
            h = ad.tanh(x @ self.weight_ih_l0.T + self.bias_ih_l0 + h + self.bias_hh_l0)
            logits.append(self.readout(h))
        return logits


def parity(rng, length, batch):
    """Bits as a sequence of shape (T, N, 1), and for each prefix whether its ones are odd."""
    bits = rng.integers(0, 2, (length, batch, 1))
    return bits.astype(float), np.cumsum(bits[..., 0], axis=0) % 2


def loss_of(logits, answers):
    return sum([ad.cross_entropy(*pair) for pair in zip(logits, answers, strict=True)]) / len(
        logits
    )


def train(model, steps, rng):
    """A graph of another length at each step."""
    optimizer = ad.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        bits, answers = parity(rng, length=int(rng.integers(1, 9)), batch=32)
        order = ad.topological_sort(loss_of(model(ad.Constant(bits)), answers))
        ad.backward(order)
        optimizer.step()


def accuracy(model, rng, length):
    """Of the answer after the last bit."""
    bits, answers = parity(rng, length, batch=200)
    return np.mean(model(ad.Constant(bits))[-1].output.argmax(axis=1) == answers[-1])


def test_it_learns_parity_from_sequences_of_all_lengths_and_carries_it_on_to_longer_ones():
    """No look at a single bit helps: the state has to be carried through all of them."""
    model, rng = Elman(np.random.default_rng(0)), np.random.default_rng(1)
    assert accuracy(model, rng, length=8) < 0.65
    train(model, 600, rng)
    assert all(accuracy(model, rng, length) == 1.0 for length in (1, 2, 5, 8, 30))


@pytest.mark.parametrize("length", [1, 2, 7, 20])
def test_gradients_are_pytorchs(torch, length):
    rng = np.random.default_rng(length)
    model = Elman(rng)
    bits, answers = parity(rng, length, batch=5)
    order = ad.topological_sort(loss_of(model(ad.Constant(bits)), answers))
    ad.backward(order)

    theirs = torch.nn.RNN(1, HIDDEN, dtype=torch.float64)
    readout = torch.nn.Linear(HIDDEN, 2, dtype=torch.float64)
    state = {name: torch.tensor(value) for name, value in model.state_dict().items()}
    theirs.load_state_dict({name: state[name] for name in SHAPES})
    readout.load_state_dict({"weight": state["readout.weight"], "bias": state["readout.bias"]})
    logits = readout(theirs(torch.tensor(bits))[0])
    loss = torch.nn.functional.cross_entropy(
        logits.reshape(-1, 2), torch.tensor(answers.reshape(-1))
    )
    loss.backward()
    assert order[-1].output == pytest.approx(loss.item(), rel=1e-12)
    peers = dict(theirs.named_parameters()) | {
        f"readout.{name}": parameter for name, parameter in readout.named_parameters()
    }
    for name, parameter in model.named_parameters():
        ours = parameter.gradient
        if ours is None:  # one step has no use for it; PyTorch multiplies it by a state of zeros
            assert length == 1 and name == "weight_hh_l0" and not peers[name].grad.any()
        else:
            np.testing.assert_allclose(ours, peers[name].grad, rtol=1e-9, atol=1e-14)


@pytest.fixture
def recorded():
    model = Elman(np.random.default_rng(0))
    bits, answers = parity(np.random.default_rng(1), length=4, batch=3)
    x = ad.Constant(bits, name="bits")
    targets = [ad.Constant(row) for row in answers]
    return model, x, targets, ad.topological_sort(loss_of(model(x), targets))


def test_a_recorded_graph_is_replayed_with_other_data_of_the_same_length(recorded):
    model, x, targets, order = recorded
    for batch in (3, 8):
        x.output, answers = parity(np.random.default_rng(2), length=4, batch=batch)
        for target, row in zip(targets, answers, strict=True):
            target.output = row
        assert ad.forward(order) == loss_of(model(ad.Constant(x.output)), answers).output


@pytest.mark.parametrize("length", [3, 5])
def test_a_recorded_graph_refuses_another_length(recorded, length):
    """Shorter or longer; the message names the loop that counted the steps."""
    _, x, _, order = recorded
    x.output, _ = parity(np.random.default_rng(2), length, batch=3)
    message = f"for x in sequence.*which was 4 when the graph was built and is {length} now"
    with pytest.raises(ad.BranchError, match=message):
        ad.forward(order)


def test_a_loop_that_stops_when_the_network_is_sure_is_recorded_too():
    """Adaptive computation: the number of turns depends on a value."""

    def until_sure(w):
        h, turns = ad.tanh(w), 0
        while ad.abs(h) < 0.9 and turns < 50:
            h, turns = ad.tanh(h * w), turns + 1
            h = h + 0.1
        return h

    w = ad.Variable(1.2)
    order = ad.topological_sort(until_sure(w))
    ad.backward(order)
    numerical = (until_sure(1.2 + 1e-6) - until_sure(1.2 - 1e-6)) / 2e-6
    assert w.gradient == pytest.approx(numerical, rel=1e-6)
    w.output = 3.0
    with pytest.raises(ad.BranchError, match="while ad.abs"):
        ad.forward(order)


def test_what_was_computed_before_a_decision_fell_otherwise_is_not_differentiated():
    w = ad.Variable(2.0)
    order = ad.topological_sort(w * w if w > 1.0 else w)
    w.output = np.array(0.5)
    with pytest.raises(ad.BranchError):
        ad.forward(order)
    with pytest.raises(ad.StaleError):
        ad.backward(order)
