"""The single environment of `hopgym/RAG-v0`."""

from __future__ import annotations

from typing import ClassVar

from ..env import HopEnv
from ..episode import Episode
from ..settings import Settings
from ..stage import Stage
from .episode import RagEpisode
from .settings import RagSettings
from .stage import RagStage

ENV_ID = "hopgym/RAG-v0"


class RagEnv(HopEnv):
    r"""Documents first, then the answer.

    Description:
        One question is asked, and the environment searches for it at once: `reset` shows the
        documents between boundary tokens. With `hops=n` it searches on, with the queries that
        `generator` writes from what was found; with `generator="agent"` the agent writes them. The
        classic retrieve-then-read RAG (arXiv 2005.11401), and its recursive form.

    Observation:
        One `str`: the transcript so far, in a `UnicodeText` space.

    Actions:
        One `str`: a thought, and then a line `Answer: …`, or `Query: …` where the agent writes
        queries. An answer may cite documents, as `Answer: Lyon [DOC_2]`; citations are taken off
        the prediction. What cannot be read gets a typed code in `info["parse_error"]`.

    Reward:
        By `reward=`; the default `rag` pays for the answer, the documents and few searches.
        `info["reward_terms"]` adds up to it.

    Episode end:
        Terminated by an answer, or by one unreadable action more than `format_retries` in a turn.

    Info:
        `question_id, question, step, turn, remaining, grammar, queries, document_ids` always: at
        reset those of the opening, after a step those of its own query; after a step also
        `reward_terms, parse_error, new_text`; at the end also `prediction, answers, metrics,
        trajectory`, and `reward_reason` where the reward gives one. Step 1 of the trajectory
        records what was found before it, too.

    Keywords:
        The fields of `RagSettings`, and `render_mode` (`"ansi"` or `"human"`).

    Example:
        >>> import gymnasium, hopgym
        >>> env = gymnasium.make("hopgym/RAG-v0", questions="world?entities=300", top_k=2)
        >>> observation, info = env.reset(options={"index": 0})
        >>> "[DOC_2]" in observation, len(info["document_ids"])
        (True, 2)
        >>> _, reward, terminated, _, info = env.step("A guess.\nAnswer: Lyon [DOC_1]")
        >>> terminated, info["prediction"], sorted(info["reward_terms"])
        (True, 'Lyon', ['answer', 'efficiency', 'relevance'])

    Version history:
        v0: first release.
    """

    env_id: ClassVar[str] = ENV_ID
    settings_class: ClassVar[type[Settings]] = RagSettings
    stage_class: ClassVar[type[Stage]] = RagStage
    episode_class: ClassVar[type[Episode]] = RagEpisode
