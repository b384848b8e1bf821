"""This end of a peer framework that runs `peers` in a Python of its own.

A framework that is not there, breaks, or does not answer in time becomes a row that says so.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import peers
from .rounds import Cost, Label, Row

PATIENCE = 180.0
"""Seconds to wait for an answer before the process is ended."""


class PeerProcess:
    """One framework, as an entrant.

    Args:
        name: One of the peers that `peers` knows.
        python: The interpreter that has the framework.
        job: What it plays.
        bm25_label: What its BM25 rows are grouped under.
        patience: Seconds to wait for an answer.
    """

    def __init__(
        self,
        name: str,
        python: Path,
        job: Mapping[str, Any],
        bm25_label: str = "BM25",
        patience: float = PATIENCE,
    ) -> None:
        self.rows: Sequence[Row] = [Row(Label(name))]
        self._name, self._python, self._job = name, python, job
        self._searches = {"null": "null", "bm25": bm25_label}
        self._patience = patience
        self._process: subprocess.Popen[str] | None = None

    def warm_up(self, seconds: float) -> None:
        """Start the framework and learn which rows it fills."""
        if not self._python.is_file():
            self._fail(f"not installed (no {self._name}/bin/python)")
            return
        self._start()
        answer = self._ask(json.dumps({**self._job, "seconds": seconds}))
        if answer is not None:
            self.rows = [
                Row(Label(side["name"], self._searches[side["search"]], side["envs"]))
                for side in answer["sides"]
            ]

    def play_round(self) -> None:
        """Let the framework play one round."""
        if self._process is None:
            return
        answer = self._ask("round")
        if answer is not None:
            for row, cost in zip(self.rows, answer["costs"], strict=True):
                row.costs.append(Cost(*cost))

    def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        self._process.kill()
        self._process.communicate()
        self._process = None

    def _start(self) -> None:
        try:
            self._process = subprocess.Popen(
                [str(self._python), peers.__file__, self._name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        except OSError as error:
            self._fail(f"cannot be started ({error.strerror})")

    def _ask(self, line: str) -> dict[str, Any] | None:
        """Send a line and return the answer; None if there was none, which is then noted."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return None
        sent = time.monotonic()
        timer = threading.Timer(self._patience, process.kill)
        timer.start()
        try:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
        except (OSError, ValueError):
            late = time.monotonic() - sent >= self._patience
            waited = f"did not answer within {self._patience:g} seconds"
            answer = {"error": waited if late else "ended without an answer"}
        finally:
            timer.cancel()
        if "error" in answer:
            self._fail(answer["error"])
            return None
        return dict(answer)

    def _fail(self, why: str) -> None:
        for row in self.rows:
            row.failure = why
        self.close()
