"""The graph after each pass is legal, can be drawn, and shows what the pass did."""

import re

import pytest
from reported_networks import convolutional, mixed, without_batch

import autodiff as ad
from autodiff.compiler.instructions import Graph, check_legal, trace
from autodiff.compiler.passes import SIMPLIFYING

OPERATOR = re.compile(r'label="\d+: (?:[^"]*= )?(\w+)(?:, relu)?\\n[^"]*", shape=(?:box|ellipse)')
GRAPHS = [lambda: convolutional()[0], mixed, without_batch]


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_graph_after_each_pass_is_legal_and_can_be_drawn(graph):
    passes = ad.compile(graph()).passes()
    assert [name for name, _ in passes][0] == "trace"
    names = [name for name, _ in passes]
    assert names[1 : 1 + len(SIMPLIFYING)] == [change.__name__ for change in SIMPLIFYING]
    for name, after in passes:
        check_legal(after)
        drawn = ad.draw(after)
        operators = OPERATOR.findall(drawn.source)
        assert operators == [step.primitive.name for step in after.instructions], name
        assert drawn.nodes >= len(after.instructions)


def test_a_pass_shows_in_the_picture():
    pytest.importorskip("numba", reason="passes that fuse are for compiled kernels")
    passes = dict(ad.compile(convolutional()[0]).passes())
    first, last = ad.draw(passes["trace"]), ad.draw(passes["remove_dead"])
    assert last.nodes < first.nodes
    assert "style=dotted" in first.source  # gradients ask for shapes
    assert "style=dotted" not in last.source  # and were lent them
    source = last.source
    assert r"conv2d_pool, relu\nmaxima (10, 3, 5, 5)\ncode (10, 3, 5, 5)" in source
    assert source.count(": conv2d_pool") == 1  # one box, though it has two outputs
    assert r"cross_entropy_pair\nloss (), a result\ngradient (10, 4)" in source
    assert r": 0.1\nConstant\nshape ()" in source  # the compiler folded one over the batch
    assert '"3: shape' not in source


def test_dtypes_and_direction():
    program = ad.compile(convolutional()[0])
    drawn = ad.draw(program.passes()[-1][1], dtypes=True, direction="LR")
    assert "images\\nConstant\\nshape (10, 1, 12, 12), float32" in drawn.source
    assert "rankdir=LR" in drawn.source


def test_a_chain_tells_its_steps():
    pytest.importorskip("numba", reason="passes that fuse are for compiled kernels")
    a = ad.Variable([1.0, 2.0], name="a")
    _, graph = ad.compile(ad.exp(ad.tanh(-a) * 2), keep=[]).passes()[-1]
    assert r"chain\nnegative, tanh, multiply\nexp\nshape (2,)" in ad.draw(graph).source


def test_a_program_is_drawn_as_its_sorted_graph():
    program = ad.compile(convolutional()[0])
    assert ad.draw(program).source == ad.draw(program.order).source
    collapsed = ad.draw(program, collapse="layer")
    assert collapsed.nodes < len(program.order)


def test_leaves_that_are_results_are_drawn():
    a = ad.Variable([1.0], name="a")
    assert "a\\nVariable\\nshape (1,), a result" in ad.draw(trace([a], [a])).source


def test_what_a_pass_knows_nothing_of_is_refused():
    graph = trace([], [])
    assert isinstance(graph, Graph)
    for option in ("values", "gradients", "collapse", "steps"):
        with pytest.raises(ad.ArgumentError, match=f"pass has no {option} to draw.*draw.program"):
            ad.draw(graph, **{option: True})
    _, whole = ad.compile(convolutional()[0]).passes()[0]
    with pytest.raises(ad.GraphError, match=r"would have \d+ nodes, more than max_nodes=5"):
        ad.draw(whole, max_nodes=5)


def test_anything_else_is_no_graph():
    with pytest.raises(ad.GraphError, match="draw needs a node"):
        ad.draw(3)
