"""What a benchmark keeps of one episode: a record, one line of JSON.

A record stands alone: it says what was played, by whom, on exactly which data, and what came out.
It knows nothing of files ([`results`][hopgym.benchmarks.results]) or tables
([`leaderboard`][hopgym.benchmarks.leaderboard]).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ..core import Question, Trajectory
from ..errors import ResultsError
from .subgraph import Subgraph, subgraph_of

if TYPE_CHECKING:
    from ..agents.rollout import Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Everything that must be equal for two episodes to be compared in one row."""

    suite: str
    task: str
    env_id: str
    env_fingerprint: str
    env_kwargs: Mapping[str, Any]
    questions: str
    split: str
    dataset_fingerprint: str
    retriever_fingerprint: str
    agent: str
    agent_fingerprint: str
    hopgym_version: str

    def differences(self, other: Protocol) -> list[str]:
        """Return `field: mine, not theirs` for every field or keyword that differs."""
        conditions = [
            {f.name: getattr(each, f.name) for f in fields(each)} for each in (self, other)
        ]
        return [f"{name}: {', not '.join(values)}" for name, values in differing(conditions)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One episode as the results file keeps it."""

    env_id: str
    agent: str
    question_id: str
    seed: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    reward: float = 0.0
    """The sum over the steps."""
    reward_terms: Mapping[str, float] = field(default_factory=dict)
    steps: int = 0
    queries: int = 0
    tokens: int = 0
    """Words that the agent wrote, split at white space: the same measure for every agent."""
    latency_s: float = 0.0
    error: str | None = None
    """A failure of infrastructure. Such a record is counted apart and played again."""
    question: str = ""
    type: str = ""
    hops: int = 0
    """How many hops the question has; 0 if that is not known."""
    answers: tuple[str, ...] = ()
    prediction: str | None = None
    answer_reachable: bool | None = None
    """Whether the corpus holds an accepted answer; None if that cannot be told."""
    documents_reachable: bool | None = None
    """Whether the corpus holds every gold document; None if that cannot be told."""
    suite: str = ""
    task: str = ""
    env_fingerprint: str = ""
    """What tells a user's environment from a changed one; empty for hopgym's own."""
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)
    questions: str = ""
    split: str = ""
    dataset_fingerprint: str = ""
    retriever_fingerprint: str = ""
    agent_fingerprint: str = ""
    agent_spec: str = ""
    """What the agent was named by, such as `my_agent.py:play`; where it lies is no condition."""
    ceiling: bool = False
    """Whether the agent was shown the gold; such a score is an upper bound, not a contender."""
    hopgym_version: str = ""
    command: str = ""
    trajectory: Trajectory | None = None
    trained_on: bool | None = None
    """Whether the agent was trained on this question; None if that is not known."""
    graph: Subgraph | None = None
    """The facts that were selected and those that are gold, where an episode selects facts."""

    @property
    def key(self) -> Key:
        """What names the episode within its file."""
        return Key(self.question_id, self.seed)

    @property
    def protocol(self) -> Protocol:
        """The conditions it was played under."""
        return Protocol(**{f.name: getattr(self, f.name) for f in fields(Protocol)})


class Key(NamedTuple):
    """One episode of a results file."""

    question_id: str
    seed: int


class Facts(NamedTuple):
    """What a benchmark knows of a question beside the question."""

    answer_reachable: bool | None = None
    documents_reachable: bool | None = None


def differing(conditions: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Return the name of each condition that is not the same everywhere, with its values.

    The environment's keywords are compared one by one, and all as JSON, so that `(2, 3)` equals
    what a file gives back.

    >>> differing([{"split": "dev", "env_kwargs": {"top_k": k}} for k in (1, 5)])
    [('top_k', ['1', '5'])]
    """
    flat = [{**each, **each["env_kwargs"], "env_kwargs": None} for each in conditions]
    names = dict.fromkeys(name for each in flat for name in each)
    told = {name: [_told(each, name) for each in flat] for name in names}
    return [
        (name, list(dict.fromkeys(values))) for name, values in told.items() if len(set(values)) > 1
    ]


def _told(values: Mapping[str, Any], name: str) -> str:
    return repr(_plain(values[name])) if name in values else "not set"


def make_record(
    protocol: Protocol,
    question: Question,
    episode: Episode,
    *,
    facts: Facts = Facts(),  # noqa: B008 (an immutable tuple)
    ceiling: bool = False,
    agent_spec: str = "",
    command: str = "",
    trained_on: bool | None = None,
) -> Record:
    """Build the record of an episode.

    A metric or reward that is not a finite number is a failure of infrastructure, not a score.
    """
    trajectory = episode.trajectory
    error = episode.error or _not_finite(episode)
    if error is None and trajectory is None:
        error = f"{protocol.env_id} ended the episode without info['trajectory']."
    return Record(
        **{f.name: getattr(protocol, f.name) for f in fields(Protocol)},
        question_id=episode.job.question_id,
        seed=episode.job.seed,
        metrics={} if error else episode.metrics,
        reward=0.0 if error else episode.reward,
        reward_terms={} if error else episode.reward_terms,
        **_counts(trajectory),
        latency_s=round(episode.latency_s, 6),
        error=error,
        question=question.text,
        type=question.type,
        hops=count_hops(question),
        answers=question.answers,
        **facts._asdict(),
        agent_spec=agent_spec,
        ceiling=ceiling,
        command=command,
        trajectory=trajectory,
        trained_on=trained_on,
        graph=subgraph_of(question, trajectory),
    )


def count_hops(question: Question) -> int:
    """Return the number of hops, or 0 where it is not known.

    >>> count_hops(Question("q", "Who?", ("Ada",), metadata={"hops": 3}))
    3
    """
    given = question.metadata.get("hops")
    return len(question.hops) or (given if isinstance(given, int) else 0)


def encode(record: Record) -> bytes:
    """Return the record as one line of JSON, with its line feed.

    Half of a surrogate pair, which a language model can write and UTF-8 cannot, becomes `?`.

    Raises:
        ResultsError: If something in it, such as an action, has no form in JSON.
    """
    try:
        return _ENCODER.encode(record) + b"\n"
    except UnicodeEncodeError:
        plain = msgspec.to_builtins(record, enc_hook=_builtin)
        text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace") + b"\n"


def _builtin(value: Any) -> Any:
    """Return a number or an array as Python's own: rewards made with NumPy give NumPy's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise ResultsError(
        f"A {type(value).__qualname__} cannot be kept in a results file. Actions, metrics and "
        "reward terms are numbers, texts, or lists and mappings of them."
    )


_ENCODER = msgspec.json.Encoder(enc_hook=_builtin)


def _counts(trajectory: Trajectory | None) -> dict[str, Any]:
    if trajectory is None:
        return {"steps": 0, "queries": 0, "tokens": 0, "prediction": None}
    written = (
        trajectory.transcript[span.start : span.end]
        for span in trajectory.spans
        if span.author == "agent"
    )
    return {
        "steps": len(trajectory.steps),
        "queries": sum(len(step.queries) for step in trajectory.steps),
        "tokens": sum(len(text.split()) for text in written),
        "prediction": trajectory.prediction,
    }


def _not_finite(episode: Episode) -> str | None:
    numbers = {"reward": episode.reward, **episode.reward_terms, **episode.metrics}
    bad = [name for name, value in numbers.items() if not math.isfinite(value)]
    return f"{bad[0]} is {numbers[bad[0]]}, not a finite number." if bad else None


def _plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))
