"""What is committed is the project and nothing of the machine that it was made on."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import autodiff as ad

ROOT = Path(__file__).resolve().parent.parent

# A user's folder as any system writes it. Written so that this file does not match itself.
PRIVATE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users)/[A-Za-z]|[A-Z]:\\" + r"Users")
INDEX_OPTION = re.compile(r"(?:index-url|index_url|find-links|INDEX_URL)\b")
PUBLIC_INDEX = "https://download.pytorch.org/whl/cpu"


def committed():
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git repository: this is an unpacked archive")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts():
    for path in committed():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path.relative_to(ROOT).as_posix(), content.decode("utf-8")


def test_no_file_names_a_private_path():
    own = [str(ROOT), f"{Path.home()}/"]
    found = [
        (name, number)
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if PRIVATE_PATH.search(line) or any(path in line for path in own)
    ]
    assert found == []


def test_no_file_names_a_private_package_registry():
    found = [
        (name, line)
        for name, text in texts()
        if name != "tests/test_repository.py" and not name.endswith(".ipynb")
        for line in text.splitlines()
        if INDEX_OPTION.search(line)
        and re.search(r"https?://|file://|/opt/", line)
        and PUBLIC_INDEX not in line
    ]
    assert found == []


def test_no_large_file_is_committed():
    assert [path.name for path in committed() if path.stat().st_size > 2_000_000] == []


def test_the_repositorys_address_stands_in_one_place():
    """The notebooks, which leave the repository, repeat it; tests/book/test_install_cell.py."""
    url = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    stated = [name for name, text in texts() if url and url in text]
    assert [name for name in stated if not name.endswith(".ipynb")] == (
        ["_config.yml"] if url else []
    )


def test_nobody_is_sent_to_somebody_elses_package():
    """On the public index, the name of our import is another project's distribution."""
    wrong = re.compile(r"pip3? install (?:-\S+ )*[\"']?autodiff(?!-book)\b")
    assert [
        name for name, text in texts() if name != "tests/test_repository.py" and wrong.search(text)
    ] == []


def test_the_changelog_describes_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]
    assert ad.__version__ == version
    assert f"[{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_example_of_the_readme_trains(capsys):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    exec(example, {})
    recognised = re.search(r"(\d+)% of the test digits", capsys.readouterr().out)
    assert int(recognised.group(1)) >= 90


def test_the_results_of_the_readme_are_the_stored_ones():
    command = [sys.executable, ROOT / "benchmarks" / "_readme.py", "--check"]
    subprocess.run(command, check=True, capture_output=True)


def test_every_picture_of_the_readme_exists():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pictures = re.findall(r'(?:src="|!\[.+?\]\()([^")]+)', readme)
    assert len(pictures) == 5
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []


def test_the_picture_of_the_structure_shows_every_file():
    picture = (ROOT / "book" / "images" / "structure.svg").read_text(encoding="utf-8")
    units = {path.stem for path in (ROOT / "autodiff").glob("*.py") if path.stem[0] != "_"}
    units |= {path.parent.name for path in (ROOT / "autodiff").glob("*/__init__.py")}
    assert sorted(unit for unit in units if unit not in picture) == []


def test_the_makefile_explains_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split()
    explained = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert [
        target for target in targets if not re.search(rf"^  {target} +\S", explained, re.MULTILINE)
    ] == []


def test_binder_installs_the_library_and_what_its_notebooks_need():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    binder = ROOT / ".binder"
    requirements = (binder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in requirements if not line.startswith("#")] == ["-e .[book]"]
    for needed in ("jupyterlab", "jupyterlab-myst"):
        assert any(
            re.match(rf"{needed}\b(?!-)", one) for one in project["optional-dependencies"]["book"]
        )
    version = re.fullmatch(r"python-(3\.\d+)\n", (binder / "runtime.txt").read_text())[1]
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]
