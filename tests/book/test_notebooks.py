"""The stored chapters are what running them gives, and are fit to be read on any machine."""

import base64
import importlib.util
import json
import re
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(ROOT.glob("book/*.ipynb"))

# Chapters that have a reason not to import the library; the reason stands here.
WITHOUT_AUTODIFF: dict[str, str] = {}

# Files of book/ for those who write it, not for those who read it.
FOR_AUTHORS = {"book/STYLE"}

# Any absolute path of a user's machine, in the forms that tracebacks and printed objects show it.
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])/(?:home|root|Users|tmp|opt|private|var)/[\w.-]+|[A-Z]:\\\\?Users|site-packages"
)


def chapters_of_toc():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [
        toc["root"],
        *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"]),
    ]


def tags(cell):
    return cell.metadata.get("tags", [])


def outputs(notebook):
    """(number of the cell, cell, output) for every output."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            yield number, cell, output


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def test_every_chapter_of_the_table_of_contents_exists():
    missing = [
        chapter
        for chapter in chapters_of_toc()
        if not any((ROOT / f"{chapter}{suffix}").exists() for suffix in (".ipynb", ".md"))
    ]
    assert missing == []


def test_every_notebook_and_page_is_in_the_table_of_contents():
    pages = {
        f"book/{path.stem}" for suffix in ("ipynb", "md") for path in ROOT.glob(f"book/*.{suffix}")
    }
    assert pages - set(chapters_of_toc()) - FOR_AUTHORS == set()


def test_is_a_valid_notebook_of_format_4_5(path):
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert (stored["nbformat"], stored["nbformat_minor"]) == (4, 5)
    nbformat.validate(stored)
    ids = [cell["id"] for cell in stored["cells"]]
    assert len(set(ids)) == len(ids)


def test_names_the_kernel_every_installation_has(notebook):
    assert notebook.metadata.kernelspec.name == "python3"


def test_every_code_cell_was_executed_in_order(notebook):
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1)), "run: make notebooks"


def test_only_cells_that_mean_to_fail_did(notebook):
    failed = [
        (number, output.ename)
        for number, cell, output in outputs(notebook)
        if output.output_type == "error" and "raises-exception" not in tags(cell)
    ]
    assert failed == []


def test_cells_that_mean_to_fail_did(notebook):
    for number, cell in enumerate(notebook.cells):
        if "raises-exception" in tags(cell):
            assert any(output.output_type == "error" for output in cell.outputs), f"cell {number}"


def test_shows_no_warnings_and_no_progress_bars(notebook):
    noisy = [
        (number, output.text[:200])
        for number, _, output in outputs(notebook)
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert noisy == []


def test_imports_the_library(path, notebook):
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    imports = re.search(r"^\s*(import autodiff\b|from autodiff\b)", code, re.MULTILINE)
    assert imports or path.name in WITHOUT_AUTODIFF


def test_names_no_path_of_a_machine(notebook):
    texts = [cell.source for cell in notebook.cells]
    for _, _, output in outputs(notebook):
        data = output.get("data", {})
        texts += [output.get("text", ""), *output.get("traceback", [])]
        texts += [str(value) for kind, value in data.items() if not kind.startswith("image/png")]
    found = {match.group() for text in texts for match in MACHINE_PATH.finditer(text)}
    assert found == set()
    assert not any(str(ROOT) in text for text in texts)


def test_every_picture_has_a_description(notebook):
    """Without one, the page gives a screen reader the picture's file name."""
    missing = [
        number
        for number, cell, output in outputs(notebook)
        if any(kind.startswith("image/") for kind in output.get("data", {}))
        and "remove-output" not in tags(cell)
        and "remove-cell" not in tags(cell)
        and not cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
    ]
    assert missing == [], "cell metadata: mystnb: {image: {alt: ...}}"


def test_pictures_are_small_enough_for_a_repository(path, notebook):
    for number, _, output in outputs(notebook):
        png = output.get("data", {}).get("image/png")
        if png:
            assert len(base64.b64decode(png)) < 500_000, f"{path.name}, cell {number}"


# The script behind `make notebooks`.


@pytest.fixture(scope="module")
def execute():
    spec = importlib.util.spec_from_file_location("book_execute", ROOT / "book" / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_executing_twice_gives_the_same_bytes(tmp_path, execute):
    first = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# A title"),
            nbformat.v4.new_code_cell("object()"),
            nbformat.v4.new_code_cell(
                "import sys\nfor i in range(9):\n    print(i)\n    sys.stdout.flush()"
            ),
            nbformat.v4.new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}),
        ]
    )
    path = tmp_path / "trial.ipynb"
    nbformat.write(first, path)
    execute.main([str(path)])
    once = path.read_bytes()
    stored = nbformat.read(path, as_version=4)
    # As an editor leaves it: new ids, another kernel's name, times.
    for cell in stored.cells:
        cell.id = f"edited-{cell.id}"
        cell.metadata["execution"] = {"iopub.execute_input": "2020-01-01"}
    stored.metadata.kernelspec.name = "my-environment"
    nbformat.write(stored, path)
    execute.main([str(path)])
    assert path.read_bytes() == once
    assert len(stored.cells[2].outputs) == 1


def test_a_failing_cell_leaves_the_notebook_as_it_was(tmp_path, execute, capsys):
    path = tmp_path / "trial.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")]), path)
    before = path.read_bytes()
    with pytest.raises(SystemExit, match="Left as they were"):
        execute.main([str(path)])
    assert path.read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().err
