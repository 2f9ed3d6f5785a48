"""The script that judges what a class has handed in."""

import csv

import grade
import nbformat
import pytest

TASK = """```{{exercise}} {name}
:label: trial-{name}

Write `{name}`.
```"""
SOLUTION = """````{{solution}} trial-{name}
:class: dropdown

```python
def {name}(x):
    return 2 * x
```
````"""
CHECK = """if {name}(base) is None:
    print("Not answered yet.")
elif {name}(base) == 2 * base:
    print("Correct")
else:
    print("Not yet: double it.")"""
NAMES = ["first", "second", "third", "fourth", "fifth"]


@pytest.fixture
def chapter(tmp_path):
    """A chapter of five exercises, each of which asks for twice the argument."""
    cells = [
        nbformat.v4.new_markdown_cell("# Trial"),
        nbformat.v4.new_code_cell("base = 21"),
    ]
    for name in NAMES:
        cells.append(nbformat.v4.new_markdown_cell(TASK.format(name=name)))
        cells.append(nbformat.v4.new_code_cell(f"def {name}(x):\n    # Your answer.\n    ..."))
        cells.append(nbformat.v4.new_code_cell(CHECK.format(name=name)))
        cells.append(nbformat.v4.new_markdown_cell(SOLUTION.format(name=name)))
    path = tmp_path / "trial.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@pytest.fixture
def handed_in(chapter, tmp_path):
    """Right; wrong with a changed check; untouched; failing; never ending."""
    notebook = nbformat.read(chapter, as_version=4)
    first, second, _, fourth, fifth = (3 + 4 * number for number in range(5))
    notebook.cells[1].source = "base = 0"  # so that any multiple would do
    notebook.cells[first].source = "def first(x):\n    return x + x"
    notebook.cells[second].source = "def second(x):\n    return 3 * x"
    notebook.cells[second + 1].source = 'print("Correct")'
    notebook.cells[fourth].source = "def fourth(x):\n    return x + 'x'"
    notebook.cells[fifth].source = "def fifth(x):\n    while True:\n        pass"
    # A cell of the reader's own, before the check.
    notebook.cells.insert(first, nbformat.v4.new_code_cell("helper = 1"))
    path = tmp_path / "ada.ipynb"
    nbformat.write(notebook, path)
    return path


def test_judges_by_the_chapters_own_checks(chapter, handed_in):
    name, found = grade.judged(handed_in, [chapter], timeout=3)
    assert name == "trial"
    assert [found[f"trial-{task}"][0] for task in NAMES] == [
        "correct",
        "wrong",
        "empty",
        "error",
        "error",
    ]
    assert found["trial-second"][1] == "Not yet: double it."
    assert "TypeError" in found["trial-fourth"][1]


def test_writes_a_table(chapter, handed_in, tmp_path, capsys):
    marks = tmp_path / "marks.csv"
    grade.main([str(handed_in), "--csv", str(marks), "--timeout", "3"], [chapter])
    assert "ada.ipynb: trial, 1 of 5 correct" in capsys.readouterr().out
    with marks.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["verdict"] for row in rows].count("correct") == 1
    assert rows[1]["what the check said"] == "Not yet: double it."


def test_names_what_it_cannot_judge(chapter, tmp_path, capsys):
    stranger = tmp_path / "stranger.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), stranger)
    broken = tmp_path / "broken.ipynb"
    broken.write_text("no notebook", encoding="utf-8")
    with pytest.raises(SystemExit, match="Not judged"):
        grade.main([str(stranger), str(broken)], [chapter])
    said = capsys.readouterr().err
    assert "stranger.ipynb: it has no exercise of this book" in said
    assert "broken.ipynb: " in said
