"""Whether an agent can see the gold before the end, wherever it looks.

Two twins are played whose questions are the same in all that may be seen and differ in all that
may not: every answer, hop, gold document and gold fact of each is a canary. Nothing that is handed
out before the end may hold a canary, nor differ between the twins. Of an environment without twins
it is looked at whether the gold of the episodes themselves is stated.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import gymnasium

from .canonical import canonical, first_difference, states
from .checks import Finding, failed, not_applicable, passed
from .playing import Env, Played, gold_of, play
from .scripts import heuristics, knows_gold, random_play
from .subject import Subject
from .twins import CANARIES, twin, with_canary

_EARNED = frozenset({"reward_terms", "reward_reason"})
"""Keys of an info that depend on the gold, as rewards must."""

_OFTEN = 0.9

Surface = Callable[[Played], list[Any]]


def gold_in_observation(subject: Subject) -> Finding:
    """Look for the gold in what is observed."""

    def surface(played: Played) -> list[Any]:
        return [observation for observation, _ in played.before_end]

    return _look(subject, "observation", surface, often=_OFTEN)


def gold_in_infos(subject: Subject) -> Finding:
    """Look for the gold in infos, beyond what the observation shows."""
    return _look(subject, "info", _infos, beyond_observation=True)


def gold_in_rendering(subject: Subject) -> Finding:
    """Look for the gold in what is rendered as text."""
    if "ansi" not in (subject.env.metadata.get("render_modes") or ()):
        return not_applicable("There is no rendering as text (render_mode 'ansi').")
    return _look(subject, "rendering", lambda played: [], rendered=True, beyond_observation=True)


def gold_in_pickle(subject: Subject) -> Finding:
    """Look for the gold in pickles of observations and infos."""

    def surface(played: Played) -> list[Any]:
        return [_pickled((observation, _seen(info))) for observation, info in played.before_end]

    return _look(subject, "pickle", surface, beyond_observation=True)


def gold_in_spec(subject: Subject) -> Finding:
    """Look for the gold of the episodes in the spec."""
    if not knows_gold(subject):
        return _unknown()
    said = canonical(subject.env.spec)
    quoted = [one.answers[0] for one in random_play(subject) if states(said, one.answers)]
    if quoted:
        return failed(f"The spec states {quoted[0]!r}, the gold of an episode.")
    return passed(f"The spec states the gold of none of {subject.episodes} episodes.")


def gold_in_exceptions(subject: Subject) -> Finding:
    """Provoke errors before the end, and look for the gold in what they say."""
    if not subject.ours and not knows_gold(subject):
        return _unknown()
    env = _twins(subject)[0].env if subject.ours else subject.env
    raised = 0
    for seed in range(2):
        for provoke in _PROVOCATIONS:
            env.reset(seed=seed)
            gold = (CANARIES[0],) if subject.ours else gold_of(env, {})
            try:
                provoke(env)
            except Exception as error:
                raised += 1
                said = f"{error} {error!r} {error.args} {getattr(error, '__notes__', '')}"
                if states(said, gold):
                    return failed(f"A {type(error).__name__} quotes the gold: {said:.100}.")
    return passed(f"{raised} errors were provoked, and none quotes the gold.")


_PROVOCATIONS: tuple[Callable[[Env], Any], ...] = (
    lambda env: env.step(None),
    lambda env: env.step(object()),
    lambda env: env.step(-1),
    lambda env: env.step({"action": "?"}),
    lambda env: env.reset(options={"question_id": "none such"}),
    lambda env: env.reset(options={"none such": 1}),
    lambda env: env.reset(seed=-1),
)


class _Look(NamedTuple):
    """What one twin handed out."""

    played: Played
    parts: list[Any]


def _look(
    subject: Subject,
    noun: str,
    surface: Surface,
    *,
    often: float = 0.0,
    rendered: bool = False,
    beyond_observation: bool = False,
) -> Finding:
    if not subject.ours:
        return _look_at_strangers(subject, noun, surface, often, rendered, beyond_observation)
    left, right = (_looks(one, surface, rendered) for one in _twins(subject))
    looked = 0
    for one, other in zip(left, right, strict=True):
        for part, counterpart in zip(one.parts, other.parts, strict=False):
            looked += 1
            text, opposite = canonical(part), canonical(counterpart)
            if any(canary in text + opposite for canary in CANARIES):
                return failed(f"The {noun} holds gold before the end of seed {one.played.seed}.")
            if text != opposite:
                differ = first_difference(text, opposite)
                return failed(f"The {noun} changes when nothing but the gold does: {differ}.")
    return passed(
        f"{looked} times two questions that differ in their gold alone gave the same {noun}."
    )


def _looks(subject: Subject, surface: Surface, rendered: bool) -> list[_Look]:
    if rendered:
        return [_rendered(subject, seed) for seed in subject.seeds]
    plays = [random_play(subject), *heuristics(subject).values()]
    return [_Look(played, surface(played)) for episodes in plays for played in episodes]


def _rendered(subject: Subject, seed: int) -> _Look:
    """Play at random again, and keep what is rendered before each action."""
    env = gymnasium.make(subject.env_id, **{**subject.keywords, "render_mode": "ansi"})
    random_one = random_play(subject)[seed % subject.episodes]
    parts: list[Any] = []

    def watching(turn: Any) -> Any:
        parts.append(env.render())
        return random_one.actions[min(turn.number, len(random_one.actions) - 1)]

    played = play(env, watching, seed, most=len(random_one.actions))
    return _Look(played, parts)


def _look_at_strangers(
    subject: Subject,
    noun: str,
    surface: Surface,
    often: float,
    rendered: bool,
    beyond_observation: bool,
) -> Finding:
    looks = [
        one
        for one in _looks(subject, surface, rendered)
        if states(" ".join(one.played.answers), one.played.answers)  # long enough to tell
    ]
    if not looks:
        return _unknown()
    found = []
    for one in looks:
        known = _text([o for o, _ in one.played.before_end]) if beyond_observation else ""
        told = [n for n, part in enumerate(one.parts) if states(_text([part]), one.played.answers)]
        if told and not states(known, one.played.answers):
            found.append(f"{one.played.answers[0]!r}{_place(one, told[0])}")
    if found and len(found) > often * len(looks):
        return failed(
            f"The {noun} states the gold before the end in {len(found)} of {len(looks)} episodes, "
            f"such as {found[0]}."
        )
    return passed(f"The {noun} states the gold in {len(found)} of {len(looks)} episodes.")


def _place(look: _Look, number: int) -> str:
    """Say which call handed a part out, and under which key."""
    part, answers = look.parts[number], look.played.answers
    own = part.items() if isinstance(part, Mapping) else ()
    key = next((name for name, value in own if states(_text([value]), answers)), None)
    calls = len(look.parts) == len(look.played.before_end)
    call = ("reset" if number == 0 else f"step {number}") if calls else ""
    said = [f"under {key!r}"] * (key is not None) + [f"of {call}"] * bool(call)
    return f" ({' '.join(said)})" if said else ""


@lru_cache(maxsize=2)
def _twins(subject: Subject) -> tuple[Subject, Subject]:
    """Return two subjects that differ in nothing but the gold."""
    return twin(subject, with_canary(0)), twin(subject, with_canary(1))


def _infos(played: Played) -> list[Any]:
    return [_seen(info) for _, info in played.before_end]


def _seen(info: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in info.items() if key not in _EARNED}


def _pickled(value: Any) -> str:
    """Return a pickle as text, opcode by opcode; what cannot be pickled hides nothing in it."""
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, protocol=4)
    pickler.fast = True  # no memo: equal values pickle alike, whichever of them are one object
    try:
        pickler.dump(value)
    except Exception:
        return ""
    read = pickletools.genops(stream.getvalue())
    return " ".join(
        f"{code.name} {'' if argument is None else argument}" for code, argument, _ in read
    )


def _text(parts: list[Any]) -> str:
    return " ".join(part if isinstance(part, str) else canonical(part) for part in parts)


def _unknown() -> Finding:
    return not_applicable(
        "The gold cannot be had: give env.unwrapped `question.answers` or `answers`."
    )
