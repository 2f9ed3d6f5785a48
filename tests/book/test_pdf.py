"""The book on paper: pages put together, and printed by a browser.

The built pages themselves are put together in test_build.py, where they are.
"""

import re
import shutil

import pdf
import pypdfium2
import pytest
from _print import browser
from _print.assemble import ANSWERS, SOLUTIONS, assemble, dead_links

PAGE = """<html><body><article class="bd-article"><section id="{key}">
<h1>{title}<a class="headerlink" href="#{key}">#</a></h1>{body}</section></article></body></html>"""

CHAPTER = """
<p>See <a href="second.html#sort">the other</a>, <a href="second.html">all of it</a>,
<a href="#sum">above</a> and <a href="https://example.org/x#y">far away</a>.</p>
<section id="sum"><h2>A sum</h2><img alt="a picture" src="../_images/a.svg"></section>
<div class="exercise admonition" id="first-one"><p class="admonition-title">Exercise 1.1</p></div>
<div class="solution dropdown admonition" id="first-solution-1">
<p class="admonition-title">Solution to <a href="#first-one">Exercise 1.1</a></p>
<pre>x = 1</pre></div>
<section id="review-questions"><h2>Review questions</h2><ol><li><p>Why?</p>
<details class="sd-dropdown"><summary>Answer</summary><div><p>Because.</p></div></details></li></ol>
</section>
<details class="sd-dropdown"><summary>A proof</summary><div><p>So it is.</p></div></details>"""

FRAMES = """<section id="sort"><h2>Sorting</h2><div class="autodiff-steps">
<details name="steps" open><summary>Step 0</summary><svg id="own"></svg></details>
<details name="steps"><summary>Step 1</summary><svg id="own"></svg></details></div></section>"""


@pytest.fixture
def book(tmp_path):
    """The source and the built pages of a book of three pages."""
    site = tmp_path / "html"
    (site / "book").mkdir(parents=True)
    (site / "_images").mkdir()
    (site / "_images" / "a.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="9"/></svg>'
    )
    (site / "_static" / "mathjax").mkdir(parents=True)
    (site / "_static" / "pygments.css").write_text("")
    (site / "_static" / "mathjax" / "tex-svg.js").write_text(
        "MathJax.startup = {promise: Promise.resolve()}"
    )
    pages = {
        "index": ("The book", "<p>About it.</p>"),
        "first": ("1. First", CHAPTER),
        "second": ("2. Second", FRAMES),
    }
    for key, (title, body) in pages.items():
        text = PAGE.format(key=key, title=title, body=body)
        (site / "book" / f"{key}.html").write_text(text)
    root = tmp_path / "source"
    (root / "book" / "images").mkdir(parents=True)
    shutil.copy(site / "_images" / "a.svg", root / "book" / "images" / "logo.svg")
    (root / "_config.yml").write_text("title: The book\nauthor: A & B\ncopyright: '2026'\n")
    (root / "_toc.yml").write_text(
        "root: book/index\nparts:\n  - caption: All\n    chapters:\n"
        "      - file: book/first\n      - file: book/second\n"
    )
    return root, site


@pytest.fixture
def text(book, tmp_path):
    root, site = book
    return assemble(root, site, tmp_path / "pdf", tmp_path / "fonts")


def test_links_between_pages_become_links_within_the_document(text):
    assert '<a href="#second--sort">' in text and '<a href="#second">' in text
    assert '<a href="#first--sum">' in text and 'id="first--sum"' in text
    assert '<a href="https://example.org/x#y">' in text
    assert dead_links(text) == []
    assert dead_links('<a href="#here"> <a href="#there"> <p id="here">') == ["there"]


def test_pictures_are_addressed_from_where_the_document_lies(text):
    assert 'src="../html/_images/a.svg"' in text


def test_solutions_and_answers_stand_at_the_end(text):
    body, _, end = text.partition(f'id="{SOLUTIONS}"')
    solutions, _, answers = end.partition(f'id="{ANSWERS}"')
    assert "x = 1" in solutions and "x = 1" not in body
    assert "Because." in answers and "Because." not in body
    assert "Why?" in body and "Why?" in answers
    assert re.search(r'href="#first--first-solution-1">Solution</a> on page', body)


def test_what_is_folded_is_printed_open(text):
    assert "<details" not in text and "So it is." in text
    assert text.count('<figure class="step">') == 2


def test_what_has_a_page_number_can_be_linked_to(text):
    targets = set(re.findall(r'data-target="([^"]+)"', text))
    assert {"first", "second", "first--sum", SOLUTIONS, ANSWERS} <= targets
    assert [one for one in targets if f'href="#{one}"' not in text] == []


# The browser.


def test_says_what_to_install_where_there_is_no_browser(monkeypatch, tmp_path):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "MAC", str(tmp_path / "Chrome"))
    with pytest.raises(browser.BrowserError, match="apt install chromium.*make pdf CHROMIUM="):
        browser.find()


def test_a_named_browser_must_exist(monkeypatch, tmp_path):
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(browser.BrowserError, match="none: there is no such program"):
        browser.find()


def test_a_browser_without_page_numbers_is_refused():
    browser.check_version("HeadlessChrome/156.0.8078.79")
    with pytest.raises(browser.BrowserError, match="Chrome/130.0 is too old.*131 or newer"):
        browser.check_version("Chrome/130.0")


def test_a_browser_that_ends_at_once_is_quoted(monkeypatch, tmp_path):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho no room >&2\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(broken))
    said = pytest.raises(browser.BrowserError, match="ended at once. It said:\nno room")
    with said, browser.opened():
        pass


def test_the_pages_must_have_been_built(monkeypatch, tmp_path):
    monkeypatch.setattr(pdf, "SITE", tmp_path)
    with pytest.raises(SystemExit, match="make book"):
        pdf.main([])


def run_pdf(book, output, monkeypatch):
    root, site = book
    monkeypatch.setattr(pdf, "ROOT", root)
    monkeypatch.setattr(pdf, "SITE", site)
    pdf.main([str(output)])


def has_browser():
    try:
        browser.find()
    except browser.BrowserError:
        return False
    return True


needs_browser = pytest.mark.skipif(not has_browser(), reason="neither Chromium nor Chrome is here")


@needs_browser
def test_prints_the_numbers_of_the_pages_that_things_stand_on(book, tmp_path, monkeypatch):
    output = tmp_path / "pdf" / "book.pdf"
    run_pdf(book, output, monkeypatch)
    numbers = pdf.page_numbers(output)
    document = pypdfium2.PdfDocument(output)
    # Without spaces: what a reader of PDFs takes for one is a guess.
    pages = ["".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    first, second = numbers["first"], numbers["second"]
    contents = next(page for page in pages if "Contents" in page)
    assert f"2.Second{second}" in contents
    assert re.match(rf"2\.Second{second}", pages[second - 1])  # the running title and the number
    assert f"onpage{numbers['first--first-solution-1']}." in pages[first - 1]
    assert f"Exercise1.1page{first}" in pages[numbers[SOLUTIONS] - 1]


@needs_browser
def test_a_picture_that_is_not_there_stops_the_printing(book, tmp_path, monkeypatch):
    (book[1] / "_images" / "a.svg").unlink()
    with pytest.raises(SystemExit, match="no picture: .*a.svg"):
        run_pdf(book, tmp_path / "pdf" / "book.pdf", monkeypatch)
