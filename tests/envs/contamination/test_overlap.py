import pytest

from hopgym.core import Document, Fact, Question
from hopgym.envs.contamination import EXACT, KINDS, NEAR, Asked, asked, compare
from hopgym.envs.datasets import make_questions
from hopgym.errors import ConfigError

FACTS = (
    Fact("Vel", "author", "Ada"),
    Fact("Ada", "born_in", "Bo"),
    Fact("Bo", "river", "Ull"),
    Fact("Vel", "year", "1"),
)


def question(id, text="?", facts=(), documents=(), answer="x"):
    return Question(
        id, text, (answer,), facts=FACTS, gold_facts=facts, document_ids=tuple(documents)
    )


def found(trained, evaluated, kinds=KINDS, scopes=("one", "one"), documents=((), ())):
    sides = [
        Asked(name, questions, scope, corpus)
        for name, questions, scope, corpus in zip(
            ("train", "test"), (trained, evaluated), scopes, documents, strict=True
        )
    ]
    pairs = compare(*sides, kinds).findings
    return [(pair.kind, pair.evaluated.id, pair.trained.id) for pair in pairs]


def test_the_same_id_text_and_facts_are_found_each_for_itself():
    trained = [question("a", "Who wrote Vel?"), question("b", "Where?", (0, 1)), question("c", "C")]
    evaluated = [
        question("a", "WHO wrote the Vel"),
        question("n", "Which place?", (1, 0)),
        question("m", "New"),
    ]
    assert found(trained, evaluated, EXACT) == [
        ("id", "a", "a"), ("text", "a", "a"), ("facts", "n", "b"),
    ]  # fmt: skip
    assert found(trained, evaluated, ["text"]) == [("text", "a", "a")]


def test_ids_count_within_one_set_alone():
    pair = [question("a", "One")], [question("a", "Two")]
    assert found(*pair) == [("id", "a", "a")]
    assert found(*pair, scopes=("one", "two")) == found(*pair, scopes=("", "")) == []


def test_a_chain_within_a_longer_one_is_found_and_not_the_other_way_round():
    long, short, single = question("l", "L", (0, 1, 2)), question("s", "S", (1, 0)), question("1", "O", (0,))  # fmt: skip
    assert found([long], [short, single]) == [("chain", "s", "l")]
    assert found([short], [long]) == []
    assert found([short, single], [question("y", "Y", (3,))]) == []


def test_a_chain_read_backwards_is_found():
    facts = (Fact("ADA", "wrote", "Vel"), Fact("Bo", "birthplace_of", "Ada"))
    turned = Question("t", "Which book?", ("Vel",), facts=facts, gold_facts=(0, 1))
    assert found([question("f", "F", (0, 1))], [turned]) == [("chain", "t", "f")]


def test_the_same_gold_documents_are_found_and_one_alone_with_the_same_answer():
    trained = [question("a", "A", documents="de"), question("b", "B", documents="f", answer="Bo")]
    evaluated = [
        question("1", "P", documents="ed"),
        question("2", "Q", documents="f", answer="the bo"),
        question("3", "R", documents="f"),
        question("4", "S", documents="d"),
        question("5", "T"),
    ]
    assert found(trained, evaluated) == [("documents", "1", "a"), ("documents", "2", "b")]


def test_documents_of_two_sets_are_the_same_by_what_they_say():
    own = [Document("0", "Vel", "Vel is a film."), Document("1", "Ada", "Ada was born.")]
    theirs = [Document("x", "ADA", "Ada was born"), Document("y", "Vel", "Vel is the film.")]
    trained, evaluated = [question("a", "A", documents="01")], [question("b", "B", documents="yx")]
    scopes = ("one", "two")
    assert found(trained, evaluated, scopes=scopes, documents=(own, theirs)) == [
        ("documents", "b", "a")
    ]
    changed = [theirs[0], Document("y", "Vel", "Vel is a book.")]
    assert found(trained, evaluated, scopes=scopes, documents=(own, changed)) == []
    unknown = [question("c", "C", documents="01")]
    assert found(trained, unknown, scopes=scopes, documents=(own, theirs)) == []


def test_nearly_the_same_words_are_found_with_their_share():
    long = "In which year was the river that flows through the town of Vel first crossed?"
    own, theirs = Asked("a", [question("a", long)]), Asked("b", [question("b", f"Tell me: {long}")])
    (pair,) = compare(own, theirs).findings
    assert pair.kind == "ngram" and 0.8 <= pair.share <= 1 and pair.same_answer


def test_what_an_overlap_tells():
    one = question("a", "Who wrote Vel?", (0, 1))
    told = compare(Asked("t", [one], "s"), Asked("e", [one, question("b", "B")], "s"))
    assert set(told.by_kind) == {"id", "text", "facts", "chain"}
    assert told.ids() == told.ids(EXACT) == ["a"] and told.ids(["ngram"]) == []
    assert (*EXACT, *NEAR) == KINDS


def test_a_world_s_splits_share_no_question_and_no_chain_and_a_split_is_not_apart_from_itself():
    world = make_questions("world?entities=300&train=60&dev=20&test=20")
    train = asked(world, "train")
    for split in ("dev", "test"):
        assert compare(train, asked(world, split), EXACT).findings == ()
    same = compare(train, train)
    assert len(same.ids(["id"])) == len(same.ids(["text"])) == len(same.ids(["facts"])) == 60
    with pytest.raises(ConfigError, match="has no split 'exam'"):
        asked(world, "exam")
