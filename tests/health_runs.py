"""Made-up runs of training, update by update: healthy ones with the noise of a batch, and collapses."""

import numpy as np

from hopgym.seeding import rng_for


def healthy(seed, updates=300, episodes=64, start=0.3, end=0.8, wander=0.0):
    """A run that improves along a curve: what each figure is, and the noise of that many episodes."""
    rng = rng_for(seed, "healthy", episodes)
    drift = 0.0
    for share in np.linspace(0.0, 1.0, updates):
        em = start + (end - start) * (1 - np.exp(-3 * share)) / (1 - np.exp(-3))
        turns = 3 * episodes
        drift = 0.97 * drift + wander * np.sqrt(1 - 0.97**2) * rng.normal()  # slow, unlike noise
        rate = rng.binomial(episodes, np.clip(em + drift, 0, 1)) / episodes
        form = rng.binomial(turns, 0.9 + 0.09 * share) / turns
        yield {
            "em": rate,
            "reward": rate - 0.5 + rng.normal(0, 0.5 / np.sqrt(episodes)),  # crosses zero
            "format_rate": form,
            "degenerate_rate": rng.binomial(turns, 0.01) / turns,
            "cut_rate": rng.binomial(turns, 0.03) / turns,
            "queries_per_episode": rng.poisson(1.6 * episodes) / episodes,
            "answered_share": rng.binomial(episodes, 0.8 + 0.15 * share) / episodes,
            "kl": 0.3 * share * rng.lognormal(0, 0.3),
            "entropy": 0.4 * np.exp(-2 * share) * rng.lognormal(0, 0.1),
            "better_logprob": -0.6 * rng.lognormal(0, 0.2),
            "clip_fraction": 0.1 * rng.lognormal(0, 0.3),
            "value_error": rng.lognormal(0, 0.5),
            "grad_norm": rng.lognormal(0, 1),
            "loss": rng.normal(),
        }


def collapsing(seed, at, **changes):
    """A healthy run in which some figures go elsewhere from one update on, counted from 1."""
    for number, figures in enumerate(healthy(seed), 1):
        yield {**figures, **changes} if number >= at else figures


def first_alarm(guard, run):
    return next(filter(None, map(guard.check, run)), None)
