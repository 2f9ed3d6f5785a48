"""What becomes of each sample of PyTorch's operator database, counted by function."""

from collections import Counter

from torch_errors import LEGAL, NOT_SAID, RAISED
from torch_gaps import Excluded, reason_of
from torch_names import NOT_THE_SAME
from torch_suite import cases, error_cases, family_of, offered

__all__ = ["cases", "error_cases", "error_outcome", "offered", "outcome", "results"]

PASSED = "passed"


def outcome(case):
    """PASSED, or why the sample is left out or fails; and whether that is known."""
    try:
        faults = case.compare()
    except Excluded as error:
        return error.reason, True
    except RuntimeError as error:
        return f"PyTorch: {error}", False
    if not faults:
        return PASSED, True
    reason = reason_of(case.full_name, faults[0])
    return (faults[0], False) if reason is None else (reason, True)


def error_outcome(case):
    """RAISED, LEGAL or NOT_SAID, or why no error of ours was raised; and whether that is known."""
    found = case.outcome()
    if found in (RAISED, LEGAL, NOT_SAID):
        return found, True
    reason = reason_of(case.full_name, found)
    return (found, False) if reason is None else (reason, True)


def tally(outcomes, words):
    """How often each of `words` came out, and how often each other thing: gaps, and unexplained."""
    counts, gaps, unexplained = Counter(), Counter(), Counter()
    for found, explained in outcomes:
        place = counts if found in words else gaps if explained else unexplained
        place[found] += 1
    return {
        **{word: counts[word] for word in words},
        "gaps": dict(sorted(gaps.items())),
        "unexplained": dict(sorted(unexplained.items())),
    }


def count_function(name, operator, spelling):
    samples = tally(map(outcome, cases(name, operator, spelling)), [PASSED])
    errors = tally(
        map(error_outcome, error_cases(name, operator, spelling)), [RAISED, LEGAL, NOT_SAID]
    )
    return {"family": family_of(operator), "samples": samples, "errors": errors}


def results():
    functions = {name: count_function(name, *entry) for name, entry in sorted(offered().items())}
    return {"another function": NOT_THE_SAME, "functions": functions}
