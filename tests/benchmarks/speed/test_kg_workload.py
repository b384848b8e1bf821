import numpy as np
import pytest

from hopgym.benchmarks.speed.kg_workload import (
    CHOSEN,
    CWQ,
    SMALL,
    GraphQuestions,
    select_and_stop,
    select_at_once,
)
from hopgym.core import Fact
from hopgym.envs.datasets.base import QuestionSet, check_questions


@pytest.mark.parametrize("size", [CWQ, SMALL], ids=str)
def test_every_question_has_a_whole_graph_and_its_gold(size):
    asked = GraphQuestions(size, 3)
    assert isinstance(asked, QuestionSet)
    questions = asked.questions("train")
    check_questions(questions, "speed")
    for question in questions:
        names = {name for fact in question.facts for name in (fact.head, fact.tail)}
        assert (len(names), len(question.facts)) == size
        assert isinstance(question.facts[0], Fact) and len(question.gold_facts) > 0
        assert names >= {*question.topic_entities, *question.answer_entities}
        assert question.answers == question.answer_entities
    assert questions[1] == GraphQuestions(size, 1, start=1).questions("train")[0]


def test_sizes_are_told_in_words():
    assert [str(CWQ), str(SMALL)] == ["1,400 nodes, 4,500 facts", "30 nodes, 50 facts"]


@pytest.mark.parametrize("envs", [1, 3, 8])
def test_episodes_choose_different_facts_then_stop(envs):
    table = select_and_stop(envs, 10, 99, steps=4, laps=3)
    assert table.shape == (12, envs)
    for env in range(envs):
        played = np.concatenate([table[:, env]] * 3)  # over and over
        ends = np.flatnonzero(played == 99)
        assert (np.diff(ends) == 4).all()
        for end in ends[1:]:
            chosen = played[end - 3 : end]
            assert len(set(chosen)) == 3 and (chosen < 10).all()
    assert np.count_nonzero(table == 99, axis=1).max() <= -(-envs // 4) + 1  # not all at once


def test_one_shot_actions_choose_a_few_offered_facts():
    table = select_at_once(8, 100, 120, 5)
    assert table.shape == (5, 8, 120) and table.dtype == np.int8
    assert not table[..., 100:].any()
    assert CHOSEN / 2 < table.sum(axis=2).mean() < 2 * CHOSEN
    assert select_at_once(8, 4, 6, 5).sum(axis=2).mean() < 4  # some facts are left
