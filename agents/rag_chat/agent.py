"""`rag_chat`: answers from what an environment shows, as a conversation. A folder is a name for it.

In `hopgym/RAG-v0` the documents are there already; elsewhere it searches once, with the question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from ...core import Document
from ...envs.conversations.converters import Chat
from ...envs.conversations.examples import create_rag_training_example
from ...envs.grammars.boundaries import without_citations
from ...errors import ConfigError
from ..base import Info
from ..games import DOCUMENTS
from ..llm.loading import check_model
from ..llm.sampling import Sampling
from ..transcript import Transcript
from .engine import Engine


class RagChatAgent:
    """Plays with an engine, all episodes of a batch side by side.

    Args:
        load: Loads the engine, when it first plays.
        name: What it is called.
        system: What its conversations begin with, if anything.
    """

    plays: ClassVar[str] = DOCUMENTS

    def __init__(self, load: Callable[[], Engine], name: str, system: str = "") -> None:
        self._load, self.name, self.system = load, name, system
        self._seed = 0

    @cached_property
    def engine(self) -> Engine:
        """What answers."""
        return self._load()

    def reset(self, seed: int | None = None) -> None:
        """Reseed."""
        self._seed = seed or 0

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Search where nothing was shown yet, and answer the others in one batch."""
        pairs = zip(observations, infos, strict=True)
        views = [Transcript(observation, info) for observation, info in pairs]
        answering = [view for view in views if not _searches(view)]
        chats = [self._chat(view) for view in answering]
        said = self.engine.generate_from_conversations(chats, seed=self._seed) if chats else []
        texts = iter([response.text for response in said])
        return [
            view.ask("I search for the question.", view.question)
            if _searches(view)
            else _answer(view, next(texts))
            for view in views
        ]

    def _chat(self, view: Transcript) -> Chat:
        documents = [
            Document(str(n), title, text) for n, (title, text) in enumerate(view.documents, 1)
        ]
        return create_rag_training_example(
            view.question, documents, system_prompt=self.system or None
        )


def _searches(view: Transcript) -> bool:
    return not view.may_answer or (not view.documents and not view.queries and view.may_search)


def _answer(view: Transcript, text: str) -> str:
    """Write an answer; its citations stay where the grammar knows them."""
    line = " ".join(text.split())
    kept = line if view.grammar.name.startswith("rag") else without_citations(line)
    return view.answer("I read the documents.", kept)


def rag_chat_agent(
    *,
    model: str | None = None,
    system: str = "",
    max_new_tokens: int = 64,
    max_document_chars: int = 512,
    temperature: float = 0.0,
    device: str | None = None,
    name: str | None = None,
) -> RagChatAgent:
    """Return the agent of a folder that `hopgym train rag_chat` wrote.

    Args:
        model: The folder.
        system: What its conversations begin with.
        max_new_tokens: The most that is written for an answer.
        max_document_chars: Characters of each document that are shown.
        temperature: 0 takes the likeliest token.
        device: Where it is computed; the best there is, usually.
        name: What to call it; the folder's name, usually.

    Raises:
        ConfigError: If the folder holds no such model.
    """
    if not model:
        raise ConfigError("The agent 'rag_chat' needs a model: write 'rag_chat?model=FOLDER'.")
    folder = check_model(model)
    sampling = Sampling(temperature=temperature, max_new_tokens=max_new_tokens)

    def load() -> Engine:
        return Engine.load(folder, device=device, sampling=sampling, limit=max_document_chars)

    return RagChatAgent(load, name or Path(model).resolve().name, system)
