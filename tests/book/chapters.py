"""What the chapters consist of: their exercises, figures, sections and words."""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[2]

DIRECTIVE = re.compile(r"^(`{3,})\{(exercise|solution)\}(.*)\n((?:.*\n)*?)\1[ ]*$", re.MULTILINE)
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Exercise:
    """An exercise: `stub` and `check` are the numbers of the code cells that follow its text."""

    label: str
    cells: list[int]
    solution: str | None = None
    folded: bool = False

    @property
    def stub(self):
        return self.cells[0]

    @property
    def check(self):
        return self.cells[1]


def notebooks():
    """The chapters that are notebooks, in the order of the table of contents."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    paths = [ROOT / f"{one['file']}.ipynb" for part in toc["parts"] for one in part["chapters"]]
    return [path for path in paths if path.exists()]


def read(path):
    return nbformat.read(path, as_version=4)


def exercises(notebook):
    """The exercises of a chapter, in order."""
    found, latest = {}, None
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            if latest is not None:
                latest.cells.append(number)
            continue
        for _, kind, title, body in DIRECTIVE.findall(f"{cell.source}\n"):
            if kind == "exercise":
                label = re.search(r"^:label:\s*(\S+)", body, re.MULTILINE)[1]
                latest = found[label] = Exercise(label, [])
            else:
                answered, latest = found[title.strip()], None
                code = FENCE.search(body)
                answered.solution = code[1].rstrip("\n") if code else None
                answered.folded = ":class: dropdown" in body
    return list(found.values())
