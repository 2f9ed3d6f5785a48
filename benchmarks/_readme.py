"""Write the results of the README from the stored results, or check that they are theirs.

python benchmarks/_readme.py            write
python benchmarks/_readme.py --check    exit with 1 where the README says something else
"""

import argparse
import sys
from pathlib import Path

from autodiff.benchmarking import published
from autodiff.benchmarking.tables import conditions, markdown, overview

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"

# The report's own figures; it does not state its hardware, nor how many images made an epoch.
REPORT = {"TensorFlow": 10.33, "PyTorch": 0.17, "the Julia implementation": 16.68}


def reached(report):
    """How many measures are what they must be and aim at; those that are not, by name."""
    measures = [one for one in report["measures"] if one["value"] is not None]
    found = [one for one in measures if not one["meets_must"]]
    aims = sum(one["meets_aim"] for one in measures)
    words = [
        f"{one['measure']} is {one['value']:.2g}, not {'≥' if one['at_least'] else '≤'} "
        f"{one['must']:g}"
        for one in found
    ]
    musts = len(measures) - len(found)
    counted = f"Of {len(measures)} measures {musts} are what they must be, {aims} what they aim at."
    return f"{counted} Not reached: {'; '.join(words)}." if words else counted


def results(report):
    """The Markdown between the markers."""
    settings = report["settings"]
    return "\n".join(
        [
            f"Seconds, medians of {settings['rounds']} rounds of processes in turn, "
            f"{settings['threads']} threads each; the last column is the median of the rounds' "
            f"ratios, with the least and the greatest. {conditions(report)}",
            "",
            overview(report),
            "",
            reached(report),
            "",
            "The student report that this book descends from measured, for 100 epochs on hardware "
            "and on a number of images that it does not state:",
            "",
            markdown(["", *REPORT], [["seconds", *map(str, REPORT.values())]]),
        ]
    )


def main(arguments=None):
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(arguments)
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    new = f"{before}{BEGIN}\n{results(published('speed'))}\n{END}{after}"
    if options.check:
        sys.exit(0 if new == text else "README.md: run python benchmarks/_readme.py")
    README.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
