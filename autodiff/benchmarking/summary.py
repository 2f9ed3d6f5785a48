"""What may be concluded from the rounds: who counts, medians, spread, and ratios round by round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .participants import PARTICIPANTS
from .peers.sgemm import OPERATIONS
from .report import spread

TOLERANCE = 1e-3
OURS = ("autodiff", "autodiff_interpreter")

Round = Mapping[str, Mapping[str, Any]]


def agrees(rounds: Sequence[Round], name: str, tolerance: float = TOLERANCE) -> bool:
    """Whether one's mean loss is, in every round, that of at least half of the others.

    Other work takes other time, and equal losses from equal weights and batches are how equal work
    is known. Of two that differ neither counts, since nothing says which of them is wrong. One that
    measures a share of the epoch is compared over that share.

    Parameters
    ----------
    rounds : sequence of dict
        By name: ``loss``, and ``loss_of_head`` for a share.
    name : str
        Of whom.
    tolerance : float
        Largest relative difference.

    Returns
    -------
    bool
        True also where there is nobody to compare with.
    """
    for measured in rounds:
        of_share = {one for one, found in measured.items() if found["share"] < 1}
        key = "loss_of_head" if name in of_share else "loss"
        own = measured[name][key]
        others = [
            found[key]
            for other, found in measured.items()
            if other != name and found["loss"] is not None
            if key == "loss_of_head" or other not in of_share
        ]
        equal = [abs(own - loss) <= tolerance * abs(own) for loss in others]
        if not math.isfinite(own) or 2 * sum(equal) < len(equal):
            return False
    return True


def seconds(measured: Round, name: str) -> float:
    """Seconds for the whole of the workload; those of a share are scaled up."""
    return measured[name]["seconds"] / measured[name]["share"]


def ratios(rounds: Sequence[Round], one: str, other: str) -> dict[str, float]:
    """Time of one divided by that of another, round by round: median, least and greatest."""
    return spread(seconds(measured, one) / seconds(measured, other) for measured in rounds)


def fastest(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """For each library the name of its fastest way, by the median, among the rows that count."""
    best: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        if row["counts"] and PARTICIPANTS[row["name"]].ordinary:
            library = row["library"]
            if library not in best or row["seconds"]["median"] < best[library]["seconds"]["median"]:
                best[library] = row
    return {library: row["name"] for library, row in best.items()}


def summarise(
    workload: Mapping[str, Any], found: Mapping[str, Any], tolerance: float = TOLERANCE
) -> dict[str, Any]:
    """One workload's part of a report.

    Parameters
    ----------
    workload : dict
        What `Workload.describe` says.
    found : dict
        What `rounds.measure` returned.
    tolerance : float
        Largest relative difference of mean losses.

    Returns
    -------
    dict
        The workload and what was found; ``rows``, one for each participant; ``best``, from library
        to participant; ``ours``, our participant; ``against``, from library to the ratios of our
        time and of our growth of memory to its best; ``peak`` and ``share_of_peak``.
    """
    rounds = found["rounds"]
    names = [name for name in rounds[0] if name != "sgemm"]
    ours = next((name for name in OURS if name in names), None)
    rows = [_row(name, ours, rounds, found["start"], tolerance) for name in names]
    best = fastest(rows)
    report = {**workload, **found, "rows": rows, "best": best, "ours": ours, "against": {}}
    if ours is not None and not next(row for row in rows if row["name"] == ours)["counts"]:
        ours = None
    for library, name in best.items():
        if ours is not None and library != "autodiff":
            report["against"][library] = {
                "name": name,
                "time": ratios(rounds, ours, name),
                "memory": _memory(rounds, ours) / max(1, _memory(rounds, name)),
            }
    if "sgemm" in rounds[0]:
        peaks = [OPERATIONS / measured["sgemm"]["seconds"] for measured in rounds]
        report["peak"] = spread(peaks)
        report["share_of_peak"] = {
            name: spread(
                workload["flops_per_step"]
                * workload["steps"]
                / measured[name]["inside"]
                / (OPERATIONS / measured["sgemm"]["seconds"])
                for measured in rounds
            )
            for name in names
            if rounds[0][name]["inside"] and PARTICIPANTS[name].ordinary
        }
    return report


def _row(
    name: str, ours: str | None, rounds: Sequence[Round], start: Mapping[str, Any], tolerance: float
) -> dict[str, Any]:
    one = PARTICIPANTS[name]
    row: dict[str, Any] = {
        "name": name,
        "label": one.label,
        "library": one.library,
        "threads": one.threads,
        "share": rounds[0][name]["share"],
        "counts": agrees(rounds, name, tolerance),
        "seconds": spread(seconds(measured, name) for measured in rounds),
        "loss": rounds[0][name]["loss"],
        "memory_growth": _memory(rounds, name),
        "first_step_seconds": start[name]["first_step_seconds"],
    }
    if ours is not None:
        row["ours_to_this"] = ratios(rounds, ours, name)
    return row


def _memory(rounds: Sequence[Round], name: str) -> int:
    """Growth of the peak up to the end of the last round."""
    return max(measured[name]["memory"]["growth"] for measured in rounds)


def table(report: Mapping[str, Any]) -> str:
    """The rows of one workload as text."""
    lines = [
        f"{'':40}{'median':>9} (least .. greatest)    ours / this (least .. greatest)"
        "    first step   memory"
    ]
    for row in report["rows"]:
        found, ratio = row["seconds"], row.get("ours_to_this")
        line = (
            f"  {row['label']:38}{found['median']:9.4f} ({found['min']:.4f} .. {found['max']:.4f})"
        )
        if ratio:
            line += f"  {ratio['median']:8.2f} ({ratio['min']:.2f} .. {ratio['max']:.2f})"
        line += f"  {row['first_step_seconds']:8.2f} s {row['memory_growth'] / 2**20:7.0f} MiB"
        if row["share"] < 1:
            line += f"; from {row['share']:.0%} of the steps"
        lines.append(line if row["counts"] else f"{line}  DOES NOT COUNT: another loss")
    lines += [f"  {name}: left out, {why}" for name, why in report["left_out"].items()]
    return "\n".join(lines)
