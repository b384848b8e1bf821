from dataclasses import replace

import pytest

from hopgym.benchmarks.round_trips.doors import call_of, doors_of, over_http, over_trl
from hopgym.benchmarks.round_trips.scripts import GAMES, write_scripts
from hopgym.errors import EpisodeError

WORLD = "world?entities=300&hops=1-2&train=4&dev=2&test=12"
SMALL = [replace(game, questions=WORLD) for game in GAMES]


@pytest.mark.parametrize("game", SMALL, ids=lambda game: game.name)
def test_every_adapter_pays_what_the_environment_pays(game, episodes=4):
    scripts = write_scripts(game, episodes)
    doors = doors_of(game)
    assert {"HTTP (RemoteEnv)", "OpenEnv (/ws)"} <= doors.keys()
    for name, door in doors.items():
        pairs = door(game, scripts)
        assert len(pairs) == episodes
        assert [pair.here for pair in pairs] == [pair.there for pair in pairs], name


@pytest.mark.slow
@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_a_hundred_episodes_are_paid_alike(game):
    test_every_adapter_pays_what_the_environment_pays(game, episodes=100)


def test_another_environment_is_noticed():
    game = SMALL[0]
    scripts = write_scripts(game, 3)
    other = replace(game, kwargs={"reward": "f1"})
    assert any(pair.here != pair.there for pair in over_http(other, scripts))
    with pytest.raises(EpisodeError, match="does not end after"):
        over_http(
            replace(game, kwargs={"max_steps": 1}), [s for s in scripts if len(s.actions) > 2]
        )


def test_tools_say_what_the_actions_say():
    read, plan = SMALL[:2]
    info = {"grammar": "r3"}
    action = "Step 1:\nThe problem analysis: a\nThe retrieval query: Vel"
    assert call_of(info, action, 1) == ("search", {"query": "Vel"})
    assert call_of(info, "nonsense", 1) == ("search", {"query": ""})
    assert "TRL (tools)" in doors_of(plan) and "TRL (tools)" not in doors_of(SMALL[2])
    returns = [pair.there for pair in over_trl(read, write_scripts(read, 4))]
    assert len(set(returns)) > 1
