"""What all sub-environments of `hopgym/RAG-v0` share: the query generator and the limits too."""

from __future__ import annotations

from collections.abc import Sequence

from ...core import Document
from ...retrieval.children import held_by
from ...retrieval.generators import QueryGenerator, make_generator
from ..grammars.base import MAX_ACTION_CHARS, MAX_QUESTION_CHARS, MAX_TITLE
from ..grammars.rag import RagAnswerGrammar, RagGrammar
from ..text_episode import TextStage
from .settings import RagSettings

_WRAPPING = 256  # characters around a document, a hop or a block


class RagStage(TextStage):
    """The shared parts, with the grammar, the generator and the limits."""

    grammar: RagGrammar

    def __init__(self, settings: RagSettings, env_id: str) -> None:
        super().__init__(settings, env_id)
        self.hops = int(settings.hops)
        self.agent_asks = settings.agent_asks
        self.turns = self.hops if self.agent_asks else 1
        self.grammar = RagGrammar() if self.turns > 1 else RagAnswerGrammar()
        self.grammar_name = self.grammar.name
        self.retries = settings.format_retries
        self.document_chars = settings.max_document_chars
        self.max_documents = settings.max_documents
        self.generator = self._make_generator(settings)

    @property
    def max_text(self) -> int:
        """The longest transcript that an episode can make."""
        found = self.top_k * self.hops
        documents = found if self.max_documents is None else min(found, self.max_documents)
        shown = documents * (self.document_chars + MAX_TITLE + _WRAPPING)
        searches = (self.hops + 1) * (MAX_QUESTION_CHARS + _WRAPPING)
        actions = self.turns * (self.retries + 1) * (MAX_ACTION_CHARS + 1_024)
        return searches + shown + actions

    def _make_generator(self, settings: RagSettings) -> QueryGenerator | None:
        """Return what writes the queries of later hops; None where the agent does."""
        if self.agent_asks:
            return None
        return make_generator(settings.generator, self._documents())

    def _documents(self) -> Sequence[Document]:
        """Return what is searched, as far as it is known."""
        return held_by(self.retriever) or self.question_set.documents
