import pytest
from toy import toy_kwargs

from hopgym.envs.remote import RemoteEnv
from hopgym.envs.server.run import running, serve
from hopgym.errors import ConfigError


def test_other_machines_are_let_in_with_a_token_alone():
    with pytest.raises(ConfigError, match=r"lets other machines in, and there is no token"):
        serve("hopgym/SearchRead-v0", toy_kwargs(), host="0.0.0.0")
    with pytest.raises(ConfigError, match="Cannot listen on"):
        serve("hopgym/SearchRead-v0", toy_kwargs(), host="127.0.0.1", port=70_000)


def test_it_runs_beside_the_caller_and_ends():
    with running("hopgym/SearchRead-v0", toy_kwargs()) as url:
        env = RemoteEnv(url)
        assert env.reset(seed=1)[1]["step"] == 0
    env.close()  # of a server that is gone
