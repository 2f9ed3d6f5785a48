"""Mutation testing: does some test of the core suite notice when the library is changed?

python tests/mutants/campaign.py [--seconds 150] [--workers 2] [--only graph] [--control]

What is found is kept in .mutants/ and is not computed again while a file and the tests are the
same, so that a run may be ended and taken up again. The results are written beside this file.
With --control each file is put in place as it is, and no test may fail.
"""

import argparse
import functools
import gc
import hashlib
import json
import os
import pickle
import subprocess
import sys
import time

import core_suite
import mutation
import results
import trying

STATE = core_suite.ROOT / ".mutants"


def digest(paths):
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:16]


SHARED = [
    core_suite.ROOT / "tests" / "conftest.py",
    core_suite.ROOT / "tests" / "mutants" / "core_suite.py",
]


class Notebook:
    """What has been found so far: one line of JSON for each mutant that was tried."""

    def __init__(self, path):
        self.path = path
        self.tests = {file: digest([core_suite.ROOT / file]) for file in core_suite.test_files()}
        self.sources = {file: digest([core_suite.ROOT / file]) for file in mutation.FILES}
        self.found = {}
        if path.exists():
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                self.found[tuple(entry["key"])] = entry

    def key(self, mutant):
        return self.sources[mutant.file], mutant.operator, mutant.occurrence

    def get(self, mutant):
        """The entry of a mutant, if it has met all that it must meet."""
        entry = self.found.get(self.key(mutant))
        return None if entry is None or self.to_meet(mutant) else entry

    def to_meet(self, mutant):
        """The files of tests that a mutant has not met as they are now."""
        entry = self.found.get(self.key(mutant))
        if entry and entry["outcome"] != "survived":
            return set()
        met = set(entry["met"]) if entry else set()
        return {file for file, version in self.tests.items() if version not in met}

    def write(self, mutant, what, test, how, seconds):
        entry = {
            "key": self.key(mutant),
            "file": mutant.file,
            "outcome": what,
            "test": test,
            "how": how,
            "seconds": seconds,
            "met": list(self.tests.values()) if what == "survived" else [],
        }
        self.found[self.key(mutant)] = entry
        with self.path.open("a") as stream:
            stream.write(json.dumps(entry) + "\n")


def measure(workers):
    """The measurement of the core suite; of a file of tests anew where it, or the library, changed.

    Returns
    -------
    dict
        Test -> seconds.
    dict
        File -> line -> the tests that execute it.
    """
    sources = [*(core_suite.ROOT / "autodiff").rglob("*.py"), *SHARED]
    library = digest(sources)
    paths = {
        file: STATE / f"measured-{library}-{digest([core_suite.ROOT / file])}.pickle"
        for file in core_suite.test_files()
    }
    missing = [file for file, path in paths.items() if not path.exists()]
    script, running = core_suite.ROOT / "tests" / "mutants" / "measuring.py", []
    for number in range(min(workers, len(missing))):
        new, part = STATE / f"measured-{number}.pickle", missing[number::workers]
        running.append((subprocess.Popen([sys.executable, script, new, *part]), new, part))
    for process, new, part in running:
        if process.wait():
            raise SystemExit("the core suite fails while it is measured")
        seconds, lines = pickle.loads(new.read_bytes())
        for file in part:
            chosen = {test for test in seconds if test.partition("::")[0] == file}
            found = {test: seconds[test] for test in chosen}, only(lines, chosen | {""})
            paths[file].write_bytes(pickle.dumps(found))
    seconds, lines = {}, {}
    for path in paths.values():
        more, where = pickle.loads(path.read_bytes())
        seconds |= more
        for file, found in where.items():
            for line, tests in found.items():
                lines.setdefault(file, {}).setdefault(line, set()).update(tests)
    return seconds, lines


def only(lines, tests):
    return {
        file: {line: found & tests for line, found in of_file.items()}
        for file, of_file in lines.items()
    }


class Campaign:
    """A plugin of pytest: tries all mutants in place of running the tests."""

    def __init__(self, options, watch, measured):
        self.options, self.watch, self.measured = options, watch, measured
        self.notebook = Notebook(STATE / "found.jsonl")
        self.complete = False

    def pytest_runtestloop(self, session):
        library = trying.Library(session.items, self.watch, self.measured)
        gc.collect()
        gc.freeze()
        self.core = self.run_core(library)
        operators = mutation.all_operators()
        end = time.monotonic() + self.options.seconds
        self.samples = {}
        self.complete = True
        files = [file for file in mutation.FILES if self.options.only in file]
        if self.options.control:
            self.complete = self.try_all(library, [*map(mutation.unchanged, files)], end)
            return True
        for file in files:
            chosen, possible = self.sample(file, operators)
            self.samples[file] = [mutant for mutant, _ in chosen], possible
            waiting = [pair for pair in chosen if not self.notebook.get(pair[0])]
            self.complete &= self.try_all(library, waiting, end)
        return True

    def sample(self, file, operators):
        """The mutants of a file; drawing them takes a while, so they are kept."""
        sources = [core_suite.ROOT / file, core_suite.ROOT / "tests" / "mutants" / "mutation.py"]
        path = STATE / f"sample-{digest(sources)}.pickle"
        if not path.exists():
            path.write_bytes(pickle.dumps(mutation.sample(file, operators)))
        return pickle.loads(path.read_bytes())

    def run_core(self, library):
        """Without a mutant all tests must pass, in this order too. Their number, their seconds."""
        sources = (core_suite.ROOT / "autodiff").rglob("*.py")
        tests = [core_suite.ROOT / file for file in self.notebook.tests]
        path = STATE / f"core-{digest([*tests, *sources, *SHARED])}.json"
        if path.exists():
            return json.loads(path.read_text())
        items = [library.items[name] for name in library.in_order]
        process = trying.start(functools.partial(trying.run_items, items, self.watch), limit=120)
        while (found := trying.finished(*process)) is None:
            time.sleep(0.05)
        if "seconds" not in found or found["found"]:
            raise SystemExit(f"the core suite fails without a mutant: {found}")
        print(f"{len(items)} tests pass in {found['seconds']} s", flush=True)
        core = {"tests": len(items), "seconds": found["seconds"]}
        path.write_text(json.dumps(core))
        return core

    def try_all(self, library, waiting, end):
        """Whether all were tried before the time was up."""
        running, waiting = {}, waiting[::-1]
        while running or waiting:
            while waiting and len(running) < self.options.workers and time.monotonic() < end:
                mutant, text = waiting.pop()
                files = self.notebook.to_meet(mutant)
                work = functools.partial(library.try_mutant, mutant, text, files)
                process = trying.start(work)
                running[process] = mutant, time.monotonic() + trying.PATIENCE
            if not running:
                return False
            for process, (mutant, limit) in list(running.items()):
                result = trying.finished(*process)
                if result is None and time.monotonic() > limit:
                    trying.stop(*process)
                    result = {"timeout": True}
                if result is not None:
                    self.note(mutant, result)
                    del running[process]
            time.sleep(0.002)
        return True

    def note(self, mutant, result):
        if "error" in result:
            raise SystemExit(f"{mutant} could not be tried:\n{result['error']}")
        if mutant.operator == "unchanged":
            if result.get("found", [True])[0]:
                raise SystemExit(f"{mutant.file} as it is: {result}")
            print(f"{mutant.file} as it is: no test fails", flush=True)
        elif "timeout" in result:
            self.notebook.write(mutant, "timeout", None, None, None)
        else:
            test, how = result["found"]
            outcome = "killed" if test else "survived"
            self.notebook.write(mutant, outcome, test, how, result["seconds"])


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="mutants at a time")
    parser.add_argument("--only", default="", help="files whose path contains this")
    parser.add_argument("--control", action="store_true", help="try the files as they are")
    options = parser.parse_args(arguments)
    os.environ.update(core_suite.ENVIRONMENT)
    begun = time.monotonic()
    STATE.mkdir(exist_ok=True)
    measured = measure(options.workers)
    watch = trying.Watch()
    campaign = Campaign(options, watch, measured)
    code = core_suite.run([core_suite.Selection(), watch, campaign])
    if code:
        return int(code)
    found = results.gather(campaign)
    results.show(found)
    print(f"{time.monotonic() - begun:.0f} s")
    if not options.only and not options.control:
        results.save(found, campaign.core)
    if not campaign.complete:
        print("not all mutants were tried: run it again to go on")
    return int(not campaign.complete) or (0 if options.control else results.verdict(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
