import os
import re
import signal
import subprocess
import sys
import threading

import httpx
import pytest
import typer
from typer.testing import CliRunner

from hopgym.core import Document
from hopgym.envs.serve_cli import add_commands
from hopgym.errors import ConfigError, DataError
from hopgym.retrieval import write_documents
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.http import HttpRetriever

DOCUMENTS = [Document("a", "Ada", "a mathematician"), Document("b", "Bob", "a chemist")]


def invoke(*arguments):
    app = typer.Typer()
    app.callback()(lambda: None)
    add_commands(app)
    return CliRunner().invoke(app, ["serve", *map(str, arguments)])


def started(*arguments, **environment):
    """Start the command and return the process and its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hopgym", "serve", "retriever", "--port", "0", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    watch = threading.Timer(60, process.kill)
    watch.start()
    line = process.stdout.readline()
    watch.cancel()
    match = re.fullmatch(r"Serving (\w+) on (http://127\.0\.0\.1:\d+)\n", line)
    assert match, line + process.stderr.read()
    return process, match[2]


def test_it_serves_a_file_of_documents_and_stops_when_told(tmp_path, monkeypatch):
    path = tmp_path / "documents.jsonl"
    write_documents(path, DOCUMENTS)
    arguments = ["--documents", path, "--retriever", "bm25?k1=1.2", "--token-env", "MY_TOKEN"]
    process, url = started(*arguments, "--max-k", 7, MY_TOKEN="s3cret")
    try:
        monkeypatch.setenv("MY_TOKEN", "s3cret")
        found = HttpRetriever(url=url, token_env="MY_TOKEN").search(["ada", "chemist"], 2)
        assert found.ids == BM25Retriever(DOCUMENTS, k1=1.2).search(["ada", "chemist"], 2).ids
        body = {"queries": ["x"], "topk": 8}
        assert httpx.post(f"{url}/retrieve", json=body, trust_env=False).status_code == 401
        headers = {"Authorization": "Bearer s3cret"}
        reply = httpx.post(f"{url}/retrieve", json=body, headers=headers, trust_env=False)
        assert reply.status_code == 422
    finally:
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=20)
    assert "s3cret" not in output + errors and "Traceback" not in errors


def test_a_question_set_brings_the_documents():
    process, url = started("--questions", "world?train=4&dev=2&test=2")
    try:
        info = httpx.get(f"{url}/info", trust_env=False).json()
        assert info["documents"] > 0
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["--documents", "x", "--questions", "y"], ConfigError, "not both"),
        (["--documents", "no-such-file.jsonl"], DataError, "no-such-file"),
        ([], DataError, "'bm25' was given 0 documents. Give --documents FILE or --questions SET"),
        (["--retriever", "empty", "--max-k", "0"], ConfigError, "max_k is 0"),
        (["--retriever", "empty", "--token-env", "NO_SUCH"], ConfigError, "'NO_SUCH' is not set"),
        (["--retriever", "empty", "--port", "99999"], ConfigError, "Cannot listen"),
    ],
)
def test_bad_options_are_one_clear_error(arguments, error, message):
    result = invoke("retriever", *arguments)
    assert isinstance(result.exception, error) and message in str(result.exception)


def test_serve_is_a_group_that_others_can_join():
    result = invoke("--help")
    assert result.exit_code == 0 and "retriever" in result.output
