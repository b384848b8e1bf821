import pytest

from hopgym.errors import MissingExtraError, require, unknown_name


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
