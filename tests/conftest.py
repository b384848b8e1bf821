"""Fixtures that several tests share."""

from pathlib import Path

import pytest
from hypothesis import settings

TESTS = Path(__file__).parent
LIVE = (  # what talks to servers, kills processes or runs many threads
    "agents/api",
    "benchmarks/faults",
    "benchmarks/fleet",
    "benchmarks/report/test_browser.py",
    "benchmarks/speed",
    "benchmarks/test_bench_killed.py",
    "benchmarks/test_locks.py",
    "benchmarks/test_wire_fuzz.py",
    "envs/server",
    "envs/test_asking.py",
    "retrieval",
    "rewards/judges",
)
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what meets other processes try twice: the machine may be busy; the summary counts it."""
    live = tuple(str(TESTS / part) for part in LIVE)
    for item in items:
        if str(item.path).startswith(live):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no shared data folder beside the checkout")
    return SHARED


# No clock decides whether a test passes: the machine may be busy.
settings.register_profile("hopgym", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=300)  # --hypothesis-profile
settings.load_profile("hopgym")
