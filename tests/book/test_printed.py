"""What `make pdf` has printed is the whole book."""

import re

import pdf
import pypdfium2
import pytest
from _print.assemble import ANSWERS, SOLUTIONS, listed
from chapters import ROOT, exercises, figures, notebooks, questions, read

PRINTED = ROOT / "_build" / "pdf" / "book.pdf"


def missing():
    """Why there is nothing to test, or nothing."""
    if not PRINTED.exists():
        return "not printed: make pdf"
    newest = max(path.stat().st_mtime for path in ROOT.glob("book/*.*"))
    return "older than the chapters: make pdf" if PRINTED.stat().st_mtime < newest else ""


pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "printed")


@pytest.fixture(scope="module")
def pages():
    """The text of every page, without spaces: what a reader of PDFs takes for one is a guess."""
    document = pypdfium2.PdfDocument(PRINTED)
    found = ["".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    return found


@pytest.fixture(scope="module")
def numbers():
    return pdf.page_numbers(PRINTED)


@pytest.fixture(params=list(enumerate(notebooks(), 1)), ids=lambda pair: pair[1].stem)
def chapter(request, pages, numbers):
    """(number of the chapter, notebook, the text of its pages)."""
    number, path = request.param
    order = [file.rpartition("/")[2] for file, _ in listed(ROOT)]
    after = [*order, SOLUTIONS][order.index(path.stem) + 1]
    text = "".join(pages[numbers[path.stem] - 1 : numbers[after] - 1])
    return number, read(path), text


def test_the_contents_lead_to_every_chapter(pages, numbers):
    contents = "".join(pages[: numbers["index"] - 1])
    for file, _ in listed(ROOT):
        number = numbers[file.rpartition("/")[2]]
        title = re.match(rf"(.+?){number}", pages[number - 1])[1]  # it runs above the page
        assert pages[number - 1].count(title) >= 2, file
        assert f"{title}{number}" in contents, file


def test_every_figure_is_printed(chapter):
    number, notebook, text = chapter
    for place, (name, _, _) in enumerate(figures(notebook), 1):
        assert f"Fig.{number}.{place}" in text, name


def test_every_solution_is_printed_in_the_appendix(chapter, pages, numbers):
    number, notebook, text = chapter
    solutions = "".join(pages[numbers[SOLUTIONS] - 1 : numbers[ANSWERS] - 1])
    count = len(exercises(notebook))
    for place in range(1, count + 1):
        assert f"SolutiontoExercise{number}.{place}(" in solutions
    assert "SolutiontoExercise" not in text
    assert len(re.findall(r"Solutiononpage\d+\.", text)) == count


def test_every_answer_is_printed_in_the_appendix(chapter, pages, numbers):
    number, notebook, text = chapter
    assert re.search(r"Answersonpage\d+\.", text)
    answers = "".join(pages[numbers[ANSWERS] - 1 :])
    assert answers.count("?") >= sum(questions(read(path)) for path in notebooks())


def test_nothing_is_printed_as_markup(pages):
    markup = re.compile(r".{0,40}(?:\?\?|\{(?:numref|cite|doc|eq|ref|prf)[:\w]*\}|:class:).{0,40}")
    assert [found for page in pages for found in markup.findall(page)] == []
