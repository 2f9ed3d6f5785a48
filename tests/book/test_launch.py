"""The buttons that open a chapter elsewhere, and what it then installs, follow one address.

Nothing is asked of Binder or Colab. The addresses are compared with the forms that both document:
``/v2/gh/OWNER/NAME/BRANCH?urlpath=lab/tree/PATH`` and ``/github/OWNER/NAME/blob/BRANCH/PATH``.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import install_cell
import nbformat
import pytest
import yaml
from book_repository import BUTTONS, derive
from chapters import ROOT, contents, notebooks
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from pages import Page
from sphinx.errors import ConfigError

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
URL, BRANCH = "https://github.com/someone/some-book", "autumn-course"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The pages of the book with an address in its configuration, and otherwise empty; by name."""
    folder = tmp_path_factory.mktemp("published")
    source = folder / "source"
    for part in ("_ext", "_static"):
        shutil.copytree(ROOT / "book" / part, source / "book" / part)
    config = {**CONFIG, "repository": {**CONFIG["repository"], "url": URL, "branch": BRANCH}}
    (source / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    shutil.copy(ROOT / "_toc.yml", source)
    (source / "book" / "references.bib").write_text("")
    (source / "book" / "index.md").write_text("# A book\n\nIn {{ repository }}.\n")
    for file in [file for _, _, files in contents() for file in files]:
        if (ROOT / f"{file}.ipynb").exists():
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A title")])
            nbformat.write(notebook, source / f"{file}.ipynb")
        else:
            (source / f"{file}.md").write_text("# A title\n")
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "-W", "-n", "--keep-going"]
    run = subprocess.run(
        [*command, "--path-output", folder / "output", source], capture_output=True, text=True
    )
    assert run.returncode == 0, f"{run.stdout[-4000:]}\n{run.stderr[-8000:]}"
    pages = (folder / "output" / "_build" / "html" / "book").glob("*.html")
    return {page.stem: page.read_text(encoding="utf-8") for page in pages}


@pytest.fixture(params=notebooks(), ids=lambda path: path.stem)
def notebook(request):
    return request.param


def launches(page):
    """The addresses on Binder and on Colab that a page links to."""
    hosts = {"mybinder.org", "colab.research.google.com"}
    found = {urlsplit(link) for link in Page(page).links}
    return sorted(
        (link for link in found if link.netloc in hosts), key=lambda link: link.netloc, reverse=True
    )


def test_every_chapter_opens_on_binder_and_colab(published, notebook):
    path = notebook.relative_to(ROOT).as_posix()
    binder, colab = launches(published[notebook.stem])
    assert binder.scheme == colab.scheme == "https"
    assert binder.path == f"/v2/gh/someone/some-book/{BRANCH}"
    assert parse_qs(binder.query, strict_parsing=True) == {"urlpath": [f"lab/tree/{path}"]}
    assert colab.path == f"/github/someone/some-book/blob/{BRANCH}/{path}"
    assert colab.query == binder.fragment == colab.fragment == ""


def test_every_page_leads_to_its_source(published):
    for name, page in published.items():
        assert "dropdown-source-buttons" in Page(page).labels, name
        suffix = ".ipynb" if (ROOT / "book" / f"{name}.ipynb").exists() else ".md"
        assert f"{URL}/edit/{BRANCH}/book/{name}{suffix}" in Page(page).links


def test_a_page_without_cells_opens_nowhere(published):
    without = set(published) - {path.stem for path in notebooks()}
    assert "glossary" in without
    for name in without:
        assert launches(published[name]) == []
        assert "dropdown-launch-buttons" not in Page(published[name]).labels


def test_the_text_names_the_address(published):
    assert f">{URL}<" in re.sub(r"</?span[^>]*>", "", published["index"])


def test_without_an_address_there_is_no_button():
    options = derive({"repository_url": "", "launch_buttons": CONFIG["launch_buttons"]})
    assert options["launch_buttons"] == {}
    assert [options[button] for button in BUTTONS] == [False, False, False]


def test_colab_is_left_out_where_it_cannot_read():
    given = {"repository_url": "https://gitlab.com/a/b", "launch_buttons": CONFIG["launch_buttons"]}
    launch = derive(given)["launch_buttons"]
    assert "binderhub_url" in launch and "colab_url" not in launch
    assert "colab_url" in CONFIG["launch_buttons"], "what was given is not changed"


@pytest.mark.parametrize(
    "url",
    [
        f"{URL}/",
        f"{URL}.git",
        f"{URL}/tree/main",
        "https://github.com/someone",
        "http://github.com/someone/some-book",
        "git@github.com:someone/some-book.git",
        "github.com/someone/some-book",
    ],
)
def test_an_address_that_would_give_dead_links_is_refused(url):
    with pytest.raises(ConfigError, match=f"{re.escape(repr(url))}.*https://github.com/owner/name"):
        derive({"repository_url": url})


def test_the_first_cell_installs_what_the_buttons_opened():
    cell = install_cell.text({"url": URL, "branch": BRANCH})
    [source] = re.findall(r'^ +"(git\+[^"]*)",$', cell, re.MULTILINE)
    [asked] = re.findall(r'^ +%pip install --quiet "(.*)"$', cell, re.MULTILINE)
    wanted = Requirement(asked.format(source=source))
    assert wanted.url == f"git+{URL}@{BRANCH}"
    assert wanted.name == PROJECT["name"]
    assert wanted.extras == {"plot", "draw", "data"}  # what cells import, not what opens notebooks
    assert wanted.extras <= set(PROJECT["optional-dependencies"])


def test_binder_gets_a_python_that_the_library_runs_on():
    runtime = (ROOT / ".binder" / "runtime.txt").read_text(encoding="utf-8")
    version = runtime.strip().removeprefix("python-")
    assert version in SpecifierSet(PROJECT["requires-python"])
