import pytest

from hopgym.benchmarks.faults import all_recipes, make_recipes, recipe_of
from hopgym.errors import UnknownNameError


def test_names_are_those_of_the_recipes():
    assert all(name == recipe.name for name, recipe in all_recipes().items())
    assert [one.name for one in make_recipes(["ppo", "kb", "ppo"])] == ["ppo", "kb"]
    assert make_recipes(["all"]) == list(all_recipes().values())


def test_an_unknown_name_is_refused():
    with pytest.raises(UnknownNameError, match=r"No recipe 'pp'\. There are: bench, kb"):
        make_recipes(["pp"])


def test_a_command_of_ours_goes_on_as_its_recipe_does():
    mine = recipe_of(["hopgym", "train", "ppo", "--updates", "9", "--output_dir", "{out}"])
    ppo = all_recipes()["ppo"]
    assert (mine.resume, mine.omissions) == (ppo.resume, ppo.omissions)
    assert recipe_of(["hopgym", "bench", "--out", "{out}"]).resume == ()
    assert mine.env == {}, "a user's command keeps the user's machine"


def test_a_users_word_wins():
    mine = recipe_of(["hopgym", "train", "ppo", "--output_dir", "{out}"], ["--again"])
    assert mine.resume == ("--again",)
