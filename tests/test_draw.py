"""The picture says what the graph says: read back from its DOT text, shown by kind and layer."""

import re
import xml.dom.minidom
from collections import Counter

import numpy as np
import pytest

import autodiff as ad

NODE = re.compile(r'^  n(\d+) \[label="((?:[^"\\]|\\.)*)", (.*)\]$', re.M)
EDGE = re.compile(r"^  n(\d+) -> n(\d+)(.*)$", re.M)


def parsed(drawn):
    """Nodes as {position: (lines, attributes)}; forward and reverse edges as counters of pairs."""
    nodes = {
        int(at): (label.split(r"\n"), looks) for at, label, looks in NODE.findall(drawn.source)
    }
    forward, reverse = Counter(), Counter()
    for tail, head, style in EDGE.findall(drawn.source):
        (reverse if "dashed" in style else forward)[int(tail), int(head)] += 1
    return nodes, forward, reverse


def small_net():
    x = ad.Constant(np.linspace(-1, 1, 15).reshape(5, 3), name="x")
    w = ad.Variable(np.linspace(0, 1, 6).reshape(3, 2), name="w")
    b = ad.Variable([0.5, -0.25], name="b")
    h = ad.tanh(x @ w + b)
    h.name = "h"
    return (h * h).mean() * 2.0


def in_layers(scopes, loss):
    """Give the operators of `loss` the scopes that a network would: {position: scope}."""
    order = ad.topological_sort(loss)
    for position, scope in scopes.items():
        order[position].scope = scope
    return order


@pytest.fixture
def loss():
    return small_net()


# What is drawn.


def test_every_node_stands_at_its_position_in_the_order(loss):
    order = ad.topological_sort(loss)
    nodes, _, _ = parsed(ad.draw(loss))
    assert sorted(nodes) == list(range(len(order)))
    for position, node in enumerate(order):
        (first, kind, shape), _ = nodes[position]
        assert first.startswith(f"{position}: ")
        assert kind == ("Constant" if "Constant" in type(node).__name__ else type(node).__name__)
        assert shape == f"shape {node.shape}"
    assert nodes[0][0][0] == "0: x" and nodes[5][0][0] == "5: h = tanh"
    assert nodes[8][0][0] == "8: 2.0"


def test_every_use_of_a_node_is_an_edge(loss):
    order = ad.topological_sort(loss)
    at = {node: position for position, node in enumerate(order)}
    expected = Counter((at[operand], at[node]) for node in order for operand in node.inputs)
    _, forward, reverse = parsed(ad.draw(loss))
    assert forward == expected and forward[5, 6] == 2  # h * h uses h twice
    assert not reverse


def test_the_gradient_flows_back_to_what_requires_it(loss):
    order = ad.topological_sort(loss)
    at = {node: position for position, node in enumerate(order)}
    expected = Counter(
        (at[node], at[operand])
        for node in order
        for operand in node.inputs
        if operand.requires_grad
    )
    assert parsed(ad.draw(loss, gradients=True))[2] == expected
    ad.backward(order)
    assert parsed(ad.draw(loss))[2] == expected, "once backward has run it is shown unasked"
    assert not parsed(ad.draw(loss, gradients=False))[2]


def test_no_gradient_is_drawn_where_none_flows():
    w = ad.Variable([1.0, 2.0], name="w")
    chosen = ad.where(ad.greater(w * 3.0, 4.0), w, ad.stop_gradient(w))
    _, _, reverse = parsed(ad.draw(chosen.sum(), gradients=True))
    order = ad.topological_sort(chosen.sum())
    names = [getattr(node, "primitive", node).name for node in order]
    assert {(names[tail], names[head]) for tail, head in reverse} == {
        ("sum", "where"),
        ("where", "w"),
    }


def test_an_order_is_drawn_as_it_is(loss):
    order = ad.topological_sort(loss)
    assert ad.draw(order).source == ad.draw(loss).source
    other = [order[1], order[0], *order[2:]]
    assert parsed(ad.draw(other))[0][0][0][0] == "0: w"


def test_several_roots_are_sorted_together(loss):
    variables = [node for node in ad.topological_sort(loss) if isinstance(node, ad.Variable)]
    found = ad.gradients(loss, variables)
    assert ad.draw(found).nodes == len(ad.topological_sort(found))


def test_values_gradients_and_dtypes_on_request(loss):
    ad.backward(ad.topological_sort(loss))
    nodes, _, _ = parsed(ad.draw(loss, values=True, gradients=True, dtypes=True))
    assert nodes[3][0][2:4] == ["shape (2,), float64", "value [0.5, -0.25]"]
    assert nodes[3][0][4].startswith("gradient [")
    assert nodes[0][0][3] == "value -1 .. 1"
    assert nodes[9][0][-1] == "gradient 1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.0, "2"),
        (-0.0, "0"),
        (1 / 3, "0.333"),
        ([1, 2, 3], "[1, 2, 3]"),
        ([1.0, 1e-17], "[1, 0]"),
        (np.zeros((4, 4)), "all 0"),
        (np.arange(9), "0 .. 8"),
        ([True, False], "1 of 2 True"),
        (np.array([]), "empty"),
        ([1.0, 2.0, np.nan, 3.0], "1 .. 3, 1 nan"),
        (np.full(4, np.nan), "all nan"),
        (np.array([3 + 4j] * 4), "modulus all 5"),
        ([np.inf, 1.0], "[inf, 1]"),
    ],
)
def test_arrays_are_shortened(value, text):
    assert ad.draw(ad.Constant(value), values=True).source.count(f"value {text}") == 1


def test_kinds_differ_in_outline_not_only_in_colour(loss):
    nodes, _, _ = parsed(ad.draw(loss))
    outlines = {}
    for (_, kind, _), looks in nodes.values():
        outlines.setdefault(kind, set()).add(re.search(r"shape=(\w+)", looks)[1])
    assert outlines == {
        "Constant": {"note"},
        "Variable": {"cylinder"},
        "ScalarOperator": {"ellipse"},
        "BroadcastedOperator": {"box"},
    }


def test_the_same_graph_gives_the_same_text():
    one, other = ad.draw(small_net()), ad.draw(small_net())
    assert one.source == other.source and repr(one) == repr(other)
    assert re.fullmatch(r"<Picture: 10 nodes, 10 edges, DOT [0-9a-f]{8}>", repr(one))
    assert repr(one) != repr(ad.draw(small_net(), direction="LR"))


def test_names_cannot_break_the_text():
    name = 'a "quoted" \\ & <b>\nline' + "x" * 80
    drawn = ad.draw(ad.Constant(1.0, name=name), values=True)
    assert len(NODE.findall(drawn.source)) == 1
    assert '"quoted" \\ & <b> line' in xml.dom.minidom.parseString(drawn.svg).toxml().replace(
        "&quot;", '"'
    ).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("\xa0", " ")


# Layers.


def test_a_layer_collapses_to_one_node_with_its_own_parameters(loss):
    order = in_layers({2: "net/0", 4: "net/0", 5: "net/1"}, loss)
    drawn = ad.draw(order, collapse="layer", gradients=True)
    nodes, forward, reverse = parsed(drawn)
    assert sorted(nodes) == [0, 4, 5, 6, 7, 8, 9]
    assert nodes[4][0] == ["1-4: net/0", "Layer: matmul, add", "shape (5, 2)", "8 parameters"]
    assert "box3d" in nodes[4][1]
    assert set(forward) == {(0, 4), (4, 5), (5, 6), (6, 7), (7, 9), (8, 9)}
    assert set(reverse) == {(5, 4), (6, 5), (7, 6), (9, 7)}
    assert repr(drawn).startswith("<Picture: 7 nodes, 6 edges, 4 reverse edges, DOT ")


def test_a_layer_used_twice_is_drawn_twice_and_shares_its_parameter():
    w = ad.Variable(np.eye(2), name="w")
    x = ad.Constant(np.ones((1, 2)), name="x")
    first = x @ w
    between = ad.relu(first)
    second = between @ w
    first.scope = second.scope = "shared"
    nodes, forward, _ = parsed(ad.draw(second, collapse=True))
    assert len(nodes) == 5 and set(forward) == {(0, 2), (1, 2), (2, 3), (3, 4), (1, 4)}


def test_a_block_around_another_layer_is_no_circle():
    x = ad.Constant(np.ones((1, 2)), name="x")
    before = x * 2.0
    inner = ad.tanh(before)
    after = before + inner
    before.scope = after.scope = "block"
    inner.scope = "block/inner"
    _, forward, _ = parsed(ad.draw(after, collapse=True))
    assert all(tail < head for tail, head in forward)


def test_a_weight_that_is_prepared_inside_its_layer_stays_there():
    x = ad.Constant(np.ones((1, 2)), name="x")
    hidden = ad.tanh(ad.tanh(x))
    w = ad.Variable(np.ones((3, 2)), name="w")
    turned = w.T
    out = hidden @ turned
    turned.scope = out.scope = "linear"
    nodes, _, _ = parsed(ad.draw(out, collapse=True))
    assert [lines[0] for lines, _ in nodes.values()] == [
        "0: x",
        "1: tanh",
        "2: tanh",
        "3-5: linear",
    ]


def test_a_network_collapses_by_its_layers():
    if not hasattr(ad, "nn"):
        pytest.skip("ad.nn is not there")
    model = ad.nn.Sequential(ad.nn.Linear(4, 3), ad.nn.ReLU(), ad.nn.Linear(3, 2))
    out = model(ad.Constant(np.ones((5, 4), np.float32), name="x"))
    drawn = ad.draw(out.sum(), collapse="layer")
    assert drawn.nodes == 5 and drawn.edges == 4


def test_a_large_graph_asks_to_be_collapsed():
    node = ad.Variable(1.0)
    for _ in range(600):
        node = ad.sin(node)
    with pytest.raises(ad.GraphError, match=r"601 nodes, more than max_nodes=500; collapse"):
        ad.draw(node)
    for part in ad.topological_sort(node)[1:]:
        part.scope = "net"
    assert ad.draw(node, collapse=True).nodes == 1
    assert ad.draw(node, max_nodes=601).nodes == 601
    with pytest.raises(ad.GraphError, match="collapsed already"):
        ad.draw(ad.cos(node), collapse=True, max_nodes=1)


# Faults of the caller.


@pytest.mark.parametrize("nothing", [3.0, [], [1, 2], "loss", None, np.ones(2)])
def test_what_is_no_graph_is_refused(nothing):
    with pytest.raises(ad.GraphError, match="draw needs a node, or the list"):
        ad.draw(nothing)


def test_options_are_checked(loss):
    with pytest.raises(ad.ArgumentError, match="direction is 'TB' or 'LR'; got 'RL'"):
        ad.draw(loss, direction="RL")
    with pytest.raises(ad.ArgumentError, match="collapse is False, True or 'layer'; got 'block'"):
        ad.draw(loss, collapse="block")
    with pytest.raises(ad.ArgumentError, match="drop collapse"):
        ad.draw(loss, collapse=True, steps=True)
