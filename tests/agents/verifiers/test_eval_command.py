"""verifiers' own command, with the file and the line that the docs give."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hopgym.agents.verifiers.chat_server import chat_server

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/adapters.md").read_text(encoding="utf-8")


def test_the_file_of_the_docs_names_what_it_has():
    told = _file()
    module = {}
    exec(told.replace("import *", "import load_environment"), module)
    assert "HopgymTaskset" in module["__all__"]


def test_the_command_of_the_docs_plays_and_scores(tmp_path):
    pytest.importorskip("verifiers")
    (tmp_path / "hopgym_env.py").write_text(_file(), encoding="utf-8")
    program, *told = shlex.split(re.search(r"^ +(vf-eval .*)$", PAGE, re.M)[1])
    told[told.index("world")] = "world?entities=300&hops=1&train=20&dev=5&test=5"
    with chat_server(
        lambda asked: "Step 1:\nThe problem analysis: So.\nThe final answer: X"
    ) as url:
        extra = ["-n", "2", "--no-push", "--no-rich", "-m", "m", "-o", str(tmp_path / "out")]
        extra += ["--client.base-url", url, "--client.api-key-var", "NO_KEY"]
        done = subprocess.run(
            [str(Path(sys.executable).with_name(program)), *told, *extra],
            cwd=tmp_path,
            env={**os.environ, "NO_KEY": "none", "PYTHONPATH": os.pathsep.join([".", *sys.path])},
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    (traces,) = (tmp_path / "out").rglob("traces.jsonl")
    played = [json.loads(line) for line in traces.read_text(encoding="utf-8").splitlines()]
    assert len(played) == 2 and all(episode["ok"] for episode in played)
    assert all("hopgym" in trace["rewards"] for episode in played for trace in episode["traces"])


def _file():
    blocks = re.findall(r"```py\n(.*?)```", PAGE, re.S)
    (block,) = [block for block in blocks if "verifiers import *" in block]
    return block
