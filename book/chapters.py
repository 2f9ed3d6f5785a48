"""What the chapters consist of, for the tests, for the appendices and as a table.

python book/chapters.py                       print the table
python book/chapters.py --time [CHAPTER ...]  execute chapters, all if none is named, and store
                                              the seconds in benchmarks/results/chapters.json
"""

import argparse
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml
from nbclient import NotebookClient

from autodiff.benchmarking.report import circumstances, load, save

ROOT = Path(__file__).resolve().parents[1]
RECORDED = ROOT / "benchmarks" / "results" / "chapters.json"

DIRECTIVE = re.compile(r"^(`{3,})\{(exercise|solution)\}(.*)\n((?:.*\n)*?)\1[ ]*$", re.MULTILINE)
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MATH = re.compile(r"^[ ]*(`{3,})\{math\}[^\n]*\n(.*?)^[ ]*\1[ ]*$", re.MULTILINE | re.DOTALL)
DIFFICULTIES = ("warm-up", "project")


@dataclass
class Exercise:
    """An exercise: `stub` and `check` are the numbers of the code cells that follow its text.

    `difficulty` is one of DIFFICULTIES where the exercise states it, else empty.
    """

    label: str
    cells: list[int]
    title: str = ""
    difficulty: str = ""
    solution: str | None = None
    folded: bool = False

    @property
    def stub(self):
        return self.cells[0]

    @property
    def check(self):
        return self.cells[1]


def contents():
    """The parts of the table of contents: (caption, whether numbered, paths without a suffix)."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [
        (part["caption"], bool(part.get("numbered")), [one["file"] for one in part["chapters"]])
        for part in toc["parts"]
    ]


def notebooks():
    """The chapters that are notebooks, in the order of the table of contents."""
    paths = [ROOT / f"{file}.ipynb" for _, _, files in contents() for file in files]
    return [path for path in paths if path.exists()]


def read(path):
    return nbformat.read(path, as_version=4)


def title(path):
    """The title of a chapter or page, given with its suffix."""
    text = prose(read(path)) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
    return re.search(r"^# (.*)$", text, re.MULTILINE)[1]


def exercises(notebook):
    """The exercises of a chapter, in order."""
    found, latest = {}, None
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            if latest is not None:
                latest.cells.append(number)
            continue
        for _, kind, heading, body in DIRECTIVE.findall(f"{cell.source}\n"):
            if kind == "exercise":
                label = re.search(r"^:label:\s*(\S+)", body, re.MULTILINE)[1]
                latest = found[label] = Exercise(label, [], *_titled(heading.strip(), body))
            else:
                answered, latest = found[heading.strip()], None
                code = FENCE.search(body)
                answered.solution = code[1].rstrip("\n") if code else None
                answered.folded = ":class: dropdown" in body
    return list(found.values())


def _titled(heading, body):
    """The title of an exercise and its difficulty, stated behind the title or before the text."""
    for difficulty in DIFFICULTIES:
        bare = heading.removesuffix(f" ({difficulty})")
        if bare != heading or f"\n*{difficulty.capitalize()}.*" in body:
            return bare, difficulty
    return heading, ""


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


def words(notebook):
    """The words of a chapter that a reader reads as text.

    Code, formulas, citations, numbers of equations and what only tells Sphinx what to do are none;
    a name in code type is one word, and so is a link to a figure or a chapter.
    """
    text = MATH.sub("", prose(notebook))
    text = re.sub(r"^\s*`{3,}\{solution\}.*$|^\s*:[\w-]+:.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^\s*`{3,}(?:\{[\w:-]+\})?", "", text, flags=re.MULTILINE)
    text = re.sub(r"\{(?:cite(?::\w+)?|eq)\}`[^`]*`", "", text)
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]*\$", "", text, flags=re.DOTALL)
    text = re.sub(r"(?:\{[\w:-]+\})?`[^`\n]+`", "word", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text)


def minutes(notebook):
    """The reading time that the opening box states."""
    return int(re.search(r"\*\*Reading time:\*\* (\d+) minutes", prose(notebook))[1])


def needs(notebook):
    """The chapters that the opening box names as prerequisites."""
    box = prose(notebook).partition("**Prerequisites:**")[2].partition("```")[0]
    return re.findall(r"\{doc\}`(\w+)`", box)


def equations(notebook):
    """(label or None, TeX) of every displayed equation."""
    for _, body in MATH.findall(prose(notebook)):
        label = re.match(r"\s*:label:\s*(\S+)", body)
        yield label and label[1], re.sub(r"^\s*:\w+:.*$", "", body, flags=re.MULTILINE).strip()


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
    """The numbers of one row of the table, as far as they can be counted."""
    tasks = exercises(notebook)
    return {
        "minutes": minutes(notebook),
        "words": len(words(notebook)),
        "equations": len(list(equations(notebook))),
        "figures": len(list(figures(notebook))),
        "exercises": len(tasks),
        "checks": sum(len(task.cells) == 2 for task in tasks),
        "questions": questions(notebook),
        "citations": len(citations(notebook)),
    }


def recorded():
    """What `--time` stored: circumstances, and by chapter the seconds and the machine's load."""
    if not RECORDED.exists():
        return {"seconds": {}, "load": {}}
    return json.loads(RECORDED.read_text(encoding="utf-8"))


def table():
    """Every row of the table: counts, and the seconds that the chapter took to run."""
    seconds = recorded()["seconds"]
    return {
        path.stem: counts(read(path)) | {"seconds": seconds.get(path.stem)} for path in notebooks()
    }


def measure(chapters):
    """Execute chapters in a kernel each, store nothing of their outputs, and record the seconds."""
    stored = recorded()
    seconds, loads = stored["seconds"], stored["load"]
    for path in chapters:
        loads[path.stem] = load()
        notebook = read(path)
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=600,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            resources={"metadata": {"path": str(path.parent)}},
        )
        start = time.perf_counter()
        client.execute()
        seconds[path.stem] = round(time.perf_counter() - start, 1)
        print(f"{path.stem}: {seconds[path.stem]} s", flush=True)
    existing = [path.stem for path in notebooks()]
    kept = [chapter for chapter in existing if chapter in seconds]
    report = circumstances(["numpy", "numba", "matplotlib", "ipykernel"]) | {
        "script": "book/chapters.py",
        "seconds": {chapter: seconds[chapter] for chapter in kept},
        "load": {chapter: loads[chapter] for chapter in kept},
    }
    save(report, RECORDED)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--time", nargs="*", metavar="CHAPTER", help="execute, and record seconds")
    chosen = parser.parse_args(arguments).time
    if chosen is not None:
        named = [path for path in notebooks() if path.stem in chosen]
        if unknown := set(chosen) - {path.stem for path in named}:
            parser.error(f"no chapter is called {', '.join(sorted(unknown))}")
        measure(named or notebooks())
    rows = table()
    columns = list(next(iter(rows.values())))
    print("| chapter | " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for chapter, row in [*rows.items(), ("*all*", total(rows))]:
        shown = ["" if row[column] is None else f"{row[column]:,}" for column in columns]
        print(f"| {chapter} | " + " | ".join(shown) + " |")


def total(rows):
    """The sum of each column; None where a row has no number."""
    columns = zip(*[row.values() for row in rows.values()], strict=True)
    return {
        name: None if None in column else round(sum(column), 1)
        for name, column in zip(next(iter(rows.values())), columns, strict=True)
    }


if __name__ == "__main__":
    main()
