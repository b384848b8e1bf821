import pytest

from hopgym.benchmarks.round_trips.scripts import (
    GAMES,
    UNREADABLE,
    Game,
    play_script,
    write_scripts,
)
from hopgym.errors import EpisodeError

WORLD = "world?entities=300&hops=1-2&train=4&dev=2&test=12"
GAME = Game("SearchRead", "hopgym/SearchRead-v0", "iterative", questions=WORLD)


def test_a_script_is_paid_the_same_again():
    scripts = write_scripts(GAME, 14)
    assert [script.job.seed for script in scripts] == [0] * 12 + [1] * 2
    env = GAME.make()
    assert [play_script(env, s.job, s.actions).reward for s in scripts] == [
        s.reward for s in scripts
    ]
    assert UNREADABLE in {action for script in scripts for action in script.actions}
    assert write_scripts(GAME, 14) == scripts


def test_an_episode_that_ends_elsewhere_is_told():
    script = next(s for s in write_scripts(GAME, 6) if len(s.actions) > 1)
    env = GAME.make()
    for actions in (script.actions[:-1], (*script.actions, "more")):
        with pytest.raises(EpisodeError, match="does not end after"):
            play_script(env, script.job, actions)


def test_all_environments_are_played():
    assert {game.env_id for game in GAMES} == {
        f"hopgym/{name}-v0" for name in ("SearchRead", "DagSearch", "KGSubgraph", "RAG")
    }
