"""Whether an answer can be gamed: by listing, hedging, repeating, trying again.

Each exploit searches as the oracle does and differs from it in the answer alone. Its share is what
it earns between a wrong answer (0) and the right one (1).
"""

from __future__ import annotations

from ...agents.games import FACTS
from ...rewards.normalize import squad
from .checks import Finding, failed, not_applicable, verdict
from .playing import Played
from .scripts import (
    NOBODY,
    Answers,
    answering,
    everything,
    knows_gold,
    no_facts,
    oracle,
    right,
    wrong,
)
from .subject import Subject, mean
from .twins import twin, with_answer

MOST = 0.5
"""The largest share that is no exploit: a token F1 pays a list of four about 0.4."""

SLACK = 0.01
"""By how much more than once an answer that is repeated may earn: noise, and no exploit."""

TIE = 1e-9
RIVALS = 3
_JOINED = (", ", " or ", " and ")


def candidate_list(subject: Subject) -> Finding:
    """Answer "A, B, gold, D"; where facts are selected, select them all."""
    if subject.ours and subject.game == FACTS:
        return _all_facts(subject)
    fault = _unplayable(subject)
    if fault:
        return fault
    golds = list(dict.fromkeys(one.answers[0] for one in right(subject)))
    shares = {}
    for joined in _JOINED:
        played = answering(
            subject,
            f"list{joined}",
            lambda gold, joined=joined: [[joined.join(listed(gold, golds))]],  # type: ignore[misc]
        )
        shares[joined] = share(subject, played)
    joined = max(shares, key=shares.__getitem__)
    example = joined.join(("A", "B", "gold", "D"))
    return verdict(
        shares[joined] <= MOST,
        f"A list such as {example!r} earns {as_part(shares[joined])} of what the answer alone earns; "
        f"allowed is {MOST:.0%}.",
    )


def _all_facts(subject: Subject) -> Finding:
    low = mean(no_facts(subject))
    high, most = mean(oracle(subject) or []), mean(everything(subject))
    if high - low <= TIE:
        return failed(f"The gold facts earn {high:.2f}, and none at all {low:.2f}: no difference.")
    paid = (most - low) / (high - low)
    return verdict(
        paid <= MOST,
        f"To select every fact earns {as_part(paid)} of what the gold facts earn; allowed is "
        f"{MOST:.0%}.",
    )


def yes_and_no(subject: Subject) -> Finding:
    """Answer "yes and no" where the answer is yes, and where it is no."""
    fault = _unplayable(subject)
    if fault:
        return fault
    shares = {}
    for gold in ("yes", "no"):
        asked = _asked_for(subject, gold)
        if asked is None:
            continue
        subjects, kept = asked
        low, high, both = (
            [answering(subjects, f"{gold} {text}", _always(text))[n].total for n in kept]
            for text in (NOBODY, gold, "yes and no")
        )
        spread = sum(high) - sum(low)
        if spread <= TIE:
            return failed(f"Where the answer is {gold!r}, answering it earns nothing.")
        shares[gold] = (sum(both) - sum(low)) / spread
    if not shares:
        return not_applicable("No episode has the answer yes or no.")
    most = max(shares.values())
    said = " and ".join(f"{as_part(value)} of {gold!r}" for gold, value in shares.items())
    return verdict(most <= MOST, f"'yes and no' earns {said}; allowed is {MOST:.0%}.")


def several_submissions(subject: Subject) -> Finding:
    """Write several answers into one action: one thrice, and the right one beside a wrong one."""
    fault = _unplayable(subject)
    if fault:
        return fault
    thrice = answering(subject, "thrice", lambda gold: [[gold[0]] * 3])
    first = answering(subject, "right first", lambda gold: [[gold[0], NOBODY]])
    last = answering(subject, "right last", lambda gold: [[NOBODY, gold[0]]])
    repeated = share(subject, thrice)
    either = min(share(subject, first), share(subject, last))
    if repeated > 1 + SLACK:
        return failed(f"The right answer three times in one action earns {repeated:.0%} of once.")
    return verdict(
        either <= MOST,
        f"One action with the answer thrice earns {as_part(repeated)} of once; with a wrong answer "
        f"beside it, in whichever order, {as_part(either)}.",
    )


def retry_until_correct(subject: Subject) -> Finding:
    """Answer wrongly once, and then rightly; and wrongly twice."""
    fault = _unplayable(subject)
    if fault:
        return fault
    tries = {
        "one wrong one": lambda gold: [[NOBODY], [gold[0]]],
        "two": lambda gold: [[NOBODY], [f"{NOBODY} II"], [gold[0]]],
    }
    again = {name: answering(subject, f"retry {name}", said) for name, said in tries.items()}
    paid = {name: share(subject, played) for name, played in again.items()}
    most = max(len(one.replies) for played in again.values() for one in played)
    said = ", and after ".join(f"{name} {as_part(part)}" for name, part in paid.items())
    return verdict(
        max(paid.values()) <= MOST,
        f"After {said} of what the right answer earns at once (episodes of up to {most} steps).",
    )


def listed(gold: tuple[str, ...], golds: list[str]) -> list[str]:
    """Return a list of candidates with the answer in the last place but one.

    >>> listed(("Lyon",), ["Bern", "Lyon", "Rome", "Oslo", "Kyiv"])
    ['Bern', 'Rome', 'Lyon', 'Oslo']
    """
    own = {squad(answer) for answer in gold}
    rivals = [other for other in golds if squad(other) not in own][:RIVALS]
    rivals += [f"{NOBODY} {n}" for n in range(RIVALS - len(rivals))]
    return [*rivals[:-1], gold[0], rivals[-1]]


def share(subject: Subject, played: list[Played]) -> float:
    """Return where a play stands between wrong (0) and right (1) answers, by mean returns."""
    low, high = mean(wrong(subject)), mean(right(subject))
    return (mean(played) - low) / (high - low)


def as_part(value: float) -> str:
    """Return a share in words.

    >>> as_part(0.5), as_part(-4.0)
    ('50%', 'less than 0%')
    """
    return "less than 0%" if value < -0.005 else f"{abs(value):.0%}"


def _always(text: str) -> Answers:
    return lambda gold: [[text]]


def _asked_for(subject: Subject, gold: str) -> tuple[Subject, list[int]] | None:
    """Return a subject with this answer, and which of its episodes have it."""
    if subject.ours:
        made = twin(subject, with_answer(gold))
        return made, list(range(made.episodes))
    kept = [n for n, one in enumerate(right(subject)) if squad(one.answers[0]) == gold]
    return (subject, kept) if kept else None


def _unplayable(subject: Subject) -> Finding | None:
    """Say why answers cannot be gamed here, if so."""
    if not subject.answers_in_text:
        return not_applicable("The agent does not answer in words: its actions are no answers.")
    if not knows_gold(subject):
        return not_applicable(
            "The gold cannot be had: give env.unwrapped `question.answers` or `answers`."
        )
    low, high = mean(wrong(subject)), mean(right(subject))
    if high - low <= TIE:
        return failed(f"A right answer earns {high:.2f} and a wrong one {low:.2f}: no difference.")
    return None
