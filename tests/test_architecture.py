"""The library is built in floors: a file imports only from floors below its own.

So it can be read from the bottom up, and a change never reaches what lies below it.
"""

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# From the ground up. A name is a module or a folder of autodiff/; inside a folder, imports have
# only to be free of circles.
FLOORS = [
    "errors",
    "lazy",
    "dtypes",
    "source",
    "plotting",
    "catalogue",
    "missing",
    "recording",
    "anomaly",
    "notation",
    "structures",
    "dispatch",
    "evaluation",
    "ordering",
    "decisions",
    "graph",
    "primitives",
    "fft",
    "linalg",
    "trees",
    "transforms",
    "draw",
    "check",
    "precision",
    "nn",
    "optim",
    "compiler",
    "data",
    "serialize",
    "training",
    "__init__",
    "benchmarking",
    "__main__",
]

MAY_IMPORT_INSIDE_FUNCTIONS = {"autodiff/lazy.py"}
LONGEST_FILE = 350


def module_name(path, root):
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(tree, name, is_package, modules):
    """The names among `modules` that the imports of the module `name` reach, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in modules:
                    yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                parents = name.split(".")
                keep = len(parents) - node.level + is_package
                source = ".".join(parents[:keep] + ([node.module] if node.module else []))
            for alias in node.names:
                # `from . import recording` means the module, `from . import relu` the package.
                target = f"{source}.{alias.name}"
                if target in modules:
                    yield target, node.lineno
                elif source in modules:
                    yield source, node.lineno


def floor_of(name, floors):
    package, _, rest = name.partition(".")
    floor = rest.partition(".")[0] or "__init__"
    return floors.index(floor) if floor in floors else None


def imports_inside_functions(tree):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    for function in ast.walk(tree):
        if isinstance(function, functions):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node.lineno
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                    called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                    if called in ("import_module", "__import__"):
                        yield node.lineno


def faults(root, floors):
    """What is wrong with the imports of root/autodiff, one sentence each."""
    paths = {module_name(path, root): path for path in sorted(root.glob("autodiff/**/*.py"))}
    found, uses = [], {name: set() for name in paths}
    for name, path in paths.items():
        here, file = floor_of(name, floors), path.relative_to(root).as_posix()
        if here is None:
            found.append(f"{file} is on no floor: add it to FLOORS where its imports point down")
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for target, line in imported_modules(tree, name, path.name == "__init__.py", paths):
            there = floor_of(target, floors)
            if there is not None and there > here:
                found.append(f"{file}:{line} imports up, from {floors[here]} to {floors[there]}")
            elif target != name and not name.startswith(f"{target}."):
                uses[name].add(target)
        if file not in MAY_IMPORT_INSIDE_FUNCTIONS:
            for line in sorted(set(imports_inside_functions(tree))):
                found.append(f"{file}:{line} imports inside a function; only lazy.py may")
    try:
        graphlib.TopologicalSorter(uses).prepare()
    except graphlib.CycleError as error:
        found.append(f"imports form a circle: {' -> '.join(error.args[1])}")
    return found


def too_long(root):
    for folder in ("autodiff", "tests", "benchmarks", "book"):
        for path in sorted(root.glob(f"{folder}/**/*.py")):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > LONGEST_FILE:
                yield f"{path.relative_to(root).as_posix()} has {lines} lines"


def test_imports_point_down():
    assert faults(ROOT, FLOORS) == []


def test_no_file_is_too_long_to_read_at_one_sitting():
    assert list(too_long(ROOT)) == []


# The checks themselves, on a made-up library of two floors.


@pytest.fixture
def made_up(tmp_path):
    def write(**files):
        for name, text in {"__init__": "", "errors": "", **files}.items():
            path = tmp_path / "autodiff" / f"{name.replace('__in__', '/')}.py"
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(text, encoding="utf-8")
        return faults(tmp_path, ["errors", "lazy", "graph", "primitives", "__init__", "__main__"])

    return write


def test_imports_down_are_accepted(made_up):
    assert not made_up(
        graph="from .errors import X\nfrom . import errors\nimport autodiff.errors\nimport numpy",
        primitives__in____init__="from . import sums\nfrom .sums import total",
        primitives__in__sums="from ..graph import forward\nfrom autodiff.errors import X",
        __init__="from .primitives import total",
        __main__="import autodiff as ad\nfrom . import total",
    )


@pytest.mark.parametrize(
    "statement",
    [
        "from .graph import forward",
        "from . import graph",
        "import autodiff.graph",
        "import autodiff.graph as g",
        "from autodiff import graph",
        "from autodiff.graph import forward",
        "from . import forward",
        "from .primitives.sums import total",
        "import autodiff",
        "try:\n    pass\nfinally:\n    from .graph import forward",
    ],
)
def test_an_import_up_is_reported(made_up, statement):
    [fault] = made_up(
        errors=statement, graph="", primitives__in__sums="", primitives__in____init__=""
    )
    assert fault.startswith("autodiff/errors.py:") and "imports up, from errors" in fault


def test_an_import_up_from_a_folder_is_reported(made_up):
    [fault] = made_up(primitives__in____init__="", primitives__in__sums="from .. import forward")
    assert fault == "autodiff/primitives/sums.py:1 imports up, from primitives to __init__"


def test_a_circle_inside_a_folder_is_reported(made_up):
    [fault] = made_up(
        primitives__in____init__="",
        primitives__in__sums="from . import means",
        primitives__in__means="from .sums import total",
    )
    assert fault.startswith("imports form a circle")


def test_a_file_on_no_floor_is_reported(made_up):
    [fault] = made_up(shed="")
    assert fault.startswith("autodiff/shed.py is on no floor")


@pytest.mark.parametrize(
    "body",
    [
        "import math",
        "from .errors import X",
        "return __import__('math')",
        "importlib.import_module('math')",
    ],
)
def test_an_import_inside_a_function_is_reported(made_up, body):
    [fault] = made_up(graph=f"import importlib\ndef f():\n    {body}\n")
    assert "autodiff/graph.py:3 imports inside a function" in fault


def test_lazy_may_import_inside_functions(made_up):
    assert not made_up(lazy="def f():\n    import math\n")


def test_a_long_file_is_reported(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "figures.py").write_text("pass\n" * (LONGEST_FILE + 1), encoding="utf-8")
    assert list(too_long(tmp_path)) == ["book/figures.py has 351 lines"]


def test_no_two_files_of_tests_have_the_same_name():
    """Pytest imports them by their names alone, and refuses the second."""
    names = [path.name for path in sorted((ROOT / "tests").rglob("test_*.py"))]
    assert [name for name in names if names.count(name) > 1] == []
