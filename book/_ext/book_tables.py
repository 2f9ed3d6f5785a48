"""Where the lines of a table's cells may be broken, and where not.

The theme keeps each word of code together, so that one long name would push the other columns out
of sight: it may go on in the next line, after an underscore, a point or a bracket. A spread such as
(4.08 .. 20.1) stays in one line. Only the page is changed: what is copied from it, or searched for,
is not.
"""

import re

CELL = re.compile(r"<t[dh]\b.*?</t[dh]>", re.DOTALL)
WORD = re.compile(r'<span class="pre">([^<]*)</span>')
LONG = 18  # letters; a shorter name stays whole
BREAK = re.compile(r"(?<=[_.,(/=])(?=[\w'\"\[])")
SPREAD = re.compile(r"\([^()<>\s]+ \.\. [^()<>\s]+\)")


def soften(body):
    """A page's HTML, with what its browser needs to know about the cells of its tables."""
    return CELL.sub(lambda cell: SPREAD.sub(_together, WORD.sub(_apart, cell[0])), body)


def _apart(word):
    pieces = BREAK.split(word[1]) if len(word[1]) > LONG else [word[1]]
    return "<wbr>".join(f'<span class="pre">{piece}</span>' for piece in pieces)


def _together(spread):
    return f'<span class="spread">{spread[0]}</span>'


def apply(app, pagename, templatename, context, doctree):
    if "body" in context:
        context["body"] = soften(context["body"])


def setup(app):
    app.connect("html-page-context", apply)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
