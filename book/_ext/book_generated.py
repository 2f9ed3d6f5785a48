"""What generated pages have in common: they are made from the book itself when it is built.

The module ``book/chapters.py`` is imported when a page asks for it, since a copy of the book's
set-up may lie apart from its chapters.
"""

import importlib
import sys
from abc import ABC, abstractmethod
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

BOOK = Path(__file__).resolve().parents[1]


def chapters():
    """The module that knows what the chapters consist of."""
    if str(BOOK) not in sys.path:
        sys.path.append(str(BOOK))
    return importlib.import_module("chapters")


class Generated(SphinxDirective, ABC):
    """A directive that stands for lines of MyST, which `lines` gives."""

    @abstractmethod
    def lines(self):
        """The page's text, line by line."""

    def depends_on(self):
        """The files from which the lines are made: when one changes, the page is made anew."""
        known = chapters()
        return [known.ROOT / "_toc.yml", known.RECORDED, *known.notebooks()]

    def run(self):
        for path in self.depends_on():
            self.env.note_dependency(str(path))
        container = nodes.container()
        source = self.get_source_info()[0]
        self.state.nested_parse(StringList(self.lines(), source), 0, container, match_titles=1)
        return container.children
