"""The table of conventions: our answers from running our programs now, the peers' as recorded.

    ```{conventions}
    ```

prints every case of ``benchmarks/_conventions.py``, a table for each subject, and below it why we
differ from a peer where we do.
"""

import importlib
import json
import sys
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
RECORDED = BENCHMARKS / "results" / "conventions.json"


def programs():
    """The module of the cases, imported when a page asks for them: a copy of the book's set-up may
    lie apart from the benchmarks."""
    if str(BENCHMARKS) not in sys.path:
        sys.path.append(str(BENCHMARKS))
    return importlib.import_module("_conventions")


def recorded():
    """The peers' versions and answers; each answer is a pair of lists of numbers."""
    report = json.loads(RECORDED.read_text(encoding="utf-8"))
    answers = [
        tuple([float(number) for number in answer[peer]["gradient"]] for peer in ("torch", "jax"))
        for answer in report["answers"]
    ]
    return report["versions"], answers


def numbers(gradient):
    """A gradient as text: three digits, and no sign for a zero."""
    return ", ".join(f"{number + 0.0:.3g}" for number in gradient)


def lines():
    """The page's tables, in MyST."""
    asked = programs()
    versions, answers = recorded()
    subject, reasons, text = None, [], []
    for case, peers in zip(asked.CASES, answers, strict=True):
        if case.subject != subject:
            text += [*reasons, "", f"## {case.subject}", ""]
            text += [
                f"| program | at | autodiff | PyTorch {versions['torch'].split('+')[0]} "
                f"| JAX {versions['jax']} |",
                "|---|---|---|---|---|",
            ]
            subject, reasons = case.subject, [""]
        mine = asked.ours(case)
        cells = [f"`{case.ours}`", numbers(case.at), numbers(mine)]
        for gradient in peers:
            shown = numbers(gradient)
            cells.append(shown if asked.same(mine, gradient) else f"**{shown}**")
        text.append(f"| {' | '.join(cells)} |")
        if case.reason:
            reasons.append(f"- `{case.ours}` at {numbers(case.at)}: {case.reason}")
    return [*text, *reasons]


class Conventions(SphinxDirective):
    def run(self):
        self.env.note_dependency(programs().__file__)
        self.env.note_dependency(str(RECORDED))
        container = nodes.container()
        source = self.get_source_info()[0]
        self.state.nested_parse(StringList(lines(), source), 0, container, match_titles=1)
        return container.children


def setup(app):
    app.add_directive("conventions", Conventions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
