"""Runs the checks, one after the other, and collects what they found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from ...errors import ConfigError, MissingExtraError, told
from .checks import CHECKS, Finding, Status, failed, names
from .subject import Subject


class Checked(NamedTuple):
    """One check's finding."""

    name: str
    summary: str
    status: Status
    evidence: str
    seconds: float


class Report(NamedTuple):
    """What an audit found."""

    env_id: str
    keywords: dict[str, object]
    episodes: int
    checks: tuple[Checked, ...]

    @property
    def sound(self) -> bool:
        """Whether no check failed."""
        return self.count("failed") == 0

    def count(self, status: Status) -> int:
        """Return how many checks came out so."""
        return sum(check.status == status for check in self.checks)


def run_audit(
    subject: Subject,
    only: Iterable[str] | None = None,
    told_of: Callable[[str], None] | None = None,
) -> Report:
    """Run checks on an environment.

    Args:
        subject: What is audited.
        only: The checks; all by default.
        told_of: Called with the name of each check as it begins.

    Returns:
        A finding for each check. One that the environment broke with an exception has failed.

    Raises:
        UnknownNameError: If a check is not known.
        ConfigError: If a check returned no finding.
    """
    found = []
    for name in names(only):
        if told_of is not None:
            told_of(name)
        check = CHECKS.get(name)
        started = time.perf_counter()
        finding = _checked(check, subject, name)
        summary = CHECKS.summary(name) if name in CHECKS else ""
        seconds = time.perf_counter() - started
        found.append(Checked(name, summary, finding.status, finding.evidence, seconds))
    return Report(subject.env_id, subject.keywords, subject.episodes, tuple(found))


def _checked(check: Callable[[Subject], Finding], subject: Subject, name: str) -> Finding:
    try:
        finding = check(subject)
    except MissingExtraError:
        raise
    except Exception as error:
        return failed(f"It could not be checked to its end: {told(error)}.")
    if not isinstance(finding, Finding):
        raise ConfigError(
            f"The check {name!r} returned a {type(finding).__name__}; return a Finding(status, "
            "evidence)."
        )
    return finding
