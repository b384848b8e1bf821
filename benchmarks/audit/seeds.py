"""Whether seeds fix what happens: in one instance, in another one, in vector form."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gymnasium
import numpy as np

from .canonical import canonical, first_difference
from .checks import Finding, failed, passed
from .playing import Played, Turn, again, repeating
from .scripts import oracle, random_play
from .subject import Subject

LANES = 3
"""Episodes side by side in the vector forms."""

Shown = list[str]
"""What an episode handed out, as texts: the opening, then each reply."""


def seed_control(subject: Subject) -> Finding:
    """Same seed, same opening; other seeds, other openings; nothing global is touched."""
    with _own_global_state() as moved:
        openings = [canonical(subject.env.reset(seed=seed)) for seed in subject.seeds]
        twice = [canonical(subject.env.reset(seed=seed)) for seed in subject.seeds]
    if moved:
        return failed(f"reset(seed=...) changes the global state of {' and '.join(moved)}.")
    for seed, one, other in zip(subject.seeds, openings, twice, strict=True):
        if one != other:
            differ = first_difference(one, other)
            return failed(f"Seed {seed} opens two different episodes: {differ}.")
    kinds = len(set(openings))
    if kinds == 1 and subject.takes_text and _questions(subject) != 1:
        return failed(f"{subject.episodes} seeds open one and the same episode.")
    return passed(
        f"{subject.episodes} seeds open {kinds} different episodes, twice the same ones; random "
        "and numpy.random stand where they stood."
    )


def episode_determinism(subject: Subject) -> Finding:
    """The same actions get the same bytes: in a second instance, in sync and in native vectors."""
    episodes = [*random_play(subject)[:LANES], *(oracle(subject) or [])[:LANES]]
    for played in episodes:
        other = again(subject.make(), played)
        if shown(played) != shown(other):
            return failed(f"In a second instance seed {played.seed} {_differs(played, other)}.")
    forms = _vector_forms(subject)
    for form in forms:
        for start in range(0, len(episodes), LANES):
            fault = _fault_in_vector(subject, form, episodes[start : start + LANES])
            if fault:
                return failed(f"In the {form} vector environment {fault}.")
    return passed(
        f"{len(episodes)} episodes are the same to the byte in a second instance and in the "
        f"vector forms: {' and '.join(forms)}."
    )


def shown(played: Played) -> Shown:
    """Return what an episode handed out, infos included."""
    replies = [canonical(tuple(reply)[1:]) for reply in played.replies]
    return [canonical((played.opening, played.info)), *replies]


@contextmanager
def _own_global_state() -> Iterator[list[str]]:
    """Give a list that holds, at the end, which global generators were moved; then mend them.

    They begin in a state that no seed gives: one that is reseeded to where it stood has moved, too.
    """
    states = random.getstate(), np.random.get_state()
    moved: list[str] = []
    random.random(), np.random.random()
    before = _global_state()
    try:
        yield moved
        moved += [name for name, state in _global_state().items() if state != before[name]]
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])


def _global_state() -> dict[str, str]:
    return {
        "random": canonical(random.getstate()),
        "numpy.random": canonical(np.random.get_state()),
    }


def _questions(subject: Subject) -> int | None:
    played: Any = subject.env.unwrapped
    return len(played.question_set.questions(played.split)) if subject.ours else None


def _differs(played: Played, other: Played) -> str:
    left, right = shown(played), shown(other)
    place = next((n for n, pair in enumerate(zip(left, right, strict=False)) if len(set(pair)) > 1))
    where = "opens otherwise" if place == 0 else f"goes on otherwise at step {place}"
    return f"{where}: {first_difference(left[place], right[place])}"


def _vector_forms(subject: Subject) -> list[str]:
    spec = gymnasium.spec(subject.env_id)
    return ["sync", *(["native"] if spec.vector_entry_point is not None else [])]


def _fault_in_vector(subject: Subject, form: str, episodes: Sequence[Played]) -> str | None:
    """Play episodes side by side; return what differs from how each went alone."""
    mode = "vector_entry_point" if form == "native" else "sync"
    if mode != "sync" and not subject.ours:
        return _fault_in_own_vector(subject, len(episodes))
    env = gymnasium.make_vec(subject.env_id, len(episodes), mode, **subject.keywords)
    try:
        observations, _ = env.reset(seed=[played.seed for played in episodes])  # type: ignore[arg-type]
        for lane, played in enumerate(episodes):
            if canonical(_row(observations, lane)) != canonical(played.opening):
                return f"seed {played.seed} opens otherwise than alone"
        for number in range(max(len(played.replies) for played in episodes)):
            actions = [repeating(p.actions)(_turn(number)) for p in episodes]
            stepped = env.step(_batched(actions))
            for lane, played in enumerate(episodes):
                if number < len(played.replies) and _other(stepped, lane, played, number):
                    return f"seed {played.seed} goes on otherwise than alone at step {number + 1}"
    finally:
        env.close()
    return None


def _fault_in_own_vector(subject: Subject, size: int) -> str | None:
    """Compare a stranger's vector environment with itself: it may seed lanes as it likes."""
    runs = []
    for _ in range(2):
        env = gymnasium.make_vec(subject.env_id, size, "vector_entry_point", **subject.keywords)
        env.action_space.seed(0)
        shown = [canonical(env.reset(seed=0))]
        shown += [canonical(env.step(env.action_space.sample())) for _ in range(8)]
        env.close()
        runs.append(shown)
    return None if runs[0] == runs[1] else "one seed goes two ways"


def _other(stepped: tuple[Any, ...], lane: int, played: Played, number: int) -> bool:
    reply = played.replies[number]
    observations, rewards, terminated, truncated, _ = stepped
    there = (_row(observations, lane), float(rewards[lane]))
    flags = (bool(terminated[lane]), bool(truncated[lane]))
    alone = canonical((reply.observation, reply.reward))
    return canonical(there) != alone or flags != (reply.terminated, reply.truncated)


def _turn(number: int) -> Any:
    return Turn(None, None, {}, number)  # type: ignore[arg-type]


def _row(batch: Any, lane: int) -> Any:
    """Return what one sub-environment shows."""
    if isinstance(batch, dict):
        return {key: _row(value, lane) for key, value in batch.items()}
    row = batch[lane]
    return row.item() if isinstance(row, np.generic) else row


def _batched(actions: list[Any]) -> Any:
    """Batch actions as vector environments take them."""
    return tuple(actions) if isinstance(actions[0], str) else np.stack(actions)
