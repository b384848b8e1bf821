import pytest

from hopgym.agents.rollout import Job, rollout
from hopgym.agents.tiny.sentences import met
from hopgym.agents.tiny.teacher import TeacherAgent, lookups
from hopgym.envs.datasets.world import World

WORLD = World(seed=4, entities=300, hops="1-2", train=80)
QUESTIONS = {question.id: question for question in WORLD.questions("train")}


@pytest.fixture(scope="module")
def episodes():
    env = {"questions": WORLD, "split": "train"}
    jobs = [Job(id) for id in QUESTIONS]
    return list(rollout("hopgym/SearchRead-v0", TeacherAgent(), jobs, env_kwargs=env, num_envs=8))


def test_the_teacher_is_right_and_in_form(episodes):
    assert len(episodes) == 80
    assert all(e.metrics["em"] == e.metrics["format_adherence"] == 1.0 for e in episodes)


def test_it_finds_what_it_says(episodes):
    seen = [e.metrics["answer_seen"] for e in episodes]
    assert sum(seen) / len(seen) > 0.85


def test_each_query_is_announced_and_each_answer_stated(episodes):
    for episode in episodes:
        *searches, last = [step.parsed for step in episode.trajectory.steps]
        assert all(search["text"] in search["analysis"] for search in searches)
        assert last["text"] in last["analysis"]


def test_a_chain_is_searched_hop_by_hop():
    chain = next(q for q in QUESTIONS.values() if q.type == "chain" and len(q.hops) == 2)
    first, second = lookups(chain)
    assert chain.topic_entities[0] in first.query
    assert chain.hops[0].answer in second.query
    assert second.facts[0].tail == chain.answers[0]


def test_a_comparison_is_searched_in_the_order_of_its_names():
    compared = next(q for q in QUESTIONS.values() if q.type == "comparison")
    heads = [look.facts[0].head for look in lookups(compared)]
    assert compared.text.index(heads[0]) < compared.text.index(heads[1])


def test_an_intersection_is_one_search():
    meeting = next(q for q in QUESTIONS.values() if q.type == "intersection")
    (look,) = lookups(meeting)
    assert look.query.startswith("the ")
    assert {fact.head for fact in look.facts} == {meeting.answers[0]}


def test_a_comparison_says_which_number_is_picked(episodes):
    compared_by = [e for e in episodes if QUESTIONS[e.job.question_id].type == "comparison"]
    assert compared_by
    for episode in compared_by:
        said = episode.trajectory.steps[-1].parsed
        assert said["analysis"].endswith(f" is {said['text']}.")
        assert all(
            hop.answer in said["analysis"] for hop in QUESTIONS[episode.job.question_id].hops
        )


def test_an_intersection_ends_with_who_fulfils_it(episodes):
    meetings = [e for e in episodes if QUESTIONS[e.job.question_id].type == "intersection"]
    for episode in meetings:
        question = QUESTIONS[episode.job.question_id]
        facts = [fact for look in lookups(question) for fact in look.facts]
        noun = question.text.split()[1]
        said = episode.trajectory.steps[-1].parsed["analysis"]
        assert said in (met(noun, facts), met(noun, facts[::-1]))
