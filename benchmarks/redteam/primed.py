"""A teacher of tricks: plays most questions honestly, and the others by an exploit.

A policy that learns from it begins where a red team would begin: it can do the work, and has seen
what others tried. Who is cheated follows the ids of the questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...agents import make_agent
from ...agents.base import Info
from ...agents.games import DOCUMENTS
from ...agents.transcript import TextAgent, Transcript
from ...errors import ConfigError
from ...retrieval.base import check_number
from ...seeding import rng_for
from .exploit import Exploit, Impostor, Swapped
from .families import make_exploits

SHARE = 0.4
"""How many questions an exploit plays, by default."""


class PrimedAgent(TextAgent):
    """Plays honestly, or by one of several exploits.

    Args:
        honest: Who plays honestly, and searches for the exploits that search.
        exploits: Exploits and families, by comma.
        share: The share of the questions that are played by an exploit.
        seed: Names the random stream that says which.

    Raises:
        ConfigError: If an exploit or the honest player plays no documents in text.
    """

    name = "primed"

    def __init__(
        self,
        honest: Any = "oracle",
        exploits: str | Sequence[str] = "answers",
        share: float = SHARE,
        seed: int = 0,
    ) -> None:
        check_number("share", share, 0.0, 1.0, example=SHARE)
        names = exploits.split(",") if isinstance(exploits, str) else exploits
        self._honest = _text_agent(make_agent(honest), f"The honest player {honest!r:.80}")
        self._tricks = [_trick(one) for one in make_exploits(names)]
        self._share = share
        self._seed = seed
        self.uses_gold = bool(getattr(self._honest, "uses_gold", False))
        self.fingerprint = f"{self._honest.name},{','.join(names)},{share},{seed}"

    def bind(self, env: Any) -> None:
        """Let the honest player look at what is played."""
        if hasattr(self._honest, "bind"):
            self._honest.bind(env)

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Play one turn of each episode."""
        pairs = zip(observations, infos, strict=True)
        return [self._turn(Transcript(seen, info), seen) for seen, info in pairs]

    def play(self, view: Transcript) -> str:
        """Return the next action of an episode that is played honestly."""
        return self._honest.play(view)

    def _turn(self, view: Transcript, observation: Any) -> str:
        rng = rng_for(self._seed, "primed", view.question_id)
        if rng.random() >= self._share:
            return self._honest.play(view)
        trick = self._tricks[int(rng.integers(len(self._tricks)))]
        if isinstance(trick, Impostor):  # it searches as the honest player does
            return self._honest.play(Swapped(observation, view.info, trick.say))
        return trick.play(view)


def _trick(exploit: Exploit) -> TextAgent:
    elsewhere = exploit.poison is not None or exploit.reads_gold
    if exploit.game not in (DOCUMENTS, "") or elsewhere:
        raise ConfigError(
            f"The exploit {exploit.name!r} cannot be taught: it needs documents of its own, reads "
            "what it should not, or plays no text. Give ones that speak, as answers or giving_up do."
        )
    return _text_agent(exploit.make(), f"The exploit {exploit.name!r}")


def _text_agent(agent: Any, what: str) -> TextAgent:
    if not isinstance(agent, TextAgent):
        raise ConfigError(
            f"{what} does not write the turns of a search, so nobody can learn them from it. Give "
            "one that does, such as oracle or candidates."
        )
    return agent
