"""What a check is, and which there are: a name, a line of summary, a function of the subject.

To add one: a function `subject -> Finding`, one line in `_TABLE`, and a test.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from ...errors import ConfigError, unknown_name
from ...registry import Registry

if TYPE_CHECKING:
    from .subject import Subject

Status = Literal["passed", "failed", "not applicable"]


class Finding(NamedTuple):
    """What a check says of an environment."""

    status: Status
    evidence: str
    """One sentence, with figures: what was seen."""


class Check(Protocol):
    """Looks at one property of an environment."""

    def __call__(self, subject: Subject) -> Finding:
        """Play as much as it takes, and say what was seen."""


CHECKS: Registry[Finding] = Registry("check", "hopgym audit --list")
register = CHECKS.register

_HERE = "hopgym.benchmarks.audit"
_TABLE: tuple[tuple[str, str, str], ...] = (
    ("seed_control", "seeds", "Seeds fix the episode, and no global randomness is touched."),
    ("episode_determinism", "seeds", "Same seed, same bytes: single, sync vector, native vector."),
    ("episode_isolation", "isolation", "Nothing of an episode is left after reset."),
    ("wrapper_freshness", "isolation", "No wrapper holds attributes of an episode that is over."),
    ("one_ending", "isolation", "An episode is terminated or truncated, never both."),
    ("gold_in_observation", "leakage", "The gold shows in no observation before the end."),
    ("gold_in_infos", "leakage", "The gold shows in no info before the end."),
    ("gold_in_rendering", "leakage", "The gold shows in no rendering before the end."),
    ("gold_in_pickle", "leakage", "The gold hides in no pickle of what an agent is handed."),
    ("gold_in_spec", "leakage", "The gold shows in no spec."),
    ("gold_in_exceptions", "leakage", "No exception quotes the gold."),
    ("oracle_max", "levels", "No other scripted agent earns more than the oracle."),
    ("empty_floor", "levels", "Empty actions earn next to nothing."),
    ("random_floor", "levels", "Random play earns less than half of what the oracle earns."),
    ("difficulty_separation", "levels", "Oracle, heuristics, random: in this order."),
    ("training_signal", "levels", "Samples of one question earn differently."),
    (
        "candidate_list",
        "answers",
        "A list with the answer in it does not pay, nor all facts at once.",
    ),
    ("yes_and_no", "answers", "'yes and no' does not pay for yes, nor for no."),
    ("several_submissions", "answers", "Several answers in one action pay no more than one."),
    ("retry_until_correct", "answers", "A wrong answer cannot be followed by a paid one."),
    ("answer_only_in_documents", "planted", "An answer that only a document gives is not paid."),
    ("verifier_determinism", "records", "A record scored again, and from JSON, earns the same."),
    ("replay", "records", "The same actions earn the same rewards again."),
    ("reward_terms", "payments", "Rewards are finite, and their terms add up to them."),
    (
        "reward_reachability",
        "payments",
        "Rewards stay in the documented range, and reach its ends.",
    ),
)
for _name, _module, _summary in _TABLE:
    register(_name, _summary, f"{_HERE}.{_module}:{_name}")


def names(only: Iterable[str] | None = None) -> list[str]:
    """Return the checks to run: ours in their order, then those that users registered.

    Args:
        only: Names, or a user's own `module:function`; all that are registered if None.

    Raises:
        UnknownNameError: If one is not registered.

    >>> names(["replay", "seed_control"])
    ['replay', 'seed_control']
    """
    ours = [name for name, *_ in _TABLE]
    if only is None:
        return [*ours, *(name for name in CHECKS if name not in ours)]
    chosen = list(only)
    for name in chosen:
        if name not in CHECKS and ":" not in name:
            raise unknown_name("check", name, CHECKS, CHECKS.listing, own=True)
    if not chosen:
        raise ConfigError("There is no check to run. Name some, or leave --only out for all.")
    return chosen


def passed(evidence: str) -> Finding:
    """Say that all is well."""
    return Finding("passed", evidence)


def failed(evidence: str) -> Finding:
    """Say what is wrong."""
    return Finding("failed", evidence)


def not_applicable(evidence: str) -> Finding:
    """Say why it cannot be told here."""
    return Finding("not applicable", evidence)


def verdict(fine: bool, evidence: str) -> Finding:
    """Say that it passed, or failed, with the same evidence."""
    return passed(evidence) if fine else failed(evidence)
