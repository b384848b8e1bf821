"""An episode behind tools: its beginning, its end, its reward, and what it keeps from the model."""

import logging

import gymnasium
import pytest
from toy import DOCUMENTS, QUESTIONS, ToyQuestions, ToyRetriever

from hopgym.agents.grpo.tool_episode import OVER, UNAVAILABLE
from hopgym.agents.grpo.tools import episode_of, tool_environment
from hopgym.core import Score
from hopgym.envs.grammars import make_grammar
from hopgym.errors import ConfigError, EpisodeError, RewardError, UnknownNameError

READ, DAG = "hopgym/SearchRead-v0", "hopgym/DagSearch-v0"
PLAN = ["A: director of Vel (General)"]
R3 = make_grammar("r3")


def make(env_id=READ, progress=None, questions=None, **kwargs):
    kwargs.setdefault("retriever", ToyRetriever())
    questions = questions or ToyQuestions()
    return tool_environment(env_id, kwargs, questions=questions, progress=progress)()


def begin(env_id=READ, **kwargs):
    episode = make(env_id, **kwargs)
    episode.reset(question_id="q1")
    return episode


def test_an_episode_is_the_environments_own():
    episode = begin()
    episode.search("Vel film")
    episode.search("Ada Orm")
    episode.answer("Tessa")
    env = gymnasium.make(READ, questions=ToyQuestions(), retriever=ToyRetriever())
    env.reset(seed=0, options={"question_id": "q1"})
    writes = [R3.write_query(1, "", "Vel film"), R3.write_query(2, "", "Ada Orm")]
    steps = [env.step(action) for action in (*writes, R3.write_answer(3, "", "Tessa"))]
    assert episode.get_reward() == sum(step[1] for step in steps) == 2.0
    assert episode_of(episode).trajectory == steps[-1][4]["trajectory"]
    assert episode_of(episode).metrics["em"] == 1.0


def test_the_question_is_appended_where_the_prompt_lacks_it():
    episode, text = make(), QUESTIONS[0].text
    asked = [{"role": "user", "content": f"Please: {text}"}]
    parts = [{"role": "user", "content": [{"type": "text", "text": text}]}]
    assert episode.reset(question_id="q1", prompt=asked) is None
    assert episode.reset(question_id="q1", prompt=parts, other=3) is None
    assert (
        episode.reset(question_id="q1", prompt=[{"role": "user", "content": ""}]) == f"\n\n{text}"
    )
    assert episode.reset(question_id="q1", prompt=text) is None
    assert episode.reset(question_id="q1") == f"\n\n{text}"


def test_nothing_happens_after_the_end():
    episode = begin()
    assert episode.answer("nobody") == OVER
    before = episode_of(episode)
    assert episode.search("Vel film") == episode.answer("Tessa") == episode.search() == OVER
    assert episode.get_reward() == 0.0 and episode_of(episode) is before
    assert len(before.trajectory.steps) == 1 and before.trajectory.prediction == "nobody"
    episode.reset(question_id="q2")
    episode.answer("Ada Orm")
    assert episode.get_reward() == 1.0


def test_the_last_search_shows_what_it_found_and_ends():
    episode = begin(max_steps=1)
    shown = episode.search("Vel film")
    assert "directed by Ada Orm" in shown and shown.endswith(f"\n{OVER}")
    assert episode_of(episode).trajectory.outcome == "out_of_steps"


@pytest.mark.parametrize(
    ("env_id", "kwargs", "reward", "outcome"),
    [
        (READ, {}, 0.5 - 1.0, "malformed"),
        (READ, {"force_answer": True}, 0.5 - 1.0, "malformed"),
        (READ, {"grammar": "search_r1"}, 0.5 - 1.0, "out_of_steps"),
        (READ, {"reward": "f1"}, 0.0, "malformed"),
        (DAG, {}, 0.0, "malformed"),
        (DAG, {"max_plans": 2}, 0.0, "malformed"),
    ],
)
def test_silence_is_one_unreadable_action_that_ends_the_episode(env_id, kwargs, reward, outcome):
    episode = begin(env_id, **kwargs)
    episode.search("Vel film" if env_id == READ else PLAN)
    assert episode.get_reward() == reward == episode.get_reward()
    trajectory = episode_of(episode).trajectory
    assert [step.parse_error for step in trajectory.steps] == [None, "empty"]
    assert trajectory.outcome == outcome and episode.search("Vel") == OVER


def test_a_policy_that_calls_no_tool_is_charged_once():
    episode = begin()
    assert episode.get_reward() == -1.0
    assert episode_of(episode).trajectory.outcome == "malformed"


def test_a_failed_retriever_is_no_text_and_no_reward(caplog):
    retriever = ToyRetriever()
    episode = begin(retriever=retriever)
    episode.search("Vel film")
    retriever.broken = True
    with caplog.at_level(logging.WARNING):
        assert episode.search("Ada Orm") == UNAVAILABLE
    retriever.broken = False
    assert episode.search("Ada Orm") == episode.answer("Tessa") == UNAVAILABLE
    assert episode.get_reward() is None
    assert "the index is out of reach" in episode_of(episode).error
    assert "'q1' is left unscored: RetrievalError: the index is out of reach" in caplog.text
    episode.reset(question_id="q1")
    episode.answer("Tessa")
    assert episode.get_reward() == 1.0


def test_a_failed_reward_is_unscored_also_at_the_end():
    def judge(question, trajectory):
        if trajectory.outcome != "running":
            raise RewardError("the judge is away")
        return Score(0.0)

    episode = begin(reward=judge)
    assert episode.answer("Tessa") == UNAVAILABLE and episode.get_reward() is None
    episode.reset(question_id="q1")
    assert "Ada Orm" in episode.search("Vel film")
    assert episode.get_reward() is None  # it had to be ended, and could not be scored


def test_a_mistake_in_the_users_part_is_raised_and_not_shown():
    episode = begin(reward=lambda question, trajectory: 1.0)
    assert episode.search("Vel film") == UNAVAILABLE
    with pytest.raises(ConfigError, match="returned a float"):
        episode.get_reward()
    with pytest.raises(ConfigError, match="returned a float"):
        episode_of(episode)


def test_an_episode_that_a_wrapper_cut_off_is_unscored():
    episode = begin()
    episode._env = gymnasium.wrappers.TimeLimit(episode._env, 1)
    episode._env.reset(options={"question_id": "q1"})
    assert episode.search("Vel film") == UNAVAILABLE and episode.get_reward() is None


def test_rows_and_calls_that_cannot_be():
    episode = make()
    with pytest.raises(EpisodeError, match="Call reset"):
        episode.search("Vel")
    with pytest.raises(EpisodeError, match="Call reset"):
        episode.get_reward()
    with pytest.raises(ConfigError, match="A row has no question_id"):
        episode.reset(prompt=[])
    with pytest.raises(UnknownNameError, match="No question has the id 'q9'"):
        episode.reset(question_id="q9")
    with pytest.raises(ConfigError, match="no split 'dev'"):
        episode.reset(question_id="q1", split="dev")


def test_rows_of_another_split_are_played_there():
    class Two(ToyQuestions):
        splits = ("train", "dev")

        def questions(self, split):
            return QUESTIONS[:1] if split == "train" else QUESTIONS[1:]

    episode = make(questions=Two())
    episode.reset(question_id="q2", split="dev")
    episode.answer("Ada Orm")
    assert episode.get_reward() == 1.0 and len(episode._envs) == 2
    episode.reset(question_id="q1", split="train")
    episode.reset(question_id="q1")


def test_the_reward_follows_the_trainers_step():
    steps = iter([0, 0, 30, 30])
    episode = make(DAG, progress=lambda: next(steps))
    earned = []
    for _ in range(4):
        episode.reset(question_id="q1")
        episode.search(PLAN)
        episode.answer("wrong")
        earned.append(episode.get_reward())
    assert earned == [0.8, 0.8, 0.5, 0.5]


@pytest.mark.parametrize(("env_id", "query"), [(READ, "Vel film"), (DAG, PLAN)])
def test_no_gold_is_told(env_id, query):
    episode = begin(env_id)
    told = [repr(episode), episode.search(query), episode.answer("Nowhere"), episode.search(query)]
    told += [str(vars(type(episode))), type(episode).__doc__]
    assert all("Tessa" not in text for text in told)
    assert "Ada Orm" in told[1]  # a document said so
    assert DOCUMENTS[0].id not in told[1]
