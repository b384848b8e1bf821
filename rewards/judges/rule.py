"""The judge that is a rule: deterministic, offline, and safe to train on.

An answer is right if it is an accepted one, if one of the two holds the other, or if their word F1
is at least 0.5, unless a guard refuses it ([`guards`][hopgym.rewards.judges.guards]). It knows
wording and nothing of the world: "Istanbul" is not "Constantinople" to it. A claim without an
accepted answer is unscored, as every judge leaves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...errors import ConfigError, unknown_name
from ...files import fingerprint
from ..normalize import squad_cached
from .base import Claim, ProcessVerdict, StepClaim, SupportClaim, Verdict, check_claims
from .failures import NO_GOLDS
from .guards import LOOSE, STRICT, VERDICTS, degenerate, same_figures, says
from .option_sets import same_letters, set_f1
from .replies import MAX_REASON
from .step_rules import judge_step
from .text import cleaned
from .wording import Pair, content, forms, visible

VERSION = 2
"""Rises when the same texts get another verdict."""

LEAST_F1 = 0.5
"""Of the words that tell something; below it, what differs on both sides is another answer."""

NEAR = frozenset({"", "other", "share"})
"""Guards that refuse an answer for what it lacks, or none: it may still be worth something."""

NEAR_VALUE = 0.25
"""What it is worth, and the F1 that it takes."""

_BOOLEAN = {"true": "yes", "false": "no"}
_UNJUDGED = Verdict(0.0, NO_GOLDS, unscored=True)


class RuleJudge:
    """Judges by rules: no model, no network, the same verdict everywhere.

    Args:
        strict: Whether an answer may name nothing beside the accepted one, which is what a trained
            agent must be paid for. If not, one part more is fine, so that "Leeds, England" is
            Leeds: nearer to what people and models say, and open to hedging.
        without: Guards to leave out, by comma or as a list; to measure what each is worth.

    Raises:
        UnknownNameError: If there is no such guard.

    >>> judge = RuleJudge()
    >>> def ask(answer): return tuple(judge.outcome([Claim("Who?", answer, ("Ada Orm",))])[0][:2])
    >>> ask("It was Ada Orm."), ask("Ada Orm or Bea Tull")
    ((1.0, 'alike'), (0.0, 'refused: candidates'))
    """

    name = "rule"

    def __init__(self, *, strict: bool = True, without: str | Sequence[str] = ()) -> None:
        if not isinstance(strict, bool):
            raise ConfigError(f"strict is {strict!r:.60}; it is true or false.")
        all_ = STRICT if strict else LOOSE
        left_out = without.split(",") if isinstance(without, str) else without
        self.without = tuple(sorted({str(name).strip() for name in left_out} - {""}))
        for name in self.without:
            if name not in all_:
                raise unknown_name("guard", name, all_, "hopgym judge list")
        self.strict = strict
        self._guards = {name: guard for name, guard in all_.items() if name not in self.without}

    @property
    def fingerprint(self) -> str:
        """Names the rules: their version, and which guards stand."""
        return fingerprint(["rule", VERSION, self.strict, self.without])

    def outcome(self, claims: Sequence[Claim]) -> list[Verdict]:
        """Say whether each answer is right: 1 or 0.

        A fact by the rule; a cause from a semantic value of 0.5; a set if it is the whole set.
        """
        return [
            self._outcome(_visible(claim)) if claim.has_golds else _UNJUDGED
            for claim in check_claims(claims, Claim, "outcome")
        ]

    def semantic(self, claims: Sequence[Claim]) -> list[Verdict]:
        """Say how right each answer is, from 0 to 1.

        A fact is worth 1 if it is right, 0.25 if it is near (see `NEAR`; its F1 from 0.25), else 0. A cause is worth its word F1, to the nearest quarter. A set is worth its micro-F1.
        """
        return [
            self._semantic(_visible(claim)) if claim.has_golds else _UNJUDGED
            for claim in check_claims(claims, Claim, "semantic")
        ]

    def process(self, claims: Sequence[StepClaim]) -> list[ProcessVerdict]:
        """Say how sound each step is, by the rules of `step_rules`."""
        return [judge_step(claim) for claim in check_claims(claims, StepClaim, "process")]

    def support(self, claims: Sequence[SupportClaim]) -> list[Verdict]:
        """Say whether the words of what is claimed stand in one of the documents: 1 or 0."""
        from ..support import Checkable, LexicalSupport  # here: it reads these rules' words

        asked = check_claims(claims, SupportClaim, "support")
        items = [Checkable(one.claim, tuple(one.documents), one.question) for one in asked]
        return [
            Verdict(
                float(one.supported),
                cleaned(one.reason, MAX_REASON) or "its words stand in a document",
            )
            for one in LexicalSupport().check(items)
        ]

    def _outcome(self, claim: Claim) -> Verdict:
        if claim.type == "fact":
            return self._fact(claim)
        value, reason, _ = self._semantic(claim)
        return Verdict(float(value >= (1.0 if claim.type == "multi" else LEAST_F1)), reason)

    def _semantic(self, claim: Claim) -> Verdict:
        if claim.type == "multi":
            value = set_f1(claim.answer, claim.golds)
            return Verdict(value, f"F1 of the options {value:.2f}")
        pairs = _pairs(claim)
        if claim.type == "cause":
            value = 1.0 if _exact(claim) else max(map(new_f1, pairs), default=0.0)
            fine = _exact(claim) or not (pairs and degenerate(pairs[0]))
            return Verdict(round(4 * value) / 4 * fine, f"F1 {value:.2f}")
        verdict = self._fact(claim)
        honest = all(self._refusal(pair) in NEAR for pair in pairs)
        near = max(map(new_f1, pairs), default=0.0) >= NEAR_VALUE
        if verdict.value or not honest or not near:
            return verdict
        return Verdict(NEAR_VALUE, f"near; {verdict.reason}")

    def _fact(self, claim: Claim) -> Verdict:
        if _exact(claim):
            return Verdict(1.0, "exact")
        if any(
            says(claim.answer, gold) or same_letters(claim.answer, gold) for gold in claim.golds
        ):
            return Verdict(1.0, "alike")
        refusals = [self._refusal(pair) for pair in _pairs(claim)]
        if None in refusals:
            return Verdict(1.0, "alike")
        named = [name for name in refusals if name]
        return Verdict(0.0, f"refused: {named[0]}" if named else "nothing in common")

    def _refusal(self, pair: Pair) -> str | None:
        """Return None if the answer is right, the guard that refuses it, or "" if it is unlike."""
        if not pair.shared:
            return ""
        refusal = next((name for name, guard in self._guards.items() if guard(pair)), None)
        unlike = pair.own and pair.lacking and pair.f1 < LEAST_F1
        return "" if refusal is None and unlike else refusal

    def __repr__(self) -> str:
        return f"RuleJudge(strict={self.strict}, without={','.join(self.without)!r})"


def new_f1(pair: Pair) -> float:
    """Return the F1 of the words that the question did not give away.

    >>> new_f1(Pair("Which university?", "University of Vel", "University of Ull"))
    0.0
    """
    known = () if pair.named else pair.asked
    gold = sum(word not in known for word in content(pair.gold))
    shared = gold - len(pair.lacking)
    return 2 * shared / (len(pair.own) + shared + gold) if shared > 0 else 0.0


def _exact(claim: Claim) -> bool:
    """Whether the answer is an accepted one; True and False say yes and no where that is asked."""
    given = squad_cached(claim.answer)
    golds = {gold for gold in map(squad_cached, claim.golds) if gold}
    said = _BOOLEAN.get(given, given)
    if said in VERDICTS and said in {_BOOLEAN.get(gold, gold) for gold in golds}:
        return True
    as_written = claim.answer.strip()  # what is all marks, such as "!!!", normalises to nothing
    alike = given in golds and any(
        squad_cached(gold) == given and same_figures(claim.answer, gold) for gold in claim.golds
    )
    return alike or bool(as_written and as_written in map(str.strip, claim.golds))


def _visible(claim: Claim) -> Claim:
    if claim.answer.isascii() and all(map(str.isascii, claim.golds)):
        return claim
    return replace(claim, answer=visible(claim.answer), golds=tuple(map(visible, claim.golds)))


def _pairs(claim: Claim) -> list[Pair]:
    return [
        Pair(claim.question, claim.answer, form) for gold in claim.golds for form in forms(gold)
    ]
