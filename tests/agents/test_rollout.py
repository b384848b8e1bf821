import gymnasium
import numpy as np
import pytest
from kg_playing import KG, selected
from subgraphs import TOY
from toy import ToyRetriever, toy_kwargs

from hopgym.agents.base import FunctionAgent, UnansweredError
from hopgym.agents.lanes import Job, open_lanes
from hopgym.agents.rollout import play_jobs, rollout
from hopgym.envs.grammars import make_grammar
from hopgym.envs.spaces import UnicodeText
from hopgym.errors import AgentError, ConfigError, RetrievalError

ENV = "hopgym/SearchRead-v0"
R3 = make_grammar("r3")


class Player:
    """Asks once, then answers; remembers how many observations came at a time."""

    name = "player"

    def __init__(self):
        self.batches = []

    def reset(self, seed=None):
        pass

    def act(self, observations, infos):
        self.batches.append(len(observations))
        return [
            R3.write_query(i["turn"], "Look.", "film")
            if i["turn"] == 1
            else R3.write_answer(i["turn"], "Known.", "Tessa")
            for i in infos
        ]


def play(agent=None, jobs=None, num_envs=2, **changes):
    jobs = jobs or [Job("q1", 0), Job("q2", 1), Job("q1", 2)]
    return list(
        rollout(ENV, agent or Player(), jobs, env_kwargs=toy_kwargs(**changes), num_envs=num_envs)
    )


def test_every_job_is_played_once_and_scored():
    episodes = play()
    assert sorted(e.job for e in episodes) == [("q1", 0), ("q1", 2), ("q2", 1)]
    right = {e.job.question_id: e.metrics["em"] for e in episodes}
    assert right == {"q1": 1.0, "q2": 0.0}
    for episode in episodes:
        assert episode.reward == pytest.approx(sum(episode.reward_terms.values()))
        assert episode.trajectory.seed == episode.job.seed and episode.error is None


def test_one_who_acts_for_jobs_sees_each_with_its_own():
    env, lanes = open_lanes(ENV, toy_kwargs(), 2)
    jobs, seen = [Job("q1", n) for n in range(3)], []

    def act(states):
        seen.append([state.job for state in states])
        return Player().act([s.observation for s in states], [s.info for s in states])

    try:
        episodes = list(play_jobs(lanes, act, jobs, 2))
    finally:
        lanes.close()
    assert env.unwrapped.single_action_space is not None
    assert seen == [jobs[:2], jobs[:2], jobs[2:], jobs[2:]]
    assert all(any(episode.job is job for job in jobs) for episode in episodes)
    assert [e._replace(latency_s=0) for e in episodes] == [
        e._replace(latency_s=0) for e in play(jobs=jobs)
    ]


def test_lanes_refill_and_change_nothing_but_the_speed():
    agent = Player()
    jobs = [Job("q1", n) for n in range(5)]
    one = play(jobs=jobs, num_envs=1)
    four = play(agent, jobs=jobs, num_envs=4)
    assert agent.batches == [4, 4, 1, 1]
    key = lambda e: e.job  # noqa: E731
    strip = [e._replace(latency_s=0) for e in sorted(one, key=key)]
    assert strip == [e._replace(latency_s=0) for e in sorted(four, key=key)]


class Picky(ToyRetriever):
    """Fails on one query only."""

    def search(self, queries, k):
        if "bad" in queries:
            raise RetrievalError("no luck")
        return super().search(queries, k)


def test_a_failed_retrieval_is_an_error_of_its_own_episode_and_no_score():
    agent = FunctionAgent(
        lambda o: (
            R3.write_answer(2, "K.", "Tessa")
            if "Step 1" in o
            else R3.write_query(1, "L.", "bad" if "Where" in o else "film")
        )
    )
    episodes = {
        e.job.question_id: e for e in play(agent, [Job("q1"), Job("q2")], retriever=Picky())
    }
    assert episodes["q1"].error == "RetrievalError: no luck" and episodes["q1"].trajectory is None
    assert episodes["q2"].error is None and episodes["q2"].trajectory.outcome == "answered"


class Unreachable(Player):
    """Has no action for the question q2, as an agent whose server is down."""

    def act(self, observations, infos):
        actions = super().act(observations, infos)
        for place, observation in enumerate(observations):
            if "Who directed" in observation:
                actions[place] = AgentError("The server is down.")
        if any(isinstance(action, AgentError) for action in actions):
            raise UnansweredError(actions)
        return actions


@pytest.mark.parametrize("num_envs", [1, 3])
def test_an_action_that_could_not_be_had_is_an_error_of_its_own_episode(num_envs):
    jobs = [Job("q1", 0), Job("q2", 1), Job("q1", 2), Job("q2", 3), Job("q1", 4)]
    episodes = {e.job: e for e in play(Unreachable(), jobs, num_envs)}
    assert sorted(episodes) == sorted(jobs)
    for job, episode in episodes.items():
        if job.question_id == "q2":
            assert episode.error == "AgentError: The server is down."
            assert episode.trajectory is None and not episode.metrics
        else:
            assert episode.error is None and episode.metrics["em"] == 1.0


def test_there_must_be_as_many_actions_and_errors_as_observations():
    agent = Player()

    def act(observations, infos):
        raise UnansweredError([AgentError("The server is down.")])

    agent.act = act
    with pytest.raises(AgentError, match="returned 1 actions for 2 observations"):
        play(agent)


def test_an_agent_must_return_an_action_for_each_observation():
    agent = Player()
    agent.act = lambda observations, infos: ["one"]
    with pytest.raises(AgentError, match="returned 1 actions for 2 observations"):
        play(agent)


def test_a_single_environment_is_played_too():
    gymnasium.register("toy/Single-v0", "hopgym.envs.search_read:SearchReadEnv")
    try:
        episodes = list(
            rollout("toy/Single-v0", Player(), [Job("q1"), Job("q2")], env_kwargs=toy_kwargs())
        )
    finally:
        del gymnasium.registry["toy/Single-v0"]
    assert len(episodes) == 2 and episodes[0].metrics["em"] == 1.0


class RetrievesAtReset(gymnasium.Env):
    """Needs its retriever to begin, as a retrieve-then-answer environment does."""

    action_space = observation_space = UnicodeText(100)

    def reset(self, *, seed=None, options=None):
        if options["question_id"] == "q1":
            raise RetrievalError("no luck")
        return "?", {"question_id": options["question_id"]}

    def step(self, action):
        return "!", 1.0, True, False, {"reward_terms": {"outcome": 1.0}, "metrics": {"em": 1.0}}


def test_a_retrieval_that_fails_at_the_beginning_loses_only_its_own_episode():
    gymnasium.register("toy/AtReset-v0", RetrievesAtReset, disable_env_checker=True)
    try:
        jobs = [Job("q1", 0), Job("q2", 1), Job("q1", 2), Job("q1", 3)]
        agent = FunctionAgent(lambda observation: "a")
        episodes = {e.job: e for e in rollout("toy/AtReset-v0", agent, jobs, num_envs=2)}
    finally:
        del gymnasium.registry["toy/AtReset-v0"]
    assert [episodes[job].error for job in jobs] == [
        "RetrievalError: no luck", None, "RetrievalError: no luck", "RetrievalError: no luck",
    ]  # fmt: skip
    assert episodes[jobs[1]].metrics == {"em": 1.0}


def test_an_agents_mistake_is_told_with_its_place():
    def broken(observation):
        raise ValueError("oops")

    with pytest.raises(AgentError, match=r"Agent 'broken' raised ValueError: oops \(line \d+ of"):
        play(broken)
    with pytest.raises(AgentError, match="Agent 'nothing' returned a NoneType; return text"):
        play(FunctionAgent(lambda observation: None, name="nothing"))
    agent = Player()
    agent.act = lambda observations, infos: None
    with pytest.raises(AgentError, match="returned a NoneType; `act` must return a list"):
        play(agent)


def test_a_reset_or_bind_that_raises_is_told_with_its_place():
    def broken(*given):
        raise ValueError("oops")

    for method in ("reset", "bind"):
        agent = FunctionAgent(str.upper, name="mine")
        setattr(agent, method, broken)
        with pytest.raises(AgentError, match=r"The agent 'mine' raised ValueError: oops \(line"):
            play(agent)


def test_an_agent_may_be_given_by_name():
    assert {e.metrics["em"] for e in play("oracle")} == {1.0}


def test_lanes_are_at_least_one():
    with pytest.raises(ConfigError, match="num_envs"):
        play(num_envs=0)


class Closes(RetrievesAtReset):
    """Counts who was closed."""

    closed = 0

    def close(self):
        Closes.closed += 1


def test_every_environment_is_closed_whatever_happens():
    gymnasium.register("toy/Closes-v0", Closes, disable_env_checker=True)
    try:
        with pytest.raises(AgentError, match="raised ZeroDivisionError"):
            agent = FunctionAgent(lambda observation: 1 / 0)
            list(rollout("toy/Closes-v0", agent, [Job("q2", 1)], num_envs=3))
    finally:
        del gymnasium.registry["toy/Closes-v0"]
    assert Closes.closed == 3


def test_an_episode_cut_off_by_a_wrapper_is_unscored():
    env = gymnasium.spec(ENV).entry_point
    gymnasium.register("toy/Short-v0", env, max_episode_steps=1)
    try:
        jobs = [Job("q1", 0)]
        (episode,) = rollout("toy/Short-v0", Player(), jobs, env_kwargs=toy_kwargs())
    finally:
        del gymnasium.registry["toy/Short-v0"]
    assert episode.metrics == {} and "cut the episode off unscored" in episode.error


class Arrays:
    """Selects the first fact: one array for all episodes, as a policy gives it."""

    name = "arrays"

    def reset(self, seed=None):
        pass

    def act(self, observations, infos):
        actions = np.zeros((len(observations), 8), dtype=np.int8)
        actions[:, 0] = [observation["edge_mask"][0] for observation in observations]
        return actions


@pytest.mark.parametrize("lanes", [1, 3])
def test_observations_may_be_dicts_and_actions_an_array(lanes):
    kwargs = {"questions": TOY, "observation": "padded", "top_k": 8}
    jobs = [Job(id) for id in ("chain", "empty", "one", "loops")]
    episodes = sorted(rollout(KG, Arrays(), jobs, env_kwargs=kwargs, num_envs=lanes))
    assert [(e.job.question_id, selected(e)) for e in episodes] == [
        ("chain", [(0,)]), ("empty", [()]), ("loops", [(0,)]), ("one", [(0,)]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "action"),
    [
        ("one_shot", np.zeros(5, np.int8)), ("one_shot", "the first"), ("one_shot", np.full(8, 2)),
        ("one_shot", [[1], [1, 2]]), ("sequential", 9), ("sequential", "stop"),
        ("sequential", np.zeros(3)), ("sequential", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("lanes", [1, 2])
def test_an_action_that_is_refused_is_told_with_whose_it_is(mode, action, lanes):
    kwargs = {"questions": TOY, "observation": "padded", "top_k": 8, "mode": mode}
    agent = FunctionAgent(lambda observation: action, name="mine")
    with pytest.raises(AgentError, match=r"Agent 'mine': .*Nothing has moved\."):
        list(rollout(KG, agent, [Job("chain"), Job("one")], env_kwargs=kwargs, num_envs=lanes))


def wrong(question, trajectory):
    return "much"


def test_what_is_not_the_agents_fault_is_not_told_as_its():
    kwargs = {"questions": TOY, "observation": "padded", "top_k": 8, "reward": wrong}
    with pytest.raises(ConfigError, match="reward"):
        list(rollout(KG, Arrays(), [Job("chain")], env_kwargs=kwargs, num_envs=1))
