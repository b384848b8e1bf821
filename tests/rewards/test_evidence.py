from rewards_episodes import QUESTION, episode, query

from hopgym.core import Question
from hopgym.rewards.evidence import (
    answer_seen,
    contains_answer,
    gold_recall,
    shown_plain,
    states_answer,
)


def test_recall_is_over_the_episode():
    assert gold_recall(QUESTION, episode(query("a", "d1"), query("b", "d2", "d3"))) == 1.0
    assert gold_recall(QUESTION, episode()) == 0.0
    assert gold_recall(Question("q", "?", ("x",)), episode(query("a", "d1"))) is None


def test_an_answer_must_be_shown_not_asked_for():
    assert answer_seen(QUESTION, episode(query("q", "d3"), shown="Made by Ada Orm.")) == 1.0
    assert (
        answer_seen(QUESTION, episode(query("q", "d3"), shown="Made by Ada.")) == 0.0
    )  # the question names Ada Orm


def test_whole_tokens_only():
    assert contains_answer(" canada is big ", ("Canada",))
    assert not contains_answer(" canada is big ", ("Ada",))
    assert not contains_answer(" anything ", ("the",))


def test_a_text_states_an_answer_on_one_of_its_lines():
    assert states_answer("Vel\nBy Ada Orm.", ("Ada Orm",))
    assert not states_answer("By Ada\nOrm.", ("Ada Orm",))


def test_what_was_shown_is_normalised_line_by_line():
    assert shown_plain(episode(query("q", "d1"), shown="By the Ada.\n\nOrm!")) == " by ada \n orm "
    assert shown_plain(episode()) == ""
