"""The servers under two fuzzers: schemathesis by their OpenAPI documents, and malformed bytes.

    python -m hopgym.benchmarks.server_fuzz --seconds 600

It starts `hopgym serve retriever` and `hopgym serve env` on 127.0.0.1 with small limits, so that they
are met, the first once open and once with a token, and fuzzes each for so long. Exit status 1 says that something was found.
Schemathesis is in the extra `fuzz`.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from ..core import Document
from ..errors import MissingExtraError, ResultsError
from ..retrieval import write_documents
from .wire_fuzz import RETRIEVE, fuzz

_TOKEN_ENV = "HOPGYM_FUZZ_TOKEN"
_LIMITS = {
    "max-queries": 8, "max-chars": 200, "max-body": 20_000, "max-k": 50, "head-seconds": 1,
    "body-seconds": 1,
}  # fmt: skip
_DOCUMENTS = [
    Document("a", "Ada", "a mathematician \u2603"),
    Document("b", "Bob", "a chemist, null, 0, 1 and \x00"),
]
_ENV = [
    "hopgym/SearchRead-v0", "--set", "questions=world?entities=300&train=20&dev=5&test=5",
    "--max-sessions", "64", "--idle-seconds", "0.1", "--max-body", "20000",
    "--head-seconds", "1", "--body-seconds", "1",
]  # fmt: skip
_CONFIG = """[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 413, 415, 422]
positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 409, 413]

[[operations]]
include-path = "/reset"
checks.positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 409, 413, 422]
"""
"""A body may be good by its schema and still too large, come before its episode has begun, or ask
for a question that the set does not have."""


class Found(NamedTuple):
    """What a fuzzer found at a server."""

    server: str
    fuzzer: str
    requests: int
    statuses: dict[str, int]
    failures: list[str]


SERVERS = ("open", "guarded", "env")
"""The retriever's without a token and with one, and the environment's."""


def fuzz_all(seconds: float, seed: int = 0, servers: Sequence[str] = SERVERS) -> list[Found]:
    """Fuzz the server with both fuzzers, one after the other.

    Args:
        seconds: For each fuzzer and server.
        seed: Of the requests.
        servers: Which of `SERVERS`.

    Raises:
        MissingExtraError: If schemathesis is not installed.
        ResultsError: If the server does not start, or a fuzzer does not run.
    """
    found = []
    for name in servers:
        token = secrets.token_hex(16) if name == "guarded" else None
        with serving(token, _ENV if name == "env" else None) as url:
            found.append(_by_schema(name, url, seconds, seed, token))
            path = "/step" if name == "env" else RETRIEVE
            wire = fuzz(url, seconds=seconds, seed=seed, token=token, path=path)
        found.append(Found(name, "bytes", wire.sent, dict(wire.statuses), wire.failures))
    return found


@contextmanager
def serving(token: str | None, env: Sequence[str] | None = None) -> Iterator[str]:
    """Run a command in a process of its own; the value is its URL.

    Args:
        token: If given, the server wants it.
        env: The arguments of `hopgym serve env`; the retriever is served if None.

    Raises:
        ResultsError: If it does not start, or what it logged tells of a failure.
    """
    with tempfile.TemporaryDirectory() as folder, open(Path(folder) / "log", "w+") as log:
        documents = Path(folder) / "documents.jsonl"
        write_documents(documents, _DOCUMENTS)
        command = [sys.executable, "-m", "hopgym", "serve"]
        if env is None:
            limits = [part for name, n in _LIMITS.items() for part in (f"--{name}", str(n))]
            command += ["retriever", "--documents", str(documents), *limits]
        else:
            command += ["env", *env]
        command += ["--port", "0", *(["--token-env", _TOKEN_ENV] if token else [])]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, **({_TOKEN_ENV: token} if token else {})},
        )
        try:
            yield _url(process)
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()  # type: ignore[union-attr]
        _check_log(Path(folder) / "log", token)


def _url(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline()  # type: ignore[union-attr]
    if "http://" not in line:
        raise ResultsError(
            "The server did not start; run `hopgym serve retriever`, or `serve env`, to see why."
        )
    return line.split()[-1]


def _check_log(file: Path, token: str | None) -> None:
    log = file.read_text(encoding="utf-8", errors="replace")
    if "Traceback" in log or (token is not None and token in log):
        raise ResultsError(f"The server logged a failure, or its token:\n{log[-2000:]}")


def _by_schema(name: str, url: str, seconds: float, seed: int, token: str | None) -> Found:
    """Run schemathesis again and again, with another seed each time, until the time is over."""
    tool = shutil.which("schemathesis", path=Path(sys.executable).parent) or shutil.which("st")
    if tool is None:
        raise MissingExtraError('schemathesis is not installed. Run: pip install "hopgym[fuzz]"')
    with tempfile.TemporaryDirectory() as folder:
        config, report = Path(folder) / "schemathesis.toml", Path(folder) / "report.ndjson"
        config.write_text(_CONFIG, encoding="utf-8")
        command = [tool, "--config-file", str(config), "run", f"{url}/openapi.json"]
        command += ["--checks", "all", "--max-examples", "100000", "--max-time", str(int(seconds))]
        command += ["--seed", str(seed), "--request-timeout", "15", "--continue-on-failure"]
        command += ["--report-ndjson-path", str(report), "--no-color", "--output-truncate", "true"]
        command += ["-H", f"Authorization: Bearer {token}"] if token else []
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=folder, timeout=seconds + 300
        )
        if not report.is_file():
            raise ResultsError(f"schemathesis did not run:\n{(done.stdout + done.stderr)[-2000:]}")
        return read_report(name, report)


def read_report(server: str, report: Path) -> Found:
    """Return what schemathesis wrote of a run: its answers by status, and the checks that failed."""
    requests, statuses, failures = 0, Counter[str](), []
    for line in report.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        recorder = event.get("ScenarioFinished", {}).get("recorder", {})
        for exchanged in recorder.get("interactions", {}).values():
            requests += 1
            answer = exchanged.get("response")
            statuses[str(answer["status_code"]) if answer else "none"] += 1
        for case, checks in recorder.get("checks", {}).items():
            failed = [check["name"] for check in checks if check["status"] == "failure"]
            failures += [f"{recorder['label']} {case}: {check}" for check in failed]
        failures += [f"error: {event['NonFatalError']}"[:500]] if "NonFatalError" in event else []
    failures += [] if requests else ["it sent no request"]
    return Found(server, "schemathesis", requests, dict(statuses), failures)


def table(found: list[Found]) -> Table:
    """Lay out what was found, a line for each server and fuzzer."""
    shown = Table(title="Fuzzing `hopgym serve`")
    for head in ("server", "fuzzer", "requests", "answers", "failures"):
        shown.add_column(head, justify="right" if head in ("requests", "failures") else "left")
    for each in found:
        answers = ", ".join(f"{count} x {s}" for s, count in sorted(each.statuses.items()))
        shown.add_row(
            each.server, each.fuzzer, f"{each.requests:,}", answers, str(len(each.failures))
        )
    return shown


def main(
    seconds: Annotated[float, typer.Option(help="For each fuzzer and server.", min=1)] = 60,
    seed: Annotated[int, typer.Option(help="Of the requests.")] = 0,
    server: Annotated[
        list[str] | None, typer.Option(help="open, guarded or env; all if none.")
    ] = None,
) -> None:
    """Fuzz the server and print a table."""
    found = fuzz_all(seconds, seed, [name for name in SERVERS if name in (server or SERVERS)])
    Console(width=140).print(table(found))
    failures = [f"{each.server}, {each.fuzzer}: {what}" for each in found for what in each.failures]
    print("\n".join(failures[:50]))
    raise typer.Exit(1 if failures else 0)


if __name__ == "__main__":
    typer.run(main)
