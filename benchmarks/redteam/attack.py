"""The whole attack: every exploit against every reward in every environment.

It plays, and hands over cells; it prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ...agents.games import suits
from ...errors import ConfigError
from .campaign import Campaign, Reference
from .exploit import Exploit
from .matches import DEFAULT, Scheme, Target, make_scheme, open_target
from .published import BY_ENV
from .verdicts import Cell

PUBLISHED = "published"
"""Stands for the published schemes of an environment."""


class Report(NamedTuple):
    """All that was found."""

    cells: tuple[Cell, ...]
    references: tuple[Reference, ...]
    episodes: int
    """Questions in each cell."""
    judge: str = ""

    @property
    def failures(self) -> tuple[Cell, ...]:
        """Return the findings."""
        return tuple(cell for cell in self.cells if cell.failed)


def attack(
    envs: Iterable[str],
    exploits: Sequence[Exploit],
    rewards: Sequence[str] = (DEFAULT,),
    *,
    questions: Any = None,
    split: str | None = None,
    episodes: int = 24,
    judge: Any = None,
    baseline: str | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> Report:
    """Play exploits against rewards, and compare them with honest play.

    Args:
        envs: Environments, with keywords if any.
        exploits: Of `make_exploits`.
        rewards: Rewards by name; `default` is what the environment has, `published` the schemes of
            others that fit it.
        questions: A question set; the environments' own by default.
        split: Which split; test, or the only one.
        episodes: How many questions of it.
        judge: For rewards that ask one.
        baseline: The honest heuristic, if not the one that fits.
        tell: Called with what is being done.

    Raises:
        ConfigError: If nothing fits together, or a reward returns what is no score.
        RewardError: If a reward has no verdict on any honest episode.
    """
    if isinstance(episodes, bool) or not isinstance(episodes, int) or episodes < 2:
        raise ConfigError(f"episodes is {episodes!r:.40}; give a whole number from 2.")
    cells: list[Cell] = []
    honest: list[Reference] = []
    campaigns = []
    for env in envs:  # all first, so that a reward without a verdict is told before the attacks
        target = open_target(
            env, questions=questions, split=split, episodes=episodes, baseline=baseline
        )
        tell(f"{target.label}: honest play")
        campaigns.append(Campaign(target, _schemes(target, rewards, judge)))
    for campaign in campaigns:
        target = campaign.target
        honest += campaign.references()
        cells += campaign.blind()
        for exploit in exploits:
            if suits(exploit_player(exploit), target.game):
                tell(f"{target.label}: {exploit.name}")
                cells += campaign.against(exploit)
    if not cells:
        raise ConfigError(
            "Nothing was played: none of the exploits plays these environments, or none of the "
            "rewards fits them. List the exploits: hopgym redteam --list"
        )
    return Report(tuple(cells), tuple(honest), episodes, str(judge or ""))


def exploit_player(exploit: Exploit) -> Any:
    """Return what `agents.games.suits` asks about."""
    return _Player(exploit.game)


class _Player(NamedTuple):
    plays: str


def _schemes(target: Target, rewards: Sequence[str], judge: Any) -> list[Scheme]:
    names = [
        name
        for reward in rewards
        for name in (BY_ENV.get(target.env_id, ()) if reward == PUBLISHED else (reward,))
    ]
    made = (make_scheme(target, name, judge) for name in dict.fromkeys(names))
    return [scheme for scheme in made if scheme is not None]
