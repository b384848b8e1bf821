"""Potential-based shaping: pay progress at every step, and leave the optimal policy as it was.

Ng, Harada and Russell (ICML 1999) show that adding

    F(s, s') = gamma * Phi(s') - Phi(s),    Phi(terminal) = 0

to a reward changes no optimal policy, whatever the function Phi of the state, and that nothing else
has this property for every environment. Here

    Phi(s) = a * fact_F1(s) + b * answer_recall(s)

of the facts selected so far. Three things must hold, or the theorem does not: `gamma` is the
learner's own discount; the potential of a *terminal* state is 0, so that STOP pays `-Phi(s)` and
gives back what the way has earned (without that, an agent is paid twice for good facts and collects
them instead of answering); and a state cut off by a step limit, *truncated*, is not terminal and
keeps its potential. With gamma 1 the terms of an episode that starts empty add up to 0. In one-shot
play the single step starts at potential 0 and ends: its term is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...errors import ConfigError
from .facts import Floats


@dataclass(frozen=True)
class Potential:
    """`fact_f1 * fact_F1 + answer_recall * answer_recall`, of selections.

    Raises:
        ConfigError: If a weight is no finite number.

    >>> Potential()([0.0, 0.8], [0.0, 1.0])
    array([0. , 0.9])
    """

    fact_f1: float = 0.5
    """The weight `a`."""
    answer_recall: float = 0.5
    """The weight `b`."""

    def __post_init__(self) -> None:
        for name in ("fact_f1", "answer_recall"):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not math.isfinite(value):
                raise ConfigError(
                    f"The potential's weight {name} is {value!r:.60}; give a finite number, "
                    "such as 0.5."
                )

    def __call__(self, fact_f1: ArrayLike, answer_recall: ArrayLike) -> Floats:
        """Return the potential of each state, shape `[...]`."""
        f1, recall = np.asarray(fact_f1, np.float64), np.asarray(answer_recall, np.float64)
        return np.asarray(self.fact_f1 * f1 + self.answer_recall * recall)


def shaping_term(
    before: ArrayLike, after: ArrayLike, terminal: ArrayLike = False, *, gamma: float
) -> Floats:
    """Return `gamma * Phi(s') - Phi(s)`, with Phi 0 where `s'` is terminal, shape `[...]`.

    Args:
        before: The potential of the state that was left.
        after: The potential of the selection that was reached.
        terminal: Whether the episode terminated there. Not where it was only truncated.
        gamma: The discount that the learner uses.

    Raises:
        ConfigError: If gamma is not above 0 and at most 1.

    >>> shaping_term([0.2, 0.9], [0.9, 0.9], [False, True], gamma=1.0)
    array([ 0.7, -0.9])
    """
    check_gamma(gamma)
    reached = np.where(terminal, 0.0, np.asarray(after, np.float64))
    return np.asarray(gamma * reached - np.asarray(before, np.float64))


def check_gamma(gamma: float) -> None:
    """Refuse what is no discount.

    Raises:
        ConfigError: If it is not above 0 and at most 1.
    """
    number = isinstance(gamma, int | float) and not isinstance(gamma, bool)
    if not number or not 0.0 < gamma <= 1.0:
        raise ConfigError(
            f"gamma is {gamma!r:.60}; it is the learner's discount, above 0 and at most 1."
        )
