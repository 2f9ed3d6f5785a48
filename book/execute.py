"""Execute notebooks and store their outputs, so that the same notebook always gives the same bytes.

    python book/execute.py book/operators.ipynb ...

Everything that varies between two runs of the same cells is left out or fixed: times, cell ids, the
kernel's exact version, memory addresses, how the output stream was chopped up, where the project
lies.
"""

import argparse
import hashlib
import re
import sys
from collections import Counter
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE_INFO = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")


def name_cells(cells):
    """Give every cell an id that depends on its text alone: a new cell leaves the others' as is."""
    seen = Counter()
    for cell in cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] += 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def anonymise(value):
    """Replace memory addresses and the project's own path in everything that an output holds."""
    if isinstance(value, str):
        return ADDRESS.sub("at 0x000000000000", value.replace(f"{ROOT}/", ""))
    if isinstance(value, list):
        return [anonymise(item) for item in value]
    if isinstance(value, dict):
        return type(value)({key: anonymise(item) for key, item in value.items()})
    return value


def normalise(notebook):
    """Everything of a notebook that its cells' text does not decide takes a fixed form."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata.pop("widgets", None)
    notebook.metadata.update(kernelspec=KERNELSPEC, language_info=LANGUAGE_INFO)
    name_cells(notebook.cells)
    for cell in notebook.cells:
        for key in ("collapsed", "execution", "jupyter", "scrolled", "trusted"):
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(anonymise(output)) for output in cell.outputs]


def store(notebook, path):
    """Write a notebook, the same one always in the same bytes."""
    normalise(notebook)
    nbformat.validate(notebook)
    text = nbformat.writes(notebook, version=4, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


def execute(path):
    """Run the notebook in its own folder, as the reader does, and write it back."""
    notebook = nbformat.read(path, as_version=4)
    normalise(notebook)
    NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
        # A cell that fails on purpose shows what a user reads, not the inside of this machine's
        # libraries. The log level silences a warning about a connection that never leaves it.
        extra_arguments=["--InteractiveShell.xmode=Minimal", "--IPKernelApp.log_level=ERROR"],
    ).execute()
    store(notebook, path)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="all of book/ if none is named")
    chosen = parser.parse_args(arguments).notebooks or sorted(ROOT.glob("book/*.ipynb"))
    failed = []
    for path in chosen:
        print(path, flush=True)
        try:
            execute(path.resolve())
        except CellExecutionError as error:
            failed.append(path)
            print(error, file=sys.stderr)
    if failed:
        sys.exit(f"Left as they were, since a cell failed: {', '.join(map(str, failed))}")


if __name__ == "__main__":
    main()
