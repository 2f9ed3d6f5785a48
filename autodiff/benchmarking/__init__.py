"""Comparisons of speed and memory with other libraries, by rounds of processes in turn.

`workloads` says what is trained, `peers` how each library does it, `rounds` who runs when,
`worker` what happens in each process, and `summary` what may be concluded. `published` gives what
was measured for the book.
"""

from .plots import plot_growth
from .publication import published
from .rounds import Participant, measure
from .summary import summarise
from .workloads import Workload

__all__ = ["Participant", "Workload", "measure", "plot_growth", "published", "summarise"]
