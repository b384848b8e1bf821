"""Fixtures that several tests share."""

from pathlib import Path

import pytest
from hypothesis import settings

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


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
