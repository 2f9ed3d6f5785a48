"""Tables of what was measured, in Markdown: for the book and the README."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .orders import BALANCED
from .participants import PARTICIPANTS
from .publication import names, published
from .summary import TOLERANCE

Report = Mapping[str, Any]

LIBRARIES = ("PyTorch", "JAX", "TensorFlow", "Keras")
MEBIBYTE = 2**20


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]], words: bool = False) -> str:
    """A table; columns after the first are aligned to the right, unless they hold `words`."""
    aligned = "---" if words else "---:"
    lines = [list(heads), ["---", *[aligned] * (len(heads) - 1)], *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    """Three digits that mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}"


def shown(found: Mapping[str, float]) -> str:
    """A median, with the least and the greatest in brackets."""
    return f"{number(found['median'])} ({number(found['min'])} .. {number(found['max'])})"


def conditions(report: Report) -> str:
    """Machine, versions and date: what stands with every number that is published."""
    machine = report["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    return (
        f"Measured on {report['date']}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['system']}; {versions}."
    )


def described(workload: Report) -> str:
    """What one row of a comparison consists of."""
    epochs = f"{workload['epochs']} epochs of " if workload["epochs"] > 1 else ""
    return (
        f"{workload['title']}: {epochs}{workload['images']:,} images in {workload['steps']:,} "
        f"steps, {workload['parameters']:,} parameters, {measured(workload)}."
    )


def measured(workload: Report) -> str:
    """When, and in how many rounds of which order."""
    # Until there was another order, no report said which it was.
    balanced = workload.get("order") == BALANCED
    order = "balanced order" if balanced else "an order turned by one place"
    date = f" on {workload['date']}" if "date" in workload else ""
    return f"measured{date} in {len(workload['rounds'])} rounds of {order}"


def row_of(workload: Report, name: str) -> Report:
    """What was found about one participant."""
    return next(row for row in workload["rows"] if row["name"] == name)


def remark(row: Report) -> str:
    """What has to be known about a row."""
    said = []
    if not row["counts"]:
        said.append("does not count: another loss")
    if row["share"] < 1:
        said.append(f"scaled up from {row['share']:.0%} of the steps")
    return "; ".join(said)


def speed(workload: Report) -> str:
    """Everybody who was measured in one workload; in bold the fastest way of each library."""
    best, rows = workload["best"].values(), []
    for row in workload["rows"]:
        ratio = row.get("ours_to_this") if row["name"] != workload["ours"] else None
        rows.append(
            [
                f"**{row['label']}**" if row["name"] in best else row["label"],
                shown(row["seconds"]),
                shown(ratio) if ratio else "",
                f"{row['first_step_seconds']:.2f}",
                f"{row['memory_growth'] / MEBIBYTE:.0f}",
                remark(row),
            ]
        )
    heads = ["", "seconds", "ours / this", "first step, s", "memory, MiB", ""]
    missing = [f"Left out: {name}, {why}." for name, why in workload["left_out"].items()]
    return "\n\n".join([described(workload), markdown(heads, rows), *missing])


def overview(report: Report, libraries: Sequence[str] = LIBRARIES) -> str:
    """Every workload in a line: images, our seconds, the best of each library, and the ratio."""
    rows = []
    for workload in report["workloads"].values():
        line = [workload["title"], f"{workload['images'] * workload['epochs']:,}"]
        for library in ("autodiff", *libraries):
            name = workload["best"].get(library)
            line.append(number(row_of(workload, name)["seconds"]["median"]) if name else "")
        against = workload["against"].get(libraries[0])
        rows.append([*line, shown(against["time"]) if against else ""])
    heads = ["seconds", "images", "autodiff", *libraries, f"autodiff / {libraries[0]}"]
    return markdown(heads, rows)


def measures(report: Report) -> str:
    """What was to be reached, and whether it was."""
    rows = []
    for one in report["measures"]:
        sign = "≥" if one["at_least"] else "≤"
        verdict = "aim met" if one["meets_aim"] else "must met" if one["meets_must"] else "not met"
        value = "" if one["value"] is None else number(one["value"])
        limits = [f"{sign} {one[limit]:g}" for limit in ("must", "aim")]
        rows.append([one["measure"], value, *limits, verdict if value else "not measured"])
    return markdown(["measure", "value", "must", "aim", ""], rows)


def first_steps(report: Report) -> str:
    """Seconds until the first step is done: as it was met, with an empty cache, and after that."""
    compilation = report.get("compilation", {})
    states = {"cold": "empty cache", "warm": "second process"} if compilation else {}
    rows = []
    for row in report["workloads"]["reference"]["rows"]:
        found = compilation.get(row["name"], {})
        more = [number(found[state]) if state in found else "" for state in states]
        rows.append([row["label"], number(row["first_step_seconds"]), *more])
    return markdown(["first step, s", "in the run above", *states.values()], rows)


def not_counting(report: Report) -> str:
    """Rows whose losses are not those of the others, and the largest relative difference."""
    rows = []
    for workload in report["workloads"].values():
        counting = [r["name"] for r in workload["rows"] if r["counts"] and r["share"] == 1]
        for row in [row for row in workload["rows"] if not row["counts"]]:
            apart = []
            for found in workload["rounds"]:
                usual = statistics.median(found[name]["loss"] for name in counting)
                apart.append(abs(found[row["name"]]["loss"] / usual - 1))
            ratio = row.get("ours_to_this")
            rows.append(
                [
                    workload["title"],
                    row["label"],
                    f"{max(apart):.1e}",
                    f"{sum(one > TOLERANCE for one in apart)} of {len(apart)}",
                    shown(ratio) if ratio else "",
                ]
            )
    heads = ["", "does not count", "losses apart by", "rounds beyond", "ours / this, all the same"]
    return markdown(heads, rows)


def behind(report: Report, libraries: Sequence[str] = LIBRARIES) -> str:
    """Every workload and library in which ours is not ahead in each round, or takes more memory."""
    rows = []
    for workload in report["workloads"].values():
        for library in libraries:
            found = workload["against"].get(library)
            if found and (found["time"]["max"] >= 1 or found["memory"] > 1):
                slower = found["time"]["max"] >= 1
                rows.append(
                    [
                        workload["title"],
                        PARTICIPANTS[found["name"]].label,
                        shown(found["time"]) if slower else "ahead",
                        number(found["memory"]) if found["memory"] > 1 else "ahead",
                    ]
                )
    return markdown(["", "beside", "our time / its time", "our memory / its memory"], rows)


def growth(curve: Report, library: str = "PyTorch") -> str:
    """One curve: a step of ours beside the best of another library, in time and memory."""
    rows = []
    for point in curve["points"]:
        line = [f"{point['value']:,}"]
        if library not in point["against"]:
            rows.append([*line, *[""] * 5, "does not count: another loss"])
            continue
        chosen = [row_of(point, point["best"][one]) for one in ("autodiff", library)]
        line += [number(1e3 * row["seconds"]["median"] / point["steps"]) for row in chosen]
        line.append(shown(point["against"][library]["time"]))
        line += [f"{row['memory_growth'] / MEBIBYTE:.0f}" for row in chosen]
        rows.append([*line, chosen[1]["label"]])
    heads = ["ms a step, ours", f"{library}'s", "ratio", "MiB, ours", f"{library}'s", "its best"]
    title = f"{curve['varied'].capitalize()}, {measured({**curve, **curve['points'][0]})}."
    return f"{title}\n\n{markdown([curve['varied'], *heads], rows)}"


def growth_behind(report: Report, library: str = "PyTorch") -> str:
    """The sizes at which another library is faster in the median, or takes less memory."""
    rows = []
    for curve in report["curves"]:
        found = [(point["value"], point["against"].get(library)) for point in curve["points"]]
        against = [(value, one) for value, one in found if one]
        slower = [f"{value:,}" for value, one in against if one["time"]["median"] > 1]
        larger = [f"{value:,}" for value, one in against if one["memory"] > 1]
        rows.append([curve["varied"], *(", ".join(one) or "none" for one in (slower, larger))])
    heads = ["", f"{library} is faster at", f"{library} takes less memory at"]
    return markdown(heads, rows, words=True)


def accuracies(report: Report) -> str:
    """Test accuracies after the same training, and how far the losses are apart."""
    rows = []
    for name, found in report["optimizers"].items():
        largest = max(run["loss_difference"] for run in found["runs"])
        rows.append(
            [
                f"{name}, learning rate {found['learning_rate']:g}",
                f"{len(found['runs'])}",
                *(f"{found['mean'][library]:.2%}" for library in ("autodiff", "pytorch")),
                f"{100 * found['difference']:+.2f}",
                f"{largest:.0e}",
            ]
        )
    apart = f"losses of {report['first_steps']} steps apart by"
    heads = ["", "seeds", "autodiff", "PyTorch", "difference, points", apart]
    return markdown(heads, rows)


def overhead(report: Report) -> str:
    """Bookkeeping alone: milliseconds of each library."""
    labels = {"autodiff": "autodiff", "autograd": "HIPS autograd", "torch": "PyTorch"}
    rows = []
    for task, found in report["seconds"].items():
        cells = [found.get(name) for name in labels]
        scaled = [one and {key: 1e3 * value for key, value in one.items()} for one in cells]
        rows.append([task, *(shown(one) if one else "" for one in scaled)])
    return markdown(["milliseconds", *labels.values()], rows)


def precisions(report: Report) -> str:
    """Accuracy, memory and time of training in each precision."""
    rows = [
        [
            precision,
            f"{found['mean_accuracy']:.2%}",
            f"{100 * found['difference']:+.2f}",
            f"{found['activation_bytes'] / MEBIBYTE:.1f}",
            f"{found['process_growth_bytes']['median'] / MEBIBYTE:.1f}",
            shown(found["epoch_seconds"]),
        ]
        for precision, found in report["precisions"].items()
    ]
    heads = ["", "accuracy", "points", "activations, MiB", "growth, MiB", "seconds an epoch"]
    return markdown(heads, rows)


def files() -> str:
    """Every published result: which script wrote it, when, and where."""
    rows = []
    for name in names():
        report = published(name)
        machine = report["machine"]
        versions = ", ".join(
            f"{library} {version}"
            for library, version in report["versions"].items()
            if library in ("numpy", "torch", "jax", "tensorflow")
        )
        rows.append(
            [
                f"`{name}.json`",
                f"`{report.get('script', f'benchmarks/{name}.py')}`",
                report["date"],
                f"{machine['processor']}, {machine['cores']} cores",
                versions,
            ]
        )
    return markdown(["result", "script", "date", "machine", "versions"], rows, words=True)
