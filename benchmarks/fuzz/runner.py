"""Inputs one after the other, checked and timed; what fails is kept, so that it can be replayed.

A target makes cases from a generator and says, by raising, what is wrong with one. An input that
takes longer than its limit of processor time is a failure, too.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ...errors import ConfigError, DataError, told
from ...files import atomic_write, read_text
from ...seeding import rng_for
from .texts import Rng

SLOW = 1.0
"""Seconds of processor time that one input may take."""

HANGS = 30
"""Seconds of processor time after which a case is broken off."""

MOST_FAILURES = 20
"""Of one target; then it is left."""

Case = dict[str, Any]
"""An input, or several that belong together (an episode), as JSON values."""


class Fault(AssertionError):
    """Something that must hold does not."""


class Target(Protocol):
    """What is fuzzed."""

    name: str

    def make(self, rng: Rng) -> Case:
        """Return a case."""

    def check(self, case: Case, rng: Rng | None) -> int:
        """Run a case, and return how many inputs it was.

        Args:
            case: What `make` returned. What is decided on the way is noted in it.
            rng: Decides on the way; None where a case is replayed as it was noted.

        Raises:
            Exception: Any exception is a failure.
        """


@dataclass(frozen=True)
class Failure:
    """A case that broke something."""

    target: str
    number: int
    """Which case of the seed."""
    problem: str
    case: Case


@dataclass
class Findings:
    """What fuzzing one target came to."""

    target: str
    inputs: int = 0
    cases: int = 0
    seconds: float = 0.0
    """Of processor time."""
    slowest: float = 0.0
    """Milliseconds of processor time of an input in the slowest case."""
    slowest_case: int = 0
    failures: list[Failure] = field(default_factory=list)


def fuzz(
    target: Target,
    count: int,
    seed: int = 0,
    *,
    tell: Callable[[Findings], None] = lambda findings: None,
    keep: Callable[[Failure], None] = lambda failure: None,
) -> Findings:
    """Check so many inputs, or stop after `MOST_FAILURES`.

    Args:
        target: What is fuzzed.
        count: Inputs, at least.
        seed: Of all cases.
        tell: Called after each case.
        keep: Called with each failure when it is found: what runs for hours may be broken off.
    """
    findings = Findings(target.name)
    while findings.inputs < count and len(findings.failures) < MOST_FAILURES:
        number = findings.cases
        rng = rng_for(seed, "fuzz", target.name, number)
        case = target.make(rng)
        failure = _run(target, case, rng, number, findings)
        if failure is not None:
            findings.failures.append(failure)
            keep(failure)
        tell(findings)
    return findings


def _run(
    target: Target, case: Case, rng: Rng | None, number: int, findings: Findings
) -> Failure | None:
    problem, inputs, began = "", 1, time.process_time()
    try:
        with _broken_off(HANGS):
            inputs = target.check(case, rng)
    except Exception as error:
        problem = told(error)
    spent = time.process_time() - began
    each = spent / max(inputs, 1)
    findings.inputs += inputs
    findings.cases += 1
    findings.seconds += spent
    if 1000 * each > findings.slowest:
        findings.slowest, findings.slowest_case = 1000 * each, number
    if not problem and each > SLOW:
        problem = f"slow: {each:.2f} s of processor time for an input; {SLOW:g} s are allowed"
    return Failure(target.name, number, problem, case) if problem else None


@contextmanager
def _broken_off(seconds: float) -> Iterator[None]:
    """Raise in what takes too much processor time; not outside of the main thread."""

    def stop(*_: Any) -> None:
        raise Fault(f"hangs: broken off after {seconds:g} s of processor time")

    before = None
    with suppress(ValueError):  # signals are the main thread's
        before = signal.signal(signal.SIGVTALRM, stop)
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        if before is not None:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)


def save_failure(failure: Failure, folder: Path) -> Path:
    """Write a failure into a file of its own, for `replay`; return the file.

    Raises:
        ConfigError: If the folder cannot be written.
    """
    name = "".join(c if c.isalnum() else "_" for c in failure.target)
    path = folder / f"{name}-{failure.number}.json"
    # Not msgspec: hostile text has lone surrogates, which only this one writes, as escapes.
    plain = {"target": failure.target, "problem": failure.problem, "case": failure.case}
    try:
        with atomic_write(path) as stream:
            stream.write(json.dumps(plain, default=repr, indent=1).encode())
    except OSError as error:
        raise ConfigError(
            f"{str(folder)!r} cannot be written ({error.strerror}). Choose another folder."
        ) from error
    return path


def load_failure(path: Path) -> tuple[str, Case]:
    """Return the target's name and the case of a failure's file.

    Raises:
        DataError: If it is none.
    """
    try:
        plain = json.loads(read_text(path))
        return str(plain["target"]), dict(plain["case"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"{path}: is no failure that `hopgym fuzz` has saved ({type(error).__name__})."
        ) from error


def replay(target: Target, case: Case) -> Failure | None:
    """Run a case again as it was noted; return the failure, if it still is one."""
    for _ in range(2):  # the first time, what is loaded takes its time too
        failure = _run(target, case, None, 0, Findings(target.name))
        if failure is None or not failure.problem.startswith("slow"):
            break
    return failure
