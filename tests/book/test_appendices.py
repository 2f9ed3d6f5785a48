"""The pages beside the chapters: what is generated, and what they promise."""

import re

import book_map
import book_numbers
import book_operators
import book_solutions
import numpy as np
import pytest
from chapters import ROOT, contents, counts, exercises, notebooks, read

import autodiff as ad
from autodiff.catalogue import functions, primitives

BOOK = ROOT / "book"


def page(name):
    return (BOOK / f"{name}.md").read_text(encoding="utf-8")


def test_the_front_page_asks_a_question_for_every_chapter():
    rows = re.findall(r"^\| \{doc\}`(\w+)` \| .*\? \|$", page("index"), re.MULTILINE)
    assert rows == [path.stem for path in notebooks()]


def boxes():
    return [
        (caption, [book_map.Box(file, file, str(k) if numbered else "", f"{file}.html")
                   for k, file in enumerate(files, 1)])
        for caption, numbered, files in contents()
    ]  # fmt: skip


def test_the_map_shows_every_page_and_every_prerequisite():
    needs = {f"book/{name}": [f"book/{below}" for below in wanted]
             for name, wanted in book_map.prerequisites().items()}  # fmt: skip
    svg = book_map.draw(boxes(), needs)
    files = [file for _, _, files in contents() for file in files]
    assert re.findall(r'<a href="([^"]*)\.html">', svg) == files
    assert svg.count('fill="none"') == sum(map(len, needs.values())) > 10
    assert "book/operators builds on book/structures and book/building_the_graph" in svg
    # Only the colour of the text around it: light, dark and printed pages show it alike.
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg)) == {"currentColor", "none"}


def test_no_chapter_builds_on_a_later_one():
    names = [path.stem for path in notebooks()]
    for name, wanted in book_map.prerequisites().items():
        for below in wanted:
            assert names.index(below) < names.index(name)


def test_the_table_has_a_row_for_every_chapter():
    rows = [line for line in book_numbers.table() if line.startswith("| {doc}")]
    assert [re.search(r"`(\w+)`", row)[1] for row in rows] == [path.stem for path in notebooks()]
    for path, row in zip(notebooks(), rows, strict=True):
        assert f"| {counts(read(path))['words']:,} |" in row


def test_hours_are_spoken_as_people_do():
    assert [book_numbers.spoken(minutes) for minutes in (45, 60, 95)] == [
        "45 min",
        "1 h",
        "1 h 35 min",
    ]


def test_the_index_has_every_exercise():
    text = "\n".join(book_solutions.index())
    tasks = [task for path in notebooks() for task in exercises(read(path))]
    assert re.findall(r"\| \{ref\}`([^`]*)`", text) == [task.label for task in tasks]
    assert re.findall(r"\{solution-to\}`([^`]*)`", text) == [task.label for task in tasks]
    assert {task.difficulty for task in tasks} == {"", "warm-up", "project"}


def test_the_plan_reads_every_chapter_once():
    plan = page("lecturers").partition("## Six weeks")[2].partition("**Week 1.**")[0]
    rows = [line for line in plan.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) == 6
    read_there = [name for row in rows for name in re.findall(r"\{doc\}`(\w+)`", row)]
    assert sorted(read_there) == sorted(path.stem for path in notebooks())
    for row in rows:
        [timed] = re.findall(r"\{reading\}`([^`]*)`", row)
        assert timed.split() == re.findall(r"\{doc\}`(\w+)`", row)


@pytest.mark.slow
def test_the_cheat_sheet_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    blocks = re.findall(r"```python\n(.*?)```", page("cheat_sheet"), re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        exec(block, names)
    np.testing.assert_allclose(names["slope"].output, names["w"].gradient)
    assert names["history"].test_accuracy[-1] > 0.7
    assert isinstance(names["program"], ad.compiler.Program)


def test_the_table_of_operators_has_every_function():
    rows = [row for name in book_operators.KINDS for row in book_operators.rows(name)]
    rows += book_operators.composed()
    names = re.findall(r"^\| (?:\{py:obj\})?`(\w+)", "\n".join(rows), re.MULTILINE)
    assert sorted(names) == sorted(functions)


@pytest.mark.parametrize("name", primitives)
def test_derivatives_end_nowhere(name):
    """The table says "none" or "all", and nothing in between."""
    primitive = primitives[name]
    expected = book_operators.TRIED if primitive.differentiable else 0
    assert book_operators.order(primitive) == expected


def test_orders_are_counted():
    class Once(type(ad.exp)):
        """An exponential whose derivative cannot be differentiated."""

        partials = (lambda y, x: ad.stop_gradient(y) if isinstance(y, ad.GraphNode) else y,)

        def vjp(self, position, gradient, output, /, *operands, **params):
            if isinstance(gradient, ad.GraphNode) and gradient.requires_grad:
                raise ad.errors.DifferentiationError("once only")
            return super().vjp(position, gradient, output, *operands, **params)

    assert book_operators.order(ad.exp) == book_operators.TRIED
    assert book_operators.order(ad.floor) == 0
    assert book_operators.order(Once()) < book_operators.TRIED


def test_what_has_a_kernel_is_told_from_what_has_none():
    names = {name for name, one in primitives.items() if book_operators.compiled(one)}
    assert {"conv2d", "matmul", "exp", "max_pool2d", "cross_entropy", "sum"} <= names
    assert not {"cumsum", "sort", "fft", "det", "einsum"} & names


@pytest.mark.slow
def test_what_is_rewritten_does_not_run_on_numpy():
    rng = np.random.default_rng(0)
    x = ad.Constant(rng.normal(size=(4, 1, 8, 8)).astype(np.float32), name="x")
    model = ad.nn.Sequential(
        ad.nn.Conv2d(1, 2, 3, rng=rng), ad.nn.MaxPool2d(2), ad.nn.Flatten(), ad.nn.Linear(18, 3)
    )
    loss = ad.cross_entropy(model(x), np.array([0, 1, 2, 0]))
    steps = str(ad.compile(loss).listing(gradients=True))
    for name in book_operators.REWRITTEN:
        assert f"NumPy {name}" not in steps
