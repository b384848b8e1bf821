import json
from pathlib import Path

import pytest

from hopgym.errors import (
    ConfigError,
    MissingExtraError,
    RewardError,
    named,
    require,
    told,
    unknown_name,
    users_code,
    users_place,
)


def test_a_missing_extra_names_the_exact_command():
    with pytest.raises(
        MissingExtraError, match=r'`not_there` is not installed. Run: pip install "hopgym\[dense\]"'
    ):
        require("not_there", "dense")
    assert require("json", "dense").loads("1") == 1


def test_an_unknown_name_without_a_neighbour_lists_all():
    assert str(unknown_name("reward", "zzz", ["f1", "em"], "hopgym rewards")) == (
        "Unknown reward 'zzz'. Known: em, f1 (list: `hopgym rewards`)."
    )


def test_what_a_users_part_raises_is_told_with_whose_it_is():
    with (
        pytest.raises(
            RewardError, match=r"^The judge 'my:J' raised OSError: away \(line \d+ of "
        ) as e,
        users_code("judge", "my:J", RewardError),
    ):
        raise OSError("away")
    assert isinstance(e.value.__cause__, OSError)


def test_our_own_errors_and_interrupts_pass():
    with pytest.raises(ConfigError, match=r"^mine$"), users_code("judge", "j", RewardError):
        raise ConfigError("mine")
    with pytest.raises(KeyboardInterrupt), users_code("judge", "j"):
        raise KeyboardInterrupt


def test_the_users_line_is_told_and_not_the_librarys():
    def bad():
        return json.loads("{")

    try:
        bad()
    except ValueError as error:
        line = bad.__code__.co_firstlineno + 1
        assert told(error).endswith(f"(line {line} of {users_place(error).split(' of ')[1]})")
        assert "test_errors.py" in users_place(error)


def test_hopgyms_own_line_is_no_users():
    try:
        exec(compile("1 / 0", "inside.py", "exec"), {"__name__": "hopgym.inside"})
    except ZeroDivisionError as error:
        inside = error.with_traceback(error.__traceback__.tb_next)
    assert users_place(inside) is None and told(inside).endswith("(line 1 of inside.py)")
    assert told(AssertionError()) == "AssertionError"
    assert named(Path("a.py")) == "'a.py'" and named(users_code) == "users_code"
