"""In CI a comparison with another library that did not take place is a failure, not a footnote."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

MADE_UP = {
    "test_peer": """
import pytest

@pytest.mark.peers
def test_agrees():
    pytest.skip("no peer")
""",
    "test_module": """
import pytest

torch = pytest.importorskip("torch.no_such_part")
""",
    "test_expected": """
import pytest

@pytest.mark.peers
@pytest.mark.xfail(reason="the peer is wrong here")
def test_disagrees():
    assert False
""",
    "test_data": """
import pytest

def test_rests():
    pytest.skip("no MNIST")
""",
}


def outcomes(folder, required):
    """What became of the made-up tests: for each outcome, the files that had it."""
    shutil.copy(HERE / "conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    peers\n    mnist\n")
    for name, text in MADE_UP.items():
        (folder / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-rA", "--continue-on-collection-errors", folder]
    environment = {**os.environ, "AUTODIFF_REQUIRE_PEERS": required}
    run = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    summary = run.stdout.partition("short test summary info")[2]
    found = re.findall(r"^(\w+) .*?\b(test_\w+)\.py", summary, re.MULTILINE)
    return {outcome: {name for what, name in found if what == outcome} for outcome, _ in found}


@pytest.mark.parametrize(
    ("required", "expected"),
    [
        ("", {"SKIPPED": {"test_peer", "test_module", "test_data"}, "XFAIL": {"test_expected"}}),
        (
            "1",
            {
                "FAILED": {"test_peer"},
                "ERROR": {"test_module"},
                "SKIPPED": {"test_data"},
                "XFAIL": {"test_expected"},
            },
        ),
    ],
)
def test_a_skipped_peer_fails_where_peers_are_required_and_nothing_else_does(
    tmp_path, required, expected
):
    assert outcomes(tmp_path, required) == expected
