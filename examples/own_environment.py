"""Your own environment: an episode class with your rules, and one registration line.

`NoRepeats` is SearchRead with another rule: asking the same query twice ends the episode. The
single and the vector environment, seeding, spaces, rewards, rollouts and leaderboards come with it.
`python examples/own_environment.py` plays it; onto a leaderboard:

    hopgym bench --envs examples/own_environment.py:examples/NoRepeats-v0 --agents iterative --out results/own
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium

from hopgym.envs.env import HopEnv
from hopgym.envs.episode import Episode, Row
from hopgym.envs.grammars import Move, make_grammar
from hopgym.envs.registration import register
from hopgym.envs.search_read import SearchReadEnv, SearchReadEpisode
from hopgym.envs.vector import HopVectorEnv


class NoRepeatsEpisode(SearchReadEpisode):
    """SearchRead in which a repeated query ends the episode."""

    def receive(self, rows: Sequence[Row]) -> Sequence[str]:
        """End the episode on a repeated query; otherwise go on as usual."""
        asked = {query for step in self.steps for query in step.queries}
        if isinstance(self._move, Move) and self._move.kind == "query" and self._move.text in asked:
            self.turn = self.turns  # this query is the last
        return super().receive(rows)


class NoRepeatsEnv(SearchReadEnv):
    """The single environment."""

    env_id: ClassVar[str] = "examples/NoRepeats-v0"
    episode_class: ClassVar[type[Episode]] = NoRepeatsEpisode


class NoRepeatsVectorEnv(HopVectorEnv):
    """The batched environment."""

    env_class: ClassVar[type[HopEnv]] = NoRepeatsEnv


register(
    NoRepeatsEnv.env_id,
    NoRepeatsEnv,
    NoRepeatsVectorEnv,
    "SearchRead in which a repeated query ends the episode.",
)

if __name__ == "__main__":
    env: gymnasium.Env[str, Any] = gymnasium.make(
        NoRepeatsEnv.env_id, questions="world?entities=300"
    )
    env.reset(seed=1)
    r3 = make_grammar("r3")
    for turn in (1, 2):
        _, _, _, truncated, info = env.step(r3.write_query(turn, "Look.", "the same query"))
        print(f"turn {turn}: truncated={truncated}")
