"""What a reader of facts is: selected facts in, answers out; and the readers by name.

A reader sees the question's text, the facts that were selected and the topic entities, and no gold.
`symbolic` is the default; `llm` and `openai` are language models. To add one:

    class Mine:
        def many(self, selections): ...              # one call for a batch: lists of answers
        def __call__(self, selection): return self.many([selection])[0]

    register("mine", "What it does.", Mine)          # or reader="my_file.py:Mine", or Mine()

`make_fact_reader` makes a reader, `read_answers` asks it. (`hopgym.retrieval.readers` are those of
documents.)
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol, cast, runtime_checkable

from ...core import Fact, Question
from ...errors import ConfigError, RewardError, named, users_code
from ...registry import Registry
from ...retrieval.options import check_options, split_options
from .facts import checked_indices


class Selection(NamedTuple):
    """What a reader may see of one question."""

    question: str
    """Its text."""
    facts: tuple[Fact, ...]
    """The selected ones."""
    topics: tuple[str, ...]
    """The topic entities, as the facts spell them."""
    offered: tuple[Fact, ...] = ()
    """All facts that could be selected, for readers that see a fact in its graph."""

    @classmethod
    def of(cls, question: Question, chosen: Iterable[int]) -> Selection:
        """Return what was selected of a question, without its gold, in the order of its facts.

        Raises:
            ConfigError: If there is no fact of such an index.
        """
        indices = checked_indices(chosen, len(question.facts))
        facts = tuple(question.facts[index] for index in indices)
        return cls(question.text, facts, question.topic_entities, question.facts)

    @property
    def lines(self) -> tuple[str, ...]:
        """The facts as text for a language model, one line each, as D-RAG's prompt has them.

        >>> Selection("Who?", (Fact("Vel", "author", "Ada"),), ("Vel",)).lines
        ('Vel, author, Ada',)
        """
        return tuple(f"{fact.head}, {fact.relation}, {fact.tail}" for fact in self.facts)


@runtime_checkable
class FactReader(Protocol):
    """Any function of a `Selection`.

    A reader may have `many(selections)` too, which reads a batch at once.
    """

    def __call__(self, selection: Selection) -> Sequence[str]:
        """Return the answers, best first; none where the facts tell nothing."""


FACT_READERS: Registry[FactReader] = Registry("fact reader", "hopgym rewards")
"""Name to factory; a factory takes keywords."""

register = FACT_READERS.register

register(
    "symbolic",
    "Where the facts end, walked from the topic entities.",
    "hopgym.rewards.kg.symbolic:SymbolicReader",
)

register(
    "llm",
    "A causal language model reads them, in D-RAG's prompt.",
    "hopgym.rewards.kg.llm_reader:LLMReader",
)
register(
    "openai",
    "A model behind an OpenAI-compatible URL reads them.",
    "hopgym.rewards.kg.openai_reader:OpenAIReader",
)
register(
    "drag",
    "The generator of a trained D-RAG reads them: 'drag?model=FOLDER'.",
    "hopgym.agents.drag.reader:drag_reader",  # by its name, late: nothing here imports agents
)

_NEEDS = "it must be a function of a Selection that returns a list of answers"


def make_fact_reader(spec: str | FactReader) -> FactReader:
    """Return the reader that a user asked for.

    Args:
        spec: A registered name, or `module:attribute` or `file.py:attribute` of a function of a
            Selection, or of a class or function that makes one, each with options if any; or a
            reader, which is returned as it is.

    Raises:
        UnknownNameError: If no reader has this name.
        ConfigError: If the spec, or what its factory returns, is no reader, or an option is
            unknown or missing.

    >>> make_fact_reader("symbolic")
    SymbolicReader()
    """
    if not isinstance(spec, str):
        return _checked(spec)
    name, options = split_options(spec)
    factory: Callable[..., Any] = FACT_READERS.get(name)
    if name not in FACT_READERS and not inspect.isclass(factory) and _takes_one(factory):
        check_options(factory, name, options, ["the selection"])
        return _checked(functools.partial(factory, **options) if options else factory)
    check_options(factory, name, options, [])
    with users_code("fact reader's factory", name):
        made = factory(**options)
    if not _takes_one(made):
        raise ConfigError(
            f"The factory {name!r} returned a {type(made).__name__}, which is no fact reader: "
            f"{_NEEDS}."
        )
    return cast(FactReader, made)


def read_answers(reader: FactReader, selections: Sequence[Selection]) -> list[list[str]]:
    """Ask a reader, in one call where it has `many`. An empty selection has no answer, unasked.

    Raises:
        RewardError: If the reader raised what is no error of ours: it is never scored as no answer.
        ConfigError: If it did not return a list of texts for each selection.

    >>> read_answers(lambda s: [f.tail for f in s.facts], [Selection("Who?", (), ("Vel",))])
    [[]]
    """
    asked = [selection for selection in selections if selection.facts]
    many = getattr(reader, "many", None)
    with users_code("fact reader", reader, RewardError):
        answers = list(many(asked) if many else map(reader, asked)) if asked else []
    if len(answers) != len(asked):
        raise ConfigError(
            f"The fact reader {named(reader)} gave {len(answers)} lists for {len(asked)} "
            "selections; `many` must return one for each."
        )
    given = (_texts(reader, answer) for answer in answers)
    return [next(given) if selection.facts else [] for selection in selections]


def _texts(reader: FactReader, answers: Any) -> list[str]:
    if not isinstance(answers, list | tuple) or not all(isinstance(a, str) for a in answers):
        raise ConfigError(
            f"The fact reader {named(reader)} returned {answers!r:.60}; return a list of texts, "
            "best first, and an empty one for no answer."
        )
    return list(answers)


def _checked(reader: Any) -> FactReader:
    if inspect.isclass(reader) or not _takes_one(reader):
        raise ConfigError(
            f'{reader!r:.100} is no fact reader: {_NEEDS}. Give one, or a name such as "symbolic".'
        )
    return cast(FactReader, reader)


def _takes_one(function: Any) -> bool:
    """Return whether something may be called with a selection."""
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:
        return True  # some of Python's own do not tell
    return True
