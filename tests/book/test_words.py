"""What the text of the book says is there: files, names, words, terms."""

import re
import subprocess
import sys
import tomllib

import pytest
from chapters import ROOT, contents, figures, notebooks, prose, read

import autodiff as ad

TEXTS = {path.stem: prose(read(path)) for path in notebooks()}
PAGES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in (
        ROOT / f"{file}.md" for file in ["book/index", *sum((p[2] for p in contents()), [])]
    )
    if path.exists()
}
ALL = TEXTS | PAGES

# How a term is introduced: "is called *x*", "the *x* is", "this is *x*".
DEFINING = re.compile(
    r"(?:\bcalled|\bknown as|\bcall (?:it|this|them)|\bThis is|\bthat is)"
    r"(?: the| an?)? (?<!\*)\*(?!\*)([^*\n]+?)\*(?!\*)"
)


def code_in(text):
    return re.findall(r"(?<![`}])`([^`\n]+)`(?!`)", text)


@pytest.mark.parametrize("name", ALL)
def test_every_file_that_is_named_exists(name):
    named = [
        code
        for code in code_in(ALL[name])
        if re.fullmatch(r"(?:autodiff|benchmarks|book|tests)/[\w./*-]*", code)
    ]
    assert [code for code in named if not any(ROOT.glob(code.rstrip("/") or "."))] == []


@pytest.mark.parametrize("name", ALL)
def test_every_name_of_the_library_that_is_mentioned_exists(name):
    missing = []
    for code in code_in(ALL[name]):
        for dotted in re.findall(r"(?<![\w.])ad((?:\.[A-Za-z]\w*)+)", code):
            thing = ad
            for part in dotted.strip(".").split("."):
                if not hasattr(thing, part):
                    missing.append(f"ad{dotted}")
                    break
                thing = getattr(thing, part)
    assert missing == []


def test_the_text_of_the_notebooks_is_spelled_right(tmp_path):
    for path in notebooks():
        notebook = read(path)
        shown = [part for figure in figures(notebook) for part in figure[1:]]
        text = "\n".join([prose(notebook), *shown])
        (tmp_path / f"{path.stem}.txt").write_text(text, encoding="utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    ignored = settings["tool"]["codespell"]["ignore-words-list"]
    command = [sys.executable, "-m", "codespell_lib", "--ignore-words-list", ignored, tmp_path]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0 and not run.stdout, run.stdout


def glossary():
    """(terms with one meaning, chapter, meaning) of each entry."""
    body = PAGES["glossary"].partition("```{glossary}\n")[2].partition("```")[0]
    for entry in body.strip().split("\n\n"):
        lines = entry.split("\n")
        terms = [line for line in lines if not line.startswith(" ")]
        meaning, chapter = re.fullmatch(r"(.*) \(\{doc\}`(\w+)`\)", lines[-1].strip()).groups()
        yield terms, chapter, meaning


def test_the_glossary_is_in_order():
    first = [terms[0].lower() for terms, _, _ in glossary()]
    assert first == sorted(first) and len(set(first)) == len(first)


@pytest.mark.parametrize("entry", [*glossary()], ids=lambda entry: entry[0][0])
def test_the_chapter_that_the_glossary_names_has_the_term(entry):
    terms, chapter, meaning = entry
    text = " ".join(TEXTS[chapter].split()).lower()
    assert any(term.lower() in text for term in terms)
    assert meaning.endswith((".", "?"))


@pytest.mark.parametrize("name", TEXTS)
def test_every_term_that_is_defined_is_in_the_glossary(name):
    known = {term.lower() for terms, _, _ in glossary() for term in terms}
    text = " ".join(TEXTS[name].split())
    defined = {term.lower().strip(",.:") for term in DEFINING.findall(text)}
    assert {
        term for term in defined if term not in known and term.rstrip("s") not in known
    } == set()
