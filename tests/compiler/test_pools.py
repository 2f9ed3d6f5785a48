"""Held, other libraries' threads are at most ours; afterwards they are as before."""

import os
import sys
import threading
import types

import pytest

import autodiff as ad
from autodiff.compiler import pools
from autodiff.compiler.pools import hold

threadpoolctl = pytest.importorskip("threadpoolctl")


class Pool:
    """Stands for a BLAS of any number of threads, whatever this machine has."""

    def __init__(self, threads):
        self.num_threads = threads

    def set_num_threads(self, threads):
        self.num_threads = threads


@pytest.fixture
def pair(monkeypatch):
    found = [Pool(8), Pool(2)]
    monkeypatch.setattr(pools, "_pools", lambda: found)
    return lambda: [pool.num_threads for pool in found], found


def test_pools_are_lowered_never_raised_and_restored(pair):
    threads, _ = pair
    with hold(4):
        assert threads() == [4, 2]
    assert threads() == [8, 2]


def test_the_default_is_the_setting(pair, monkeypatch):
    threads, _ = pair
    monkeypatch.setattr(ad.compiler.settings, "_threads", 3)
    with hold():
        assert threads() == [3, 2]


def test_an_error_inside_restores(pair):
    threads, _ = pair
    with pytest.raises(ZeroDivisionError), hold(1):
        assert threads() == [1, 1]
        1 / 0  # noqa: B018
    assert threads() == [8, 2]


def test_nested_holds_restore_what_was_before_the_first(pair):
    threads, _ = pair
    with hold(4):
        with hold(1):
            assert threads() == [1, 1]
        assert threads() == [1, 1]
    assert threads() == [8, 2]


def test_the_last_of_overlapping_holds_restores(pair):
    threads, _ = pair
    first, second = hold(4), hold(4)
    first.__enter__()
    second.__enter__()
    first.__exit__()
    assert threads() == [4, 2]
    second.__exit__()
    assert threads() == [8, 2]


def test_what_the_user_sets_meanwhile_stays(pair):
    threads, found = pair
    with hold(1):
        found[0].set_num_threads(5)
    assert threads() == [5, 2]


def test_many_threads_leave_the_pools_as_they_were(pair):
    threads, _ = pair

    def often():
        for n in range(1000):
            with hold(1 + n % 3):
                assert max(threads()) <= 8

    several = [threading.Thread(target=often) for _ in range(4)]
    for thread in several:
        thread.start()
    for thread in several:
        thread.join()
    assert threads() == [8, 2]


def blas_threads():
    controller = threadpoolctl.ThreadpoolController().select(user_api="blas")
    return [pool.num_threads for pool in controller.lib_controllers]


def test_the_real_blas_is_held_and_restored():
    if not blas_threads():
        pytest.skip("threadpoolctl knows no BLAS of this NumPy")
    with threadpoolctl.threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        with hold(1):
            assert set(blas_threads()) == {1}
        assert blas_threads() == before


def test_a_library_that_is_loaded_later_is_found(monkeypatch):
    assert pools._pools() is pools._pools()
    before = pools._pools()
    monkeypatch.setitem(sys.modules, "a_module_loaded_later", types.ModuleType("later"))
    assert pools._pools() is not before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_child_is_not_held_by_its_parents_threads(pair):
    threads, _ = pair
    with hold(1):
        pools._after_fork()
        assert threads() == [8, 2]
    assert threads() == [8, 2]
