"""The page of the book on conformance, written from the stored results and from nothing else.

python tests/conformance/page.py            write
python tests/conformance/page.py --check    exit with 1 where the page says something else
"""

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import mutants_section

HERE = Path(__file__).resolve().parent
TEMPLATE = HERE / "page.md"
PAGE = HERE.parent.parent / "book" / "conformance.md"


def load():
    paths = [HERE / "results" / f"{name}.json" for name in ("torch", "jax", "expressions")]
    results = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    results["mutants"] = mutants_section.load()
    return results


def counts(function):
    """Samples and those that passed; calls that must be refused and those that were."""
    samples, errors = function["samples"], function["errors"]
    return Counter(
        {
            "samples": samples["passed"] + failures(samples),
            "passed": samples["passed"],
            "calls": errors["raised"] + failures(errors),
            "refused": errors["raised"],
        }
    )


def failures(tally):
    return sum(tally["gaps"].values()) + sum(tally["unexplained"].values())


def totals(functions):
    return sum((counts(function) for function in functions), Counter())


def share(total):
    """Of all samples, and all calls that must be refused, the share that is as it should be."""
    return (total["passed"] + total["refused"]) / (total["samples"] + total["calls"])


def percent(part):
    """Rounded down, so that only all is 100 %."""
    return f"{int(part * 1000) / 10:.1f} %"


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join(lines + [f"| {' | '.join(map(str, row))} |" for row in rows])


def families(functions):
    members = defaultdict(list)
    for function in functions.values():
        members[function["family"]].append(function)
    rows = [(family, members[family]) for family in sorted(members)]
    rows.append(("**all**", list(functions.values())))
    for family, found in rows:
        total = totals(found)
        yield (
            family,
            len(found),
            f"{total['samples']:,}",
            f"{total['passed']:,}",
            total["calls"],
            total["refused"],
            percent(share(total)),
        )


def gaps(functions):
    """Each reason, how many samples and calls it costs, and which entries; the largest first."""
    found, entries = Counter(), defaultdict(list)
    for name, function in functions.items():
        for tally in (function["samples"], function["errors"]):
            for reason, number in (*tally["gaps"].items(), *tally["unexplained"].items()):
                found[reason] += number
                if f"`{name}`" not in entries[reason]:
                    entries[reason].append(f"`{name}`")
    for reason, number in found.most_common():
        yield reason, number, ", ".join(entries[reason])


def entries(functions):
    for name, function in functions.items():
        total = counts(function)
        calls = f"{total['refused']} of {total['calls']}" if total["calls"] else ""
        yield f"`{name}`", f"{total['passed']} of {total['samples']}", calls


def circumstances(report):
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    return f"{report['date']}; {versions}."


def text(results):
    """The page: `page.md` with its blanks filled in."""
    torch, jax, expressions = results["torch"], results["jax"], results["expressions"]
    functions = torch["functions"]
    total = totals(functions.values())
    others = torch["another function"].items()
    head = ("family", "functions", "samples", "passed", "calls to refuse", "refused", "share")
    return TEMPLATE.read_text(encoding="utf-8").format(
        functions=len(functions),
        **{name: f"{number:,}" for name, number in total.items()},
        share=percent(share(total)),
        families=table(head, families(functions)),
        gaps=table(("what is not as in PyTorch", "samples", "where"), gaps(functions)),
        others="; ".join(f"`{name}` ({reason})" for name, reason in others),
        entries=table(("entry of PyTorch", "samples", "calls"), entries(functions)),
        torch=circumstances(torch),
        composites=jax["composites"],
        composites_passed=jax["passed"],
        disagreements="".join(f" In number {seed}, {why}." for seed, why in jax["failed"].items()),
        blocks=len(jax["functions"]),
        complex=jax["complex functions"],
        complex_passed=jax["complex functions"] - len(jax["complex functions failed"]),
        nested=jax["perturbation programs"],
        jax=circumstances(jax),
        programs=f"{expressions['programs']:,}",
        shared=f"{expressions['with shared results']:,}",
        several_outputs=f"{expressions['with several outputs']:,}",
        several_inputs=f"{expressions['with several inputs']:,}",
        kinds=len(expressions["functions"]),
        expressions=circumstances(expressions),
        mutants_when=circumstances(results["mutants"]),
        **mutants_section.blanks(results["mutants"], table),
    )


def main(arguments):
    new = text(load())
    if "--check" in arguments:
        return int(PAGE.read_text(encoding="utf-8") != new)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
