import pytest

from hopgym.core import Fact, Hop, Question
from hopgym.envs.contamination.keys import (
    answers_of,
    chain_of,
    exact_keys,
    hashed,
    links_of,
    outlines_of,
    plain,
    slim,
)
from hopgym.envs.datasets.lazy import LazyQuestions
from hopgym.rewards.normalize import squad

FACTS = (Fact("Vel", "author", "Ada"), Fact("Ada", "born_in", "Bo"), Fact("Vel", "year", "1"))
ASKED = Question("q", "Where was the author of Vel born?", ("Bo",), facts=FACTS, gold_facts=(0, 1))


@pytest.mark.parametrize(
    "text",
    ["Who wrote\u200b Vel?", "who wrote V\u0435l", "\uff37\uff48\uff4f wrote \u201cVel\u201d?", "Who wrote\u00a0the VEL"],
    ids=["zero width", "look-alike", "full width and quotes", "blank that does not break"],
)  # fmt: skip
def test_letters_that_look_alike_are_the_same(text):
    assert plain(text) == "who wrote vel"


def test_plain_letters_are_normalised_as_squads_script_does():
    for text in ("The U.S.,  of A", "Who's  who?", "1,000.5"):
        assert plain(text) == squad(text)


def test_words_of_other_scripts_and_accents_stay():
    assert plain("Où est né Zoë?") == "où est né zoë"
    assert plain("谁写了?") == "谁写了"
    assert plain("Кто написал") != plain("Что написал")


def test_a_chain_knows_no_order_and_no_case():
    turned = Question("q", "?", ("Bo",), facts=FACTS[::-1], gold_facts=(2, 1))
    assert chain_of(ASKED) == chain_of(turned) == {("Vel", "author", "Ada"), ("Ada", "born_in", "Bo")}  # fmt: skip
    backwards = frozenset({("ada", "wrote", "vel"), ("bo", "birthplace of", "Ada")})
    assert links_of(backwards) == links_of(chain_of(ASKED))


def test_hops_are_a_chain_where_there_are_no_facts():
    hops = (Hop("Who made Orm?", "Bo."), Hop("Where?", ""))
    assert chain_of(Question("q", "?", ("x",), hops=hops)) == {("who made orm", "bo")}
    assert chain_of(Question("q", "?", ("x",))) == frozenset()


def test_gold_facts_of_a_graph_that_is_not_made_are_none():
    assert chain_of(Question("q", "?", ("x",), gold_facts=(0, 1))) == frozenset()


def test_what_says_nothing_is_no_key():
    assert exact_keys(Question("q", "?!", ("x",))) == [("id", "q")]
    assert [kind for kind, _ in exact_keys(ASKED)] == ["id", "text", "facts"]


def test_hashes_are_the_same_in_every_process_and_tell_kinds_and_scopes_apart():
    assert hashed("text", "who wrote vel") == 584019668736169731
    assert hashed("text", "a") != hashed("facts", "a")
    assert hashed("id", "a", "one") != hashed("id", "a", "two")
    assert hashed("text", "a", "one") == hashed("text", "a", "two")
    chain = chain_of(ASKED)
    assert hashed("facts", chain) == hashed("facts", frozenset(sorted(chain, reverse=True)))


def test_questions_without_their_graphs():
    lazy = LazyQuestions([Question("q", "?", ("x",))], lambda place, outline: ASKED)
    assert outlines_of(lazy)[0].facts == () and outlines_of([ASKED]) == [ASKED]
    (one,) = slim([ASKED])
    assert one.facts == FACTS[:2] and chain_of(one) == chain_of(ASKED)


def test_answers_are_normalised():
    assert answers_of(Question("q", "?", ("The Bo", "BO.", "?"))) == {"bo"}
