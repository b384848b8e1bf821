import pytest

from hopgym.agents.sb3 import extras
from hopgym.errors import MissingExtraError


def test_what_is_missing_is_told_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(extras, "_NEEDED", ("stable_baselines_that_is_not",))
    with pytest.raises(MissingExtraError, match=r'pip install "hopgym\[sb3\]"'):
        extras.check_extras()


def test_what_the_tests_need_is_there():
    pytest.importorskip("sb3_contrib")
    extras.check_extras()
