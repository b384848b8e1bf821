"""Hostile replies of judges, and hostile claims: every parser returns a sound verdict or a typed failure."""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any

from ...rewards.judges import make_judge
from ...rewards.judges.base import Claim, ProcessVerdict, StepClaim, SupportClaim, Verdict
from ...rewards.judges.failures import UnjudgedError
from ...rewards.judges.replies import QUARTERS, Grade, Options, Outcome, Soundness, read
from .runner import Case, Fault
from .texts import Rng, hostile, mutated, odd_value, pick

_RECORDS: dict[str, Any] = {
    "outcome": Outcome,
    "grade": Grade,
    "options": Options,
    "soundness": Soundness,
}
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""What shows no glyph; what this Python's Unicode does not know yet may be a letter."""

_TYPES = ("fact", "cause", "multi")


class ReplyTarget:
    """What a model behind an API replies: the record alone, or in the body of OpenAI or Gemini."""

    name = "judges:replies"

    def make(self, rng: Rng) -> Case:
        """Return a reply, and in which body it comes."""
        record = pick(rng, tuple(_RECORDS))
        reply = _reply(rng, record)
        form = pick(rng, ("bare", "fenced", "openai", "gemini"))
        text = reply if form in ("bare", "fenced") else _body(rng, form, reply)
        return {"record": record, "form": form, "text": text}

    def check(self, case: Case, rng: Rng | None) -> int:
        """Read it as its judge would."""
        text, form = case["text"], case["form"]
        try:
            if form in ("openai", "gemini"):
                answer = _read_body(form, text)
                if answer.spoilt is not None:
                    return 1
                text = answer.text
            found: Any = read(text, _RECORDS[case["record"]], fenced=form == "fenced")
        except UnjudgedError as error:
            _check_failure(error)
            return 1
        _check_verdict(found.verdict())
        return 1


class RuleTarget:
    """Claims put to the judge that is a rule: of answers, steps and support."""

    name = "judges:rule"

    def __init__(self) -> None:
        self._judge: Any = make_judge("rule")

    def make(self, rng: Rng) -> Case:
        """Return a claim; its texts resemble each other, so that guards have something to do."""
        gold = hostile(rng, 4)
        answer = mutated(rng, gold) if rng.random() < 0.5 else hostile(rng)
        documents = [hostile(rng) + gold * (rng.random() < 0.3) for _ in range(2)]
        golds = [gold, *(hostile(rng, 3) for _ in range(int(rng.random() * 3)))]
        return {
            "question": hostile(rng, 6),
            "answer": answer,
            "golds": golds,
            "documents": documents,
            "type": pick(rng, _TYPES),
        }

    def check(self, case: Case, rng: Rng | None) -> int:
        """Judge it in each way, and each twice; a claim of each way is an input."""
        claim = Claim(case["question"], case["answer"], case["golds"], case["type"])
        step = StepClaim(case["question"], case["answer"], case["golds"][0], case["documents"])
        support = SupportClaim(case["answer"], case["documents"], case["question"])
        asked = (("outcome", claim), ("semantic", claim), ("process", step), ("support", support))
        for name, one in asked:
            first, again = (getattr(self._judge, name)([one])[0] for _ in range(2))
            _check_verdict(first)
            if first != again:
                raise Fault(f"{name} says {first} and then {again}")
        return len(asked)


def judge_targets() -> list[ReplyTarget | RuleTarget]:
    """Return both kinds."""
    return [ReplyTarget(), RuleTarget()]


def _reply(rng: Rng, record: str) -> str:
    reason = hostile(rng, 5)
    sound: dict[str, Any] = {
        "outcome": {"reason": reason, "correct": rng.random() < 0.5},
        "grade": {"reason": reason, "score": pick(rng, QUARTERS)},
        "options": {"reason": reason, "correct": 1, "wrong": 0, "missed": 2},
        "soundness": {"reason": reason, "coherence": 1, "rationality": 0.5, "relevance": 0.0},
    }[record]
    chance = rng.random()
    if chance < 0.5:
        sound[pick(rng, (*sound, "more"))] = odd_value(rng)
    text = json.dumps(sound, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.2:
        text = f"```json\n{text}\n```"
    if chance > 0.75:
        return mutated(rng, text)
    return hostile(rng) if chance > 0.7 else "[" * 50_000 if chance > 0.698 else text


def _body(rng: Rng, form: str, reply: str) -> str:
    if form == "openai":
        choice: dict[str, Any] = {"message": {"content": reply}, "finish_reason": "stop"}
        body: dict[str, Any] = {"choices": [choice], "usage": {"prompt_tokens": 1}}
    else:
        choice = {"content": {"parts": [{"text": reply}]}, "finishReason": "STOP"}
        body = {"candidates": [choice], "usageMetadata": {"promptTokenCount": 1}}
    if rng.random() < 0.4:
        holder = pick(rng, (choice, body))
        holder[pick(rng, (*holder, "refusal", "promptFeedback"))] = odd_value(rng)
    text = json.dumps(body)
    return mutated(rng, text) if rng.random() < 0.2 else text


def _read_body(form: str, text: str) -> Any:
    from ...rewards.judges import gemini, openai

    return (openai if form == "openai" else gemini).read_answer(text)


def _check_failure(error: UnjudgedError) -> None:
    said = str(error)
    if len(said) > 400 or _HIDDEN.intersection(map(unicodedata.category, said)):
        raise Fault(f"a failure's words are long or not printable: {said!r:.200}")


def _check_verdict(verdict: Verdict | ProcessVerdict) -> None:
    for value in verdict:
        fine = isinstance(value, str | bool) or (math.isfinite(value) and 0 <= value <= 1)
        if not fine:
            raise Fault(f"{value!r} in {verdict!r:.200} is not from 0 to 1")
    if _HIDDEN.intersection(map(unicodedata.category, verdict.reason)) or len(verdict.reason) > 600:
        raise Fault(f"the reason is long or not printable: {verdict.reason!r:.200}")
