"""`expert`: a teacher, who plays as a policy should, with the gold at hand.

It asks the gold hops in an order in which they can be answered, and writes what a learner is to
write: what is looked for; then what was found, restated in the question's words, a fact a sentence;
at the end the facts that the answer follows from, and the answer. It only says what the documents
have shown, and only asks for names that the question or a document has told. Where they do not tell
it asks in other words, and at last gives up, so that such an episode is no example. Under another
seed it words its queries otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from ...core import Hop, Question
from ...retrieval.readers.names import names, split
from ...rewards.evidence import contains_answer
from ...rewards.normalize import squad, squad_cached
from ...seeding import rng_for
from ..games import DOCUMENTS
from ..oracle import OracleAgent
from ..phrases import next_part
from ..planning import plan_hops
from ..transcript import Transcript
from .wording import keywords, plain, sentence, sought, statement

UNKNOWN = "unknown"
"""What it answers where the documents do not tell."""

MOST_FORMS = 3
"""Wordings of one query in an episode: what takes more is no example to learn from."""

_BOOLEAN = ("yes", "no")
_WORD = re.compile(r"\w+")

Documents = Sequence[tuple[str, str]]


class ExpertAgent(OracleAgent):
    """Plays the gold, in the words of one who finds it out. Needs `bind(env)`."""

    name: ClassVar[str] = "expert"
    plays: ClassVar[str] = DOCUMENTS

    def __init__(self) -> None:
        super().__init__()
        self.seed = 0

    def play(self, view: Transcript) -> str:
        """Plan, ask for what is not told yet, or conclude."""
        case = Case(self.gold(view), self._hops(self.gold(view)), view)
        if view.tools and not view.may_answer:
            nodes, edges = plan_hops(case.hops, view.tools, view.max_nodes)
            thought = " ".join(looking_for(node.query) for node in nodes)
            return view.plan(thought, nodes, edges)
        if not case.missing:
            return self._conclude(case)
        hop = case.next_hop if view.may_search else None
        query = self._wording(case, hop) if hop is not None else None
        if hop is None or query is None:
            return view.answer(case.failed(), UNKNOWN)
        return view.ask(" ".join([*case.news(hop), case.looking(hop)]), query)

    def _hops(self, gold: Question) -> list[Hop]:
        return [replace(hop, query=plain(hop.query)) for hop in super()._hops(gold)]

    def _conclude(self, case: Case) -> str:
        if not case.answer_is_told:
            return case.view.answer(case.failed(), UNKNOWN)
        answer = case.gold.answers[0]
        words = [*case.news(None), f"So the answer is {answer}."]
        return case.view.answer(" ".join(words), answer)

    def _wording(self, case: Case, hop: int) -> str | None:
        """Return a wording of a hop's query that was not asked yet."""
        forms = list(dict.fromkeys(case.forms(hop)))
        if self.seed:
            order = rng_for(self.seed, "expert", case.gold.id, hop).permutation(len(forms))
            forms = [forms[place] for place in order]
        asked = {_key(query) for query in case.view.queries}
        chosen = forms[:MOST_FORMS]
        return next((form for form in chosen if _key(case.view.fit(form)) not in asked), None)


class Case:
    """One question as it stands: which hops the documents have answered, and since when."""

    def __init__(self, gold: Question, hops: Sequence[Hop], view: Transcript) -> None:
        self.gold = gold
        self.hops = hops
        self.view = view
        self.told = [tells(view.documents, hop) for hop in hops]
        self._before = [tells(documents_before(view), hop) for hop in hops]

    @property
    def missing(self) -> list[int]:
        """The hops that nothing shown answers."""
        return [place for place, told in enumerate(self.told) if not told]

    @property
    def next_hop(self) -> int | None:
        """The first missing hop that can be asked: all it names was told."""
        ready = (n for n in self.missing if all(self.told[need] for need in self._needs(n)))
        if self.gold.hops:
            return next(ready, None)
        # Titles of documents: first those that the question or a document has named.
        known = [n for n in self.missing if _stands(self.hops[n].query, self._shown)]
        return next(iter(known or self.missing), None)

    @property
    def answer_is_told(self) -> bool:
        """Whether the answer can be said: it was shown, was named, or is yes or no."""
        answer = self.gold.answers[0]
        return squad(answer) in _BOOLEAN or any(_stands(answer, [text]) for text in self._shown)

    def forms(self, hop: int) -> list[str]:
        """Return the wordings of a hop's query, the plainest first."""
        query = self.hops[hop].query
        if self.gold.hops:
            by_names = " ".join(names(query)) or query
            return [query, keywords(query), *next_part(query).queries, by_names]
        return [query, self.gold.text] if _stands(query, self._shown) else [self.gold.text]

    def looking(self, hop: int) -> str:
        """Say what is looked for, and whether again."""
        words = {_key(self.view.fit(form)) for form in self.forms(hop)}
        again = any(_key(query) in words for query in self.view.queries)
        first = self.forms(hop)[0]
        return f"{not_told(first)} I ask again." if again else looking_for(first)

    def news(self, hop: int | None) -> list[str]:
        """Return the facts to restate before a hop is asked, or the answer is given (None).

        Those that are new, and all that the next step follows from where that is more than one.
        """
        fresh = {n for n, told in enumerate(self.told) if told and not self._before[n]}
        basis = self._answers_basis() if hop is None else set(self._needs(hop))
        facts = fresh | (basis if hop is None or len(basis) > 1 else set())
        return list(dict.fromkeys(filter(None, (self._fact(n) for n in sorted(facts)))))

    def failed(self) -> str:
        """Say what was not found."""
        first = next((self.forms(n)[0] for n in self.missing), "the answer")
        return not_told(first)

    def _needs(self, hop: int) -> list[int]:
        return [need for need in self.hops[hop].needs if 0 <= need < len(self.hops)]

    @property
    def _shown(self) -> list[str]:
        """All that can be known: the question, and each document."""
        return [self.gold.text, *(f"{title} {text}" for title, text in self.view.documents)]

    def _answers_basis(self) -> set[int]:
        """Return the hops that the answer follows from: its own, and those that no other needs."""
        needed = {need for hop in self.hops for need in hop.needs}
        accepted = {squad(answer) for answer in self.gold.answers}
        return {
            n
            for n, hop in enumerate(self.hops)
            if n not in needed or (hop.answer and squad(hop.answer) in accepted)
        }

    def _fact(self, place: int) -> str:
        hop = self.hops[place]
        return statement(hop.query, hop.answer) if hop.answer else self._quoted(hop.query)

    def _quoted(self, title: str) -> str:
        """Return what a document says: of the answer or another gold document, or at first."""
        others = [h.query for h in self.hops if h.query != title]
        text = next((text for t, text in self.view.documents if squad(t) == squad(title)), "")
        said = split(text) if text else ()
        telling = [s for s in said if any(_stands(w, [s]) for w in (*self.gold.answers, *others))]
        return next(iter([*telling, *said]), "")


def looking_for(query: str) -> str:
    """Say what a query looks for.

    >>> looking_for("Who was the founder of Vel?")
    'I look for the founder of Vel.'
    """
    return sentence(f"I look for {sought(query)}")


def not_told(query: str) -> str:
    """Say that it was not found."""
    return sentence(f"The documents do not tell {sought(query)}")


def tells(documents: Documents, hop: Hop) -> bool:
    """Return whether documents answer a hop: one has its answer beside a name that it asks about.

    A hop without an answer is a document's title, and told where that document is shown.

    >>> tells([("Vel", "Ada Orm shot Vel.")], Hop("Who directed Vel?", "Ada Orm"))
    True
    >>> tells([("Orm", "Ada Orm is a person.")], Hop("Who directed Vel?", "Ada Orm"))
    False
    """
    if not hop.answer:
        return any(squad_cached(title) == squad_cached(hop.query) for title, _ in documents)
    asked = names(hop.query)
    return any(
        _stands(hop.answer, [title, text])
        and (not asked or any(_stands(name, [title, text]) for name in asked))
        for title, text in documents
    )


def documents_before(view: Transcript) -> Documents:
    """Return what had been shown before the last query was asked."""
    asked, text = len(view.queries), view.observation
    if not asked:
        return []
    # The shortest beginning that has all queries ends where the last was written: the replies
    # to it stand behind. More of the text never has fewer queries, so that halving finds it.
    low, high = 0, len(text)
    while low < high:
        middle = (low + high) // 2
        if len(view.grammar.read_queries(text[:middle])) >= asked:
            high = middle
        else:
            low = middle + 1
    return view.grammar.read_documents(text[:low])


def _stands(words: str, texts: Iterable[str]) -> bool:
    """Return whether words stand, as whole tokens, in texts."""
    return contains_answer(f" {' '.join(map(squad_cached, texts))} ", (words,))


def _key(query: str) -> str:
    return " ".join(_WORD.findall(query.lower()))
