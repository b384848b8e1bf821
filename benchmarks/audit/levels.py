"""Whether better play earns more: the oracle most, random play little, nothing nothing."""

from __future__ import annotations

import numpy as np

from .checks import Finding, failed, not_applicable, verdict
from .playing import Played
from .scripts import empty_play, heuristics, oracle, random_play
from .subject import Subject, mean

EMPTY_SHARE = 0.1
"""Of what the oracle earns: more must not be had for nothing."""

RANDOM_SHARE = 0.5

SAMPLES = 6
"""Random plays of each question."""

SIGNAL = 0.25
"""The least share of questions whose samples must differ."""

TIE = 1e-9


def oracle_max(subject: Subject) -> Finding:
    """Compare the oracle with all other plays."""
    best = oracle(subject)
    if best is None:
        return _no_oracle()
    others = _others(subject)
    above = {name: mean(episodes) for name, episodes in others.items()}
    name = max(above, key=above.__getitem__)
    beaten = sum(
        max(own[n].total for own in others.values()) > one.total + TIE for n, one in enumerate(best)
    )
    return verdict(
        mean(best) >= above[name] - TIE,
        f"The oracle earns {mean(best):.2f} on average, and of {len(others)} others {name} the "
        f"most, {above[name]:.2f}; single episodes in which another earns more: {beaten} of "
        f"{len(best)}.",
    )


def empty_floor(subject: Subject) -> Finding:
    """Play nothing at all."""
    best, nothing = oracle(subject), empty_play(subject)
    if best is None:
        return _no_oracle()
    if nothing is None:
        return not_applicable("There is no empty action.")
    return _floor(nothing, best, "Empty actions earn", EMPTY_SHARE)


def random_floor(subject: Subject) -> Finding:
    """Play at random."""
    best = oracle(subject)
    if best is None:
        return _no_oracle()
    return _floor(random_play(subject), best, "Random play earns", RANDOM_SHARE)


def difficulty_separation(subject: Subject) -> Finding:
    """Put the plays in order."""
    best = oracle(subject)
    if best is None:
        return _no_oracle()
    scripted = {name: mean(episodes) for name, episodes in heuristics(subject).items()}
    low, high = mean(random_play(subject)), mean(best)
    if not scripted:
        return verdict(
            high > low + TIE,
            f"Oracle {high:.2f} > random {low:.2f}; no heuristic of ours plays here."
            if high > low + TIE
            else f"The oracle earns {high:.2f} and random play {low:.2f}.",
        )
    name = max(scripted, key=scripted.__getitem__)
    return verdict(
        high > scripted[name] + TIE and scripted[name] > low + TIE,
        f"Oracle {high:.2f}, best heuristic ({name}) {scripted[name]:.2f}, random {low:.2f}.",
    )


def training_signal(subject: Subject) -> Finding:
    """Sample each question several times, and see whether the samples earn differently."""
    samples = [random_play(subject, seed) for seed in range(SAMPLES)]
    samples += list(heuristics(subject).values())
    best = oracle(subject) if len(samples) == SAMPLES else None
    samples += [best] if best else []
    returns = np.array([[one.total for one in episodes] for episodes in samples])
    differ = float(np.mean(np.ptp(returns, axis=0) > TIE))
    who = "random play" if len(samples) == SAMPLES else "random play and heuristics"
    who = who if best is None else "random play and the oracle"
    return verdict(
        differ >= SIGNAL,
        f"The {len(samples)} samples ({who}) of a question earn differently for {differ:.0%} of "
        f"{subject.episodes} episodes.",
    )


def _others(subject: Subject) -> dict[str, list[Played]]:
    nothing = empty_play(subject)
    found = {"random": random_play(subject), **heuristics(subject)}
    return {**found, **({"empty": nothing} if nothing is not None else {})}


def _floor(low: list[Played], best: list[Played], what: str, most: float) -> Finding:
    high = mean(best)
    if high <= TIE:
        return failed(f"The oracle itself earns {high:.2f}: there is nothing to be had.")
    share = mean(low) / high
    return verdict(
        share <= most,
        f"{what} {mean(low):.2f} where the oracle earns {high:.2f}; allowed is {most:.0%} of it.",
    )


def _no_oracle() -> Finding:
    return not_applicable(
        "Nobody knows the best play: give --oracle an agent, or env.unwrapped `answers`."
    )
