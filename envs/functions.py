"""An environment out of plain functions: a score of an answer, or the two of a game.

    register_score("mine/Ask-v0", lambda question, answer: float(answer in question.answers))
    register_game("mine/Guess-v0", reset, step)

Questions, seeds, transcripts, the vector environment, rollouts and leaderboards come with it. What is
asked and what is paid the functions say; there is no grammar, no retriever and no other reward.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, NamedTuple, cast

from ..core import Author, Question, Score, Trajectory
from ..errors import ConfigError, EnvError, users_code
from ..retrieval import make_retriever
from ..retrieval.base import Retriever
from ..rewards.base import Reward
from .env import HopEnv
from .episode import Episode, Row
from .registration import register
from .settings import Settings
from .stage import Stage
from .vector import HopVectorEnv

MAX_SHOWN = 65_536
"""Characters that one observation of a game may have."""

OWN = "own"
"""What the reward's one term is called."""

UNKNOWN = "answers_unknown"
"""In a question's metadata: its answers are nothing to compare with."""


class Turn(NamedTuple):
    """What a game says to an action."""

    observation: str
    reward: float
    done: bool
    info: Mapping[str, Any] = {}
    """At the end: `prediction`, the answer as text, if it is not the last action; and `score`, between
    0 and 1, by which a leaderboard then ranks. Other entries are not looked at."""


class Game(NamedTuple):
    """The functions."""

    reset: Callable[[Question], tuple[Any, str]]
    """Takes a question, gold included; returns a state of its own and the first observation."""
    step: Callable[[Any, str], Turn | tuple[Any, ...]]
    """Takes the state and an action; returns a `Turn`, or its fields as a tuple."""


@dataclass(frozen=True, kw_only=True)
class GameSettings(Settings):
    """`questions`, `split` and `max_steps`; the game itself says all else."""

    retriever: str | Retriever = "empty"
    reward: str | Reward = OWN

    def __post_init__(self) -> None:
        """Refuse what a game does not take."""
        super().__post_init__()
        if (self.retriever, self.reward, self.top_k) != ("empty", OWN, 3):
            raise ConfigError(
                "A game of plain functions searches and pays by itself: it takes questions, split "
                "and max_steps, and no retriever, reward or top_k."
            )


class GameStage(Stage):
    """What is shared: the functions and the limits."""

    game: ClassVar[Game]

    def __init__(self, settings: GameSettings, env_id: str) -> None:
        super().__init__(settings, env_id)
        self.max_steps = settings.max_steps

    def make_retriever(self, settings: Settings) -> Retriever:
        """Return one that finds nothing."""
        return make_retriever(settings.retriever, ())

    def make_reward(self, settings: Settings) -> Reward:
        """Return what reads off each step what the game paid."""
        return paid

    @property
    def max_text(self) -> int:
        """The longest transcript that an episode can make."""
        return (self.max_steps + 1) * (2 * MAX_SHOWN + 2)


def paid(question: Question, trajectory: Trajectory) -> Score:
    """Return what the game paid for the last step, which the step keeps."""
    value = trajectory.steps[-1].parsed["paid"]
    return Score(value, {OWN: value})


class GameEpisode(Episode):
    """One question, played by the rules of two functions."""

    def __init__(self, stage: GameStage, question: Question, seed: int | None) -> None:
        super().__init__(question, stage.env_id, seed, stage.reward)
        self.stage = stage
        with users_code("reset of", stage.env_id, EnvError):
            self._state, shown = stage.game.reset(question)
        self.write(_shown(shown, stage.env_id), "env")

    def public_info(self) -> dict[str, Any]:
        """Return the question and where the episode stands."""
        taken = len(self.steps)
        return {
            "question_id": self.question.id,
            "question": self.question.text,
            "step": taken,
            "turn": min(taken + 1, self.stage.max_steps),
            "remaining": 0 if self.over else self.stage.max_steps - taken,
        }

    def act(self, action: Any) -> Sequence[str]:
        """Take an action in text; nothing is searched for.

        Raises:
            ConfigError: If it is no text.
        """
        self.check_running()
        if not isinstance(action, str):
            raise ConfigError(
                f"{self.env_id} takes a str action, not {type(action).__name__}. Nothing has moved."
            )
        self._action = action
        return ()

    def receive(self, rows: Sequence[Row]) -> Sequence[str]:
        """Let the game answer, and close the step.

        Raises:
            EnvError: If the game raised, or returned no turn.
        """
        with users_code("step of", self.env_id, EnvError):
            turn = _turn(self.stage.game.step(self._state, self._action), self.env_id)
        action = self._action[:MAX_SHOWN].encode("utf-8", "replace").decode()
        if turn.done:
            self.prediction = str(turn.info.get("prediction", action))
            self.outcome = "answered"
        elif len(self.steps) + 1 == self.stage.max_steps:
            self.outcome = "out_of_steps"
        reply = f"\n{turn.observation}" if turn.observation else ""
        for text, author in (("\n", "env"), (action, "agent"), (reply, "env")):
            self.write(text, cast("Author", author))
        score = turn.info.get("score")
        parsed = {"kind": "action", "text": action, "paid": turn.reward}
        self.finish(action, parsed if score is None else {**parsed, "score": score}, reply)
        return ()

    def metrics(self, trajectory: Trajectory) -> dict[str, float]:
        """Return the game's own score, and how near the answer is, where one is known."""
        own = trajectory.steps[-1].parsed.get("score")
        told = super().metrics(trajectory)
        if self.question.metadata.get(UNKNOWN):
            told = {"steps": told["steps"]}
        return told if own is None else {**told, "score": float(own)}


def register_game(
    id: str,
    reset: Callable[[Question], tuple[Any, str]],
    step: Callable[[Any, str], Turn | tuple[Any, ...]],
    summary: str = "A game of plain functions.",
) -> type[HopEnv]:
    """Register an environment of two functions; `file.py:ID` then names it wherever one is taken.

    Args:
        id: `namespace/Name-v0`.
        reset: See `Game`. What it returns as the state is handed to `step`, which may change it.
        step: See `Game`. What it raises ends the episode as a failure, which is no score.
        summary: One line.

    Returns:
        The single environment's class.
    """
    stage = type("Stage", (GameStage,), {"game": Game(reset, step)})
    home = getattr(step, "__module__", __name__)  # by it a benchmark finds the user's file
    fields = {
        "env_id": id,
        "settings_class": GameSettings,
        "stage_class": stage,
        "episode_class": GameEpisode,
        "__module__": home,
        "__doc__": summary,
    }
    env = cast("type[HopEnv]", type("GameEnv", (HopEnv,), fields))
    vector = type("GameVectorEnv", (HopVectorEnv,), {"env_class": env, "__module__": home})
    register(id, env, vector, summary)
    return env


def register_score(
    id: str,
    score: Callable[[Question, str], float],
    summary: str = "One answer, scored by a plain function.",
) -> type[HopEnv]:
    """Register an environment of one turn: the question is shown, and the answer scored.

    Args:
        id: `namespace/Name-v0`.
        score: Takes the question, gold included, and the answer as it was given; returns a number
            from 0 to 1, which is paid, and by which a leaderboard ranks.
        summary: One line.
    """

    def step(question: Question, answer: str) -> Turn:
        value = score(question, answer)
        return Turn("", value, True, {"prediction": answer.strip(), "score": value})

    step.__module__ = getattr(score, "__module__", __name__)
    return register_game(id, lambda question: (question, question.text), step, summary)


def _turn(given: Any, env_id: str) -> Turn:
    if not isinstance(given, tuple) or not 3 <= len(given) <= 4:
        raise EnvError(
            f"step of {env_id} returned {given!r:.100}; return (observation, reward, done) or, with "
            "an info, four."
        )
    turn = Turn(*given)
    shown = _shown(turn.observation, env_id)
    if not _is_number(turn.reward):
        raise EnvError(f"step of {env_id} paid {turn.reward!r:.60}; a reward is a finite number.")
    score = turn.info.get("score")
    if score is not None and not (_is_number(score) and 0 <= score <= 1):
        raise EnvError(f"{env_id} gave the score {score!r:.60}; it must lie between 0 and 1.")
    numbers = {} if score is None else {"score": float(score)}
    return Turn(shown, float(turn.reward), bool(turn.done), {**turn.info, **numbers})


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and math.isfinite(value)


def _shown(text: Any, env_id: str) -> str:
    if not isinstance(text, str) or len(text) > MAX_SHOWN:
        what = f"{len(text)} characters" if isinstance(text, str) else f"a {type(text).__name__}"
        raise EnvError(f"{env_id} shows {what}; an observation is text of at most {MAX_SHOWN}.")
    return text
