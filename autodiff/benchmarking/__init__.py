"""Comparisons of speed and memory with other libraries, by rounds of processes in turn.

`workloads` says what is trained, `peers` how each library does it, `orders` who runs when, `rounds`
starts and stops the processes, `worker` is what happens in each of them, and `summary` says what
may be concluded. `published` gives what was measured for the book, and `tables` and `plots` show
it.
"""

from .plots import plot_growth, plot_ratios, plot_speed, plot_training
from .publication import published
from .rounds import Participant, measure
from .summary import summarise
from .workloads import Workload

__all__ = [
    "Participant",
    "Workload",
    "measure",
    "plot_growth",
    "plot_ratios",
    "plot_speed",
    "plot_training",
    "published",
    "summarise",
]
