"""Every chapter has all its parts, and holds as much as it should."""

import re

import pytest
from chapters import (
    ROOT,
    counts,
    equations,
    exercises,
    figures,
    notebooks,
    prose,
    read,
    sections,
)

# In this order; between the opening box and these come the sections of the chapter's own subject.
LAST_SECTIONS = [
    "In PyTorch this is called",
    "Summary",
    "Exercises",
    "Review questions",
    "Further reading",
]
LEAST = {"words": 1500, "figures": 4, "exercises": 6, "questions": 5, "citations": 2}
# The chapters about the library itself; how long the others are is for their subject to say.
BUILDING = ("structures", "optimization")
WORDS = range(2000, 4501)


@pytest.fixture(params=notebooks(), ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return read(path)


def test_opens_with_what_the_reader_will_be_able_to_do(notebook):
    box = notebook.cells[0].source
    assert re.match(
        r"# [^\n]+\n\n```\{admonition\} What you will be able to do\n:class: tip\n\n- ", box
    )
    assert re.search(r"\*\*Reading time:\*\* \d+ minutes", box) and "**Prerequisites:**" in box


def test_ends_with_the_same_sections_as_all(notebook):
    assert sections(notebook)[-len(LAST_SECTIONS) :] == LAST_SECTIONS
    assert "**What you have built so far.**" in prose(notebook)


def test_holds_enough(notebook):
    found = counts(notebook)
    for name, least in LEAST.items():
        assert found[name] >= least, name
    assert found["checks"] == found["exercises"] == len(exercises(notebook))


def test_is_as_long_as_an_evenings_reading(path, notebook):
    names = [path.stem for path in notebooks()]
    first, last = (names.index(name) for name in BUILDING)
    if first <= names.index(path.stem) <= last:
        assert counts(notebook)["words"] in WORDS


def test_every_figure_is_described_and_referred_to(path, notebook):
    text = prose(notebook)
    for name, caption, alt in figures(notebook):
        assert name.startswith(f"fig-{path.stem}-"), name
        assert caption and alt, name
        assert f"{{numref}}`{name}`" in text, f"{name} is shown, and nobody speaks of it"


def test_every_equation_has_a_number_that_is_referred_to(notebook):
    """In the chapter, or in the appendix that says where each subject is derived."""
    text = prose(notebook) + (ROOT / "book" / "mathematics.md").read_text(encoding="utf-8")
    labels = [label for label, _ in equations(notebook)]
    assert None not in labels and len(labels) >= 1
    assert [label for label in labels if f"{{eq}}`{label}`" not in text] == []


def test_every_label_carries_the_name_of_its_chapter(path, notebook):
    labels = re.findall(r"^:label: (\S+)$", prose(notebook), re.MULTILINE)
    assert [label for label in labels if not label.startswith(f"{path.stem}-")] == []
    assert len(set(labels)) == len(labels)


def test_no_line_of_code_is_wider_than_the_page(notebook):
    """80 columns fit into the text column of a page beside its two tables of contents."""
    wide = [
        (number, line)
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        for line in cell.source.split("\n")
        if len(line) > 80
    ]
    assert wide == []
