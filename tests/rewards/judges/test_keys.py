import pytest

from hopgym.errors import ConfigError
from hopgym.rewards.judges.keys import other_variables, read_key

WHO = ("The judge 'x'", "X_API_KEY")


def test_the_first_variable_that_is_set_holds_the_key(monkeypatch):
    monkeypatch.delenv("A_KEY", raising=False)
    monkeypatch.setenv("B_KEY", " two \n")
    assert read_key(*WHO, "A_KEY", ("B_KEY",)) == "two"
    monkeypatch.setenv("A_KEY", "one")
    assert read_key(*WHO, "A_KEY", ("B_KEY",)) == "one"
    assert read_key(*WHO, None) == ""


def test_without_a_key_it_is_said_what_to_set(monkeypatch):
    for name in ("A_KEY", "B_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match=r"The judge 'x' needs a key: .* A_KEY or B_KEY, name"):
        read_key(*WHO, "A_KEY", ("B_KEY",))


def test_no_message_shows_a_key(monkeypatch):
    with pytest.raises(ConfigError, match="such as X_API_KEY, and never the key") as told:
        read_key(*WHO, "sk-secret")
    assert "secret" not in str(told.value)
    monkeypatch.setenv("A_KEY", "sécret")
    with pytest.raises(ConfigError, match="'A_KEY' holds what no key can be") as told:
        read_key(*WHO, "A_KEY")
    assert "cret" not in str(told.value)


def test_a_variable_of_ones_own_has_no_other():
    assert other_variables("GEMINI_API_KEY") == ("GOOGLE_API_KEY",)
    assert other_variables("MINE") == other_variables(None) == ()
