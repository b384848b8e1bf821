from hopgym.agents.rollout import Job, rollout
from hopgym.agents.tiny.hasty import HastyTeacher
from hopgym.agents.tiny.teacher import TeacherAgent
from hopgym.envs.datasets import make_questions

WORLD = "world?entities=400&hops=1-2&train=120"


def play(agent):
    questions = {q.id: q for q in make_questions(WORLD).questions("train")}
    episodes = rollout(
        "hopgym/SearchRead-v0",
        agent,
        [Job(id) for id in questions],
        env_kwargs={"questions": WORLD, "split": "train"},
        num_envs=32,
    )
    return [(questions[e.job.question_id], e) for e in episodes]


def test_it_stops_after_one_of_two_searches_most_of_the_time_and_is_wrong():
    played = play(HastyTeacher())
    twice = [(q, e) for q, e in played if q.type in ("chain", "comparison") and len(q.hops) == 2]
    early = [(q, e) for q, e in twice if e.metrics["queries"] == 1]
    assert 0.65 < len(early) / len(twice) < 0.95
    assert sum(e.metrics["em"] for _, e in early) / len(early) < 0.05


def test_where_one_search_is_enough_it_plays_as_the_good_teacher():
    good = {e.job: e.trajectory.steps for _, e in play(TeacherAgent())}
    for question, episode in play(HastyTeacher()):
        if len(question.hops) == 1 or question.type == "intersection":
            assert [s.action for s in episode.trajectory.steps] == [
                s.action for s in good[episode.job]
            ]
