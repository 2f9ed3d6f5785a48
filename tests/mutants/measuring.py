"""How long each test of the core suite takes, and which lines of the library it executes.

python tests/mutants/measuring.py <file to write> <file of tests> ...
"""

import os
import pickle
import sys
import time

import core_suite
import coverage
import pytest


class Recorder:
    """A plugin of pytest: tells coverage which test runs, and times it."""

    def __init__(self, measured):
        self.measured = measured
        self.seconds = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.measured.switch_context(item.nodeid)
        start = time.process_time()
        result = yield
        self.seconds[item.nodeid] = time.process_time() - start
        self.measured.switch_context("")
        return result


def lines_of_tests(data, files):
    """File -> line -> the tests that execute it; "" stands for imports."""
    found = {}
    for file in files:
        lines = data.contexts_by_lineno(str(core_suite.ROOT / file))
        found[file] = {line: set(tests) for line, tests in lines.items()}
    return found


def main(path, *tests):
    os.environ.update(core_suite.ENVIRONMENT)
    sources = sorted((core_suite.ROOT / "autodiff").rglob("*.py"))
    files = [source.relative_to(core_suite.ROOT).as_posix() for source in sources]
    measured = coverage.Coverage(
        data_file=None,
        config_file=False,
        include=[str(core_suite.ROOT / file) for file in files],
        messages=False,
    )
    recorder = Recorder(measured)
    measured.start()
    code = core_suite.run([core_suite.Selection(), recorder], tests)
    measured.stop()
    found = recorder.seconds, lines_of_tests(measured.get_data(), files)
    with open(path, "wb") as stream:
        pickle.dump(found, stream)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
