r"""A model that answers conversations: from documents, with citations, in one piece or streamed.

What is shown is numbered, and what the model cites is checked against it. Where there is something
to search, documents are looked for before a conversation without any is answered, and again
whenever the model's turn begins with `Query:`, as in

    assistant: Query: the birthplace of Ada Orm
    retrieval: [DOC_3] ...
    assistant: Tessa [DOC_3]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from ...envs.conversations.converters import Chat
from ...envs.conversations.render import Renderer
from ...envs.conversations.shown import documents_shown
from ...envs.conversations.task import retrieval_message
from ...envs.grammars.rag import QUERY
from ...errors import ConfigError
from ...retrieval import Retriever
from ...retrieval.base import check_whole
from ...retrieval.children import ask
from ...retrieval.kb import RetrievalManager, RetrievedDocument
from ...retrieval.kb.conversation import query_of, with_retrieval
from ...rewards.citation import Citation, extract_citations_from_response
from ...seeding import rng_for
from ..llm.loading import check_model, load_model
from ..llm.model_facts import context_of
from ..llm.sampling import Sampling
from ..llm.transformers_generator import TransformersGenerator
from .fitting import fitted
from .stream import settled, stream_tokens


class Response(NamedTuple):
    """An answer."""

    text: str
    citations: list[Citation]
    """What it cites; `shown` says whether there is such a document."""
    documents: list[RetrievedDocument]
    """What was shown: `[DOC_1]` first."""
    queries: list[str]
    """What the model asked for."""
    conversation: Chat
    """All of it, the answer last."""
    finish: Literal["eos", "length"]


class Piece(NamedTuple):
    """What comes next in a stream."""

    text: str
    kind: Literal["text", "query", "retrieval"] = "text"
    """The answer's next words, a query of the model, or what was found for it."""


class Engine:
    """Answers conversations with a causal language model.

    Args:
        model: The model.
        tokenizer: Its tokenizer, with the boundaries as tokens (see `add_boundary_tokens`).
        retriever: What is searched; None to answer from what a conversation shows alone.
        top_k: Documents a search.
        max_queries: How often the model may ask in a conversation; then it must answer.
        sampling: How tokens are chosen; the likeliest, 256 at most, usually.
        limit: Characters of each document that are shown.

    Raises:
        ConfigError: If the tokenizer lacks boundaries, or a number is out of its range.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        retriever: Retriever | RetrievalManager | None = None,
        top_k: int = 3,
        max_queries: int = 3,
        sampling: Sampling | None = None,
        limit: int | None = None,
    ) -> None:
        check_whole("top_k", top_k)
        check_whole("max_queries", max_queries, 0)
        self.model = model
        self.renderer = Renderer(tokenizer, limit=limit)
        self.sampling = sampling or Sampling(temperature=0.0)
        self.retriever = (
            retriever.retriever if isinstance(retriever, RetrievalManager) else retriever
        )
        self.top_k, self.max_queries = top_k, max_queries
        self._generator = TransformersGenerator(model, tokenizer, self.sampling)
        self._generator.ends |= self.renderer.ends
        self._context = context_of(model)

    @classmethod
    def load(cls, model: str | Path, *, device: str | None = None, **options: Any) -> Engine:
        """Return the engine of a folder that `hopgym train rag_chat` wrote.

        Args:
            model: The folder.
            device: Where; the best there is, usually.
            **options: Keywords of the engine.

        Raises:
            ConfigError: If it holds no such model.
        """
        return cls(*load_model(check_model(model), device=device), **options)

    def generate_from_conversation(
        self, conversation: Mapping[str, Any], *, seed: int = 0
    ) -> Response:
        """Answer a conversation, which is not changed.

        Args:
            conversation: `{"messages": [...]}`; the last one is not the assistant's.
            seed: Of what is sampled, where something is.

        Raises:
            ConfigError: If this is no conversation to be answered, or it does not fit.
            DataError: If a message has an unknown role or no text.
            RetrievalError: If a search fails.
        """
        return self.generate_from_conversations([conversation], seed=seed)[0]

    def generate_from_conversations(
        self, conversations: Sequence[Mapping[str, Any]], *, seed: int = 0
    ) -> list[Response]:
        """Answer several conversations side by side, as each alone would be."""
        chats = [self._begun(conversation) for conversation in conversations]
        asked: list[list[str]] = [[] for _ in chats]
        done: dict[int, Response] = {}
        for turn in range(self.max_queries + 1):
            open_ones = [n for n in range(len(chats)) if n not in done]
            if not open_ones:
                break
            kept = [self._fitted(chats[n]) for n in open_ones]
            prompts = [self.renderer.prompt(chat) for chat in kept]
            rngs = [rng_for(seed, "rag_chat", turn) for _ in open_ones]
            written = self._generator.generate(prompts, rngs)
            for n, chat, each in zip(open_ones, kept, written, strict=True):
                text = self._text(each.ids)
                query = self._query(text, turn)
                if query is None:
                    finish: Literal["eos", "length"] = "eos" if each.finish == "eos" else "length"
                    done[n] = _response(chat, text, asked[n], finish)
                else:
                    asked[n].append(query)
                    chats[n] = self._continued(chats[n], text, query)
        return [done[n] for n in range(len(chats))]

    def stream(self, conversation: Mapping[str, Any], *, seed: int = 0) -> Iterator[Piece]:
        """Yield an answer as it is written: its pieces together are the response's text.

        What the model asks for, and what is found, are pieces of their own.

        Raises:
            ConfigError: As `generate_from_conversation` does.
        """
        chat = self._begun(conversation)
        for turn in range(self.max_queries + 1):
            said = held = ""
            for piece in self._written(self._fitted(chat), rng_for(seed, "rag_chat", turn)):
                said, held = said + piece, held + piece
                if not self._may_ask(said, turn):
                    yield Piece(held)
                    held = ""
            query = self._query(said, turn)
            if query is None:
                if held:
                    yield Piece(held)
                return
            chat = self._continued(chat, said, query)
            yield Piece(query, "query")
            yield Piece(str(len(documents_shown(chat))), "retrieval")

    def _written(self, chat: Chat, rng: np.random.Generator) -> Iterator[str]:
        ids: list[int] = []
        said = ""
        prompt = self.renderer.prompt(chat)
        for id in stream_tokens(self.model, prompt, self.sampling, rng, self._generator.ends):
            ids.append(id)
            text = self._text(settled(self.renderer, ids))
            if text != said and not text.endswith("\ufffd"):  # that may be a part of a character
                yield text[len(said) :]
                said = text
        if rest := self._text(ids)[len(said) :]:
            yield rest

    def _text(self, ids: Sequence[int]) -> str:
        return self.renderer.decode([id for id in ids if id not in self._generator.ends]).strip()

    def _query(self, text: str, turn: int) -> str | None:
        """Return what a turn asks for; None where it answers."""
        if self.retriever is None or turn >= self.max_queries or not text.startswith(QUERY):
            return None
        return text.removeprefix(QUERY).partition("\n")[0].strip() or None

    def _may_ask(self, said: str, turn: int) -> bool:
        """Return whether a turn that begins like this may become a query."""
        if self.retriever is None or turn >= self.max_queries:
            return False
        return said.startswith(QUERY) or QUERY.startswith(said)

    def _begun(self, conversation: Mapping[str, Any]) -> Chat:
        chat = with_retrieval(conversation, None)
        if not chat["messages"] or chat["messages"][-1].get("role") == "assistant":
            raise ConfigError(
                "There is nothing to answer: the conversation is empty or ends with what the "
                "assistant says. Leave its last message out."
            )
        if self.retriever is None or documents_shown(chat):
            return chat
        query = query_of(chat)
        return with_retrieval(chat, self._found(query) if query.strip() else None)

    def _found(self, query: str) -> dict[str, Any] | None:
        assert self.retriever is not None
        return retrieval_message(ask(self.retriever, "retriever", [query], self.top_k)[0])

    def _continued(self, chat: Chat, text: str, query: str) -> Chat:
        """Return a conversation with a query of the model, and what is new of what was found."""
        known = {document.id for document in documents_shown(chat)}
        found = self._found(query) or {"documents": []}
        new = [each for each in found["documents"] if each["id"] not in known]
        messages = [
            *chat["messages"],
            {"role": "assistant", "content": text},
            {"role": "retrieval", "documents": new},
        ]
        return {**chat, "messages": messages}

    def _fitted(self, chat: Chat) -> Chat:
        """Return a conversation with as many of its documents as the model can read."""
        if self._context is None:
            return chat
        room = self._context - self.sampling.max_new_tokens
        kept = fitted(chat, lambda one: len(self.renderer.prompt(one)), room)
        if kept is None:
            raise ConfigError(
                f"The conversation without its documents is longer than the {room} tokens that "
                f"the model reads before {self.sampling.max_new_tokens} new ones. Shorten it, or "
                "give fewer max_new_tokens."
            )
        return dict(kept)


def _response(
    chat: Chat, text: str, queries: list[str], finish: Literal["eos", "length"]
) -> Response:
    documents = documents_shown(chat)
    citations = extract_citations_from_response(text, documents)
    said = {"role": "assistant", "content": text}
    whole = {**deepcopy(chat), "messages": [*deepcopy(chat["messages"]), said]}
    return Response(text, citations, documents, queries, whole, finish)
