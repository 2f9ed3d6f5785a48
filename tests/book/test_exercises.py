"""Every exercise accepts its own solution, refuses a mistake with a hint, and waits in silence."""

import os
import re

import nbformat
import pytest
from chapters import exercises, notebooks, read
from nbclient import NotebookClient
from wrong_answers import WRONG

NOT_ANSWERED = "Not answered yet.\n"
CHAPTERS = notebooks()


def run_with_answers(path, notebook):
    """Run a chapter once, and each checking cell after the stub, the mistakes and the solution.

    The result maps (label, kind of answer, its number) to (what was printed, errors).
    """
    cells, asked = [], {}
    by_stub = {exercise.stub: exercise for exercise in exercises(notebook)}
    for number, cell in enumerate(notebook.cells):
        if number not in by_stub:
            cells.append(cell)
            continue
        exercise = by_stub[number]
        check = notebook.cells[exercise.check].source
        answers = [("stub", cell.source)]
        answers += [("wrong", wrong) for wrong in wrong_answers(exercise)]
        answers += [("solution", exercise.solution)]
        for position, (kind, code) in enumerate(answers):
            cells.append(nbformat.v4.new_code_cell(code, metadata={"tags": ["raises-exception"]}))
            cells.append(nbformat.v4.new_code_cell(check, metadata={"tags": ["raises-exception"]}))
            asked[exercise.label, kind, position] = cells[-2:]
    whole = nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)
    NotebookClient(
        whole,
        kernel_name="python3",
        timeout=120,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    ).execute(env=os.environ | {"MPLBACKEND": "agg"})  # nobody looks at the figures
    return {key: (printed(pair[1]), errors(pair)) for key, pair in asked.items()}


def wrong_answers(exercise):
    """The solution with each of the mistakes in it."""
    return [exercise.solution.replace(*change) for change in WRONG.get(exercise.label, [])]


def printed(cell):
    """What a cell printed; warnings go to the error stream, now before it and now after."""
    printed = [output.text for output in cell.outputs if output.get("name") == "stdout"]
    return "".join(printed)


def errors(cells):
    return [o.evalue for cell in cells for o in cell.outputs if o.output_type == "error"]


@pytest.fixture(scope="module", params=CHAPTERS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture(scope="module")
def notebook(path):
    return read(path)


@pytest.fixture(scope="module")
def verdicts(path, notebook):
    return run_with_answers(path, notebook)


def test_has_a_stub_a_check_and_a_folded_solution(path, notebook):
    for exercise in exercises(notebook):
        assert exercise.label.startswith(f"{path.stem}-"), exercise.label
        assert len(exercise.cells) == 2, f"{exercise.label}: a stub, a check, then the solution"
        stub = notebook.cells[exercise.stub].source
        assert "# Your answer." in stub and "..." in stub, exercise.label
        assert exercise.solution and exercise.folded, exercise.label


def test_the_stored_check_waits_for_an_answer(notebook):
    for exercise in exercises(notebook):
        assert printed(notebook.cells[exercise.check]) == NOT_ANSWERED, exercise.label


def test_every_mistake_is_one(notebook):
    """A change that no longer applies would test the solution against itself."""
    for exercise in exercises(notebook):
        assert WRONG.get(exercise.label), f"{exercise.label}: no wrong answer in wrong_answers.py"
        for wrong in wrong_answers(exercise):
            assert wrong != exercise.solution, exercise.label


def test_no_mistake_is_left_over():
    labels = {one.label for path in CHAPTERS for one in exercises(read(path))}
    assert set(WRONG) - labels == set()


def test_the_check_says_what_the_answer_deserves(verdicts):
    wanted = {
        "stub": re.compile(re.escape(NOT_ANSWERED)),
        "wrong": re.compile(r"Not yet\b.*", re.DOTALL),
        "solution": re.compile(r"Correct\b.*", re.DOTALL),
    }
    problems = {
        key: (text, raised)
        for key, (text, raised) in verdicts.items()
        if raised or not wanted[key[1]].fullmatch(text)
    }
    assert problems == {}
