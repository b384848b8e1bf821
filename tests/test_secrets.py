"""Keys stand in the environment, and nowhere else: not in what is printed nor in what is written."""

import os
import subprocess
import sys

import pytest

from hopgym.benchmarks.doctor import KEYS

CANARY = "canary-4f1d"
VARIABLES = [*KEYS, "HF_TOKEN", "WANDB_API_KEY", "MY_TOKEN", "AWS_SECRET_ACCESS_KEY"]


@pytest.fixture(scope="module")
def planted():
    return {**os.environ, **{name: f"{CANARY}-{name.lower()}" for name in VARIABLES}}


@pytest.mark.parametrize(
    "command",
    [
        ["doctor"],
        ["kb", "search", "--base", "missing", "x"],
        [
            "bench",
            "--envs",
            "hopgym/SearchRead-v0",
            "--questions",
            "world?train=2&dev=2&test=2",
            "--agents",
            "single_shot",
            "--limit",
            "2",
            "--out",
            "results",
        ],
        ["play", "hopgym/SearchRead-v0", "--agent", "openai?base_url=http://127.0.0.1:9/v1"],
        [
            "play",
            "hopgym/SearchRead-v0",
            "--set",
            "retriever=http?url=http://127.0.0.1:9&retries=0&token_env=MY_TOKEN",
            "--agent",
            "single_shot",
        ],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_no_key_is_printed_or_written(command, tmp_path, planted):
    done = subprocess.run(
        [sys.executable, "-m", "hopgym", *command],
        cwd=tmp_path, env={**planted, "HOPGYM_CACHE": str(tmp_path / "cache")},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.stdout + done.stderr and CANARY not in done.stdout + done.stderr
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes(), file
