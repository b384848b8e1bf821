"""What the speed benchmark plays: questions, actions, searches and the emptiest text environment.

One episode is two queries and an answer. Its texts are written here once, so that every side, ours
and the peers', reads the same characters and no time is spent on writing them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium
from gymnasium.spaces import Text

from ...core import Document, Question
from ...envs.datasets.base import check_split
from ...envs.grammars import make_grammar
from ...retrieval.base import Hits
from .bm25 import make_texts

QUESTIONS = 256
ANSWERS = ("Tessa", "Ada Orm")
NOOP_ID = "hopgym-speed/NoOp-v0"
NOOP_CHARS = 20_000
Episode = tuple[str, ...]
"""The actions of one episode."""


class SpeedQuestions:
    """Short questions over a corpus of the benchmark's own."""

    name: ClassVar[str] = "speed"
    fingerprint: ClassVar[str] = "speed"
    splits: ClassVar[tuple[str, ...]] = ("train",)

    def __init__(self, documents: Sequence[Document] = ()) -> None:
        self.documents = documents
        self._questions = tuple(
            Question(f"q{n:03}", f"Where was the director of {text} born?", (ANSWERS[n % 2],))
            for n, text in enumerate(make_texts("questions", QUESTIONS, words=3))
        )

    def questions(self, split: str) -> Sequence[Question]:
        """Return the only split."""
        check_split(split, self.splits, self.name)
        return self._questions


class LongSearch:
    """Answers each query with documents of its own, all of one length.

    Args:
        chars: The length of a document's text.
        queries: What may be asked.
        k: Documents for each query.
    """

    fingerprint: ClassVar[str] = "long"

    def __init__(self, chars: int, queries: Sequence[str], k: int = 3) -> None:
        words = make_texts("long", 1, words=max(1, chars // 3))[0]
        self._rows = {
            query: [Document(f"{number:04}-{place}", "", words[:chars]) for place in range(k)]
            for number, query in enumerate(queries)
        }

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return the documents of each query, none of them shared by two queries."""
        rows = [self._rows[query][:k] for query in queries]
        return Hits(rows, [[1.0] * len(row) for row in rows])


class NoOpText(gymnasium.Env[str, str]):
    """Ends after three steps and does nothing: what Gymnasium itself costs.

    Args:
        chars: The length of its observation.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}  # type: ignore[misc]
    letters: ClassVar[str] = "abcdefghijklmnopqrstuvwxyz"

    def __init__(self, chars: int = 400) -> None:
        self.observation_space = Text(NOOP_CHARS, charset=self.letters)
        self.action_space = Text(NOOP_CHARS, charset=self.letters)
        self._text = (self.letters * (chars // len(self.letters) + 1))[:chars]
        self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Begin again."""
        super().reset(seed=seed)
        self._steps = 0
        return self._text, {}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Count the step."""
        self._steps += 1
        return self._text, 0.0, self._steps == 3, False, {}


def register_noop() -> None:
    """Make the empty environment known to Gymnasium, once."""
    if NOOP_ID not in gymnasium.registry:
        gymnasium.register(NOOP_ID, NoOpText)  # type: ignore[arg-type]


def make_queries(count: int) -> list[str]:
    """Return queries, always the same ones."""
    return make_texts("queries", count, words=10)


def write_episode(queries: Sequence[str], answer: str) -> Episode:
    """Write the actions of an episode in the grammar `r3`: the queries, then the answer."""
    grammar = make_grammar("r3")
    asked = [
        grammar.write_query(turn, "Something is missing that must be found first.", query)
        for turn, query in enumerate(queries, 1)
    ]
    return (*asked, grammar.write_answer(len(queries) + 1, "All of it is known now.", answer))


def write_episodes(queries: Sequence[str], each: int = 2) -> list[Episode]:
    """Write one episode for each `each` of the queries, with a right or a wrong answer."""
    starts = range(0, len(queries) - each + 1, each)
    return [write_episode(queries[n : n + each], ANSWERS[n // each % 2]) for n in starts]


def in_tags(episode: Episode) -> Episode:
    r"""Say the same in the tags that the peers read, at the same length.

    >>> write_episode(["who"], "Tessa")[1]
    'Step 2:\nThe problem analysis: All of it is known now.\nThe final answer: Tessa'
    >>> in_tags(write_episode(["who"], "Tessa"))[1]
    '<think>Step 2: The problem analysis: All of it </think><answer>Tessa</answer>'
    """
    return tuple(_in_tags(action) for action in episode)


def _in_tags(action: str) -> str:
    *thought, move = action.split("\n")
    marker, _, text = move.partition(": ")
    tag = "answer" if marker == "The final answer" else "search"
    said = f"<{tag}>{text}</{tag}>"
    room = len(action) - len(said) - len("<think></think>")
    return f"<think>{' '.join(thought)[:room]:.<{max(room, 0)}}</think>{said}"
