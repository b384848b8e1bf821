"""`hopgym/DagSearch-v0`: plan a DAG of searches, have it run over several sources, then answer.

The environment of Reasoning-Search (arXiv 2506.08352), with what it leaves out: parents' results
reach their children, and a graph with a cycle is no plan. It knows the rules of the episode; the
text protocol is the grammar's, running a plan is `plan_run`'s, and finding documents the sources'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ..core import Question, Trajectory
from ..errors import ConfigError
from ..retrieval.base import Retriever, check_number
from ..retrieval.readers import Reader, make_reader
from ..rewards import make_reward
from ..rewards.base import Reward, weights_of
from ..rewards.judges import Judge
from .asking import Answer, SourceQuery
from .env import HopEnv
from .episode import Episode, Row
from .grammars import Move, ParseError
from .grammars.base import MAX_ACTION_CHARS, MAX_QUESTION_CHARS, MAX_TITLE
from .grammars.dag import DagGrammar
from .plan_run import PlanRun, size_of
from .router import Router
from .settings import Settings, at_least
from .stage import Stage
from .text_episode import TextEpisode, TextStage
from .vector import HopVectorEnv

ENV_ID = "hopgym/DagSearch-v0"
MAX_NODES = 26
"""As many as there are labels."""

Phase = Literal["plan", "answer", "either"]


@dataclass(frozen=True, kw_only=True)
class DagSearchSettings(Settings):
    """The keyword arguments of `hopgym/DagSearch-v0`."""

    reward: str | Reward = "dag"
    sources: Mapping[str, str | Retriever] | None = None
    """Source to retriever, instead of the question set's collections or beside them, as
    `{"Web": "exa"}`."""
    aliases: Mapping[str, str] | None = None
    """Other names that a plan may give to sources, beside the grammar's own."""
    deps: str = "substitute"
    """`"substitute"`: a child's `{A}` becomes what node A found. `"order"`: edges only order the
    searches, as published."""
    reader: str | Reader = "span"
    """Reads what stands for a parent in its children's queries, by name or a function."""
    max_plans: int = 1
    """Plans in an episode; above 1 the agent may plan again once it has seen results."""
    max_nodes: int = 8
    """Searches in a plan."""
    max_query_words: int = 10
    """Words in a query of a plan."""
    max_document_chars: int = 300
    """Characters of a document's text that are shown; it is cut before it is wrapped."""
    timeout: float | None = None
    """Seconds that a source may take for a layer; None waits."""
    format_retries: int = 0
    """Unreadable actions that a turn forgives."""
    judge: str | Judge | None = None
    """The reward's judge; None leaves the reward's own."""
    curriculum_steps: int | None = None
    """Training steps with the weights for learning the format; None leaves the reward's own."""

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        super().__post_init__()
        for name in ("max_plans", "max_nodes", "max_query_words", "max_document_chars"):
            at_least(name, getattr(self, name), 1)
        at_least("format_retries", self.format_retries, 0)
        at_least("max_steps", self.max_steps, 2)  # a plan and an answer
        if self.max_nodes > MAX_NODES:
            raise ConfigError(f"max_nodes is {self.max_nodes}; there are {MAX_NODES} labels.")
        if self.deps not in ("substitute", "order"):
            raise ConfigError(f"deps is {self.deps!r}; it may be 'substitute' or 'order'.")
        if self.timeout is not None:
            check_number("timeout", self.timeout, 0.001, 86_400, example=15.0)
        if self.max_plans >= self.max_steps:
            raise ConfigError(
                f"max_plans is {self.max_plans} and max_steps {self.max_steps}: that many plans and "
                f"an answer take {self.max_plans + 1} turns. Set max_steps={self.max_plans + 1}."
            )


class DagSearchStage(TextStage):
    """The shared parts, with the sources, the grammar and the limits."""

    grammar: DagGrammar
    retriever: Router

    def __init__(self, settings: DagSearchSettings, env_id: str) -> None:
        super().__init__(settings, env_id)
        self.grammar_name = "dag"
        self.grammar = DagGrammar(
            tools=tuple(self.retriever.sources),
            aliases=settings.aliases,
            max_nodes=int(settings.max_nodes),
            max_words=int(settings.max_query_words),
        )
        reader = make_reader(settings.reader)
        self.reader = reader if settings.deps == "substitute" else None
        self.retries = settings.format_retries
        self.turns = settings.max_plans + 1
        self.document_chars = settings.max_document_chars
        self.max_nodes = int(settings.max_nodes)
        self.max_query_words = int(settings.max_query_words)

    def search(self, queries: Sequence[SourceQuery]) -> list[Row]:  # type: ignore[override]
        """Ask every source at once.

        Raises:
            SourceError: If a node could not be answered.
        """
        rows = []
        for answer in self.search_each(queries):
            if isinstance(answer, Exception):
                raise answer
            rows.append(answer)
        return rows  # type: ignore[return-value]

    def search_each(self, queries: Sequence[SourceQuery]) -> list[Answer]:
        """Ask every source at once; a node's failure stands in the place of its hits."""
        return self.retriever.search_each(queries, self.top_k)

    def make_retriever(self, settings: DagSearchSettings) -> Router:  # type: ignore[override]
        """Return what puts each search to its source."""
        documents = self.question_set.documents
        return Router(settings.retriever, documents, settings.sources, timeout=settings.timeout)

    def make_reward(self, settings: DagSearchSettings) -> Reward:  # type: ignore[override]
        """Return what scores the episodes, with the judge and the curriculum that were asked for."""
        wanted = {"judge": settings.judge, "curriculum_steps": settings.curriculum_steps}
        options = {name: value for name, value in wanted.items() if value is not None}
        return make_reward(settings.reward, **options)

    @property
    def max_text(self) -> int:
        """The longest transcript that an episode can make."""
        documents = self.max_nodes * self.top_k * (self.document_chars + MAX_TITLE + 256)
        turn = (self.retries + 1) * (MAX_ACTION_CHARS + 1_024) + documents
        return MAX_QUESTION_CHARS + self.turns * turn


class DagSearchEpisode(TextEpisode):
    """One question, played by planning searches."""

    stage: DagSearchStage

    def __init__(self, stage: DagSearchStage, question: Question, seed: int | None) -> None:
        super().__init__(stage, question, seed)
        self.training_step = stage.training_step  # the weights of this episode are of that step
        # What sources answered in this step. It is changed in place, so that it outlives the
        # `restore` of a step that failed: what was answered need not be asked (and paid) again.
        self._kept: dict[SourceQuery, Row] = {}

    @property
    def turns(self) -> int:
        """How many turns the episode has at most: plans, and the answer."""
        return self.stage.turns

    @property
    def phase(self) -> Phase:
        """What this turn may be."""
        if self.turn == 1:
            return "plan"
        return "answer" if self.turn >= self.turns else "either"

    def opened_turn(self) -> str:
        """Nothing announces a turn: the results do."""
        return ""

    def public_info(self) -> dict[str, Any]:
        """Return the question, where the episode stands, and what a plan may be."""
        stage = self.stage
        return {
            **super().public_info(),
            "phase": self.phase,
            "tools": stage.grammar.tools,
            "max_nodes": stage.max_nodes,
            "max_query_words": stage.max_query_words,
            "training_step": self.training_step,
            "reward_weights": weights_of(self.reward),
        }

    def act(self, action: Any) -> Sequence[SourceQuery]:
        """Read the action; return the queries of a plan's first layer.

        Raises:
            ConfigError: If it is no text.
        """
        self._move = self.stage.grammar.parse_turn(self.take_text(action), self.phase)
        if isinstance(self._move, ParseError) or self._move.plan is None:
            return ()
        self._run = PlanRun(self._move.plan, self.stage.reader, self._kept)
        return self._run.next_queries()

    def receive(self, rows: Sequence[Row]) -> Sequence[SourceQuery]:
        """Go on with the plan, show what it found, or take the answer."""
        move = self._move
        if isinstance(move, ParseError):
            self.refuse(move)
        elif move.plan is None:
            self.answer(move)
        elif queries := self._run.take(rows):
            return queries
        else:
            self._show(move)
        return ()

    def metrics(self, trajectory: Trajectory) -> dict[str, float]:
        """Return the metrics of every environment, and how large the plans were."""
        plans = [step.parsed for step in trajectory.steps if step.parsed.get("kind") == "plan"]
        return {**super().metrics(trajectory), **size_of(plans)}

    def _show(self, move: Move) -> None:
        run, hits = self._run, self.take_hits(self._run.found)
        self._kept = {}
        observation = self.stage.grammar.results(self._lines(run, hits)) + self.next_turn()
        self.accept(observation)
        parsed = {"kind": "plan", "analysis": move.analysis, **run.record()}
        queries = tuple(run.asked.values())
        self.finish(self._action, parsed, observation, queries=queries, hits=hits)

    def _lines(self, run: PlanRun, hits: Sequence[Any]) -> list[str]:
        """Return the lines of every node, in the order in which they ran."""
        nodes = {node.label: node for node in run.plan.nodes}
        marks = iter(hits)
        lines: list[str] = []
        for label, row in zip(run.asked, run.found, strict=True):
            shown = [(document.title, document.text, next(marks).new) for document, _ in row]
            node = nodes[label]
            lines += self.stage.grammar.node_lines(
                node, node.tool, shown, self.stage.document_chars
            )
        return lines


class DagSearchEnv(HopEnv):
    r"""Plan a DAG of searches, have it executed over several sources, then answer.

    Description:
        One question is asked. The first action is a plan: up to `max_nodes` searches, each put to
        a source, with edges from searches to those that build on them. It is executed layer by
        layer, all searches of a layer at once, and `{A}` in a query becomes what node A found.
        The next action is the answer (or another plan, where `max_plans` allows it). The format is
        that of Reasoning-Search (arXiv 2506.08352); deviations: results are handed to children,
        cycles and long queries are refused, and the answer is an action of its own.

    Observation:
        One `str`: the transcript so far, in a `UnicodeText` space.

    Actions:
        One `str`, for example `"<think>…</think>\n<search>\nNodes:\nA: director of Vel (General)\n
        B: birthplace of {A} (News)\nEdges:\nA -> B\n</search>"`, and then
        `"<answer>Lyon</answer>"`. What is no plan or answer gets a typed code in
        `info["parse_error"]` (see `hopgym.envs.grammars.ParseError`).

    Reward:
        By `reward=`; the default `dag` pays at the end for a right answer, a valid plan and the
        format (0.50, 0.25, 0.25; while a trainer's first `curriculum_steps` run, 0.20, 0.40,
        0.40: see `set_progress`). `info["reward_weights"]` shows the weights that hold.

    Episode end:
        Terminated by an answer, or by an action that is neither plan nor answer where one is due.

    Info:
        `question_id, question, step, turn, remaining, grammar, phase, tools, max_nodes,
        max_query_words, training_step, reward_weights` always; after a step also `reward_terms,
        parse_error, queries, document_ids, new_text`; at the end also `prediction, answers,
        metrics, trajectory`, and `reward_reason` where the reward gives one.

    Keywords:
        The fields of `DagSearchSettings`, and `render_mode` (`"ansi"` or `"human"`).

    Example:
        >>> import gymnasium, hopgym
        >>> env = gymnasium.make("hopgym/DagSearch-v0", questions="world?entities=300")
        >>> _, info = env.reset(options={"index": 0})
        >>> plan = "<think>One search.</think>\n<search>\nNodes:\nA: who founded it (General)\n</search>"
        >>> _, _, terminated, _, info = env.step(plan)
        >>> info["phase"], info["queries"], terminated
        ('answer', ('who founded it',), False)
        >>> _, _, terminated, _, info = env.step("<answer>Nobody Known</answer>")
        >>> terminated, info["reward_terms"]
        (True, {'semantic': 0.0, 'dag': 0.0, 'format': 0.25})

    Version history:
        v0: first release.
    """

    env_id: ClassVar[str] = ENV_ID
    settings_class: ClassVar[type[Settings]] = DagSearchSettings
    stage_class: ClassVar[type[Stage]] = DagSearchStage
    episode_class: ClassVar[type[Episode]] = DagSearchEpisode


class DagSearchVectorEnv(HopVectorEnv):
    """Many DagSearch episodes at once: a layer of all their plans is one batch for each source."""

    env_class: ClassVar[type[HopEnv]] = DagSearchEnv
