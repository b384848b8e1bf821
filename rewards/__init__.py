"""Rewards by name: trajectory in, score out. `make_reward` takes a user's own as well."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, cast

from ..errors import ConfigError, named, users_code
from ..registry import Registry
from ..retrieval.options import check_options, split_options
from .base import Reward, score_episode
from .composite import Composite
from .metrics import episode_metrics

REWARDS: Registry[Any] = Registry("reward", "hopgym rewards")
register = REWARDS.register

register("em", "1 for an exact answer, else 0.", "hopgym.rewards.outcome:em_reward")
register("f1", "The answer's token F1.", "hopgym.rewards.outcome:f1_reward")
register(
    "r3_paper", "R3-RAG, paper: format, relevance and outcome.", "hopgym.rewards.schemes:R3Paper"
)
register(
    "r3_code", "R3-RAG, code: relevance scaled by how it ended.", "hopgym.rewards.schemes:R3Code"
)
register(
    "r3_seed", "R3-RAG, small models: format, process, outcome.", "hopgym.rewards.schemes:R3Seed"
)
register("orm", "R3-RAG, outcome only: 2 for the right answer.", "hopgym.rewards.ablations:Orm")
register("prm", "R3-RAG, process only: the relevance.", "hopgym.rewards.ablations:Prm")
register(
    "dag",
    "R-Search plans: the answer's judge, a valid plan, the format; a curriculum.",
    "hopgym.rewards.dag:DagReward",
)
register(
    "dag_original",
    "The same as its published code pays it, exploits included.",
    "hopgym.rewards.dag:dag_original",
)
register(
    "kg",
    "Selected facts: progress (shaping), the answer read off them, few facts.",
    "hopgym.rewards.kg.reward:SubgraphReward",
)
register(
    "kg_minerva",
    "Selected facts, MINERVA: 1 if the first answer is right.",
    "hopgym.rewards.kg.presets:Minerva",
)
register(
    "kg_deeppath",
    "Selected facts, DeepPath: the answer, few facts, -0.05 for failing.",
    "hopgym.rewards.kg.presets:DeepPath",
)
register(
    "kg_r1",
    "Selected facts, KG-R1: F1, an answer seen, valid choices.",
    "hopgym.rewards.kg.presets:KgR1",
)
register(
    "drag",
    "Selected facts, D-RAG: the answer's log-likelihood under an LLM reader.",
    "hopgym.rewards.kg.likelihood:LikelihoodReward",
)
register(
    "rag",
    "The answer, relevant documents, few queries; citations and support if asked.",
    "hopgym.rewards.rag:RagReward",
)
register(
    "learned",
    "A trained scorer reads the episode: 'learned?model=FOLDER'.",
    "hopgym.rewards.learned:LearnedReward",
)
register("repeat", "-1 for each repeated query.", "hopgym.rewards.repeat:repeat_penalty")

FOR_FACTS = ("drag", "em", "f1", "kg", "kg_deeppath", "kg_minerva", "kg_r1")
"""The names that fit where facts are selected; the others are marked by `for_documents`."""

__all__ = [
    "FOR_FACTS",
    "REWARDS",
    "Composite",
    "Reward",
    "episode_metrics",
    "make_reward",
    "register",
    "score_episode",
]


def make_reward(spec: str | Reward, **options: Any) -> Reward:
    """Return a reward by name, by `module:attribute`, or as it is.

    What a name stands for is either the reward itself, a function of (question, trajectory), or a
    factory whose keywords are its options, as in `"dag?judge=openai&curriculum_steps=10"`.

    Args:
        spec: A name with options if any, or a reward.
        **options: Further options of the factory.

    >>> from hopgym.core import Question, Trajectory
    >>> done = Trajectory("q", "e", prediction="Ada", outcome="answered")
    >>> make_reward("em")(Question("q", "Who?", ("Ada",)), done).value
    1.0

    Raises:
        UnknownNameError: If no reward has that name.
        ConfigError: If it is no function, takes neither two arguments nor none, has no such
            option, or is given one in its name and as a keyword that differ.
    """
    name, written = split_options(spec) if isinstance(spec, str) else (spec, {})
    options = _joined(spec, written, options)
    part: Any = REWARDS.get(name) if isinstance(name, str) else name
    required = _required_arguments(part) if callable(part) else -1
    if required < 0:
        raise ConfigError(
            f"{spec!r:.100} is no reward. Give a name ({', '.join(REWARDS)}), or a function of "
            "(question, trajectory) that returns a Score."
        )
    if required == 0:
        return _made(part, spec, options)
    if options:
        raise ConfigError(
            f"The reward {named(spec)} takes no options ({', '.join(options)}): it is a function "
            "and no factory."
        )
    if required == 2:
        return cast("Reward", part)
    raise ConfigError(
        f"Reward {spec!r} takes {required} arguments. Write a function of (question, trajectory) "
        "that returns a Score, or a factory without arguments that returns such a function."
    )


def _joined(spec: Any, written: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    for name in options:
        if name in written and written[name] != options[name]:
            raise ConfigError(
                f"The option {name!r} is given twice: {written[name]!r:.60} in {spec!r:.100}, and "
                f"{options[name]!r:.60} as a keyword. Give it once."
            )
    return {**written, **options}


def _made(factory: Callable[..., Any], spec: Any, options: dict[str, Any]) -> Reward:
    check_options(factory, named(spec).strip("'"), options)
    with users_code("reward factory", spec):
        made = factory(**options)
    if not callable(made):
        raise ConfigError(
            f"The reward factory {spec!r:.100} returned a {type(made).__name__}; return a "
            "function of (question, trajectory)."
        )
    return cast("Reward", made)


def _required_arguments(part: Callable[..., Any]) -> int:
    try:
        parameters = list(inspect.signature(part).parameters.values())
    except (TypeError, ValueError):  # some built-in functions have no signature
        return -1
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return 2  # `*args` takes the two
    return sum(p.default is p.empty and p.kind is not p.VAR_KEYWORD for p in parameters)
