import pytest
from toy import toy_kwargs

from hopgym.envs.server.game import Game
from hopgym.errors import ConfigError, DataError, EpisodeError, UnknownNameError

ENV = "hopgym/SearchRead-v0"


def test_all_sessions_share_one_set_of_questions():
    game = Game(ENV, toy_kwargs())
    one, two = game.sessions.open(), game.sessions.open()
    with game.sessions.using(one) as first, game.sessions.using(two) as second:
        assert first is not second
        assert first.unwrapped.question_set is second.unwrapped.question_set
    game.sessions.close_all()


def test_what_cannot_be_served_is_told_before_anything_listens():
    with pytest.raises(UnknownNameError, match=r"SearchRaed.*Did you mean"):
        Game("hopgym/SearchRaed-v0")
    with pytest.raises(ConfigError, match="topk"):
        Game(ENV, {"topk": 3})
    with pytest.raises(DataError, match="cannot be served"):
        Game("Blackjack-v1")


def test_an_environment_of_ones_own_kind_is_served_too():
    game = Game("CartPole-v1")
    session = game.sessions.open()
    with pytest.raises(EpisodeError, match="No episode has begun"):
        game.step(session, 0)
    begun = game.reset(session, 3, None)
    assert len(begun["observation"]) == 4
    stepped = game.step(session, 1)
    assert stepped["reward"] == 1.0 and not stepped["terminated"]
    game.sessions.close(session)
