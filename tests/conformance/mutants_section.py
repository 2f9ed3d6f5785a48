"""What the page says about mutants, from the results that `make mutants` wrote."""

import json
import re
from collections import Counter
from pathlib import Path

RESULTS = Path(__file__).resolve().parent.parent / "mutants" / "results.json"


def load():
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def noticed(one):
    return one["killed"] + one["timeout"]


def code(text, longest=90):
    """A line of a program as a cell of a table."""
    text = text.strip()
    begin = re.match(rf".{{0,{longest}}}\w*", text, re.DOTALL).group()  # up to the end of a word
    text = text if begin == text else begin + "…"
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}".replace("|", "\\|") if text else ""


def survivors(files):
    for file, one in files.items():
        for change in one["survived"]:
            yield file, change


def blanks(results, table):
    """The numbers and tables that fill the blanks of the template."""
    files = {file: one for file, one in results["files"].items() if one["mutants"]}
    total, waiting = results["totals"], len(results["waiting"])
    share = noticed(total) / total["mutants"]
    kinds = Counter(change["reason"].partition(":")[0] for _, change in survivors(files))
    return {
        "core_tests": f"{results['core suite']['tests']:,}",
        "core_seconds": results["core suite"]["seconds"],
        "mutants": f"{total['mutants']:,}",
        "noticed": f"{noticed(total):,}",
        "mutants_share": f"{int(share * 1000) / 10:.1f} %",
        "mutated_files": len(files),
        "at_most": results["at most a file"],
        "waiting": f" ({waiting} more files have not been tried yet)" if waiting else "",
        "survivors": f"{total['survived']:,}",
        "mutants_by_file": table(
            ("file", "mutants", "a test fails", "of these, never ended"),
            [
                (code(file), one["mutants"], noticed(one), one["timeout"] or "")
                for file, one in files.items()
            ],
        ),
        "reasons": table(("why no test fails", "mutants"), kinds.most_common()),
        "survivors_listed": table(
            ("where", "before", "after", "why"),
            [
                (
                    code(file.removeprefix("autodiff/")),
                    code(change["before"]),
                    code(change["after"]),
                    change["reason"].replace("|", "\\|"),
                )
                for file, change in survivors(files)
            ],
        ),
    }
