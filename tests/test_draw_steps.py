"""The steps of a sweep: right in what they say, and usable by keyboard and without scripts."""

import re
import xml.dom.minidom

import numpy as np
import pytest

import autodiff as ad


@pytest.fixture
def steps():
    a, c = ad.Variable(2.0, name="a"), ad.Variable(3.0, name="c")
    return ad.draw((a * c + ad.sin(a)) ** 2.0, steps=True)


def test_each_operator_is_a_step_forward_and_a_step_back(steps):
    assert [frame.caption.partition(":")[0] for frame in steps.frames] == (
        ["Before the sweeps"] + ["Forward"] * 4 + ["Backward"] * 5
    )
    assert re.fullmatch(
        r"<StepsPicture: 7 nodes, 4 steps forward, 5 backward, DOT [0-9a-f]{8}>", repr(steps)
    )


def test_values_appear_forward_and_gradients_accumulate_backward(steps):
    first, last = steps.frames[0].source, steps.frames[-1].source
    assert first.count("value ?") == 4 and first.count("gradient ?") == 6
    assert "value ?" not in last and "gradient ?" not in last
    assert first.count("invis") == 6 and "invis" not in last
    a, c = 2.0, 3.0
    inner = 2 * (a * c + np.sin(a))
    total = inner * (c + np.cos(a))
    assert steps.frames[-1].caption == (
        f"Backward: node 2 (multiply) passes {inner * c:.3g} to 0 (a), which makes {total:.3g}; "
        f"{inner * a:.3g} to 1 (c)."
    )
    assert f"0: a\\nvalue 2\\ngradient {total:.3g}" in last


def test_the_current_node_is_marked_by_more_than_colour(steps):
    marked = [re.findall(r"n(\d+) \[.*penwidth=4", frame.source) for frame in steps.frames]
    assert marked == [[], ["2"], ["3"], ["4"], ["6"], ["6"], ["6"], ["4"], ["3"], ["2"]]


def test_nothing_moves_between_frames(steps):
    sizes = {
        re.search(r"fixedsize=true, width=[\d.]+, height=[\d.]+", frame.source)[0]
        for frame in steps.frames
    }
    edges = {tuple(re.findall(r"n\d+ -> n\d+", frame.source)) for frame in steps.frames}
    assert len(sizes) == len(edges) == 1


def test_the_page_can_be_used_by_everybody(steps):
    page = steps.html
    buttons = re.findall(r"<button[^>]*>(.*?)</button>", page)
    assert buttons == ["Previous step", "Next step"]
    assert re.search(r'<div role="group" aria-label="Steps of the sweep" hidden>', page)
    summaries = re.findall(r"<details[^>]*><summary>(.*?)</summary>", page)
    assert len(summaries) == len(steps.frames) == page.count("<details")
    assert summaries[3].startswith("Step 3 of 9. Forward: node 4 (add)")
    assert page.count(" open>") == 1, "without scripts the first frame is open"
    labels = re.findall(r'<svg role="img" aria-label="([^"]*)"', page)
    assert labels == summaries
    assert " id=" not in page


def test_the_page_asks_nothing_of_the_network(steps):
    addresses = set(re.findall(r'(?:src|href|url)[="(]+([^")]*)', steps.html))
    assert addresses == set()
    assert not re.search(r"<link|<img|@import|fetch\(|XMLHttp", steps.html)


def test_the_page_is_well_formed(steps):
    for svg in re.findall(r"<svg.*?</svg>", steps.html, re.S):
        xml.dom.minidom.parseString(svg)


def test_the_steps_are_the_same_each_time(steps):
    a, c = ad.Variable(2.0, name="a"), ad.Variable(3.0, name="c")
    again = ad.draw((a * c + ad.sin(a)) ** 2.0, steps=True)
    assert repr(again) == repr(steps) and again.html == steps.html


def test_the_graph_itself_is_left_alone():
    x = ad.Variable(2.0, name="x")
    y = x * x
    x.output = 5.0
    drawn = ad.draw(y, steps=True)
    assert y.output == 4.0 and x.gradient is None
    assert "computes 25" in drawn.frames[1].caption


def test_without_variables_there_is_no_way_back():
    drawn = ad.draw(ad.Constant([1.0, 2.0]) * 2.0, steps=True)
    assert (drawn.forward, drawn.backward) == (1, 0)


def test_steps_save_themselves(steps, tmp_path):
    text = steps.save(tmp_path / "steps.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") and steps.html in text
    with pytest.raises(ad.ArgumentError, match=r"saved as \.html; got 'steps\.svg'"):
        steps.save(tmp_path / "steps.svg")


def test_a_large_graph_is_refused():
    node = ad.Variable(1.0)
    for _ in range(30):
        node = ad.sin(node)
    with pytest.raises(ad.GraphError, match="31 nodes, and a sweep is drawn step by step up to 30"):
        ad.draw(node, steps=True)


def test_a_root_that_is_no_scalar_is_refused():
    with pytest.raises(ad.ShapeError, match="is no scalar, so backward has no gradient to start"):
        ad.draw(ad.Variable([1.0, 2.0]) * 2.0, steps=True)
