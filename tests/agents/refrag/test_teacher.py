"""The teachers: one searches for what is not told yet, the other answers too early."""

import pytest

from hopgym.agents import make_agent
from hopgym.agents.refrag.teacher import HastyRecursiveTeacher, RecursiveTeacher
from hopgym.agents.rollout import Job, rollout
from hopgym.envs.datasets import make_questions

WORLD = make_questions("world?entities=400&train=0&dev=0&test=60&hops=1-2&seed=3")
QUESTIONS = {question.id: question for question in WORLD.questions("test")}


def played(agent, **kwargs):
    jobs = [Job(id) for id in QUESTIONS]
    kwargs = {"questions": WORLD, "split": "test", "top_k": 3, **kwargs}
    return list(rollout("hopgym/SearchRead-v0", make_agent(agent), jobs, env_kwargs=kwargs))


def share(episodes, sort=None):
    chosen = [e for e in episodes if sort in (None, QUESTIONS[e.job.question_id].type)]
    return sum(episode.metrics["em"] for episode in chosen) / len(chosen)


@pytest.fixture(scope="module")
def patient():
    """Return the good teacher's episodes."""
    return played(RecursiveTeacher)


def test_the_good_teacher_answers_nearly_all(patient) -> None:
    assert share(patient) > 0.9
    assert not any(step.parse_error for e in patient for step in e.trajectory.steps)


def test_it_says_only_what_it_was_shown(patient) -> None:
    wrong = [episode for episode in patient if not episode.metrics["em"]]
    assert {episode.trajectory.prediction for episode in wrong} <= {"unknown"}


def test_it_never_asks_twice_and_stops_when_all_is_told(patient) -> None:
    for episode in patient:
        queries = [query for step in episode.trajectory.steps for query in step.queries]
        assert len(queries) == len(set(queries))
    generous = played(RecursiveTeacher, top_k=20)
    count = [sum(len(s.queries) for s in e.trajectory.steps) for e in (*generous, *patient)]
    assert sum(count[: len(generous)]) < sum(count[len(generous) :])


def test_the_hasty_one_fails_at_two_hops_most_of_the_time(patient) -> None:
    hasty = played(HastyRecursiveTeacher)
    chains = [q.id for q in QUESTIONS.values() if q.type == "chain" and len(q.hops) == 2]
    ends = {e.job.question_id: e for e in hasty}
    wrong = [id for id in chains if not ends[id].metrics["em"]]
    assert 0.5 < len(wrong) / len(chains) < 1
    assert share(hasty) < share(patient) - 0.2
    early = ends[wrong[0]].trajectory.prediction
    assert early in {fact.tail for fact in QUESTIONS[wrong[0]].facts}
