"""A kernel called by its address does what it does when it is called by name."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="the kernels are compiled by numba")

from numba import njit

from autodiff.compiler.backend import Call, table
from autodiff.compiler.kernels import layouts, products, reductions, views
from autodiff.compiler.kernels.addresses import address, call_at
from autodiff.compiler.kernels.geometry import dense
from autodiff.compiler.regions import ARENA, INPUT, Region, Slot
from autodiff.compiler.source import call_fields, kernel_address, slot_fields, write


@njit
def turn(address, source, target, geometry, n):
    call_at(address, source, target, geometry, n)


@njit
def scaled_sums(address, x, y, scale, geometry):
    call_at(address, x, y, scale, geometry, 2)  # a literal is an integer, too


@njit
def multiply(address, w, x, y, geometry, n):
    call_at(address, w, x, y, w, geometry, n, -1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_])
def test_arrays_of_every_type(dtype):
    x, y = np.arange(6).astype(dtype), np.zeros(6, dtype)
    turn(address(views.batch_last, [dtype] * 2), x, y, table(3), 2)
    np.testing.assert_array_equal(y.reshape(3, 2), x.reshape(2, 3).T)


def test_scalars():
    x, y = np.arange(6.0), np.zeros(2)
    scaled_sums(address(reductions.sum_features, [float] * 2, 1), x, y, 0.5, table(1, 3, 1))
    np.testing.assert_array_equal(y, [3.0, 4.5])


def test_an_argument_with_a_default_is_given():
    rng = np.random.default_rng(0)
    w, x, y = rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), np.empty(15)
    multiply(address(products.product, [float] * 4), w.ravel(), x.ravel(), y, dense(3, 4), 5)
    np.testing.assert_allclose(y.reshape(3, 5), w @ x, rtol=1e-14)


def test_a_kernel_lies_at_one_address_for_each_dtype():
    single, double = (address(layouts.batch_last, [dtype] * 2) for dtype in ("f4", "f8"))
    assert single == address(layouts.batch_last, [np.float32, np.float32]) != double


def test_a_region_with_a_kernel_for_two_dtypes_calls_each_by_its_own_name():
    region = Region()
    for dtype in ("f4", "f4", "f8"):
        slots = [Slot(place, 3, np.dtype(dtype), None, True) for place in (INPUT, ARENA)]
        region.slots += slots
        region.calls.append((Call("views.batch_last", (), table(3), (1,)), slots))
    text = write(region, "A test.")
    last = call_fields(region, 2)[1]
    assert last > call_fields(region, 0)[1] > slot_fields(5)[1]
    assert f"    views_batch_last__2 = control[{last}]" in text
    calls = [line.split(",")[0].strip() for line in text.splitlines() if " call_at(" in line]
    assert calls == ["call_at(views_batch_last", "call_at(views_batch_last", calls[2]]
    assert calls[2] == "call_at(views_batch_last__2"
    assert kernel_address(*region.calls[2]) == address(views.batch_last, ["f8", "f8"])
