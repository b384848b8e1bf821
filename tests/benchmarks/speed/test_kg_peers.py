import numpy as np
import pytest

from hopgym.benchmarks.speed.kg_peers import (
    CALLS,
    HOPS,
    NO_OP,
    PAD,
    DeepPathLines,
    KgR1Handlers,
    MinervaTable,
    play_deeppath,
    play_kg_r1,
    play_minerva,
)
from hopgym.benchmarks.speed.kg_workload import GraphQuestions, Size
from hopgym.core import Fact

FACTS = (
    Fact("Ada", "born_in", "Ull"),
    Fact("Ada", "knows", "Bo"),
    Fact("Ada", "knows", "Cy"),
    Fact("Bo", "born_in", "Ull"),
    Fact("Ada", "likes", "Bo"),  # beside another fact
    Fact("Cy", "knows", "Cy"),
)
QUESTIONS = GraphQuestions(Size(20, 60), 5).questions("train")


def test_deeppath_follows_a_relation_to_one_of_its_tails():
    lines = DeepPathLines(FACTS)
    reached = [lines.interact("Ada", "Bo", "knows") for _ in range(40)]
    assert set(reached) == {("Bo", True, True), ("Cy", True, False)}
    assert lines.interact("Ada", "Bo", "born_in") == ("Ull", True, False)
    assert lines.interact("Bo", "Ull", "knows") == ("Bo", False, False)  # it has none: stay


def walk(table, names, **changes):
    """Where one walker of Ada's may go: pairs of relation and entity, by name."""
    number = {name: table.entities[0, name] for name in names}
    asked = {"at": "Ada", "start": "Ada", "answer": "Ull", "answers": ["Ull"], "last": False}
    asked |= changes
    actions = table.return_next_actions(
        *(np.array([number[asked[key]]]) for key in ("at", "start", "answer")),
        [{number[name] for name in asked["answers"]}],
        asked["last"],
    )[0]
    relations = {number: name for name, number in table.relations.items()}
    entities = {number: name for (_, name), number in table.entities.items()}
    return [(relations[r], entities[e]) for r, e in actions.tolist() if r != PAD]


def test_minerva_offers_staying_and_what_leads_on():
    names = ("Ada", "Bo", "Cy", "Ull")
    table = MinervaTable([FACTS, FACTS], width=5)
    assert table.table.shape == (8, 5, 2) and table.degrees.tolist() == [5, 1, 2, 2] * 2
    assert table.table[0, 0].tolist() == [NO_OP, 0]
    knows = [("knows", "Bo"), ("knows", "Cy"), ("likes", "Bo")]
    assert walk(table, names) == [("NO_OP", "Ada"), *knows]  # not straight to the answer
    assert walk(table, names, answer="Bo", at="Bo") == [("NO_OP", "Bo"), ("born_in", "Ull")]
    assert walk(table, names, at="Ull") == [("NO_OP", "Ull")]
    assert len(MinervaTable([FACTS], width=3).table[0]) == 3  # the fourth fact finds no room


def test_minerva_takes_out_the_other_answers_on_the_last_hop():
    names = ("Ada", "Bo", "Cy", "Ull")
    table = MinervaTable([FACTS], width=8)
    two = {"start": "Ull", "answer": "Bo", "answers": ["Bo", "Cy"]}
    every = [
        ("NO_OP", "Ada"),
        ("born_in", "Ull"),
        ("knows", "Bo"),
        ("knows", "Cy"),
        ("likes", "Bo"),
    ]
    assert walk(table, names, **two) == every
    assert walk(table, names, **two, last=True) == [a for a in every if a[1] != "Cy"]
    assert table.degrees[0] == 5  # the table itself is as it was


def test_kg_r1_answers_its_four_calls():
    graph = KgR1Handlers(FACTS)
    assert graph.get_tail_relations("Ada") == ["born_in", "knows", "likes"]
    assert graph.get_head_relations("Bo") == ["knows", "likes"]
    assert graph.get_tail_entities("Ada", "knows") == ["Bo", "Cy"]
    assert graph.get_head_entities("born_in", "Ull") == ["Ada", "Bo"]
    assert graph.get_tail_entities("Ull", "knows") == graph.get_tail_relations("Dee") == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_all_find_the_same_next_entities_in_random_graphs(question):
    lines, handlers = DeepPathLines(question.facts), KgR1Handlers(question.facts)
    table = MinervaTable([question.facts])
    names = {number: name for (_, name), number in table.entities.items()}
    for fact in question.facts:
        same = (fact.head, fact.relation)
        tails = {f.tail for f in question.facts if (f.head, f.relation) == same}
        assert set(handlers.get_tail_entities(fact.head, fact.relation)) == tails
        assert lines.interact(fact.head, "", fact.relation).entity in tails
        row = table.table[table.entities[0, fact.head]]
        there = row[row[:, 0] == table.relations[fact.relation], 1]
        assert {names[number] for number in there.tolist()} == tails


def test_plays_count_their_steps():
    assert play_deeppath(QUESTIONS, 12)() == 12
    assert play_minerva(QUESTIONS, 7)() == 7 * HOPS
    assert play_minerva(QUESTIONS, 7, last_only=True)() == 7
    assert play_kg_r1(QUESTIONS)() == CALLS * len(QUESTIONS)
