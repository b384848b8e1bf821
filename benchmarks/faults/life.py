"""One life of a run: a process group from its start until it ends or is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType

from ...errors import ConfigError

POLL = 0.02
"""Seconds between two looks at a process, or at its folder."""


@contextmanager
def mortal() -> Iterator[None]:
    """Make SIGTERM an exit like any other, so that no life outlives this process."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Life:
    """A process with all that it starts, in a group of its own.

    Args:
        words: The command.
        log: A file that what it prints is added to.
        env: Variables of the environment, beside this process's own.

    Raises:
        ConfigError: If there are no process groups here, or no such program.
    """

    def __init__(self, words: Sequence[str], log: Path, env: Mapping[str, str]) -> None:
        if not hasattr(os, "killpg"):
            raise ConfigError("Killing needs process groups, which this system has not.")
        self.log = log
        with open(log, "ab") as stream:
            try:
                self.process = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **env},
                    start_new_session=True,
                )
            except OSError as error:
                raise ConfigError(
                    f"{words[0]!r} cannot be started ({error.strerror}). Is it installed?"
                ) from error
        self.began = time.monotonic()

    def __enter__(self) -> Life:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def age(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    def wait(self, seconds: float) -> int | None:
        """Wait so long for its end; return its exit status, or None if it still runs."""
        try:
            return self.process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> bool:
        """Kill the whole group; return whether its first process was alive."""
        with suppress(ProcessLookupError):  # all of it had ended
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait() == -signal.SIGKILL

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self.process.poll()

    def complaint(self) -> str:
        """Say how it ended, and its last words."""
        return f"ended with status {self.status}: {self.last_words()}"

    def last_words(self, most: int = 500) -> str:
        """Return the end of what was printed."""
        said = self.log.read_bytes()[-4 * most :].decode("utf-8", "replace")
        return " ".join(said.split())[-most:]
