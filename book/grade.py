"""Run a chapter's checking cells over the notebooks that a class has handed in.

    python book/grade.py handed_in/*.ipynb --csv marks.csv

A notebook is recognised by its exercises. Its answers are put in the place of the stubs of the
chapter as it stands in this book, and the chapter's own checks judge them: what was changed
elsewhere in a notebook, its checks included, does not count. Each answer has so many seconds as
--timeout says.

Answers are programs of others and run with your rights: use a container or a machine to spare. The
checks find mistakes, not cheats.
"""

import argparse
import csv
import os
import sys
from pathlib import Path

import nbformat
from chapters import exercises, notebooks, read
from nbclient import NotebookClient

VERDICTS = {"Correct": "correct", "Not answered yet": "empty", "Not yet": "wrong"}


def chapter_of(notebook, chapters):
    """The chapter whose exercises a notebook has.

    Raises
    ------
    ValueError
        If it has the exercises of no chapter.
    """
    found = {task.label for task in exercises(notebook)}
    for path in chapters:
        if found & {task.label for task in exercises(read(path))}:
            return path
    raise ValueError("it has no exercise of this book; hand in the chapter's own notebook")


def answers(notebook, chapter):
    """For each exercise of the chapter, the sources of the cells that were written for it."""
    asked = {task.label: chapter.cells[task.check] for task in exercises(chapter)}
    found = {label: [] for label in asked}
    for task in exercises(notebook):
        check = asked.get(task.label)
        cells = [notebook.cells[number] for number in task.cells]
        if check is not None:
            found[task.label] = [
                cell.source for cell in cells if check.id != cell.id and check.source != cell.source
            ]
    return found


def judged(path, chapters, timeout=60):
    """The chapter of a notebook, and for each exercise a verdict and what the check printed."""
    notebook = nbformat.read(path, as_version=4)
    source = chapter_of(notebook, chapters)
    chapter = read(source)
    given, cells, checks = answers(notebook, chapter), [], {}
    tasks = exercises(chapter)
    stubs = {task.stub: task for task in tasks}
    last = {task.check: task for task in tasks}
    for number, cell in enumerate(chapter.cells):
        if number in stubs:
            cells += [trial(text) for text in given[stubs[number].label]]
        elif number in last:
            checks[last[number].label] = check = trial(cell.source)
            cells.append(check)
        else:
            cells.append(cell)
    whole = nbformat.v4.new_notebook(cells=cells, metadata=chapter.metadata)
    NotebookClient(
        whole,
        kernel_name="python3",
        timeout=timeout,
        interrupt_on_timeout=True,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(source.parent)}},
    ).execute(env=os.environ | {"MPLBACKEND": "agg"})
    return source.stem, {label: verdict(check) for label, check in checks.items()}


def trial(text):
    """A cell that may fail."""
    return nbformat.v4.new_code_cell(text, metadata={"tags": ["raises-exception"]})


def verdict(check):
    """What a check that has run says about the answer: a word, and its text."""
    for output in check.outputs:
        if output.output_type == "error":
            return "error", f"{output.ename}: {output.evalue}"
    text = "".join(output.get("text", "") for output in check.outputs).strip()
    return next((word for said, word in VERDICTS.items() if text.startswith(said)), "error"), text


def main(arguments=None, chapters=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--csv", type=Path, help="write a row for each exercise of each notebook")
    parser.add_argument("--timeout", type=int, default=60, help="seconds for each cell")
    options = parser.parse_args(arguments)
    rows, refused = [], []
    for path in options.notebooks:
        try:
            chapter, found = judged(path, chapters or notebooks(), options.timeout)
        except (ValueError, OSError, nbformat.reader.NotJSONError) as error:
            refused.append(path)
            print(f"{path.name}: {error}", file=sys.stderr)
            continue
        correct = sum(word == "correct" for word, _ in found.values())
        print(f"{path.name}: {chapter}, {correct} of {len(found)} correct")
        for label, (word, text) in found.items():
            print(f"    {label.removeprefix(f'{chapter}-')}: {word}")
            rows.append([path.name, chapter, label, word, text])
    if options.csv:
        with options.csv.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["notebook", "chapter", "exercise", "verdict", "what the check said"])
            writer.writerows(rows)
    if refused:
        sys.exit(f"Not judged: {', '.join(map(str, refused))}")


if __name__ == "__main__":
    main()
