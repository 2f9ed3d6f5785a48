"""Run notebooks as a reader meets them: alone in an empty folder, where nothing is installed.

    python tests/book/bare.py [NOTEBOOK ...]

An environment is made that has a kernel, and nothing of the book. Each notebook finds no library in
it, installs it by its first cell, and has to run to its end; then the library is removed again.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNEL = ["ipykernel>=6.29,<8", "nbclient>=0.10,<0.12"]

RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, kernel_name="python3", timeout=600).execute()
"""


def outside():
    """The variables of the environment, without those that would let a library be found."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def pip(python, *arguments):
    command = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, env=outside())


def bare_environment(folder):
    """The Python of a new environment with a kernel alone."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip(python, "install", *KERNEL)
    return python


def imports_autodiff(python, folder):
    command = [python, "-c", "import autodiff"]
    return subprocess.run(command, cwd=folder, env=outside(), capture_output=True).returncode == 0


def run_alone(python, path, folder, library):
    """Run a copy of a notebook in the empty `folder`; what it failed with, or nothing."""
    if imports_autodiff(python, folder):
        return "The environment is not bare: it imports autodiff."
    (folder / path.name).write_bytes(path.read_bytes())
    run = subprocess.run(
        [python, "-c", RUN, path.name],
        cwd=folder,
        env=outside() | {"AUTODIFF_SOURCE": library.as_uri(), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    pip(python, "uninstall", "--yes", "autodiff-book")
    # What Numba compiled stays behind, and Python takes the folder for a package.
    for left in python.parents[1].rglob("site-packages/autodiff"):
        shutil.rmtree(left)
    return run.stderr[-3000:] if run.returncode else ""


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="all of book/ if none is named")
    chosen = parser.parse_args(arguments).notebooks or sorted(ROOT.glob("book/*.ipynb"))
    failed = []
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        python = bare_environment(place / "environment")
        pip(python, "wheel", "--no-deps", "--wheel-dir", place / "wheel", ROOT)
        [library] = (place / "wheel").glob("*.whl")
        for path in chosen:
            folder = place / path.stem
            folder.mkdir()
            begun = time.monotonic()
            problem = run_alone(python, path, folder, library)
            took = time.monotonic() - begun
            print(f"{path.name}: {'FAILS' if problem else 'runs'}, {took:.0f} s", flush=True)
            if problem:
                failed.append(path.name)
                print(problem, file=sys.stderr)
    if failed:
        sys.exit(f"Do not run alone: {', '.join(failed)}")


if __name__ == "__main__":
    main()
