"""The first code cell of every notebook, which installs the library where it is missing.

    python book/install_cell.py

writes it into all notebooks. It is the same in each. The address in it is that of ``repository:``
in _config.yml, so it has to be written anew after that has changed.
"""

from pathlib import Path

import execute
import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[1]

# The second tag keeps the cell off the pages, where there is nothing to install.
TAGS = ["installs-autodiff", "remove-cell"]
TEMPLATE = '''\
# Installs the library where it is missing; elsewhere, it does nothing.
import importlib.util
import os

if importlib.util.find_spec("autodiff") is None:
    source = os.environ.get(
        "AUTODIFF_SOURCE",
        "{source}",
    )
    if not source:
        raise ModuleNotFoundError(
            "autodiff is not installed, and this copy of the book does "
            "not say where it is published. In the folder of the book, "
            "run: pip install '.[book]'. Or let the environment variable "
            "AUTODIFF_SOURCE name what pip shall install, for example "
            "file:///the/folder/of/the/book"
        )
    %pip install --quiet "autodiff-book[plot,draw,data] @ {{source}}"'''


def text(repository):
    """The cell, for the settings `repository` of _config.yml."""
    url = repository["url"]
    return TEMPLATE.format(source=f"git+{url}@{repository['branch']}" if url else "")


def configured():
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]


def put(notebook, repository):
    """Let the cell follow the opening box."""
    cells = [cell for cell in notebook.cells if TAGS[0] not in cell.metadata.get("tags", [])]
    code = [cell for cell in cells if cell.cell_type == "code"]
    own = nbformat.v4.new_code_cell(text(repository), metadata={"tags": TAGS})
    notebook.cells = [cells[0], own, *cells[1:]]
    # It has no output. So where all others were run, it counts as run before them.
    if all(cell.execution_count for cell in code):
        for number, cell in enumerate([own, *code], 1):
            cell.execution_count = number
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = number


def main():
    for path in sorted(ROOT.glob("book/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        put(notebook, configured())
        execute.store(notebook, path)


if __name__ == "__main__":
    main()
