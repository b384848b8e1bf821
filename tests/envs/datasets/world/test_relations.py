from collections import Counter
from string import Formatter

import pytest

from hopgym.envs.datasets.world.relations import BY_NAME, KINDS, RELATIONS, relations_from
from hopgym.rewards.normalize import squad

NAMES = {kind.name for kind in KINDS}
each_relation = pytest.mark.parametrize("relation", RELATIONS, ids=lambda r: r.name)


def placeholders(template):
    return [field for _, field, _, _ in Formatter().parse(template) if field is not None]


def test_there_are_a_dozen_relations_and_more_with_names_of_their_own():
    assert len(RELATIONS) >= 12 and len(BY_NAME) == len(RELATIONS)
    assert sum(relation.span is None for relation in RELATIONS) >= 12


def test_the_kinds_share_out_everything():
    assert sum(kind.share for kind in KINDS) == pytest.approx(1.0)
    assert len(NAMES) == len(KINDS) == len({kind.noun for kind in KINDS})


@each_relation
def test_heads_and_tails_exist(relation):
    assert relation.head in NAMES
    assert (relation.tail == "number") == (relation.span is not None)
    assert relation.tail in NAMES | {"number"}
    assert relation.source in ("General", "News", "Academy")


@each_relation
def test_phrases_end_with_the_entity_so_that_they_nest(relation):
    assert relation.noun.startswith("the ") and relation.noun.endswith(" {x}")
    assert relation.question.endswith(" {x}?") and relation.question[0].isupper()
    assert placeholders(relation.noun) == placeholders(relation.question) == ["x"]


@each_relation
def test_only_relations_to_entities_make_conditions_and_only_numbers_compare(relation):
    to_number = relation.span is not None
    assert placeholders(relation.condition) == ([] if to_number else ["x"])
    assert relation.condition == "" if to_number else relation.condition.endswith(" {x}")
    assert bool(relation.least) == bool(relation.most) == to_number
    if to_number:
        assert relation.span[0] < relation.span[1] and relation.least != relation.most


@each_relation
def test_documents_tell_head_and_tail_once_in_four_wordings(relation):
    assert len(relation.wordings) == len(set(relation.wordings)) == 4
    for wording in relation.wordings:
        assert sorted(placeholders(wording)) == ["h", "t"] and wording.endswith(".")


@each_relation
def test_the_first_wordings_share_words_with_the_noun_and_the_others_do_not(relation):
    filler = {"x", "with", "of", "in", "by", "that", "through"}
    noun = set(squad(relation.noun.format(x="x")).split()) - filler
    shared = [
        len(noun & set(squad(w.format(h="x", t="x")).split())) / len(noun)
        for w in relation.wordings
    ]
    assert min(shared[:2]) >= 0.5 and max(shared[2:]) == 0, shared


def test_no_two_relations_of_a_kind_are_worded_alike():
    for part in ("noun", "question", "condition"):
        words = Counter((r.head, getattr(r, part)) for r in RELATIONS if getattr(r, part))
        assert words.most_common(1)[0][1] == 1, words.most_common(1)


def test_each_kind_has_its_relations():
    assert sum(len(relations_from(kind.name)) for kind in KINDS) == len(RELATIONS)
    assert all(relations_from(kind.name) for kind in KINDS)
