"""Where a run plays, and how: the environment's keywords, and how the model is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from ...envs.dag_search import ENV_ID as DAG_SEARCH
from ...envs.keywords import read_keywords
from ...envs.search_read import ENV_ID as SEARCH_READ
from ...envs.subgraph.env import ENV_ID as KG_SUBGRAPH
from ...errors import ConfigError
from .. import make_agent
from ..llm.loading import check_model, load_tokenizer
from ..model_folder import FILE, read_model_folder
from .bridge import Bridge
from .settings import GRPOSettings

_TAKEN = {
    "questions": "use --data_path",
    "split": "use --split",
    "reward": "use --reward",
    "retriever": "use --retriever",
    "judge": "use --judge",
    "curriculum_steps": "use --curriculum_steps",
}


def env_kwargs(settings: GRPOSettings) -> dict[str, Any]:
    """Return the environment's keywords, its questions excepted.

    Raises:
        ConfigError: If one is given that has a flag of its own, or a judge has no use.
    """
    kwargs = read_keywords(settings.env_set, _TAKEN, flag="--env_set")
    for name in ("retriever", "reward"):
        if given := getattr(settings, name):
            kwargs[name] = given
    own = settings.reward.partition("?")[0] in ("", "dag", "dag_original")
    if settings.env_id == DAG_SEARCH and own:
        kwargs["curriculum_steps"] = settings.curriculum_steps
        kwargs["judge"] = settings.judge or "rule"
    elif settings.judge:
        kwargs["reward"] = _judged(settings)
    return kwargs


def held_out_kwargs(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the keywords for playing held-out questions: no judge is paid for what is not learnt."""
    return {**kwargs, "judge": "rule"} if "judge" in kwargs else kwargs


def settled(settings: GRPOSettings) -> GRPOSettings:
    """Return settings that say how the model is asked.

    A model that was trained here says so itself; of others, those with a chat template are made
    for chats.

    Raises:
        ConfigError: If there is no such model.
    """
    if settings.prompt != "auto":
        return settings
    folder = check_model(settings.model_name)
    said = read_model_folder(folder).options if (folder / FILE).is_file() else {}
    given = {name: said[name] for name in ("prompt", "instructions") if name in said}
    if settings.instructions is not None:
        given.pop("instructions", None)
    if given.get("prompt") not in ("plain", "chat"):
        tokenizer = load_tokenizer(folder)
        given["prompt"] = "chat" if tokenizer.chat_template else "plain"
    return replace(settings, **given)


def make_bridge(settings: GRPOSettings, question_set: Any, kwargs: dict[str, Any]) -> Bridge:
    """Return what plays the questions of a run.

    Raises:
        ConfigError: If the environment refuses its keywords, or there are no questions, or nothing
            to search.
    """
    if settings.env_id != KG_SUBGRAPH:
        _check_searched(question_set, kwargs)
    return Bridge(
        settings.env_id,
        questions=question_set,
        split=settings.split,
        env_kwargs=kwargs,
        prompts=settings.prompts,
        max_new_tokens=settings.max_new_tokens,
        context=settings.context or None,
        num_envs=settings.num_envs,
        seed=settings.seed,
        mask_overlong=settings.mask_overlong,
        resample=settings.resample,
        shuffled=settings.control == "shuffled",
        watch_every=settings.watch_every,
    )


def check_grammar(settings: GRPOSettings, bridge: Bridge) -> None:
    """Refuse a model that has learnt another grammar alone: all of its groups would be alike.

    Raises:
        ConfigError: If its folder says so.
    """
    folder = check_model(settings.model_name)
    if not (folder / FILE).is_file():
        return
    known = getattr(make_agent(str(folder)), "grammars", None)
    if known is not None and bridge.player.grammar not in known:
        raise ConfigError(
            f"{settings.model_name} plays in the grammar {', '.join(known)} alone, and "
            f"{settings.env_id} is played in {bridge.player.grammar}: nothing it writes could be "
            "read. Teach it first (hopgym expert collect, hopgym train sft), give another "
            "--env_id, or another model."
        )


def _check_searched(question_set: Any, kwargs: Mapping[str, Any]) -> None:
    """Refuse questions without documents where nothing is said of what searches."""
    if "retriever" in kwargs or "sources" in kwargs or len(question_set.documents):
        return
    raise ConfigError(
        f"{question_set.name} has questions and no documents, so there is nothing to search. Search "
        "the web by --exa_api_key, or by --retriever exa with the key in EXA_API_KEY; or give "
        "documents of your own, as --data_path 'FILE?documents=DOCUMENTS.jsonl'; or the folder of "
        "a saved index by --retriever."
    )


def _judged(settings: GRPOSettings) -> str:
    """Return the reward with its judge."""
    reward = settings.reward or ("r3_paper" if settings.env_id == SEARCH_READ else "")
    if not reward or "?" in reward:
        raise ConfigError(
            f"judge is {settings.judge!r}: in {settings.env_id} the reward has the judge. Give "
            "--reward 'NAME?judge=…' instead."
        )
    return f"{reward}?judge={quote(settings.judge, safe='')}"
