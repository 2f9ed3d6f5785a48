"""Every reference can be found by its reader, and says of itself what is so."""

import re
from collections import Counter
from pathlib import Path

import pytest
from chapters import citations, notebooks, read
from pybtex.database import parse_file

ROOT = Path(__file__).resolve().parents[2]
REFERENCES = ROOT / "book" / "references.bib"
ENTRIES = parse_file(str(REFERENCES)).entries
REVIEW = ROOT / "book" / "literature_review.ipynb"


@pytest.fixture(params=ENTRIES)
def key(request):
    return request.param


@pytest.fixture
def entry(key):
    return ENTRIES[key]


def cited():
    """The keys that chapters, pages and the README cite."""
    keys = set().union(*(citations(read(path)) for path in notebooks()))
    for page in [*ROOT.glob("book/*.md"), ROOT / "README.md"]:
        if page.name != "STYLE.md":
            for listed in re.findall(r"\{cite(?::\w+)?\}`([^`]*)`", page.read_text("utf-8")):
                keys |= {key.strip() for key in listed.split(",")}
    return keys


def years(entry):
    """The year of an entry, and those that its note tells."""
    return set(re.findall(r"\b\d{4}\b", f"{entry.fields.get('year')} {entry.fields.get('note')}"))


def has_check_digit(isbn):
    digits = [int(digit) for digit in isbn.replace("-", "")]
    return (
        len(digits) == 13 and sum(d * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0
    )


def test_can_be_found(entry):
    fields = entry.fields
    assert {"doi", "isbn", "url"} & set(fields), "an entry has a DOI, an ISBN or a stable address"
    assert re.fullmatch(r"10\.\d{4,9}/\S+", fields.get("doi", "10.1000/1"))
    assert fields.get("url", "https://").startswith("https://")
    assert has_check_digit(fields.get("isbn", "978-0-262-03561-3"))


def test_has_an_author_and_a_title(entry):
    assert entry.persons["author"] and entry.fields["title"]


def test_the_year_in_the_key_is_its_year(key, entry):
    for year in re.findall(r"\d{4}", key):
        assert year == entry.fields["year"]


def test_an_arxiv_number_stands_in_the_doi_and_in_print(entry):
    printed = re.findall(r"arXiv:(\S+)", entry.fields.get("howpublished", ""))
    if printed:
        assert entry.fields["doi"] == f"10.48550/arXiv.{printed[0]}"


def test_no_work_is_listed_twice():
    dois = [entry.fields["doi"].lower() for entry in ENTRIES.values() if "doi" in entry.fields]
    works = [
        (re.sub(r"\W", "", entry.fields["title"]).lower(), str(entry.persons["author"][0]))
        for entry in ENTRIES.values()
    ]
    assert [one for one, n in Counter([*dois, *works]).items() if n > 1] == []


def test_every_citation_has_an_entry():
    assert cited() - set(ENTRIES) == set()


def test_the_literature_review_cites_enough():
    assert len(citations(read(REVIEW))) >= 40


def test_the_timeline_shows_years_of_cited_works():
    notebook = read(REVIEW)
    (cell,) = [c for c in notebook.cells if c.source.startswith("events = {")]
    shown = set(re.findall(r"\((\d{4}), -?\d\.\d, \"", cell.source))
    known = set().union(*(years(ENTRIES[key]) for key in citations(notebook)))
    assert len(shown) > 20 and shown <= known
