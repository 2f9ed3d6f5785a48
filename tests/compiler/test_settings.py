import os
import subprocess
import sys

import numpy as np
import pytest

import autodiff as ad
from autodiff.compiler import settings


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    monkeypatch.setattr(settings, "_threads", None)
    monkeypatch.delenv(settings.VARIABLE, raising=False)


def test_the_default_is_what_this_process_may_use():
    assert ad.get_num_threads() == settings.usable_cores()
    assert 1 <= settings.usable_cores() <= os.cpu_count()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds no processes")
def test_a_process_bound_to_one_core_has_one_thread():
    program = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
        "import autodiff as ad; assert ad.get_num_threads() == 1"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_environment_comes_before_the_default_and_the_function_before_both(monkeypatch):
    monkeypatch.setenv("AUTODIFF_NUM_THREADS", " 7 ")
    assert ad.get_num_threads() == 7
    ad.set_num_threads(np.int64(3))
    assert ad.get_num_threads() == 3
    assert type(ad.get_num_threads()) is int


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "²"])
def test_a_wrong_environment_is_named(monkeypatch, text):
    monkeypatch.setenv("AUTODIFF_NUM_THREADS", text)
    with pytest.raises(ad.ArgumentError, match=f"AUTODIFF_NUM_THREADS must be.* is '{text}'"):
        ad.get_num_threads()
    ad.set_num_threads(2)  # the remedy at hand
    assert ad.get_num_threads() == 2


@pytest.mark.parametrize("n", [1.0, "2", None, True])
def test_only_integers_are_numbers_of_threads(n):
    with pytest.raises(ad.DtypeError, match=f"set_num_threads needs an integer, but got {n!r}"):
        ad.set_num_threads(n)


@pytest.mark.parametrize("n", [0, -2])
def test_at_least_one_thread(n):
    with pytest.raises(ad.ArgumentError, match=f"at least one thread, but got {n}; 1 runs"):
        ad.set_num_threads(n)


@pytest.mark.parametrize(
    ("files", "granted"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, np.inf),
        ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2.0),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, np.inf),
        ({"cpu.max": "what is this"}, np.inf),
        ({}, np.inf),
    ],
)
def test_a_control_group_may_grant_less_than_there_is(tmp_path, monkeypatch, files, granted):
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="ascii")
    assert settings._granted(tmp_path) == granted
    monkeypatch.setattr(settings, "_GROUP", tmp_path)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(64), raising=False)
    assert settings.usable_cores() == min(64, np.ceil(granted))


def test_the_setting_needs_no_numba():
    program = (
        "import sys, autodiff as ad; ad.set_num_threads(2); ad.get_num_threads(); "
        "assert not {'numba', 'llvmlite', 'threadpoolctl'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
