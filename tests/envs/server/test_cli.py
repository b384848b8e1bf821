import os
import signal
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from hopgym.envs.remote import RemoteEnv
from hopgym.envs.server.cli import serve_env
from hopgym.errors import ConfigError

WORLD = "world?entities=300&hops=2&train=5&dev=5&test=5"


def test_it_serves_until_told_to_stop_and_keeps_its_token_to_itself():
    command = [
        sys.executable,
        "-m",
        "hopgym",
        "serve",
        "env",
        "hopgym/SearchRead-v0",
        "--port",
        "0",
    ]
    command += ["--set", f"questions={WORLD}", "--set", "max_steps=3", "--token-env", "MY_TOKEN"]
    env = {**os.environ, "MY_TOKEN": "a-right-token"}
    process = subprocess.Popen(
        command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("Serving hopgym/SearchRead-v0 on http://127.0.0.1:")
        os.environ["MY_TOKEN"] = "a-right-token"
        far = RemoteEnv(line.split()[-1], token_env="MY_TOKEN")
        assert far.reset(seed=1)[1]["question_id"].startswith("world")
        far.close()
    finally:
        os.environ.pop("MY_TOKEN", None)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert "a-right-token" not in out + err and "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["hopgym/SearchRead-v0", "--set", "top_k"], "write name=value"),
        (["hopgym/SearchRead-v0", "--max-sessions", "0"], "max_sessions is 0"),
        (["hopgym/SearchRead-v0", "--body-seconds", "0"], "body_seconds is 0"),
        (["hopgym/SearchRead-v0", "--host", "0.0.0.0"], "there is no token"),
        (["hopgym/SearchRead-v0", "--token-env", "NOT_SET"], "'NOT_SET' is not set"),
    ],
)
def test_bad_input_is_told_before_anything_is_served(monkeypatch, arguments, told):
    monkeypatch.delenv("NOT_SET", raising=False)
    app = typer.Typer()
    app.command()(serve_env)
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, ConfigError) and told in str(result.exception)
