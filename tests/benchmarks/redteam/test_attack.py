import pytest
from redteaming import DAG, KG, SEARCH, WORLD, attacked

from hopgym.benchmarks.redteam import make_exploits
from hopgym.benchmarks.redteam.attack import attack
from hopgym.benchmarks.redteam.published import BY_ENV
from hopgym.errors import ConfigError


def test_each_exploit_meets_each_reward_and_honest_play_stands_beside():
    told = []
    report = attack(
        [SEARCH, KG],
        make_exploits(["unknown", "no_facts"]),
        ["default", "em"],
        questions=WORLD,
        episodes=4,
        tell=told.append,
    )
    cells = {(cell.exploit, cell.env, cell.reward) for cell in report.cells}
    assert cells == {
        ("unknown", SEARCH, "default (r3_paper)"),
        ("unknown", SEARCH, "em"),
        ("no_facts", KG, "default (kg)"),
        ("no_facts", KG, "em"),
    }
    assert {one.player for one in report.references if one.env == KG} >= {"ppr", "oracle"}
    assert not report.failures and told[0] == f"{SEARCH}: honest play"


def test_the_published_schemes_of_an_environment():
    cells = attacked(DAG, ["unknown"], ["published"], episodes=3)
    assert {reward for _, reward in cells} == {name.rpartition(":")[2] for name in BY_ENV[DAG]}
    assert cells["unknown", "dag_original"].verdict == "free"


def test_a_reward_that_pays_the_wrong_alike_is_blind():
    cells = attacked(SEARCH, ["unknown"], ["prm"])
    assert cells["honest, wrong", "prm"].verdict == "blind"


def test_a_users_own_reward_that_pays_for_words():
    cells = attacked(SEARCH, ["copied_documents"], ["redteaming:pays_length"], episodes=12)
    assert cells["copied_documents", "pays_length"].verdict == "beats"


def test_the_same_twice():
    assert attacked(SEARCH, ["candidates"]) == attacked(SEARCH, ["candidates"])


@pytest.mark.parametrize("episodes", [1, 0, True, 2.5])
def test_too_few_episodes_are_refused(episodes):
    with pytest.raises(ConfigError, match="give a whole number from 2"):
        attack([SEARCH], make_exploits(["unknown"]), episodes=episodes)


def test_nothing_to_play_is_an_error():
    with pytest.raises(ConfigError, match="Nothing was played"):
        attack([KG], make_exploits(["unknown"]), questions=WORLD, episodes=2)
