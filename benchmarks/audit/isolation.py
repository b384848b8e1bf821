"""Whether one episode leaves anything to the next: in the environment, or in its wrappers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium

from .canonical import canonical, first_difference
from .checks import Finding, failed, passed, verdict
from .playing import Env, again, play, repeating
from .scripts import empty_play, oracle, random_play
from .seeds import shown
from .subject import Subject

_PAIRS = 4


def episode_isolation(subject: Subject) -> Finding:
    """An episode after others, finished or left early, is what it is in a fresh instance."""
    episodes = (oracle(subject) or random_play(subject))[:_PAIRS]
    used = subject.make()
    for number, played in enumerate(episodes):
        fresh = again(subject.make(), played)
        before = episodes[number - 1]
        most = 1 if number % 2 else len(before.actions)
        left = play(used, repeating(before.actions), before.seed, most=most)
        after = again(used, played)
        if shown(after) != shown(fresh):
            pairs = zip(shown(fresh), shown(after), strict=False)
            differ = next((first_difference(a, b) for a, b in pairs if a != b), "its length")
            kind = "a finished" if left.over else "an unfinished"
            return failed(f"After {kind} episode, reset leaves something behind: {differ}.")
    return passed(
        f"{len(episodes)} episodes after others, finished and unfinished, are what they are in a "
        "fresh instance."
    )


def wrapper_freshness(subject: Subject) -> Finding:
    """A wrapper that keeps a copy of the environment's attribute must renew it at reset."""
    env = subject.make()
    first = _attributes(env, 0)
    stale: set[str] = set()
    changed: set[str] = set()
    for seed in subject.seeds[1:]:
        now = _attributes(env, seed)
        changed |= {name for name in now if first.get(name) != now[name]}
        for layer in _layers(env):
            held = {n: canonical(v) for n, v in vars(layer).items() if n in now and n in changed}
            stale |= {f"{type(layer).__name__}.{n}" for n, v in held.items() if v != now[n]}
    wrappers = [type(layer).__name__ for layer in _layers(env)]
    said = f"{len(wrappers)} wrappers ({', '.join(wrappers) or 'none'})"
    if stale:
        return failed(f"{', '.join(sorted(stale))} keeps the value of an earlier episode.")
    return passed(f"{said} hold no attribute of an episode that is over.")


def one_ending(subject: Subject) -> Finding:
    """Terminated or truncated: a learner must know whether there would have been more to earn."""
    random_play(subject), oracle(subject), empty_play(subject)
    seen = subject.seen
    both = [one for one in seen if any(r.terminated and r.truncated for r in one.replies)]
    endless = [one for one in seen if not one.over]
    if endless:
        return failed(
            f"{len(endless)} of {len(seen)} episodes had no end within {len(endless[0].replies)} "
            "steps."
        )
    return verdict(
        not both,
        f"{len(both)} of {len(seen)} episodes ended both terminated and truncated.",
    )


def _layers(env: Env) -> Iterator[Env]:
    while isinstance(env, gymnasium.Wrapper):
        yield env
        env = env.env


def _attributes(env: Env, seed: int) -> dict[str, str]:
    """Return the public attributes of the inner environment after a reset."""
    env.reset(seed=seed)
    inner: Any = env.unwrapped
    names = [name for name in dir(inner) if not name.startswith("_")]
    found = {}
    for name in names:
        try:
            value = getattr(inner, name)
        except Exception:  # a property of the user's that is not to be had now
            continue
        if not callable(value):
            found[name] = canonical(value)
    return found
