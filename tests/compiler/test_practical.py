"""Programs in the wild: threads, forks, faults in the middle, and machines that lack something."""

import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
import tracemalloc
import weakref
from pathlib import Path

import numpy as np
import pytest

import autodiff as ad
from autodiff import lazy

ROOT = Path(__file__).parents[2]
STEPS = 200


def recorded(seed, n=16, hidden=32):
    rng = np.random.default_rng(seed)
    x = ad.Constant(rng.normal(size=(n, 20)).astype(np.float32), name="x")
    t = ad.Constant(rng.integers(0, 4, n), name="t")
    w = ad.Variable((rng.normal(size=(hidden, 20)) * 0.3).astype(np.float32), name="w")
    v = ad.Variable((rng.normal(size=(4, hidden)) * 0.3).astype(np.float32), name="v")
    rows = ad.relu(x @ w.T)
    return ad.cross_entropy(rows @ v.T, t), [w, v], x, t, rows


def swept(sweepable, loss, variables):
    ad.forward(sweepable)
    ad.backward(sweepable)
    return [np.array(loss.output), *[np.array(variable.gradient) for variable in variables]]


def expected_of(loss, variables):
    return swept(ad.topological_sort(loss), loss, variables)


def assert_close(actual, expected):
    for ours, theirs in zip(actual, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-7)


def in_threads(work, count=4):
    """Run `work(number)` in threads; their exceptions are raised here."""
    failed = []

    def guarded(number):
        try:
            work(number)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def test_several_threads_each_with_a_program():
    graphs = [recorded(seed, 10 + 3 * seed) for seed in range(4)]
    references = [expected_of(loss, variables) for loss, variables, *_ in graphs]
    programs = [ad.compile(loss) for loss, *_ in graphs]  # each compiles in its own thread

    def work(number):
        loss, variables, *_ = graphs[number]
        for _ in range(STEPS):
            assert_close(swept(programs[number], loss, variables), references[number])

    in_threads(work)


def test_several_threads_share_a_program():
    loss, variables, *_ = recorded(0, 64)
    reference = expected_of(loss, variables)
    program = ad.compile(loss)

    def work(number):
        for _ in range(STEPS):
            np.testing.assert_allclose(ad.forward(program), reference[0], rtol=2e-5)
            ad.backward(program)

    in_threads(work)
    assert_close([loss.output, *[v.gradient for v in variables]], reference)


def test_a_module_is_not_found_half_executed(tmp_path):
    path = tmp_path / "slow_to_import.py"
    path.write_text("import time\ntime.sleep(0.2)\nready = True\n")
    found = []
    in_threads(lambda number: found.append(lazy.load_file("slow_to_import", path).ready))
    assert found == [True] * 4


def test_two_programs_over_one_graph_take_turns():
    loss, variables, x, _, rows = recorded(1)
    other = ad.mean(rows) * 2.0 + loss
    references = expected_of(loss, variables), expected_of(other, variables)
    first, second = ad.compile(loss, keep=[rows]), ad.compile(other)
    for _ in range(3):
        assert_close(swept(first, loss, variables), references[0])
        assert_close(swept(second, other, variables), references[1])
        with pytest.raises(ad.ProgramError, match="fused away"):
            _ = rows.output  # what the second program did not compute is not the first one's


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_after_a_fork_both_sides_go_on():
    loss, variables, *_ = recorded(2, 64)
    program = ad.compile(loss)
    reference = swept(program, loss, variables)
    child = os.fork()
    if child == 0:
        try:
            assert_close(swept(program, loss, variables), reference)
            fresh, others, *_ = recorded(3)
            swept(ad.compile(fresh), fresh, others)
        except BaseException:
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert_close(swept(program, loss, variables), reference)


@pytest.mark.parametrize("clone", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_program_is_not_copied(clone):
    program = ad.compile(recorded(0)[0])
    with pytest.raises(ad.ProgramError, match="neither copied nor pickled; save the parameters"):
        clone(program)


def test_a_fault_in_the_middle_leaves_the_program_usable():
    loss, variables, x, t, rows = recorded(4)
    reference = expected_of(loss, variables)
    program = ad.compile(loss, keep=[rows], optimizer=ad.optim.SGD(variables, lr=0.1))
    ad.forward(program)
    before = [np.array(variable.output) for variable in variables]
    images, labels = x.output, t.output
    t.output = np.full(16, 9)
    for run in (program.forward, program.step):
        with pytest.raises(ad.IndexingError, match="labels must lie in 0 to 3"):
            run()
    with pytest.raises(ad.StaleError, match="'t' of shape .* changed after the program ran"):
        program.backward()
    t.output, x.output = labels, images[:15]
    for run in (program.forward, program.step):
        with pytest.raises(ad.ShapeError, match="logits of shape .* need labels"):
            run()
    x.output = np.zeros((16, 21), np.float32)
    with pytest.raises(ad.ShapeError, match="inner lengths"):
        ad.forward(program)
    x.output = images
    for variable, array in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable.output, array)
    assert_close(swept(program, loss, variables), reference)
    np.testing.assert_allclose(program.step(), reference[0], rtol=1e-5)


def test_leaves_doubles_and_shapes_can_be_kept():
    loss, variables, x, _, rows = recorded(5)
    twin = ad.relu(x @ variables[0].T)
    folded = rows.reshape(-1, 4, 8)
    kept = [x, variables[0], rows, rows, twin, folded, x.reshape(-1, 20, 1)]
    expected = [np.array(node.output) for node in kept]
    program = ad.compile(loss, keep=kept)
    for _ in range(2):
        ad.forward(program)
        assert_close([node.output for node in kept], expected)
        ad.backward(program)
        assert_close([node.output for node in kept], expected)


def test_a_dropped_program_is_freed():
    loss, variables, *_ = recorded(6)
    program = ad.compile(loss)
    swept(program, loss, variables)
    found = weakref.ref(program), weakref.ref(loss)
    del program, loss
    gc.collect()
    assert [reference() for reference in found] == [None, None]


def test_a_thousand_steps_do_not_grow():
    loss, variables, x, *_ = recorded(7, 128, 64)
    program = ad.compile(loss, optimizer=ad.optim.Adam(variables, lr=1e-3))
    rng = np.random.default_rng(0)

    def steps(count):
        for _ in range(count):
            x.output = rng.normal(size=(128, 20)).astype(np.float32)
            program.step()
        gc.collect()

    tracemalloc.start()
    try:
        steps(100)
        memory, objects = tracemalloc.get_traced_memory()[0], len(gc.get_objects())
        steps(1000)
        assert len(gc.get_objects()) - objects < 50
        assert tracemalloc.get_traced_memory()[0] - memory < 50_000
    finally:
        tracemalloc.stop()


TRAIN = """
import warnings
import numpy as np
import autodiff as ad
rng = np.random.default_rng(0)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    losses = []
    for program_number in range(2):
        x = ad.Constant(rng.normal(size=(8, 1, 6, 6)).astype("f4"))
        t = ad.Constant(rng.integers(0, 3, 8))
        ad.manual_seed(program_number)
        model = ad.nn.Sequential(
            ad.nn.Conv2d(1, 2, 3), ad.nn.ReLU(), ad.nn.MaxPool2d(2), ad.nn.Flatten(),
            ad.nn.Linear(8, 3))
        params = list(model.parameters())
        program = ad.compile(ad.cross_entropy(model(x), t), optimizer=ad.optim.SGD(params, lr=0.1))
        losses += [float(program.step()) for _ in range(3)]
        x.output, t.output = x.output[:3], t.output[:3]
        losses.append(float(program.step()))
print([str(warning.message)[:60] for warning in caught])
print(losses)
"""
WITHOUT_NUMBA = "import sys\nsys.modules['numba'] = None\n"


def run(source, **environment):
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    warned, losses = done.stdout.splitlines()
    return eval(warned), eval(losses)


def test_without_numba_everything_works_with_one_warning():
    warned, losses = run(WITHOUT_NUMBA + TRAIN)
    assert len(warned) == 1
    assert "compiled programs needs the package 'numba'" in warned[0]
    pytest.importorskip("numba")
    none, ours = run(TRAIN)
    assert none == []
    np.testing.assert_allclose(losses, ours, rtol=1e-5)


@pytest.mark.parametrize("threads", ["1", "3"])
def test_the_number_of_threads_changes_no_loss(threads):
    pytest.importorskip("numba")
    warned, losses = run(TRAIN, AUTODIFF_NUM_THREADS=threads)
    assert warned == []
    np.testing.assert_allclose(losses, run(TRAIN)[1], rtol=1e-5)


def test_a_cache_folder_that_cannot_be_written_to_is_named(monkeypatch, tmp_path):
    pytest.importorskip("numba")
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("AUTODIFF_CACHE_DIR", str(blocked / "folder"))
    loss, *_ = recorded(8)
    with pytest.raises(ad.ArgumentError, match="AUTODIFF_CACHE_DIR names the folder .*unset it"):
        ad.forward(ad.compile(loss))


def test_a_usual_cache_folder_that_cannot_be_written_to_is_replaced(tmp_path):
    pytest.importorskip("numba")
    blocked = tmp_path / "file"
    blocked.touch()
    warned, losses = run(TRAIN, XDG_CACHE_HOME=str(blocked), AUTODIFF_CACHE_DIR="")
    assert warned == []
    assert np.isfinite(losses).all()
