import pytest

from hopgym.core import Document
from hopgym.envs.datasets import make_questions
from hopgym.errors import ConfigError, UnknownNameError
from hopgym.retrieval.adaptive import AdaptiveGenerator
from hopgym.retrieval.generators import Hop, QueryGenerator, make_generator
from hopgym.retrieval.recursive import RecursiveRetriever

VEL = Document("a", "Vel", "A film by Ada Orm.")
ADA = Document("b", "Ada Orm", "Directors are born.")
QUESTION = "Where was the director of Vel born?"


def hop(*documents, number=1):
    return Hop(number, QUESTION, documents, (1.0,) * len(documents), (True,) * len(documents))


def test_it_asks_until_the_question_is_covered():
    ask = AdaptiveGenerator([VEL, ADA])
    assert isinstance(ask, QueryGenerator)
    assert ask(QUESTION, [hop(VEL)]) == "Ada Orm Where was the director of born?"
    assert ask(QUESTION, [hop(VEL), hop(ADA, number=2)]) is None


def test_stop_words_do_not_count_and_words_of_one_stem_are_one():
    ask = AdaptiveGenerator()
    assert ask.coverage(QUESTION, [hop(VEL)]) == pytest.approx(1 / 3)
    assert ask.coverage(QUESTION, [hop(VEL, ADA)]) == 1.0
    assert ask.coverage(QUESTION, []) == 0.0 and ask.coverage("Where is it?", []) == 1.0


def test_how_much_is_enough():
    for enough, stops in ((0.0, True), (0.3, True), (0.5, False)):
        asked = AdaptiveGenerator([VEL, ADA], enough=enough)(QUESTION, [hop(VEL)])
        assert (asked is None) == stops


def test_by_name_with_options():
    made = make_generator("adaptive?generator=entities&enough=0.5", [VEL, ADA])
    assert made(QUESTION, [hop(VEL)]) and made.enough == 0.5
    names = {AdaptiveGenerator(enough=e, generator=g).fingerprint
             for e in (0.5, 1.0) for g in ("titles", "entities")}  # fmt: skip
    assert len(names) == 4


def test_it_saves_searches_where_one_is_enough():
    world = make_questions("world?entities=900&hops=1-1")
    asked = [question.text for question in world.questions("dev")[:40]]
    counts = {}
    for generator in ("titles", "adaptive"):
        retriever = RecursiveRetriever(world.documents, generator=generator, depth=2)
        counts[generator] = sum(len(trace) for trace in retriever.trace(asked, 2))
    assert counts["adaptive"] < counts["titles"]


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="enough is 2"):
        AdaptiveGenerator(enough=2)
    with pytest.raises(UnknownNameError, match="'title'"):
        AdaptiveGenerator(generator="title")
