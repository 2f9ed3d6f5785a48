"""The committed results: whole, explained, and what the page says."""

import copy

import page
import pytest
from torch_gaps import EXCLUDED, GAPS

RESULTS = page.load()
FUNCTIONS = RESULTS["torch"]["functions"]


def tallies():
    for function in FUNCTIONS.values():
        yield from (function["samples"], function["errors"])


def test_the_page_says_what_the_results_say():
    assert page.PAGE.read_text(encoding="utf-8") == page.text(RESULTS)


def test_enough_is_compared():
    total = page.totals(FUNCTIONS.values())
    assert len(FUNCTIONS) > 100 and total["samples"] >= 3_000 and total["passed"] >= 3_000


def test_every_failure_has_a_reason():
    assert [tally["unexplained"] for tally in tallies() if tally["unexplained"]] == []


def test_every_reason_is_one_of_the_table_and_is_still_needed():
    known = {*EXCLUDED.values(), *(reason for *_, reason in GAPS)}
    assert {reason for tally in tallies() for reason in tally["gaps"]} == known


def test_the_share_counts_what_is_left_out_as_failed():
    functions = {
        "a": {
            "samples": {"passed": 6, "gaps": {"left out": 2}, "unexplained": {"wrong": 1}},
            "errors": {"raised": 3, "gaps": {}, "unexplained": {"nothing was raised": 4}},
        }
    }
    total = page.totals(functions.values())
    assert total == {"samples": 9, "passed": 6, "calls": 7, "refused": 3}
    assert page.share(total) == 9 / 16
    assert page.percent(0.99999) == "99.9 %" and page.percent(1.0) == "100.0 %"


def test_a_changed_count_changes_the_page():
    changed = copy.deepcopy(RESULTS)
    changed["torch"]["functions"]["sum"]["samples"]["passed"] += 1
    assert page.text(changed) != page.text(RESULTS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_named_on_the_page(name):
    assert f"| `{name}` |" in page.text(RESULTS)
