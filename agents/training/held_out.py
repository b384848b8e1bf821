"""What is played while a policy learns: held-out questions, which it may not be trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ...core import Question
from ...envs.contamination import Asked
from ...envs.contamination.keys import outlines_of
from ...envs.datasets import make_questions
from ...envs.datasets.base import QuestionSet
from ...errors import ConfigError
from ..contamination.guard import keep_apart
from ..llm.prompts import Prompts
from .examination import Examination


class HeldOutSplit(Protocol):
    """What says which split is held out."""

    @property
    def split(self) -> str:
        """The split that is trained on."""

    @property
    def eval_questions(self) -> str:
        """The question set; empty for the one that is trained on, `none` for none."""

    @property
    def eval_split(self) -> str:
        """Its split."""

    @property
    def contamination(self) -> str:
        """What is done about questions that stand in both."""


class HeldOutSettings(HeldOutSplit, Protocol):
    """What says which questions are played: the settings of any learner that has these."""

    @property
    def env_id(self) -> str:
        """Where it plays."""

    @property
    def eval_episodes(self) -> int:
        """How many are played."""

    @property
    def eval_metric(self) -> str:
        """What the best checkpoint is chosen by."""

    @property
    def prompts(self) -> Prompts:
        """How the model is asked."""

    @property
    def max_new_tokens(self) -> int:
        """Tokens of a turn at most."""

    @property
    def context(self) -> int:
        """Tokens that the model reads; 0 for what it says."""

    @property
    def num_envs(self) -> int:
        """Episodes side by side."""

    @property
    def seed(self) -> int:
        """Of the agent."""


def make_examination(
    settings: HeldOutSettings, question_set: QuestionSet, env_kwargs: Mapping[str, Any]
) -> Examination | None:
    """Return what is played while training; None where nothing is to be.

    Raises:
        ConfigError: If there is no such question set or split.
        DataError: If its questions are trained on.
    """
    held_out = held_out_set(settings, question_set)
    if held_out is None:
        return None
    return Examination(
        question_set=held_out,
        split=settings.eval_split,
        env_id=settings.env_id,
        env_kwargs={n: v for n, v in env_kwargs.items() if n != "reward"},
        episodes=settings.eval_episodes,
        metric=settings.eval_metric,
        prompts=settings.prompts,
        max_new_tokens=settings.max_new_tokens,
        context=settings.context or None,
        num_envs=settings.num_envs,
        seed=settings.seed,
    )


def held_out_set(settings: HeldOutSplit, question_set: QuestionSet) -> QuestionSet | None:
    """Return the question set that is played while training; None where nothing is to be.

    Args:
        settings: Which.
        question_set: What is trained on.

    Raises:
        ConfigError: If there is no such question set or split.
        DataError: If its questions are trained on.
    """
    if settings.eval_questions == "none":
        return None
    held_out = make_questions(settings.eval_questions) if settings.eval_questions else question_set
    check_split(held_out, settings.eval_split)
    check_apart(
        question_set.questions(settings.split),
        held_out.questions(settings.eval_split),
        f"{question_set.name} {settings.split}",
        f"{held_out.name} {settings.eval_split}",
        same=held_out.fingerprint == question_set.fingerprint,
        contamination=settings.contamination,
    )
    return held_out


def check_split(held_out: QuestionSet, split: str) -> None:
    """Refuse a split to hold out that a set does not have.

    Raises:
        ConfigError: The message says what else can be held out, or how nothing is.
    """
    if split not in held_out.splits:
        raise ConfigError(
            f"{held_out.name} has no split {split!r} to hold out; it has: "
            f"{', '.join(held_out.splits)}. Give another --eval_split, another set by "
            "--eval_questions, or --eval_questions none."
        )


NO_GRAPHS = (
    "have no graphs: no facts and no topic entities. Write them into each question (fields `facts` "
    "and `topic_entities`), or give a set that has them, such as "
    "world, webqsp or cwq"
)
"""What to say of a set's questions where `have_graphs` is false, and what to do."""


def have_graphs(questions: Sequence[Question]) -> bool:
    """Tell whether any question has a graph; of a lazy set no more are made than it takes."""
    return any(question.facts or question.topic_entities for question in questions)


def check_apart(
    trained: Sequence[Question],
    held_out: Sequence[Question],
    trained_name: str,
    held_out_name: str,
    *,
    same: bool,
    contamination: str = "refuse",
) -> None:
    """Refuse to train on questions that are held out, or tell of them.

    Args:
        trained: What is trained on.
        held_out: What is played meanwhile.
        trained_name: What to call the first in a message, its split included.
        held_out_name: And the second.
        same: Whether both are of one question set, whose ids say which questions are the same.
        contamination: What to do, as the learners' setting of that name says.

    Raises:
        DataError: If a question stands in both, and that is to be refused.
    """
    scopes = ("same", "same" if same else "other")
    ours = Asked(trained_name, outlines_of(trained), scopes[0])
    theirs = Asked(held_out_name, outlines_of(held_out), scopes[1])
    keep_apart(ours, theirs, contamination)
