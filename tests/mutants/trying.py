"""Try one mutant, in a process of its own that ends with it: which test notices it?

The process is a copy of one in which the core suite has been collected and nothing has run yet.
"""

import json
import os
import resource
import signal
import sys
import time
import traceback

import core_suite
import pytest
import swapping

ENOUGH = 300  # tests that walk over all primitives
SECONDS = 2.5  # of computing, the quickest tests first; a mutant that passes these survives
WALKS = ("tests/primitives/test_catalogue.py", "tests/test_evaluation.py")  # over all primitives
MEMORY = 8 * 2**30  # bytes
LIMIT = 60  # seconds of computing, after which a mutant is said never to end
PATIENCE = 900.0  # seconds, for a process that waits for something and does not compute
FOLDERS = (str(core_suite.ROOT / "autodiff"), str(core_suite.ROOT / "tests"))
OURS = str(core_suite.ROOT / "tests" / "mutants")


class Watch:
    """A plugin of pytest: remembers the first test that failed, and ends when its time is over."""

    def __init__(self, seconds=float("inf")):
        self.failed = None
        self.seconds = seconds
        self.end = float("inf")

    def pytest_collection_finish(self):
        self.end = time.process_time() + self.seconds

    def pytest_runtest_logreport(self, report):
        if report.failed and self.failed is None:
            self.failed = report.nodeid

    def pytest_runtest_logfinish(self):
        if time.process_time() > self.end:
            pytest.exit("enough", returncode=0)


def run_items(items, watch, seconds=float("inf")):
    """The first of `items` that fails, or None; nothing runs after it, or after so many seconds."""
    end = time.process_time() + seconds
    for item, following in zip(items, [*items, None][1:], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if watch.failed or time.process_time() > end:
            return watch.failed
    return None


def run_afresh(mutant, text, names):
    """Import the library anew, with the mutant in it, and run the tests called `names`."""
    swapping.forget(FOLDERS, OURS)
    file = str(core_suite.ROOT / mutant.file)
    sys.meta_path.insert(0, swapping.Substitute(swapping.module_name(mutant.file), file, text))
    files = list(dict.fromkeys(name.partition("::")[0] for name in names))
    batches = [files[:2], files[2:]]
    for batch in filter(None, batches):
        watch = Watch(SECONDS)
        chosen = [name for name in names if name.partition("::")[0] in batch]
        options = ["-x", *batch]
        code = core_suite.run([core_suite.Selection(chosen), watch], options)
        if watch.failed or code not in (0, 5):
            return watch.failed or "the import, or the collection of the tests"
    return None


class Library:
    """What a copy starts from: the collected tests, and the functions that are alive."""

    def __init__(self, items, watch, measured):
        self.items = {item.nodeid: item for item in items}
        self.watch = watch
        self.live = swapping.live_functions()
        self.seconds, self.lines = measured
        self.in_order = sorted(self.items, key=lambda name: (self.seconds[name], name))

    def tests_of(self, file, first, last):
        """The tests that execute one of these lines, quickest first; "" if an import does.

        Of very many, those that walk over all primitives come last, and not all of them.
        """
        lines = self.lines[file]
        found = set().union(*(lines.get(line, ()) for line in range(first, last + 1)))
        tests = [name for name in self.in_order if name in found]
        if len(tests) > ENOUGH:
            walks = [name for name in tests if name.startswith(WALKS)]
            tests = [name for name in tests if not name.startswith(WALKS)]
            tests += walks[:: 1 + len(walks) // ENOUGH]
        return tests, "" in found

    def try_mutant(self, mutant, text, files):
        """The test in `files` that fails, or None, and how the mutant was put in place."""
        tests, at_import = self.tests_of(mutant.file, *mutant.lines)
        tests = [name for name in tests if name.partition("::")[0] in files]
        file = str(core_suite.ROOT / mutant.file)
        source = (core_suite.ROOT / mutant.file).read_text(encoding="utf-8")
        try:
            swapping.swap(file, source, text, self.live)
        except swapping.NeedsImport:
            at_import = True
        else:
            failed = run_items([self.items[name] for name in tests], self.watch, SECONDS)
            if failed or not at_import:
                return failed, "swapped"
        near = tests or self.tests_of(mutant.file, *mutant.block)[0]
        near = near or [name for name in self.in_order if not name.startswith(WALKS)]
        overviews = [name for name in self.in_order if name.startswith(core_suite.OVERVIEWS)]
        near = [*dict.fromkeys(overviews + near)]
        near = [name for name in near if name.partition("::")[0] in files]
        return run_afresh(mutant, text, near), "imported"


def start(work, limit=LIMIT):
    """Run `work` in a copy of this process; its result can be read from the pipe.

    It ends when it has computed for `limit` seconds.

    Returns
    -------
    (int, int)
        The number of the process, and of the end of the pipe to read from.
    """
    reading, writing = os.pipe()
    number = os.fork()
    if number:
        os.close(writing)
        return number, reading
    code = 1
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 60))
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        begun = time.process_time()
        try:
            message = {"found": work(), "seconds": round(time.process_time() - begun, 2)}
        except BaseException:
            message = {"error": traceback.format_exc()}
        os.write(writing, json.dumps(message).encode())
        code = 0
    finally:
        os._exit(code)


def finished(number, reading):
    """None while the process runs; then what it found, or that it died."""
    ended, status = os.waitpid(number, os.WNOHANG)
    if not ended:
        return None
    with os.fdopen(reading, "rb") as pipe:
        message = pipe.read()
    if message:
        return json.loads(message)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return {"timeout": True}
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGTERM):
        return {"error": "something outside ended the process"}
    return {"found": [f"the process died with status {status}", "?"], "seconds": None}


def stop(number, reading):
    """End a process that does not end."""
    os.killpg(number, signal.SIGKILL)
    os.waitpid(number, 0)
    os.close(reading)
