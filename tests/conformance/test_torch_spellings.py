"""A spelling translates the arguments, never the result: it is one call of the library."""

import ast
from pathlib import Path

import pytest

FILES = ("torch_spellings.py", "torch_layers.py", "torch_names.py")
OF_ARGUMENTS = {"cast", "cast_number"}  # these bring an argument to a dtype, and return it


def spellings(source):
    """The functions whose first argument is the library, with all that they may return."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            continue
        if not node.args.args or node.args.args[0].arg != "lib":
            continue
        if isinstance(node, ast.Lambda):
            yield "a lambda", node.lineno, [node.body]
        elif node.name not in OF_ARGUMENTS:
            found = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
            yield node.name, node.lineno, found


def is_call_of_the_library(returned):
    if isinstance(returned, ast.IfExp):
        return is_call_of_the_library(returned.body) and is_call_of_the_library(returned.orelse)
    if isinstance(returned, ast.Subscript):  # indexing is what is asked for
        return isinstance(returned.value, ast.Name)
    if not isinstance(returned, ast.Call):
        return False
    called = returned.func
    if isinstance(called, ast.Call) and getattr(called.func, "id", "") == "getattr":
        called = called.args[0]
    while isinstance(called, ast.Attribute):
        called = called.value
    return isinstance(called, ast.Name) and called.id == "lib"


def translated_results(source):
    return [
        f"{name}, line {line}"
        for name, line, returned in spellings(source)
        if not returned or not all(map(is_call_of_the_library, returned))
    ]


@pytest.mark.parametrize("name", FILES)
def test_no_spelling_translates_a_result(name):
    source = (Path(__file__).parent / name).read_text(encoding="utf-8")
    assert len(list(spellings(source))) >= 5
    assert translated_results(source) == []


@pytest.mark.parametrize(
    "body",
    [
        "lib.flip(lib.sort(x), -1) * 2",
        "lib.sort(x)[::-1]",
        "-lib.sort(x)",
        "[lib.sort(x)]",
        "x.sum()",
        "lib.sort(x) if x.ndim else x",
    ],
)
def test_a_translated_result_is_reported(body):
    assert translated_results(f"f = lambda lib, x: {body}") == ["a lambda, line 1"]
    assert translated_results(f"def f(lib, x):\n    return {body}") == ["f, line 1"]
