"""Who runs when."""

import itertools
from collections import Counter

import pytest

from autodiff.benchmarking.orders import turns

NAMES = "abcdefghijklmn"


def places(orders):
    """How often each name stands in each place."""
    return Counter(pair for order in orders for pair in enumerate(order))


def neighbours(orders):
    """How often each name runs right after each other one of its round."""
    return Counter(pair for order in orders for pair in itertools.pairwise(order))


@pytest.mark.parametrize("count", range(2, 15))
def test_over_whole_squares_everybody_runs_equally_often_after_everybody_else(count):
    names, each = NAMES[:count], 1 + count % 2
    orders = turns(names, each * count)
    assert all(sorted(order) == list(names) for order in orders)
    assert neighbours(orders) == dict.fromkeys(itertools.permutations(names, 2), each)
    assert places(orders) == dict.fromkeys(itertools.product(range(count), names), each)


@pytest.mark.parametrize("count", range(7, 15))
def test_in_seven_rounds_nobody_keeps_a_place_or_a_neighbour(count):
    orders = turns(NAMES[:count], 7)
    assert max(places(orders).values()) == 1
    assert max(neighbours(orders).values()) == 1 + count % 2


@pytest.mark.parametrize("count", range(4, 15))
def test_nobody_is_last_in_a_round_and_first_in_the_next(count):
    orders = turns(NAMES[:count], 3 * count)
    assert all(before[-1] != after[0] for before, after in itertools.pairwise(orders))


def test_two_alternate_and_begin_anew_after_the_square():
    assert ["".join(order) for order in turns("ab", 5)] == ["ab", "ba", "ab", "ba", "ab"]
    assert turns("abcd", 9)[4:8] == turns("abcd", 4)


def test_one_runs_alone():
    assert turns("a", 3) == [["a"]] * 3
