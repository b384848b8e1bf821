import pytest
from dag_episodes import EmJudge
from rewards_episodes import QUESTION, answer, episode, query, unreadable

from hopgym.core import Question, Span, Step, Trajectory
from hopgym.rewards.judges import ProcessVerdict
from hopgym.rewards.marks import Marks, exact_marks, judged_marks, step_claim

SOUND = ProcessVerdict(1.0, 0.5, 0.25)
ENDED = episode(
    query("one", "d1"),
    query("two", "d3"),
    answer("Ada Orm"),
    outcome="answered",
    prediction="Ada Orm",
)


def judged(played, judge=None, **options):
    judge = judge or EmJudge(process=SOUND)
    return judged_marks(judge, [(QUESTION, played)], **options)[0]


def test_exact_marks_are_the_golds():
    assert exact_marks(QUESTION, ENDED) == Marks(1.0, 0.0, 0.0, 0.5)
    assert exact_marks(QUESTION, episode(query("one", "d1"))) == Marks(0.0, 0.5, 0.5, 0.0)


def test_a_query_is_judged_by_its_process():
    # The mix is 0.3 + 0.15 + 0.1; the rule is the gold gain, one document of two.
    assert judged(episode(query("one", "d1"))) == pytest.approx((0.0, 0.25, 0.5, 0.0, None))
    assert judged(episode(query("one", "d3"))).process == 0.25  # median of 0.55, 0, 0.25


def test_without_gold_documents_there_is_no_rule():
    question = Question("q", "Who made it?", ("Ada Orm",))
    marks = judged_marks(EmJudge(process=SOUND), [(question, episode(query("one", "d1")))])
    assert marks[0].process == pytest.approx((0.55 + 0.25) / 2)


def test_an_answer_is_judged_by_its_outcome():
    judge = EmJudge(process=SOUND)
    assert judged(ENDED, judge) == Marks(right=1.0)
    assert [method for method, _ in judge.batches] == ["outcome"]


def test_the_whole_episode_is_judged_at_its_end_where_it_is_wanted():
    judge = EmJudge(process=SOUND)
    assert judged(ENDED, judge, whole=True) == Marks(right=1.0, earned=0.5)
    assert [claim.query for claim in judge.batches[1][1]] == ["one", "two"]
    assert judged(episode(query("one", "d1")), whole=True).earned == 0.0


def test_an_unreadable_step_asks_nothing():
    judge = EmJudge()
    assert judged(episode(unreadable(), outcome="malformed"), judge) == Marks()
    assert judge.batches == []


def test_many_episodes_are_two_questions():
    judge = EmJudge(process=SOUND, unscored=("Vel",))
    wrong = episode(answer("Vel"), outcome="answered", prediction="Vel")
    items = [(QUESTION, ENDED), (QUESTION, wrong), (QUESTION, episode(query("one", "d1")))]
    marks = judged_marks(judge, items)
    assert [mark.unscored for mark in marks] == [None, "out of reach", None]
    assert (marks[0].right, marks[2].relevance) == (1.0, 0.25)
    assert [(method, len(claims)) for method, claims in judge.batches] == [
        ("outcome", 2),
        ("process", 1),
    ]


def test_a_step_that_could_not_be_judged_is_unscored():
    judge = EmJudge(process=ProcessVerdict(0, 0, 0, "", unscored=True))
    assert judged(episode(query("one", "d1")), judge).unscored == "The judge gave no verdict."
    assert judged(ENDED, judge, whole=True).unscored


def test_a_judge_sees_the_step_and_what_stood_before():
    parsed = {"kind": "query", "analysis": "I need Vel.", "text": "Vel"}
    shown = "\nThe retrieval documents:\nVel | A film.\n\n"
    first = Step(1, "one", parsed, shown, ("Vel",), query("", "d1").hits, end=10)
    second = Step(2, "two", {"kind": "query"}, "", ("Orm", "Ull"), end=20)
    spans = (Span(0, 4, "env"), Span(4, 8, "agent"), Span(8, 10, "env"), Span(10, 20, "agent"))
    played = Trajectory("q", "e", 0, (first, second), None, spans, "open" + "x" * 6 + "y" * 10)
    claim = step_claim(QUESTION, played, 0)
    assert (claim.question, claim.analysis, claim.query) == (QUESTION.text, "I need Vel.", "Vel")
    assert claim.documents == ("The retrieval documents:", "Vel | A film.")
    assert claim.before == "open"
    later = step_claim(QUESTION, played, 1)
    assert (later.query, later.documents, later.before) == ("Orm; Ull", (), "openxxxxxx")
