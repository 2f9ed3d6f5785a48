"""What a campaign found, as it is committed: numbers for each file, and every survivor's reason.

The reasons are written by hand, in reasons.json. One belongs to a change of a line, wherever in its
file that line stands.
"""

import json
from collections import Counter
from pathlib import Path

import mutation

from autodiff.benchmarking import report

HERE = Path(__file__).resolve().parent
RESULTS, REASONS = HERE / "results.json", HERE / "reasons.json"
PACKAGES = ("numpy", "pytest", "hypothesis", "cosmic-ray")


def reasons():
    """(file, function, line before, line after) -> why no test notices."""
    found = {}
    for one in json.loads(REASONS.read_text(encoding="utf-8")):
        found[one["file"], one["scope"], one["before"], one["after"]] = one["reason"]
    return found


def gather(campaign):
    """For each file that is done its numbers and its survivors."""
    known, files = reasons(), {}
    for file, (mutants, possible) in campaign.samples.items():
        tried = [(mutant, campaign.notebook.get(mutant)) for mutant in mutants]
        if None in [entry for _, entry in tried]:
            continue
        tally = Counter(entry["outcome"] for _, entry in tried)
        survivors = [
            {
                "scope": mutant.scope,
                "line": mutant.line,
                "before": mutant.before,
                "after": mutant.after,
                "reason": known.get((file, mutant.scope, mutant.before, mutant.after)),
            }
            for mutant, entry in tried
            if entry["outcome"] == "survived"
        ]
        files[file] = {
            "possible": possible,
            "mutants": tally.total(),
            "killed": tally["killed"],
            "timeout": tally["timeout"],
            "survived": survivors,
        }
    return files


def totals(files):
    """Of all files: how many mutants, killed, and without an end; a timeout is noticed too."""
    found = Counter()
    for one in files.values():
        found["mutants"] += one["mutants"]
        found["killed"] += one["killed"]
        found["timeout"] += one["timeout"]
        found["survived"] += len(one["survived"])
    return found


def share(total):
    """The part of the mutants that was noticed."""
    return (total["killed"] + total["timeout"]) / max(total["mutants"], 1)


def show(files):
    """Print what survived, and the totals."""
    for file, one in files.items():
        for survivor in one["survived"]:
            print(f"{file}:{survivor['line']} in {survivor['scope'] or 'the module'}")
            print(f"    - {survivor['before']}\n    + {survivor['after']}")
            print(f"    {survivor['reason'] or 'NO REASON'}")
    total = totals(files)
    if total["mutants"]:
        print(dict(total), f"{share(total):.1%} noticed")


def save(files, core):
    """Write what is committed; files whose mutants were not all tried are named as waiting."""
    results = {
        "suite": "mutants",
        **report.circumstances(PACKAGES),
        "seed": mutation.SEED,
        "at most a file": mutation.AT_MOST,
        "core suite": core,
        "totals": totals(files),
        "waiting": [file for file in mutation.FILES if file not in files],
        "files": files,
    }
    report.save(results, RESULTS)


def verdict(files):
    """0 where enough mutants are noticed, and each of the others has a reason."""
    unexplained = [
        survivor for one in files.values() for survivor in one["survived"] if not survivor["reason"]
    ]
    return int(share(totals(files)) < 0.9 or bool(unexplained))
