"""The picture of the package's own floors."""

import matplotlib.pyplot as plt
import pytest

import autodiff as ad
from autodiff.draw.floors import Floors


@pytest.fixture(scope="module")
def floors():
    return Floors()


def test_reads_what_each_module_imports(floors):
    assert floors.uses["errors"] == set()
    assert {"errors", "catalogue", "notation"} <= floors.uses["structures"]
    assert "graph" in floors.uses["transforms"]
    assert not {"__init__", "__main__", "benchmarking"} & set(floors.uses)


def test_leaves_out_what_is_named():
    uses = Floors(left_out=["__init__", "nn"]).uses
    assert not {"__init__", "nn", "__pycache__"} & set(uses)
    assert "training" in uses["__main__"] and "benchmarking" in uses
    assert "nn" in Floors().uses["training"] and "nn" not in uses["training"]


def test_stands_every_module_above_those_it_uses(floors):
    rows = floors.rows()
    height = {unit: floor for floor, row in enumerate(rows) for unit in row}
    assert set(height) == set(floors.uses)
    for unit, used in floors.uses.items():
        assert all(height[one] < height[unit] for one in used), unit
        assert height[unit] == 0 or any(height[one] == height[unit] - 1 for one in used), unit


def test_tells_what_is_not_built_yet(floors):
    assert floors.missing(["errors", "lazy"]) == set()
    assert floors.missing(["errors", "dtypes"]) == {"lazy"}


def test_draws_a_box_for_each_module_and_tells_new_from_old_and_from_what_is_to_come(floors):
    axis = floors.draw(new=["graph"], built=["structures"])
    try:
        boxes = {text.get_text().rstrip("/"): text for text in axis.texts}
        assert set(boxes) == set(floors.uses)
        assert axis.texts[0].get_position()[1] == 0
        looks = {
            (text.get_bbox_patch().get_facecolor(), text.get_bbox_patch().get_linestyle())
            for text in (boxes["graph"], boxes["structures"], boxes["nn"])
        }
        assert len(looks) == 3
        assert boxes["structures"].get_text() == "structures/"
        assert boxes["graph"].get_text() == "graph"
    finally:
        plt.close(axis.figure)


def test_refuses_a_name_that_is_no_module(floors):
    with pytest.raises(ad.ArgumentError, match="no module 'structure'; it has .*structures"):
        floors.draw(new=["structure"])
    with pytest.raises(ad.ArgumentError, match="no module 'graphs'"):
        floors.missing(["graphs"])
