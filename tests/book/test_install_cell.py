"""A notebook that leaves the repository installs the library by its first code cell."""

import importlib.util
import re

import install_cell
import pytest
from chapters import ROOT, notebooks, read
from IPython.core.inputtransformer2 import TransformerManager

PUBLISHED = {"url": "https://github.com/someone/some-book", "branch": "main"}
UNPUBLISHED = {"url": "", "branch": "main"}


@pytest.fixture
def run(monkeypatch):
    """Run the cell as IPython does; the result is what it gave to the command pip."""

    def run(repository, installed):
        commands, names = [], {}

        class Shell:
            def run_line_magic(self, name, line):
                commands.append(f"{name} {line.format(**names)}")

        if not installed:
            monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        code = TransformerManager().transform_cell(install_cell.text(repository))
        exec(code, names | {"get_ipython": Shell}, names)
        return commands

    monkeypatch.delenv("AUTODIFF_SOURCE", raising=False)
    return run


@pytest.mark.parametrize("repository", [PUBLISHED, UNPUBLISHED])
def test_does_nothing_where_the_library_is_installed(run, repository):
    assert run(repository, installed=True) == []


def test_installs_from_the_address_of_the_repository(run):
    assert run(PUBLISHED, installed=False) == [
        'pip install --quiet "autodiff-book[plot,draw,data] @ '
        'git+https://github.com/someone/some-book@main"'
    ]


@pytest.mark.parametrize("repository", [PUBLISHED, UNPUBLISHED])
def test_a_variable_of_the_environment_names_another_place(run, repository, monkeypatch):
    monkeypatch.setenv("AUTODIFF_SOURCE", "file:///a/copy")
    [command] = run(repository, installed=False)
    assert command.endswith(' @ file:///a/copy"')


def test_says_what_to_do_where_the_address_is_not_known(run):
    with pytest.raises(ModuleNotFoundError, match=r"pip install '.\[book\]'.*AUTODIFF_SOURCE"):
        run(UNPUBLISHED, installed=False)


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_every_notebook_begins_with_it(path):
    notebook = read(path)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert first.source == install_cell.text(install_cell.configured()), (
        "run: .venv/bin/python book/install_cell.py"
    )
    assert first.metadata.tags == install_cell.TAGS


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_a_notebook_asks_for_no_file_of_the_repository(path):
    code = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")
    folders = {entry.name for entry in ROOT.iterdir() if entry.is_dir()} - {"autodiff"}
    places = re.findall(r"""["'](\.\./[^"']*|[\w.]+/[^"'\s]*)["']""", code)
    assert [place for place in places if place.startswith("../")] == []
    assert [place for place in places if place.split("/")[0] in folders] == []
