import threading
from contextlib import suppress

import pytest
from toy import toy_kwargs

from hopgym.envs.search_read import SearchReadEnv
from hopgym.envs.server.limits import EnvLimits
from hopgym.envs.server.sessions import FullError, Sessions, UnknownSessionError
from hopgym.errors import ConfigError, EpisodeError


def toy_env():
    return SearchReadEnv(**toy_kwargs())


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_session_is_opened_used_and_closed():
    sessions = Sessions(toy_env, EnvLimits())
    first, second = sessions.open(), sessions.open()
    assert first != second and len(first) >= 20 and len(sessions) == 2
    with sessions.using(first) as env, sessions.using(second) as other:
        assert env is not other
        assert env.reset(seed=1)[1]["step"] == 0
    sessions.close(first)
    with pytest.raises(UnknownSessionError, match=r"never opened, was closed.*POST /sessions"):
        sessions.close(first)
    sessions.close_all()
    assert len(sessions) == 0


def test_there_are_no_more_than_allowed_and_idle_ones_make_room():
    clock = Clock()
    sessions = Sessions(toy_env, EnvLimits(max_sessions=2, idle_seconds=10), clock)
    old, new = sessions.open(), sessions.open()
    clock.now = 9.0
    with sessions.using(new):
        pass
    with pytest.raises(FullError, match="2 sessions are open, as many as are allowed"):
        sessions.open()
    clock.now = 12.0
    third = sessions.open()
    with pytest.raises(UnknownSessionError), sessions.using(old):
        pass
    with sessions.using(new), sessions.using(third):
        clock.now = 99.0
        with pytest.raises(FullError):  # those in use are never taken away
            sessions.open()


def test_two_requests_do_not_share_a_session():
    sessions = Sessions(toy_env, EnvLimits())
    id = sessions.open()
    with (
        sessions.using(id),
        pytest.raises(EpisodeError, match="busy with another request"),
        sessions.using(id),
    ):
        pass


def test_an_environment_that_cannot_be_made_takes_no_place():
    def broken():
        raise ConfigError("no")

    sessions = Sessions(broken, EnvLimits(max_sessions=1))
    for _ in range(3):
        with pytest.raises(ConfigError, match="no"):
            sessions.open()
    assert len(sessions) == 0


def test_many_threads_open_no_more_than_allowed():
    sessions = Sessions(toy_env, EnvLimits(max_sessions=5))
    opened = []

    def work():
        with suppress(FullError):
            opened.append(sessions.open())

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(opened)) == len(sessions) == 5
