"""Trees: taken apart and put together again."""

import dataclasses
from collections import OrderedDict, defaultdict
from typing import NamedTuple

import pytest

import autodiff as ad
from autodiff.trees import flatten, leaves_like, tree_map, unflatten


class Pair(NamedTuple):
    left: object
    right: object


@dataclasses.dataclass(frozen=True)
class Layer:
    weight: object
    bias: object = 0.0


TREES = [
    1.0,
    [1.0, 2.0],
    (1.0, (2.0,)),
    {"b": 1.0, "a": [2.0, {"c": 3.0}]},
    OrderedDict(b=1.0, a=2.0),
    Pair(1.0, Pair(2.0, [3.0])),
    Layer(1.0, Layer((2.0,))),
    [],
    {"empty": (), "none": None, "one": 1.0},
]


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_put_together_it_is_the_same(tree):
    again = unflatten(tree, flatten(tree))
    assert again == tree and type(again) is type(tree)


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_map_keeps_the_structure(tree):
    doubled = tree_map(lambda leaf: 2.0 * leaf, tree)
    assert flatten(doubled) == [2.0 * leaf for leaf in flatten(tree)]
    assert type(doubled) is type(tree)
    assert tree_map(lambda leaf, twice: twice - leaf, tree, doubled) == tree


def test_order_of_leaves():
    assert flatten({"b": 1, "a": (2, [3]), "c": None, "d": Layer(4, 5)}) == [1, 2, 3, 4, 5]


def test_the_class_of_a_dataclass_is_a_leaf():
    assert flatten(Layer) == [Layer]


@pytest.mark.parametrize(
    ("leaves", "message"),
    [([1], "more leaves than values"), ([1, 2, 3], "more values were given than the tree has")],
)
def test_the_number_of_leaves_must_fit(leaves, message):
    with pytest.raises(ad.ArgumentError, match=message):
        unflatten((0, 0), leaves)


def test_mapped_trees_must_fit():
    with pytest.raises(ad.ArgumentError, match="different numbers of leaves"):
        tree_map(max, [1, 2], [3])


def test_none_may_be_a_value_of_a_leaf():
    assert unflatten([0, 0], [None, 1]) == [None, 1]
    with pytest.raises(ad.ArgumentError, match="more values"):
        unflatten([0], [1, None])


@dataclasses.dataclass
class Counted:
    """A field that is no argument of the constructor, which refuses what is no number."""

    weight: object
    calls: object = dataclasses.field(init=False, default=2.0)

    def __post_init__(self):
        self.weight = float(self.weight)


def test_a_dataclass_is_filled_without_its_constructor():
    again = unflatten(Counted(1.0), ["any", "thing"])
    assert (type(again), again.weight, again.calls) == (Counted, "any", "thing")
    original = Layer(1.0, 2.0)
    assert unflatten(original, [3.0, 4.0]) == Layer(3.0, 4.0) and original == Layer(1.0, 2.0)


def test_a_defaultdict_keeps_its_default():
    again = unflatten(defaultdict(list, a=1.0), [2.0])
    assert again == {"a": 2.0} and again["other"] == []


def test_leaves_that_stand_under_one_key_belong_together():
    tree = {"a": 1, "b": [2, {"c": 3, "d": 4}]}
    other = {"b": [20, {"d": 40, "c": 30}], "a": 10}
    assert leaves_like(tree, other) == [10, 20, 30, 40]
    assert tree_map(lambda one, ten: ten - one, tree, other) == {
        "a": 9,
        "b": [18, {"c": 27, "d": 36}],
    }
    assert leaves_like(tree, {"a": 10, "b": None}) == [10, None, None, None]
    assert leaves_like((1, [2]), [10, (20,)]) == [10, 20]


@pytest.mark.parametrize(
    ("tree", "other", "message"),
    [
        ({"a": 1}, {"b": 1}, r"where one has a dict of \['a'\], the other has a dict of \['b'\]"),
        ([{"a": 1}], [(1,)], r"where one has a dict of \['a'\], the other has a tuple"),
        (1, {"a": 1}, r"where one has a int, the other has a dict of \['a'\]"),
    ],
)
def test_the_keys_must_be_the_same(tree, other, message):
    with pytest.raises(
        ad.ArgumentError, match=f"two trees must have the same structure; {message}"
    ):
        leaves_like(tree, other)
