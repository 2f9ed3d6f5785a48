"""What a profile found: a table and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..lazy import load
from ..plotting import COLORS
from .tables import Column, Table

WAITING = "waiting for other threads"
PYTHON = "Python, starting threads"

_COLUMNS = (
    Column("step", right=True),
    Column("kernel"),
    Column("writes"),
    Column("calls", right=True),
    Column("microseconds", right=True),
    Column("% of time", right=True),
    Column("GFLOP/s", right=True),
    Column("% of peak", right=True),
)


@dataclass(frozen=True)
class Row:
    """One step of a program, or what is no step: waiting, and Python.

    Attributes
    ----------
    step : int or None
        Its number in the listing.
    kernel : str
        What ran.
    writes : str
        The first buffer that it writes.
    calls : int or None
        How often the kernel is called in a run: for each tile of each thread.
    microseconds : float
        Time in a run, all calls together; for several threads the mean of their times.
    share : float
        Fraction of the time of the run.
    gflops : float or None
        Billions of floating-point operations a second, all threads together.
    peak_share : float or None
        `gflops` as a fraction of the measured peak.
    """

    step: int | None
    kernel: str
    writes: str
    calls: int | None
    microseconds: float
    share: float
    gflops: float | None
    peak_share: float | None


@dataclass(frozen=True, repr=False)
class Profile:
    """Where the time of a program goes. Print it, or plot it.

    Attributes
    ----------
    title : str
        What ran, and for which data.
    rows : list of Row
        Steps in their order, then waiting and Python; their shares add up to one.
    threads : int
        How many threads shared the work.
    peak : float
        GFLOP/s of large matrix products of the same dtype on as many threads, measured just then.
    microseconds : float
        Time of a run whose steps were timed.
    untimed : float
        Time of a run as usual.
    gflops : float
        GFLOP/s of a run as usual, steps whose operations are not counted included.
    """

    title: str
    rows: list[Row]
    threads: int
    peak: float
    microseconds: float
    untimed: float
    gflops: float

    @property
    def peak_share(self) -> float:
        """`gflops` as a fraction of the measured peak."""
        return self.gflops / self.peak

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain lists and numbers."""
        return asdict(self)

    def __str__(self) -> str:
        rows = [
            (
                row.step,
                row.kernel,
                row.writes,
                row.calls,
                f"{row.microseconds:.1f}",
                f"{row.share:.1%}",
                None if row.gflops is None else f"{row.gflops:.1f}",
                None if row.peak_share is None else f"{row.peak_share:.0%}",
            )
            for row in self.rows
        ]
        return f"{self.title}\n\n{Table(_COLUMNS, rows)}\n\n{self.summary()}"

    def __repr__(self) -> str:
        return str(self)

    def summary(self) -> str:
        """The whole run in two lines."""
        return (
            f"A run takes {self.untimed:.0f} microseconds ({self.microseconds:.0f} with each step "
            f"timed) on {self.threads} thread{'s' * (self.threads > 1)}:\n"
            f"{self.gflops:.1f} GFLOP/s, {self.peak_share:.0%} of the {self.peak:.1f} GFLOP/s that "
            "large matrix products reach here."
        )

    def plot(self) -> Any:
        """Plot the time of each step, and beside it the share of the peak.

        Returns
        -------
        matplotlib.figure.Figure
            Shown by Jupyter as the value of a cell; ``figure.savefig(path)`` writes it to a file.

        Raises
        ------
        MissingDependencyError
            If Matplotlib is not installed.
        """
        pyplot = load("matplotlib.pyplot", "plotting a profile")
        labels = [
            f"{row.step} {row.kernel}" if row.step is not None else row.kernel for row in self.rows
        ]
        with pyplot.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
            figure, (time, peak) = pyplot.subplots(
                1,
                2,
                sharey=True,
                figsize=(9, 1.2 + 0.24 * len(labels)),
                width_ratios=(3, 2),
                layout="constrained",
            )
            places = range(len(labels))
            # What computes is dark, what compares, moves or waits is light and hatched.
            counted = [row.gflops is not None for row in self.rows]
            _bars(time, places, [row.microseconds for row in self.rows], counted)
            time.set(xlabel="microseconds", yticks=places, yticklabels=labels, title="Time")
            time.invert_yaxis()
            _bars(peak, places, [100 * (row.peak_share or 0) for row in self.rows], counted)
            peak.axvline(100, color="black", linestyle="--", linewidth=1)
            peak.axvline(100 * self.peak_share, color=COLORS[1], linestyle=":", label="whole run")
            peak.set(xlabel="% of the peak", title=f"Share of {self.peak:.0f} GFLOP/s")
            handles, names = peak.get_legend_handles_labels()
            figure.legend(handles, names, frameon=False, loc="outside lower center", ncols=3)
            # Closed, it is shown once, as the value of a cell, and not again at the cell's end.
            pyplot.close(figure)
        return figure


def _bars(ax: Any, places: Sequence[int], lengths: Sequence[float], counted: list[bool]) -> None:
    looks = (
        (True, "counted operations", {"color": COLORS[0]}),
        (False, "no counted operations", {"color": "0.85", "edgecolor": "0.3", "hatch": "///"}),
    )
    for kind, label, look in looks:
        chosen = [place for place in places if counted[place] is kind]
        ax.barh(chosen, [lengths[place] for place in chosen], label=label, **look)
