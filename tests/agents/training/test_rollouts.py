from hopgym.agents.llm.rollout import TokenRollout
from hopgym.agents.llm.tokens import TokenEpisode
from hopgym.agents.rollout import Episode, Job
from hopgym.agents.training.rollouts import in_order, why_nothing


def played(error=None):
    return TokenRollout(Episode(Job("q"), None, 0.0, {}, {}, 0.0, error), TokenEpisode())


def test_rollouts_are_put_in_the_order_of_their_jobs():
    jobs = [Job("a"), Job("b"), Job("a", 1)]
    ended = [TokenRollout(Episode(job, None, 0.0, {}, {}, 0.0), None) for job in reversed(jobs)]
    assert [rollout.episode.job for rollout in in_order(jobs, iter(ended))] == jobs


def test_where_there_is_nothing_there_is_a_reason():
    told = why_nothing([played(), played("RetrievalError: out of reach")])
    assert told.endswith("the first: RetrievalError: out of reach")
    assert why_nothing([played()]).startswith("No prompt fitted the model")
