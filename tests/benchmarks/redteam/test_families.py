import pytest

from hopgym.benchmarks.redteam import FAMILIES, Exploit, all_exploits, make_exploits
from hopgym.errors import ConfigError, UnknownNameError

OWN = """
from hopgym.benchmarks.redteam import at_once
mine = at_once("mine", "own", "Mine.", lambda view, guess: "mine")
both = [mine, at_once("other", "own", "Other.", lambda view, guess: "other")]
mixed = [mine, 3]
def agent(observation): return "mine"
"""


def test_names_are_unique_and_families_are_whole():
    every = all_exploits()
    assert sum(len(FAMILIES.get(name)) for name in FAMILIES) == len(every)
    assert {one.family for one in every.values()} == set(FAMILIES)
    assert all(one.summary.endswith(".") for one in every.values())


def test_every_family_that_was_promised_is_there():
    assert len(all_exploits()) >= 70
    assert {"candidates", "copied_documents", "answer_in_query", "leak_infos"} <= set(
        all_exploits()
    )


def test_a_family_an_exploit_and_the_same_twice():
    made = make_exploits(["giving_up", "unknown", "candidates"])
    assert [one.name for one in made][-1] == "candidates"
    assert len({one.name for one in made}) == len(made)
    assert make_exploits(made) == made


def test_a_users_own(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN)
    assert [one.name for one in make_exploits([f"{file}:mine"])] == ["mine"]
    assert [one.name for one in make_exploits([f"{file}:both"])] == ["mine", "other"]
    (agent,) = make_exploits([f"{file}:agent"])
    assert agent.family == "own" and agent.make().act(["seen"], [{}]) == ["mine"]
    with pytest.raises(ConfigError, match="holds other things than exploits"):
        make_exploits([f"{file}:mixed"])


def test_any_agent_can_attack():
    (one,) = make_exploits(["random"])
    assert isinstance(one, Exploit) and one.make().name == "random"


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'candidates'\?"):
        make_exploits(["candidatez"])
