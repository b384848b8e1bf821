import pytest
from toy import QUESTIONS, ToyRetriever, toy_kwargs

from hopgym.agents.health.episodes import episode_figures, is_degenerate
from hopgym.agents.llm.rollout import TokenRollout
from hopgym.agents.llm.tokens import TokenEpisode, Turn
from hopgym.agents.rollout import Episode, Job, rollout
from hopgym.core import Score, Step, Trajectory
from hopgym.errors import AgentError, RewardError
from hopgym.rewards.judges.failures import SetupError


def step(query=None, *, error=None, action="I look for the director.", **parsed):
    return Step(1, action, parsed, queries=(query,) if query else (), parse_error=error)


def played(*steps, prediction="Tessa", reward=1.0, terms=None, metrics=None, turns=None):
    trajectory = Trajectory("q1", "e", steps=steps, prediction=prediction)
    episode = Episode(Job("q1"), trajectory, reward, terms or {}, metrics or {}, 0.1)
    return TokenRollout(episode, None if turns is None else TokenEpisode(turns=turns))


def failed(error):
    return TokenRollout(Episode(Job("q1"), None, 0.0, {}, {}, 0.1, error), None)


def test_how_it_is_played():
    figures = episode_figures(
        [
            played(step("Who directed Vel?"), step("who directed vel"), step()),
            played(step("film Vel"), step(error="no_action"), prediction=None),
            played(step()),
            played(step("Vel", action="!!!!"), step()),
        ]
    )
    expected = {
        "episodes": 4,
        "turns_per_episode": 2.0,
        "queries_per_episode": 1.0,
        "repeat_share": 0.25,
        "answered_share": 0.75,
        "no_search_share": 0.25,
        "format_rate": 7 / 8,
        "degenerate_rate": 1 / 8,
    }
    assert expected.items() <= figures.items()
    assert "tokens_per_turn" not in figures and "cut_rate" not in figures


def test_terms_add_up_to_the_reward_and_a_missing_one_is_nothing():
    figures = episode_figures(
        [
            played(step(), reward=1.5, terms={"outcome": 1.0, "format": 0.5}),
            played(step(), reward=-0.5, terms={"format": -0.5}),
        ]
    )
    assert (figures["reward"], figures["reward/outcome"], figures["reward/format"]) == (0.5, 0.5, 0)


def test_metrics_are_of_the_episodes_that_report_them():
    figures = episode_figures(
        [
            played(step(), metrics={"em": 1.0, "gold_recall": 0.5}),
            played(step(), metrics={"em": 0.0}),
        ]
    )
    assert (figures["em"], figures["gold_recall"]) == (0.5, 0.5)


def test_a_metric_takes_no_figures_place():
    figures = episode_figures([played(step(), metrics={"episodes": 70.0, "reward": 9.0})])
    assert (figures["episodes"], figures["reward"]) == (1.0, 1.0)


def test_turns_in_tokens():
    turns = [Turn(2, 12, "stop"), Turn(20, 24, "eos"), Turn(30, 46, "length")]
    figures = episode_figures([played(step(), turns=turns[:2]), played(step(), turns=turns[2:])])
    assert (figures["tokens_per_turn"], figures["cut_rate"]) == (10.0, 1 / 3)


def test_what_was_not_played_is_counted_and_nothing_else():
    errors = [
        "RetrievalError: down",
        "RewardError: no verdict",
        "SetupError: the judge's key",
        "EpisodeError: a wrapper cut it off unscored",
    ]
    assert issubclass(SetupError, RewardError)
    broken = [failed(error) for error in errors]
    one = episode_figures([played(step("Vel"), metrics={"em": 1.0})])
    figures = episode_figures([played(step("Vel"), metrics={"em": 1.0}), *broken])
    assert figures == {**one, "failed_episodes": 1.0, "unscored_episodes": 3.0}
    counts = {"episodes": 0.0, "failed_episodes": 1.0, "unscored_episodes": 3.0}
    assert episode_figures(broken) == counts


def test_nothing_at_all_has_counts_alone():
    assert set(episode_figures([]).values()) == {0.0}


def test_an_episode_without_steps_has_no_rates():
    figures = episode_figures([played(prediction=None)])
    assert figures["turns_per_episode"] == 0 and "format_rate" not in figures


def test_an_episode_without_its_trajectory_is_refused():
    bare = TokenRollout(Episode(Job("q7"), None, 0.0, {}, {}, 0.0), None)
    with pytest.raises(AgentError, match="'q7' was played but has no trajectory"):
        episode_figures([bare])


@pytest.mark.parametrize(
    ("one", "is_one"),
    [
        (step(analysis="I look for Vel."), False),
        (step(analysis="!" * 30, text="director of Vel"), True),
        (step(analysis="Sound.", text="Tessa " * 20), True),
        (step(analysis="", text="1850"), False),
        (step(action=3), False),
        (step(action=""), True),
    ],
)
def test_parts_of_an_action_are_looked_at_alone(one, is_one):
    assert is_degenerate(one) is is_one


def unscored(question, trajectory):
    return Score(0.0, unscored=question is QUESTIONS[1], reason="timeout")


def test_real_episodes():
    retriever = ToyRetriever()
    kwargs = toy_kwargs(retriever=retriever, reward=unscored)
    jobs = [Job("q1"), Job("q2"), Job("q1", 1)]
    episodes = rollout("hopgym/SearchRead-v0", "oracle", jobs, env_kwargs=kwargs)
    figures = episode_figures([TokenRollout(episode, None) for episode in episodes])
    assert (figures["episodes"], figures["unscored_episodes"]) == (2, 1)
    assert (figures["em"], figures["format_rate"], figures["queries_per_episode"]) == (1, 1, 2)
    assert figures["format_rate"] == figures["format_adherence"]
    assert all(isinstance(value, float) for value in figures.values())
