"""What the chapters consist of, for the tests and as a table.

python book/chapters.py
"""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[1]

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


def figures(notebook):
    """(name, caption, alternative text) of every numbered figure."""
    for cell in notebook.cells:
        shown = cell.metadata.get("mystnb", {})
        if "figure" in shown:
            figure, image = shown["figure"], shown.get("image", {})
            yield figure.get("name", ""), figure.get("caption", ""), image.get("alt", "")


def prose(notebook):
    """The text of a chapter, without its code; the text inside of directives stays."""
    kept, directives, code = [], [], None
    for cell in notebook.cells:
        for line in cell.source.split("\n") if cell.cell_type == "markdown" else []:
            ticks, said = re.match(r"\s*(`{3,}|)(.*)", line).groups()
            if code is not None:
                code = None if ticks == code and not said else code
            elif ticks and said.startswith("{"):
                directives.append(ticks)
                kept.append(line)
            elif ticks and not said and directives and directives[-1] == ticks:
                directives.pop()
                kept.append(line)
            elif ticks:
                code = ticks
            else:
                kept.append(line)
        kept.append("")
    return "\n".join(kept)


def citations(notebook):
    """The keys that a chapter cites."""
    found = re.findall(r"\{cite(?::\w+)?\}`([^`]*)`", prose(notebook))
    return {key.strip() for keys in found for key in keys.split(",")}


def sections(notebook):
    """The headings of the second level, in order."""
    return re.findall(r"^## (.*)$", prose(notebook), re.MULTILINE)


def questions(notebook):
    """How many review questions there are, each with a folded answer."""
    review = prose(notebook).partition("\n## Review questions\n")[2].partition("\n## ")[0]
    return len(re.findall(r"^\d+\. (?=(?:.*\n)+?\s*```\{dropdown\})", review, re.MULTILINE))


def counts(notebook):
    """The numbers of one row of the table."""
    tasks = exercises(notebook)
    return {
        "words": len(re.findall(r"[A-Za-z]{2,}", prose(notebook))),
        "figures": len(list(figures(notebook))),
        "exercises": len(tasks),
        "checks": sum(len(task.cells) == 2 for task in tasks),
        "questions": questions(notebook),
        "citations": len(citations(notebook)),
    }


def main():
    rows = {path.stem: counts(read(path)) for path in notebooks()}
    columns = list(next(iter(rows.values())))
    print("| chapter | " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for chapter, row in rows.items():
        print(f"| {chapter} | " + " | ".join(f"{row[column]:,}" for column in columns) + " |")
    print(
        "| *all* | " + " | ".join(f"{sum(r[c] for r in rows.values()):,}" for c in columns) + " |"
    )


if __name__ == "__main__":
    main()
