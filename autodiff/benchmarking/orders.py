"""Who runs when: in each round everybody once, and over the rounds after everybody else.

What runs just before leaves its mark: on the caches, the clock of the processor, the memory that
the system has at hand. If the order were only turned by one place from round to round, each would
nearly always run after the same other one. In Williams' squares it does not.
"""

from __future__ import annotations

from collections.abc import Sequence

# What a report says of rounds that were taken in this order.
BALANCED = "balanced"


def turns(names: Sequence[str], rounds: int) -> list[list[str]]:
    """The order in each round: the rows of Williams' squares, and then the same again.

    For an even number of names n there is one square, with n rows; in these everybody runs once
    right after everybody else, and stands in each place once. For an odd number there are two
    squares, each the mirror of the other, and in their 2 n rows everybody does so twice. Two names
    take turns as AB, BA, AB, BA.

    Parameters
    ----------
    names : sequence of str
        Who takes part.
    rounds : int
        How many rounds there are. Fewer than a square has rows are a part of it: then no name runs
        right after the same other one more than once, or more than twice where n is odd.

    Returns
    -------
    list of list of str
        For each round all names.

    References
    ----------
    Williams, E. J. (1949). Experimental designs balanced for the estimation of residual effects of
    treatments. Australian Journal of Scientific Research A 2, 149-168. doi:10.1071/CH9490149
    """
    count = len(names)
    # 0, 1, -1, 2, -2, ...: all steps from one place to the next are different, around a circle of
    # an even number; around an odd one, they are so together with those of the mirror.
    steps = [(place + 1) // 2 * (1 if place % 2 else -1) for place in range(count)]
    rows = [[names[(start + step) % count] for step in steps] for start in range(count)]
    if count % 2:
        rows += [row[::-1] for row in rows]
    return [rows[number % len(rows)] for number in range(rounds)]
