"""The next query of recursive retrieval, written by a language model.

It is a query generator as `retrieval.generators` has them: given the question and the hops so far it
returns the next query, or None to stop. It stops where the model says so, where the model is certain
of the answer already (adaptive retrieval), and where nothing comes that was not asked before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args

from ...core import Document
from ...envs.grammars import make_grammar
from ...envs.grammars.base import ParseError
from ...envs.grammars.boundaries import format_multihop_documents
from ...envs.grammars.text import is_degenerate, one_line
from ...envs.settings import at_least
from ...errors import ConfigError
from ...files import fingerprint
from ...retrieval.base import check_number
from ...retrieval.generators import Hop
from ...seeding import rng_for
from ..llm.loading import check_model, files_fingerprint, folders_of
from ..model_folder import FILE
from ..training.choices import check_choice
from .writers import PolicyWriter, Writer, make_writer

Style = Literal["auto", "policy", "words"]

_MOST = 300
"""Characters of a query."""
_SHOWN = 512
"""Characters of a document that the model is shown, as `hopgym/RAG-v0` shows them."""
_WORD = re.compile(r"\w+")
_NONE = re.compile(r"(?:none|nothing|stop|no query|n/a)\W*", re.IGNORECASE)
_LABEL = re.compile(r"^(?:next |search )*query:\s*", re.IGNORECASE)

_RULES = (
    "Documents were searched to answer a question. If they answer it, write NONE. Otherwise write "
    "one short search query for what is still missing, and nothing else."
)
_ANSWER = "Answer the question from the documents, in a few words."


class LLMQueryGenerator:
    """Asks a language model for the next query.

    Args:
        documents: Taken, as every generator's are, and ignored.
        model: The folder of a causal or a sequence-to-sequence model, a name at the hub, or `tiny`.
        style: How it is asked. `policy`: as `hopgym train refrag` trained it, to play on, where its
            query is the next one and its answer the end. `words`: any model, in plain words. `auto`:
            `policy` where the folder says that it was trained here.
        certain: How sure of its answer a model must be for retrieval to stop there, by the geometric
            mean of its tokens' probabilities; 0 asks nothing. In words, a model is asked for its
            answer first. A policy answers by itself; where it is less sure than this, or what it
            writes is no action, other actions of its are sampled, for one that asks. (Jiang et al. 2023, FLARE, arXiv 2305.06983,
            search where a token's probability is low.)
        max_new_tokens: Tokens that it writes at most.
        retries: How often it may sample in the place of what was asked before, or is not sure enough.
        device: Where, such as `cpu`; the best there is, usually.

    Raises:
        ConfigError: If there is no such model, or a setting is not allowed.
    """

    def __init__(
        self,
        documents: Iterable[Document] = (),
        *,
        model: str = "",
        style: str = "auto",
        certain: float = 0.0,
        max_new_tokens: int = 128,
        retries: int = 2,
        device: str | None = None,
    ) -> None:
        if not model:
            raise ConfigError(
                "The query generator 'llm' needs a model: write 'llm?model=FOLDER', with a folder "
                "that has a causal or a sequence-to-sequence language model."
            )
        check_choice("style", style, get_args(Style))
        check_number("certain", certain, 0.0, 1.0, example=0.9)
        at_least("max_new_tokens", max_new_tokens, 1)
        at_least("retries", retries, 0)
        self._folder = check_model(model)
        trained = (self._folder / FILE).is_file() and model != "tiny"
        if style == "policy" and not trained:
            raise ConfigError(
                f"style is 'policy', and {model} was not trained to play. Give the folder that "
                "`hopgym train refrag` wrote, or style=words."
            )
        self._policy = trained if style == "auto" else style == "policy"
        self._certain, self._retries = certain, retries
        self._most, self._device = max_new_tokens, device

    def __call__(self, question: str, hops: Sequence[Hop]) -> str | None:
        """Return the next query, or None where nothing is left to ask."""
        if not hops:
            return question
        asked = {_folded(text) for text in (question, *(hop.query for hop in hops))}
        if self._certain and not self._policy and self._is_certain(question, hops):
            return None
        for attempt in range(1 + self._retries):
            rng = rng_for(0, "query generator", question, len(hops), attempt) if attempt else None
            written = self._next(question, hops, rng)
            if written.stops or (written.query and _folded(written.query) not in asked):
                return written.query
        return None

    @cached_property
    def fingerprint(self) -> str:
        """A name of the model's files and of every setting."""
        files = [files_fingerprint(folder) for folder in folders_of(self._folder)]
        dials = [self._policy, self._certain, self._retries, self._most]
        return fingerprint(["llm", *files, *dials])

    @cached_property
    def _writer(self) -> Writer:
        made = PolicyWriter if self._policy else make_writer
        return made(self._folder, self._most, self._device)

    def _next(self, question: str, hops: Sequence[Hop], rng: Any) -> _Next:
        if not self._policy:
            prompt = f"{_RULES}\n\n{_told(question, hops)}\nNext query:"
            query = read_query(self._writer.write(prompt, ("\n",), rng).text)
            return _Next(query, query is None)
        grammar: Any = make_grammar("rag")
        action = self._writer.write(transcript(question, hops), grammar.stop, rng)
        move = grammar.parse(action.text, len(hops))
        if isinstance(move, ParseError):  # no answer: another action is sampled
            return _Next(None, False)
        if move.kind == "query":
            return _Next(read_query(move.text), False)
        return _Next(None, action.certainty >= self._certain)

    def _is_certain(self, question: str, hops: Sequence[Hop]) -> bool:
        """Return whether the model would answer, and is as certain of it as is asked for."""
        prompt = f"{_ANSWER}\n\n{_told(question, hops)}\n"
        answer = self._writer.write(prompt, ("\n",), begun="Answer:")
        return not is_degenerate(answer.text) and answer.certainty >= self._certain


class _Next(NamedTuple):
    """What a model wrote: a query, or none; and whether it is enough to stop at."""

    query: str | None
    stops: bool


def transcript(question: str, hops: Sequence[Hop]) -> str:
    """Return the hops as an agent would have played them in the grammar `rag`."""
    grammar: Any = make_grammar("rag")
    text, number = grammar.opening(question), 1
    for hop in hops:
        if hop.number > 1:
            text += "\n" + grammar.write_query(hop.number, "", hop.query)
        blocks = []
        for document in _fresh(hop):
            blocks.append(grammar.document(number, document.title, document.text, _SHOWN))
            number += 1
        text += grammar.documents(blocks)
    return str(text)


def read_query(text: str) -> str | None:
    """Return the query that a model wrote; None where it says that there is none.

    >>> read_query(' Query: "birthplace of Ada Orm"'), read_query("NONE."), read_query("")
    ('birthplace of Ada Orm', None, None)
    """
    line = _LABEL.sub("", one_line(text, _MOST).strip()).strip(" \"'`")
    return None if is_degenerate(line) or _NONE.fullmatch(line) else line


def _told(question: str, hops: Sequence[Hop]) -> str:
    shown = format_multihop_documents([(hop.query, _fresh(hop)) for hop in hops], limit=_SHOWN)
    return f"Question: {one_line(question, None)}\n{shown}"


def _fresh(hop: Hop) -> list[Document]:
    return [document for document, new in zip(hop.documents, hop.new, strict=True) if new]


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))
