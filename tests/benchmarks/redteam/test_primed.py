import pytest
from redteaming import DAG, SEARCH, WORLD

from hopgym.agents.rollout import Job, rollout
from hopgym.benchmarks.redteam.primed import PrimedAgent
from hopgym.envs.datasets import make_questions
from hopgym.errors import ConfigError, UnknownNameError


def answers(agent, env=SEARCH, count=24):
    questions = make_questions(WORLD).questions("test")[:count]
    jobs = [Job(question.id) for question in questions]
    played = rollout(env, agent, jobs, env_kwargs={"questions": WORLD, "split": "test"})
    return {one.job.question_id: one for one in played}


def test_a_share_of_the_questions_is_played_by_an_exploit_and_the_rest_honestly():
    said = answers(PrimedAgent(exploits="unknown", share=0.5))
    cheated = [one for one in said.values() if one.trajectory.prediction == "unknown"]
    assert 6 <= len(cheated) <= 18
    assert all(one.metrics["em"] == 1 for one in said.values() if one not in cheated)


def test_all_or_none_of_them():
    assert all(one.metrics["em"] == 1 for one in answers(PrimedAgent(share=0.0), count=6).values())
    all_of_them = answers(PrimedAgent(exploits=["echo"], share=1.0), DAG, 6)
    assert all(one.trajectory.prediction.endswith("?") for one in all_of_them.values())


def test_an_exploit_that_searches_does_so_as_the_honest_player_does():
    honest, cheat = (
        answers(PrimedAgent(exploits="hedged", share=share), count=6) for share in (0.0, 1.0)
    )
    for id, one in cheat.items():
        queries = [step.parsed.get("query") for step in one.trajectory.steps]
        assert queries == [step.parsed.get("query") for step in honest[id].trajectory.steps]
        assert "or something else" in one.trajectory.prediction


def test_who_is_cheated_follows_the_questions_and_the_seed():
    def told(seed):
        found = answers(PrimedAgent(exploits="unknown,empty", share=0.5, seed=seed))
        return {id: one.trajectory.prediction for id, one in found.items()}

    assert told(1) == told(1) != told(2)


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"exploits": "orders_in_documents"}, ConfigError, "cannot be taught"),
        ({"exploits": "facts"}, ConfigError, "cannot be taught"),
        ({"exploits": "leak_infos"}, ConfigError, "reads what it should not"),
        ({"exploits": "nope"}, UnknownNameError, "nope"),
        ({"honest": "random"}, ConfigError, "The honest player 'random' does not write"),
        ({"share": 1.5}, ConfigError, "share"),
    ],
)
def test_bad_input_is_refused(given, error, told):
    with pytest.raises(error, match=told):
        PrimedAgent(**given)


def test_a_collection_is_told_what_it_is():
    assert PrimedAgent(exploits="unknown", share=0.5).fingerprint == "oracle,unknown,0.5,0"
