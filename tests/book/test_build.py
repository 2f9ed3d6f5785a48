"""The book builds without a warning, and its pages need nothing from elsewhere."""

import importlib.util
import posixpath
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import book_tables
import pypdfium2
import pytest
import yaml
from _print import browser
from _print.assemble import ANSWERS, SOLUTIONS, assemble, dead_links
from chapters import exercises, figures, notebooks, questions, read
from pages import Page, css_loads, outside
from sphinx.util.inventory import InventoryFile

ROOT = Path(__file__).resolve().parents[2]
LAYOUT = Path(__file__).with_name("layout.js").read_text(encoding="utf-8")

# The modules whose own names users write: ad.nn.Linear, ad.optim.SGD.
PARTS = ["nn", "optim", "data", "training", "linalg", "fft"]


def build(source, output):
    """Build the book strictly, from the stored outputs; running the cells is another test."""
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "-W", "-n", "--keep-going"]
    run = subprocess.run(
        [*command, "--path-output", output, source], capture_output=True, text=True
    )
    assert run.returncode == 0, f"{run.stdout[-4000:]}\n{run.stderr[-8000:]}"
    return output / "_build" / "html"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="module")
def pages(site):
    # _static holds the theme's templates, which are no pages.
    paths = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    return {
        path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8")) for path in paths
    }


def test_every_chapter_is_a_page(pages):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    assert {f"{chapter}.html" for chapter in [toc["root"], *chapters]} | {"index.html"} <= set(
        pages
    )


def test_every_public_name_is_in_the_api_reference(site):
    spec = importlib.util.spec_from_file_location(
        "book_api", ROOT / "book" / "_ext" / "book_api.py"
    )
    book_api = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(book_api)
    with (site / "objects.inv").open("rb") as stream:
        inventory = InventoryFile.load(stream, "", posixpath.join)
    documented = {
        name for kind, names in inventory.items() if kind.startswith("py:") for name in names
    }
    offered = {
        f"{namespace}.{name}"
        for namespace in ("autodiff", *(f"autodiff.{part}" for part in PARTS))
        for name in book_api.public_names(namespace)
    }
    assert sorted(offered - documented) == [], "add the file that defines them to book/api.md"


def test_no_page_loads_anything_from_outside(pages):
    assert {
        (name, load) for name, page in pages.items() for load in page.loads if outside(load)
    } == set()


def test_no_style_sheet_loads_anything_from_outside(site):
    found = {
        (path.name, load)
        for path in site.rglob("*.css")
        for load in css_loads(path.read_text(encoding="utf-8"))
        if outside(load)
    }
    assert found == set()


def test_everything_a_page_loads_is_in_the_book(site, pages):
    missing = set()
    for name, page in pages.items():
        for load in page.loads:
            parts = urlsplit(load)
            if load and not parts.scheme and parts.path and not outside(load):
                target = (site / name).parent / unquote(parts.path)
                if not target.exists():
                    missing.add((name, load))
    assert missing == set()


def test_every_link_inside_of_the_book_leads_somewhere(site, pages):
    lost = set()
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or outside(link) or link == "#":
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), parts.path))
            target = name if not parts.path else unquote(target)
            anchor = unquote(parts.fragment)
            there = target in pages or (site / target).exists()
            if not there or (target in pages and anchor and anchor not in pages[target].ids):
                lost.add((name, link))
    assert lost == set()


def test_every_page_can_be_shown_as_slides(pages):
    for name, page in pages.items():
        if name.startswith("book/"):
            assert any("_static/project.js" in load for load in page.loads), name


def test_equations_are_set_by_the_books_own_mathjax(site, pages):
    assert (site / "_static" / "mathjax" / "tex-svg.js").stat().st_size > 1_000_000
    for name, page in pages.items():
        if "math" in page.labels:
            assert any("_static/mathjax/tex-svg.js" in load for load in page.loads), name


def test_every_picture_of_a_page_has_a_description(pages):
    # The theme's logo repeats the title beside it and is empty on purpose.
    bare = {
        (name, src)
        for name, page in pages.items()
        for src, alt in page.images
        if not alt and "logo" not in src
    }
    assert bare == set()


def has_launch_button(page):
    return "dropdown-launch-buttons" in page.labels


def has_source_button(page):
    return "dropdown-source-buttons" in page.labels


def test_buttons_follow_the_address_of_the_repository(pages):
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    chapters = [page for name, page in pages.items() if name.startswith("book/")]
    known = bool(config["repository"]["url"])
    assert any(has_launch_button(page) for page in chapters) == known
    assert any(has_source_button(page) for page in chapters) == known


# The pages as a browser shows them.


@pytest.fixture(scope="module")
def tab(site):
    try:
        browser.find()
    except browser.BrowserError as error:
        pytest.skip(str(error))
    with browser.opened(patience=120) as tab:
        yield tab


def shown(tab, path, width):
    """Open a page in a window of this width, and wait for its formulas."""
    tab.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=width < 600,
    )
    tab.open(path)
    tab.run("window.MathJax?.startup?.promise?.then(() => true)")


def test_no_page_is_wider_than_a_phone_or_hard_to_read(tab, site):
    looked_at, faults = 0, {}
    for path in sorted((site / "book").glob("*.html")):
        shown(tab, path, width=390)
        for theme in ("light", "dark"):
            tab.run(f"document.documentElement.dataset.theme = {theme!r}")
            found = tab.run(LAYOUT)
            looked_at += 1
            if found["wide"] or found["faint"]:
                faults[path.stem, theme] = found
    assert looked_at > 40
    assert faults == {}


def test_the_cheat_sheet_is_one_page_of_paper(tab, site, tmp_path):
    shown(tab, site / "book" / "cheat_sheet.html", width=1300)
    tab.print(tmp_path / "sheet.pdf")
    sheet = pypdfium2.PdfDocument(tmp_path / "sheet.pdf")
    assert [round(length) for length in sheet[0].get_size()] == [595, 842]  # A4, in points
    assert len(sheet) == 1
    sheet.close()


def test_where_the_lines_of_a_cell_may_be_broken():
    def cell(tag, content):
        return f"<{tag}><code>{content}</code></{tag}>"

    def word(text):
        return f'<span class="pre">{text}</span>'

    name = "nn.conv2d_transpose(x)"
    pieces = "<wbr>".join(map(word, ["nn.", "conv2d_", "transpose(", "x)"]))
    spread = "4.35 (4.08 .. 20.1)"
    for before, after in [
        (cell("td", word(name)), cell("td", pieces)),
        (cell("td", word("nn.conv2d(x)")), cell("td", word("nn.conv2d(x)"))),
        (cell("p", word(name)), cell("p", word(name))),
        (cell("td", spread), cell("td", '4.35 <span class="spread">(4.08 .. 20.1)</span>')),
        (cell("p", spread), cell("p", spread)),
    ]:
        assert book_tables.soften(before) == after


# The pages as one document, from which `make pdf` prints; its parts are tested in test_pdf.py.


@pytest.fixture(scope="module")
def document(site, tmp_path_factory):
    """(chapters and reference, solutions, answers), as HTML."""
    folder = tmp_path_factory.mktemp("paper")
    text = assemble(ROOT, site, folder, folder / "fonts")
    assert dead_links(text) == []
    body, _, end = text.partition(f'id="{SOLUTIONS}"')
    solutions, _, answers = end.partition(f'id="{ANSWERS}"')
    return body, solutions, answers


def test_the_document_has_every_page(document, site):
    titles = re.findall(r'<li class="chapter"><a href="#([\w-]+)">', document[0])
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    stems = [posixpath.basename(file) for file in [toc["root"], *chapters]]
    assert titles == [*stems, SOLUTIONS, ANSWERS]


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_the_document_has_all_figures_solutions_and_answers(document, path):
    body, solutions, answers = document
    notebook = read(path)
    for name, _, _ in figures(notebook):
        assert f'id="{path.stem}--{name.replace("_", "-")}"' in body, name
    gathered = re.findall(rf'id="{path.stem}--book/{path.stem}-solution-\d+"', solutions)
    assert len(gathered) == len(exercises(notebook))
    mine = answers.partition(f'id="{ANSWERS}--{path.stem}"')[2].partition("<h2")[0]
    assert mine.count('class="answer"') == questions(notebook)
    assert 'class="solution' not in body and "<details" not in body


def test_the_document_has_no_raw_markup_and_no_lost_reference(document):
    """What Sphinx could not resolve it would print as ``??`` or as its source."""
    for part in document:
        without_code = re.sub(r"<(pre|code)\b.*?</\1>", "", part, flags=re.DOTALL)
        words = re.sub(r"<[^>]*>", "", without_code)
        assert re.findall(r".{0,60}(?:\?\?|\{[\w:-]+\}`|`{3}|:::).{0,40}", words) == []
