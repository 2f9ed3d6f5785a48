"""The core suite: the tests that every mutant meets. They run in under 15 seconds.

They are the ordinary tests of graphs, transforms, structures and primitives, without those that
need another library, the compiler, a new process, or seconds. Hypothesis draws ten examples instead
of a hundred, the same ones each time.
"""

import os
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = [
    "tests/test_graph.py",
    "tests/test_sweeps.py",
    "tests/test_sweepables.py",
    "tests/test_leaves.py",
    "tests/test_ordering.py",
    "tests/test_recording.py",
    "tests/test_evaluation.py",
    "tests/test_structures.py",
    "tests/test_transforms.py",
    "tests/transforms/test_what_they_take.py",
    "tests/transforms/test_custom.py",
    "tests/transforms/test_jacobian_modes.py",
    "tests/transforms/test_gauss_newton.py",
    "tests/transforms/test_memory.py",
    "tests/test_dynamic.py",
    "tests/test_halves.py",
    "tests/test_notation.py",
    "tests/test_conventions.py",
    "tests/test_anomaly.py",
    "tests/test_precision.py",
    "tests/nn/test_layers.py",
    "tests/primitives",
]
LEFT_OUT = {  # a pattern of names -> why
    r"test_ceil_mode_is_compiled": "needs the compiler",
    r"test_a_graph_may_be_as_deep_as_it_likes": "takes seconds, in a process of its own",
    r"test_it_learns_parity_from_sequences": "takes seconds",
    r"test_precision.*::test_fit_": "trains networks",
    r"test_a_replay_equals.*\[(?!twice)": "one change of all lengths is enough",
    r"test_evaluation.*-bfloat16\]": "float16 takes the same path",
    r"test_gradients_have_the_type_of_their_variable": "float32 and float64 are tested elsewhere",
    r"test_takes_lists_for_arrays": "hundreds of tests for one line",
    r"test_convolution.*_of_order_three": "order two shows the same",
}
OVERVIEWS = (  # of all primitives; they call no function of theirs, but read their attributes
    "tests/primitives/test_overview.py",
)
OPTIONS = [
    *("-q", "-s", "--rootdir", str(ROOT), "-c", "pyproject.toml"),
    *("-p", "no:cacheprovider", "-p", "no:logging", "-p", "no:faulthandler"),
]
ENVIRONMENT = {
    "HYPOTHESIS_PROFILE": "quick",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}


def test_files():
    """Every file of the core suite, by its path from the top folder."""
    for name in FILES:
        paths = sorted((ROOT / name).glob("*.py")) if name.endswith("primitives") else [ROOT / name]
        yield from (path.relative_to(ROOT).as_posix() for path in paths)


def belongs(item):
    """Whether a test is part of the core suite."""
    if any(item.get_closest_marker(name) for name in ("peers", "mnist", "slow")):
        return False
    return not any(re.search(pattern, item.nodeid) for pattern in LEFT_OUT)


class Selection:
    """A plugin of pytest: all of the core suite, or of it what is named, in that order."""

    def __init__(self, names=None):
        self.names = names

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        if self.names is None:
            items[:] = filter(belongs, items)
        else:
            found = {item.nodeid: item for item in items}
            items[:] = [found[name] for name in self.names if name in found]


def run(plugins, files=FILES):
    """Run pytest in this process, from the top folder."""
    os.chdir(ROOT)
    return pytest.main([*OPTIONS, *files], plugins=plugins)


if __name__ == "__main__":
    os.environ.update(ENVIRONMENT)
    sys.exit(run([Selection()]))
