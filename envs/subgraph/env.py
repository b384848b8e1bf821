"""The single environment in arrays: Gymnasium's contract around a game of one lane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray

from ...core import Question
from ...errors import EpisodeError, HopgymError
from ..datasets.base import QuestionSet
from ..draws import rewound
from ..env import check_render_mode
from ..settings import Settings, settings_from
from .actions import read_action
from .game import Game
from .observations import Observed, action_space, make_observer, single_space
from .render import print_game, render_game
from .settings import SubgraphSettings
from .stage import SubgraphStage

ENV_ID = "hopgym/KGSubgraph-v0"
_LANE = np.zeros(1, dtype=np.int64)


class SubgraphEnv(gymnasium.Env[Observed, Any]):
    """Select the facts that answer the question.

    Description:
        A question comes with a knowledge graph, or the part of one that a retriever chose. The
        agent selects facts, and a reader reads the answers off them: D-RAG's retriever (EMNLP
        2025) as a policy.

    Observation:
        `observation="graph"`: a dict of `graph` (a `GraphInstance`: nodes `[entities, 10]`, edges
        `[facts, 2]`, links `[facts, 2]`), `selected` `[top_k]`, `question` `[dim]` and `step` `[1]`.
        `"padded"`: the same in arrays of one size, `edge_index` `[2, top_k]`, `edge_type` `[top_k]`,
        `edge_feat` `[top_k, 1]`, `edge_mask` `[top_k]`, `node_feat` `[2 top_k, 10]`, `node_mask`
        `[2 top_k]`. `"text"` is `text.SubgraphTextEnv`.

    Actions:
        `mode="one_shot"`: `MultiBinary(top_k)`, all facts at once. `mode="sequential"`:
        `Discrete(top_k + 1)`, one fact, and last STOP. `action_masks()` and `info["action_mask"]`
        say which are allowed. One that is not selects nothing, and has the code `masked_action`.

    Reward:
        By `reward=`; the default `kg` pays progress by a potential, the answers at the end, and
        charges facts and masked choices. `info["reward_terms"]` adds up to it.

    Episode end:
        Terminated by STOP, or by the one action of one-shot play: answers are read. Truncated when
        `max_steps` actions are used up. Never both.

    Info:
        `question_id, question, step, facts, action_mask` always; after a step also `reward_terms,
        parse_error, queries, document_ids, new_text`; at the end also `prediction, answers,
        metrics, trajectory, reward_reason`.

    Keywords:
        The fields of `SubgraphSettings`, and `render_mode` (`"ansi"` or `"human"`).

    Example:
        >>> import gymnasium, hopgym
        >>> env = gymnasium.make(
        ...     "hopgym/KGSubgraph-v0", questions="world?entities=300", mode="sequential", top_k=32
        ... )
        >>> _, info = env.reset(options={"index": 0})
        >>> stop = env.action_space.n - 1
        >>> print(info["action_mask"].sum(), stop)
        6 32
        >>> *_, info = env.step(0)
        >>> _, _, terminated, _, info = env.step(stop)
        >>> terminated, sorted(info["reward_terms"])
        (True, ['answer', 'invalid', 'shaping', 'size'])

    Version history:
        v0: first release.
    """

    env_id: ClassVar[str] = ENV_ID
    settings_class: ClassVar[type[Settings]] = SubgraphSettings
    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "human"], "render_fps": 4}  # type: ignore[misc]

    def __init__(self, render_mode: str | None = None, **keywords: Any) -> None:
        check_render_mode(render_mode, self.metadata["render_modes"])
        self.render_mode = render_mode
        self.stage = make_stage(keywords)
        self.observation_space, self.action_space = (
            single_space(self.stage),
            action_space(self.stage),
        )
        self.game = Game(self.stage, 1)
        self._observer = make_observer(self.game, 1)
        self._begun = False

    @property
    def question(self) -> Question:
        """The question being played, gold included: for oracles and trainers, not for agents."""
        self._check_begun()
        return self.game.case(0).question

    @property
    def question_set(self) -> QuestionSet:
        """Where the questions come from."""
        return self.stage.question_set

    @property
    def split(self) -> str:
        """The split being played."""
        return self.stage.split

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: Reseeds the drawing of questions.
            options: `{"question_id": …}` or `{"index": …}` fixes the question.
        """
        rng, used = seeding.np_random(seed) if seed is not None else (self.np_random, None)
        with rewound([rng]):  # what is refused changes nothing
            case = self.stage.case(self.stage.place(rng, options))
        if seed is not None:
            self._np_random, self._np_random_seed = rng, used
        self.game.begin(0, case, seed)
        self._observer.load(0, case)
        self._begun = True
        if self.render_mode == "human":
            print_game(self.game, 0)
        return self._observer.one(0), self.game.public_info(0)

    def step(self, action: Any) -> tuple[Observed, float, bool, bool, dict[str, Any]]:
        """Take one action.

        Raises:
            EpisodeError: If the episode is over or was never begun.
            ConfigError: If the action is outside of the action space.
            RewardError: If the reader or the reward failed. The episode stands where it stood, and
                the same action may be tried again.
        """
        self._check_begun()
        if self.game.over[0]:
            raise EpisodeError("The episode is over. Call reset() before step().")
        move = self.game.move(_LANE, read_action(self.stage, action))[0]
        if isinstance(move, HopgymError):
            raise move
        if self.render_mode == "human":
            print_game(self.game, 0)
        info = self.game.step_info(0, move)
        return self._observer.one(0), move.reward, move.terminated, move.truncated, info

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions are allowed, as sb3-contrib's MaskablePPO asks for it.

        `[top_k + 1]`; in one-shot play `[2 top_k]`, drop and keep of each fact.
        """
        self._check_begun()
        return self.game.action_mask(0)

    def set_progress(self, step: int | None) -> None:
        """Tell how far training is; from the next episode on, scheduled rewards follow it.

        Raises:
            ConfigError: If it is no step.
        """
        self.stage.set_progress(step)

    def render(self) -> str | None:
        """Return the question and what is selected, as text (`"ansi"`)."""
        if self.render_mode != "ansi":
            return None
        self._check_begun()
        return render_game(self.game, 0)

    def _check_begun(self) -> None:
        if not self._begun:
            raise EpisodeError("No episode has begun. Call reset() first.")


def make_stage(keywords: Mapping[str, Any]) -> SubgraphStage:
    """Resolve keyword arguments into the shared parts.

    Raises:
        ConfigError: If one is unknown or not allowed.
    """
    return SubgraphStage(settings_from(SubgraphSettings, keywords, ENV_ID), ENV_ID)
