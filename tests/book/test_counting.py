"""What counts as a word, an equation, an exercise; and how seconds are recorded."""

import json

import chapters
import nbformat
import pytest

TEXT = """# A title

```{admonition} What you will be able to do
:class: tip

- say it;

**Reading time:** 40 minutes. **Prerequisites:** {doc}`structures`, {doc}`operators`.
```

Look at `x.output`, at {numref}`fig-one`, and at $y = x^2$ {cite:p}`wengert1964simple`:

```{math}
:label: trial-square
y = x \\cdot x .
```

```python
not_a_word = 1
```

```{exercise} Double it (warm-up)
:label: trial-double

Return [twice](https://example.org/a) the number.
```"""
SOLUTION = """````{solution} trial-double
:class: dropdown

A well-known rule:

```python
def double(x):
    return 2 * x
```
````"""


@pytest.fixture
def trial():
    return nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell(TEXT),
            nbformat.v4.new_code_cell("def double(x):\n    # Your answer.\n    ..."),
            nbformat.v4.new_code_cell("print('Not answered yet.')"),
            nbformat.v4.new_markdown_cell(SOLUTION),
        ]
    )


def test_words_are_what_is_read_as_text(trial):
    assert " ".join(chapters.words(trial)) == (
        "A title What you will be able to do say it Reading time minutes Prerequisites word word "
        "Look at word at word and at Double it warm-up Return twice the number A well-known rule"
    )


def test_the_opening_box_says_how_long_and_after_what(trial):
    assert chapters.minutes(trial) == 40
    assert chapters.needs(trial) == ["structures", "operators"]


def test_equations_have_a_label_and_a_text(trial):
    assert list(chapters.equations(trial)) == [("trial-square", "y = x \\cdot x .")]


def test_exercises_know_their_cells_and_their_difficulty(trial):
    [task] = chapters.exercises(trial)
    assert (task.title, task.difficulty) == ("Double it", "warm-up")
    assert (task.stub, task.check, task.folded) == (1, 2, True)
    assert task.solution == "def double(x):\n    return 2 * x"


def test_seconds_are_recorded_with_their_circumstances(tmp_path, monkeypatch, trial):
    path = tmp_path / "trial.ipynb"
    nbformat.write(trial, path)
    monkeypatch.setattr(chapters, "RECORDED", tmp_path / "seconds.json")
    monkeypatch.setattr(chapters, "notebooks", lambda: [path])
    chapters.measure([path])
    report = json.loads((tmp_path / "seconds.json").read_text(encoding="utf-8"))
    assert report["seconds"]["trial"] > 0 and report["load"].keys() == {"trial"}
    assert report["date"] and report["machine"]["cores"] and report["versions"]["numpy"]
    assert chapters.table()["trial"]["seconds"] == report["seconds"]["trial"]


def test_what_is_recorded_belongs_to_a_chapter():
    assert set(chapters.recorded()["seconds"]) <= {path.stem for path in chapters.notebooks()}


def test_a_sum_needs_all_of_its_numbers():
    rows = {"one": {"words": 10, "seconds": 1.0}, "two": {"words": 5, "seconds": None}}
    assert chapters.total(rows) == {"words": 15, "seconds": None}
