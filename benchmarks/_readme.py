"""Write the results table of the README from the stored results, or check that it is theirs.

python benchmarks/_readme.py            write
python benchmarks/_readme.py --check    exit with 1 where the README says something else
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results" / "baseline.json"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"

# The report's own figures; it does not state its hardware, nor how many images made an epoch.
REPORT = {"TensorFlow": 10.33, "PyTorch": 0.17, "the Julia implementation": 16.68}


def table(results):
    """The Markdown between the markers."""
    machine, settings = results["machine"], results["settings"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    lines = [
        f"Seconds, median of {settings['rounds']} rounds with the fastest and the slowest in "
        f"brackets, {settings['threads']} threads, {machine['processor']} with "
        f"{machine['cores']} cores, {results['date']}; {versions}.",
        "",
        f"| library | MNIST, {settings['images']:,} images, batches of {settings['batch']} | "
        f"{settings['repeated_epochs']} epochs on {settings['repeated_images']} images |",
        "|---|---|---|",
    ]
    for row in results["rows"]:
        cells = [
            f"{row[part]['median']:.2f} ({row[part]['min']:.2f}-{row[part]['max']:.2f})"
            for part in ("epoch", "repeated")
        ]
        lines.append(f"| {row['label']} | {cells[0]} | {cells[1]} |")
    lines += [
        "",
        "The student report that this book descends from measured, for 100 epochs on hardware and "
        "on a number of images that it does not state:",
        "",
        "| " + " | ".join(REPORT) + " |",
        "|" + "---|" * len(REPORT),
        "| " + " | ".join(f"{seconds} s" for seconds in REPORT.values()) + " |",
    ]
    return "\n".join(lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(arguments)
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    new = f"{before}{BEGIN}\n{table(json.loads(RESULTS.read_text()))}\n{END}{after}"
    if options.check:
        sys.exit(0 if new == text else "README.md: run python benchmarks/_readme.py")
    README.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
