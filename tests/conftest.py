"""What all tests share: the peers to compare with, the real data, repeatable property tests."""

import importlib
import os

import hypothesis
import pytest

import autodiff as ad

PEERS = ("torch", "autograd")
PEERS_REQUIRED = bool(os.environ.get("AUTODIFF_REQUIRE_PEERS"))

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.register_profile(
    "quick",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=10,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],  # it asks the clock on the wall
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def _peer(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        pytest.skip(f"{name} is not installed: make test PEERS=1")


@pytest.fixture(scope="session")
def torch():
    return _peer("torch")


@pytest.fixture(scope="session")
def autograd():
    return _peer("autograd")


@pytest.fixture(scope="session")
def mnist():
    """((train_images, train_labels), (test_images, test_labels)), never downloaded."""
    root = os.environ.get("AUTODIFF_DATA")
    if not root:
        pytest.skip("AUTODIFF_DATA is not set: it names the folder that holds the MNIST files")
    return ad.data.load_mnist(root)


def pytest_collection_modifyitems(items):
    for item in items:
        names = getattr(item, "fixturenames", ())
        if any(peer in names for peer in PEERS):
            item.add_marker("peers")
        if "mnist" in names:
            item.add_marker("mnist")


def _forbid_skip(report):
    if hasattr(report, "wasxfail"):  # an expected failure is reported as a skip, and is none
        return
    report.outcome = "failed"
    report.longrepr = f"AUTODIFF_REQUIRE_PEERS is set, and yet this was skipped: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if PEERS_REQUIRED and report.skipped and item.get_closest_marker("peers"):
        _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    # A whole module is skipped here when it says pytest.importorskip("torch") at its top.
    report = yield
    if PEERS_REQUIRED and report.skipped and any(peer in str(report.longrepr) for peer in PEERS):
        _forbid_skip(report)
    return report
