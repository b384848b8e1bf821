"""How far a judge can be trusted: its verdicts beside those of others and beside the exact truth.

A judge is asked once for each claim; what it leaves unscored is counted apart and is in no figure.
It knows judges and claims, and nothing of where the claims come from: files of verdicts are read
by `rewards.judges.verdicts`, the world's claims are made by `judge_claims`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import ConfigError, RewardError, users_code
from ..rewards.judges.base import Claim, Judge, Verdict
from ..rewards.judges.verdicts import read_verdicts
from .judge_claims import world_claims

QUESTIONS = ("outcome", "semantic")
"""What a judge can be asked of a claim."""


class Case(NamedTuple):
    """A claim with the truth to hold a verdict against."""

    part: str
    """The file, or the kind of the world's claims, that it belongs to."""
    claim: Claim
    truth: float
    """From 0 to 1."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often the judge said yes and no where the truth is yes and no."""

    yes_yes: int = 0
    """The judge said yes, and so is the truth."""
    yes_no: int = 0
    """The judge said yes, and the truth is no: what an agent could be paid for."""
    no_yes: int = 0
    no_no: int = 0
    unscored: int = 0
    """Claims without a verdict; they are in none of the figures below."""

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(*(a + b for a, b in zip(_counts(self), _counts(other), strict=True)))

    @property
    def n(self) -> int:
        """Claims that were judged."""
        return self.yes_yes + self.yes_no + self.no_yes + self.no_no

    @property
    def agreement(self) -> float | None:
        """The share of verdicts that are as the truth."""
        return _share(self.yes_yes + self.no_no, self.n)

    @property
    def precision(self) -> float | None:
        """The share of the judge's yes that is true."""
        return _share(self.yes_yes, self.yes_yes + self.yes_no)

    @property
    def recall(self) -> float | None:
        """The share of what is true that the judge says yes to."""
        return _share(self.yes_yes, self.yes_yes + self.no_yes)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa (1960): agreement beyond chance; None where chance alone agrees always.

        >>> Confusion(20, 5, 10, 15).kappa
        0.4
        """
        if not self.n or self.agreement is None:
            return None
        judged, true = (self.yes_yes + self.yes_no) / self.n, (self.yes_yes + self.no_yes) / self.n
        chance = judged * true + (1 - judged) * (1 - true)
        return None if chance == 1 else round((self.agreement - chance) / (1 - chance), 12)


class Difference(NamedTuple):
    """A claim of which the judge said something else than the truth."""

    part: str
    claim: Claim
    truth: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found."""

    judge: str
    fingerprint: str
    asked: str
    threshold: float
    files: Mapping[str, Confusion]
    world: Mapping[str, Confusion]
    differences: Sequence[Difference]
    unscored: Mapping[str, int]
    """Why there was no verdict, and how often."""


def audit_judge(
    judge: Judge,
    files: Iterable[str | Path] = (),
    *,
    claims: int = 40,
    threshold: float = 0.5,
    asked: str = "outcome",
) -> Audit:
    """Compare a judge with files of verdicts and with the world's exact truth.

    Args:
        judge: Any judge.
        files: Files of verdicts.
        claims: The world's claims, so many of each kind; 0 for none.
        threshold: From which value on a verdict, or what it is held against, is a yes.
        asked: "outcome" or "semantic".

    Raises:
        ConfigError: If nothing is to be compared, or an argument is out of range.
        DataError: If a file cannot be read.
        RewardError: If the judge breaks its contract.
    """
    _check(threshold, asked, claims)
    told = [Case(str(p), j.claim, j.verdict) for p in files for j in read_verdicts(p)]
    made = [Case(c.kind, c.claim, float(c.truth)) for c in world_claims(claims)] if claims else []
    if not told and not made:
        raise ConfigError("Nothing to compare with: give files of verdicts, or ask for --world.")
    verdicts = ask_judge(judge, [case.claim for case in [*told, *made]], asked)
    cut = len(told)
    differences = [
        Difference(*case, verdict)
        for case, verdict in zip([*told, *made], verdicts, strict=True)
        if not verdict.unscored and (verdict.value >= threshold) != (case.truth >= threshold)
    ]
    return Audit(
        judge.name,
        judge.fingerprint,
        asked,
        threshold,
        compare(told, verdicts[:cut], threshold),
        compare(made, verdicts[cut:], threshold),
        differences,
        _reasons(verdicts),
    )


def ask_judge(judge: Judge, claims: Sequence[Claim], asked: str = "outcome") -> list[Verdict]:
    """Ask for all verdicts at once, and see that they are verdicts.

    Raises:
        RewardError: If the judge raised something, or gave too few, or a value out of range.
    """
    with users_code("judge", judge, RewardError):
        verdicts = list(getattr(judge, asked)(claims))
    if len(verdicts) != len(claims):
        raise RewardError(
            f"The judge {judge.name!r} gave {len(verdicts)} verdicts for {len(claims)} claims; "
            f"`{asked}` must return one for each."
        )
    for verdict in verdicts:
        if not isinstance(verdict, Verdict) or not _is_value(verdict.value):
            raise RewardError(
                f"The judge {judge.name!r} gave {verdict!r:.80}; it must be a Verdict with a value "
                "from 0 to 1."
            )
    return verdicts


def compare(
    cases: Sequence[Case], verdicts: Sequence[Verdict], threshold: float = 0.5
) -> dict[str, Confusion]:
    """Count, for each part, what the judge said beside what is true."""
    found: dict[str, Confusion] = {}
    for case, verdict in zip(cases, verdicts, strict=True):
        said, true = verdict.value >= threshold, case.truth >= threshold
        one = Confusion(unscored=1) if verdict.unscored else _CELLS[said, true]
        found[case.part] = found.get(case.part, Confusion()) + one
    return found


def total(parts: Mapping[str, Confusion]) -> Confusion:
    """Add the counts of all parts."""
    return sum(parts.values(), Confusion())


def as_dict(audit: Audit, *, differences: bool = False) -> dict[str, Any]:
    """Return an audit as plain values, with every claim that was judged differently if asked."""

    def rows(parts: Mapping[str, Confusion]) -> dict[str, Any]:
        return {part: _figures(counts) for part, counts in {**parts, "all": total(parts)}.items()}

    plain = {
        "judge": audit.judge,
        "fingerprint": audit.fingerprint,
        "asked": audit.asked,
        "threshold": audit.threshold,
        "files": rows(audit.files) if audit.files else {},
        "world": rows(audit.world) if audit.world else {},
        "unscored": dict(audit.unscored),
    }
    if differences:
        plain["differences"] = [
            {**asdict(d.claim), "part": d.part, "truth": d.truth, **d.verdict._asdict()}
            for d in audit.differences
        ]
    return plain


_CELLS = {
    (True, True): Confusion(yes_yes=1),
    (True, False): Confusion(yes_no=1),
    (False, True): Confusion(no_yes=1),
    (False, False): Confusion(no_no=1),
}


def _counts(counts: Confusion) -> tuple[int, ...]:
    return counts.yes_yes, counts.yes_no, counts.no_yes, counts.no_no, counts.unscored


def _figures(counts: Confusion) -> dict[str, Any]:
    names = ("n", "agreement", "kappa", "precision", "recall")
    return {**{name: getattr(counts, name) for name in names}, **asdict(counts)}


def _share(some: int, of: int) -> float | None:
    return some / of if of else None


def _is_value(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and 0 <= value <= 1


def _reasons(verdicts: Sequence[Verdict]) -> dict[str, int]:
    found: dict[str, int] = {}
    for verdict in verdicts:
        if verdict.unscored:
            found[verdict.reason] = found.get(verdict.reason, 0) + 1
    return found


def _check(threshold: float, asked: str, claims: int) -> None:
    if asked not in QUESTIONS:
        raise ConfigError(f"asked is {asked!r}; a judge is asked for: {', '.join(QUESTIONS)}.")
    if not 0 < threshold <= 1:
        raise ConfigError(f"The threshold is {threshold}; it must be above 0 and at most 1.")
    if claims < 0:
        raise ConfigError(f"{claims} claims of each kind were asked for; ask for 0 or more.")
