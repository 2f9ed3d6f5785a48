"""What a leaf takes and refuses, to the letter of the message; and what a node weighs."""

import numpy as np
import pytest

import autodiff as ad
from autodiff.missing import Missing
from autodiff.structures import WeakConstant


@pytest.mark.parametrize("shape", [(3,), (2, 3, 1)])
def test_neither_fewer_nor_more_axes_are_replayed(shape):
    x = ad.Constant(np.ones((2, 3)), name="x")
    with pytest.raises(ad.ShapeError, match="Constant 'x' .* with 2 axes .* cannot be replayed"):
        x.output = np.ones(shape)
    assert x.shape == (2, 3)


@pytest.mark.parametrize(("name", "called"), [("w", "^Variable 'w' needs"), (None, "^a Variable")])
def test_a_variable_of_integers_is_called_by_its_name_if_it_has_one(name, called):
    with pytest.raises(ad.DtypeError, match=called):
        ad.Variable(np.arange(3), name=name)


@pytest.mark.parametrize(("name", "called"), [("x", "^Constant 'x' needs"), (None, "^a Constant")])
def test_a_constant_of_words_is_called_by_its_name_if_it_has_one(name, called):
    with pytest.raises(ad.DtypeError, match=called):
        ad.Constant(np.array(["word"]), name=name)


class Masked(np.ndarray):
    """What `numpy.ma.MaskedArray` is to a node, without the import of `numpy.ma`."""

    mask = False


def test_a_masked_array_is_refused_since_its_mask_would_be_lost():
    masked = np.ones(2).view(Masked)
    with pytest.raises(ad.DtypeError, match=r"Variable 'w' cannot hold a masked array.*filled"):
        ad.Variable(masked, name="w")
    with pytest.raises(ad.DtypeError, match="multiply: a Constant cannot hold a masked array"):
        ad.Variable([1.0, 2.0]) * np.ma.array([1.0, 2.0], mask=[False, True])


@pytest.mark.parametrize("kind", [Masked, np.ndarray])
def test_only_what_has_a_mask_is_masked(kind):
    if kind is np.ndarray:
        assert ad.Constant(np.ones(2).view(kind)).shape == (2,)
    else:
        with pytest.raises(ad.DtypeError, match="mask would be lost"):
            ad.Constant(np.ones(2).view(kind))


def test_no_node_has_a_dictionary():
    """There are millions of them, so each has slots and nothing else."""
    w, x = ad.Variable(1.0), ad.Constant([1.0])
    for node in (w, x, WeakConstant(1.0), w * 2.0, w * x):
        assert not hasattr(node, "__dict__")


@pytest.mark.parametrize("size", [0, 2])
def test_only_one_element_is_true_or_false(size):
    with pytest.raises(ad.ShapeError, match="neither true nor false as a whole"):
        bool(ad.Constant(np.ones(size)))


def test_a_value_that_was_not_kept_is_not_handed_out():
    node = ad.Variable(np.ones(3)) * 2.0
    node.value = Missing((3,), np.dtype(float), "the product")
    with pytest.raises(ad.ProgramError, match="the value of the product was fused away"):
        _ = node.output
