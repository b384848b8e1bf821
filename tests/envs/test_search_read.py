import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from toy import DOCUMENTS, ToyRetriever, toy_kwargs

import hopgym  # noqa: F401
from hopgym.core import Trajectory, from_json, to_json
from hopgym.envs.grammars import make_grammar
from hopgym.envs.search_read import SearchReadEnv
from hopgym.errors import ConfigError, EpisodeError, RetrievalError, RewardError, UnknownNameError

R3 = make_grammar("r3")


def make(**changes):
    return SearchReadEnv(**toy_kwargs(**changes))


def begin(question_id="q1", **changes):
    env = make(**changes)
    env.reset(seed=0, options={"question_id": question_id})
    return env


def query(env, text):
    return env.step(R3.write_query(env._episode.turn, "Look.", text))


def answer(env, text):
    return env.step(R3.write_answer(env._episode.turn, "Known.", text))


def test_a_question_is_played_to_its_answer():
    env = begin()
    observation, reward, terminated, truncated, info = query(env, "Who directed Vel?")
    assert observation.startswith("The question: Where was the director of Vel born?\nStep 1:\n")
    assert observation.endswith(
        "The retrieval documents:\nVel | Vel is a film directed by Ada Orm."
    )
    assert info["document_ids"] == ("d1",) and info["queries"] == ("Who directed Vel?",)
    assert not terminated and not truncated and "answers" not in info
    _, reward, terminated, truncated, info = answer(env, "tessa")
    assert terminated and not truncated
    assert info["prediction"] == "tessa" and info["answers"] == ("Tessa", "Tessa Town")
    assert info["metrics"]["em"] == 1.0 and info["metrics"]["gold_recall"] == 0.5
    assert reward == pytest.approx(sum(info["reward_terms"].values()))


def test_reasoning_accuracy_is_reported_where_the_gold_hops_are_known():
    env = begin()
    env.step(R3.write_query(1, "I look for the director of Vel.", "Who directed Vel?"))
    env.step(R3.write_query(2, "Vel was directed by Ada Orm.", "Where was Ada Orm born?"))
    *_, info = answer(env, "Tessa")
    assert info["metrics"]["reasoning_accuracy"] == 1.0
    env = begin()
    query(env, "Who directed Vel?")
    *_, info = answer(env, "Tessa")
    assert info["metrics"]["reasoning_accuracy"] == 0.0  # "Look." leads nowhere
    *_, info = answer(begin("q2"), "Ada Orm")
    assert "reasoning_accuracy" not in info["metrics"]


def test_the_gold_stays_out_of_what_an_agent_sees():
    env = make()
    observation, info = env.reset(options={"question_id": "q1"})
    assert "Tessa" not in repr((observation, info))
    assert env.unwrapped.question.answers[0] == "Tessa"


def test_documents_are_shown_once():
    env = begin()
    query(env, "film")
    *_, info = query(env, "film")
    assert info["document_ids"] == () and info["trajectory" if "trajectory" in info else "new_text"]
    assert env._episode.text.count(DOCUMENTS[0].text) == 1
    assert env._episode.steps[-1].hits[0].new is False


def test_the_budget_truncates_and_never_terminates_too():
    env = begin(max_steps=2)
    query(env, "film")
    _, _, terminated, truncated, info = query(env, "town")
    assert (terminated, truncated) == (False, True)
    assert info["prediction"] is None and info["trajectory"].outcome == "out_of_steps"


def test_force_answer_gives_one_last_turn_without_queries():
    env = begin(max_steps=1, force_answer=True, format_retries=1)
    _, _, terminated, truncated, info = query(env, "film")
    assert not terminated and not truncated and info["remaining"] == 1
    assert "give the final answer" in info["new_text"]
    *_, info = query(env, "town")
    assert info["parse_error"] == "query_not_allowed"
    _, _, terminated, _, info = answer(env, "Tessa")
    assert terminated and info["metrics"]["em"] == 1.0


def test_unreadable_actions_are_forgiven_then_end_the_episode():
    env = begin(format_retries=2)
    for _ in range(2):
        _, _, terminated, _, info = env.step("nonsense")
        assert not terminated and info["parse_error"] == "no_step" and info["turn"] == 1
    _, reward, terminated, truncated, info = env.step("nonsense")
    assert terminated and not truncated and info["trajectory"].outcome == "malformed"
    assert reward == -1.0


def test_a_readable_action_renews_the_patience():
    env = begin(format_retries=1)
    env.step("nonsense")
    query(env, "film")
    _, _, terminated, _, info = env.step("nonsense")
    assert not terminated and info["turn"] == 2


def test_search_r1_charges_a_turn_for_an_unreadable_action():
    env = begin(grammar="search_r1", max_steps=2)
    _, _, terminated, truncated, info = env.step("<search>a")
    assert info["parse_error"] == "unclosed_tag" and info["turn"] == 2 and not terminated
    _, _, terminated, truncated, _ = env.step("<search>a")
    assert truncated and not terminated


def test_spans_cover_the_transcript_and_say_who_wrote_it():
    env = begin()
    query(env, "film")
    env.step("nonsense")
    *_, info = answer(env, "Tessa")
    trajectory = info["trajectory"]
    assert trajectory.spans[0].start == 0 and trajectory.spans[-1].end == len(trajectory.transcript)
    for left, right in zip(trajectory.spans, trajectory.spans[1:], strict=False):
        assert left.end == right.start and left.author != right.author
    written = [
        trajectory.transcript[s.start : s.end] for s in trajectory.spans if s.author == "agent"
    ]
    assert written == [s.action for s in trajectory.steps if s.parse_error is None]


def test_a_trajectory_survives_json():
    env = begin()
    query(env, "film")
    *_, info = answer(env, "Tessa é 東京")
    assert from_json(to_json(info["trajectory"]), Trajectory) == info["trajectory"]


def test_a_broken_retriever_raises_and_the_step_can_be_taken_again():
    retriever = ToyRetriever()
    env = begin(retriever=retriever)
    retriever.broken = True
    before = env._episode.text
    with pytest.raises(RetrievalError, match="out of reach"):
        query(env, "film")
    assert env._episode.text == before and not env._episode.steps
    retriever.broken = False
    assert query(env, "film")[4]["document_ids"] == ("d1",)


def test_check_env_has_nothing_to_say(recwarn):
    env = gymnasium.make("hopgym/SearchRead-v0", **toy_kwargs())
    check_env(env.unwrapped, skip_render_check=False)
    assert [str(w.message) for w in recwarn] == []


def test_reset_options_fix_the_question():
    env = make()
    assert env.reset(options={"index": 1})[1]["question_id"] == "q2"
    with pytest.raises(ConfigError, match=r"options\['index'\] is 2; it must be from 0 to 1"):
        env.reset(options={"index": 2})
    with pytest.raises(
        UnknownNameError, match=r"No question has the id 'q9'.*the first: 'q1', 'q2'"
    ):
        env.reset(options={"question_id": "q9"})
    with pytest.raises(ConfigError, match="no option 'indx'"):
        env.reset(options={"indx": 1})
    with pytest.raises(ConfigError, match="not both"):
        env.reset(options={"index": 1, "question_id": "q1"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"top_j": 3}, "no keyword 'top_j'. Did you mean 'top_k'"),
        ({"top_k": 0}, "top_k is 0; it must be a whole number from 1"),
        ({"max_steps": 2.5}, "max_steps is 2.5"),
        ({"split": "dev"}, "toy has no split 'dev'; it has: train"),
        ({"grammar": "r33"}, "Did you mean 'r3'"),
        ({"retriever": "bm52"}, "Did you mean 'bm25'"),
        ({"reward": "f2"}, "Unknown reward 'f2'"),
        ({"questions": "wrold"}, "Did you mean 'world'"),
        ({"render_mode": "rgb_array"}, "render_mode is 'rgb_array'"),
    ],
)
def test_bad_keywords_say_what_is_allowed(changes, message):
    with pytest.raises((ConfigError, UnknownNameError), match=message):
        make(**changes)


def test_steps_out_of_order_are_refused():
    env = make()
    with pytest.raises(EpisodeError, match=r"Call reset\(\) first"):
        env.step("x")
    env.reset(options={"question_id": "q1"})
    answer(env, "Tessa")
    with pytest.raises(EpisodeError, match="The episode is over"):
        env.step("x")


def test_ansi_rendering_shows_the_transcript_and_the_ending():
    env = begin(render_mode="ansi")
    assert env.render() == "The question: Where was the director of Vel born?"
    answer(env, "Ull")
    assert env.render().endswith("[answered] answer: 'Ull', gold: 'Tessa / Tessa Town'")


def test_human_rendering_prints_as_it_goes(capsys):
    env = begin(render_mode="human")
    query(env, "film")
    printed = capsys.readouterr().out
    assert printed.count("The question: Where") == 1 and "Vel | Vel is a film" in printed


def test_an_environment_pickles_with_its_state():
    env = begin()
    query(env, "film")
    twin = pickle.loads(pickle.dumps(env))
    assert answer(twin, "Tessa")[0] == answer(env, "Tessa")[0]


def test_arguments_of_another_kind_are_named():
    for keywords, message in [
        ({"force_answer": "yes"}, "force_answer is 'yes'; it may be True or False"),
        (
            {"grammar": None},
            r"None is no grammar. Give a name \(dag, r3, rag, rag_answer, search_r1, select\)",
        ),
        ({"grammar": "dag"}, r"is played step by step, and the grammar 'dag' is not"),
        ({"grammar": "select"}, r"is played step by step, and the grammar 'select' is not"),
        ({"reward": 3}, r"3 is no reward. Give a name \(dag, .*em, f1"),
    ]:
        with pytest.raises(ConfigError, match=message):
            gymnasium.make("hopgym/SearchRead-v0", **toy_kwargs(**keywords))


def test_an_action_that_is_no_text_is_refused_and_moves_nothing():
    env = begin()
    before = env._episode.snapshot()
    for bad in (5, None, b"x"):
        with pytest.raises(
            ConfigError, match=f"SearchRead-v0 takes a str action, not {type(bad).__name__}"
        ):
            env.step(bad)
    assert env._episode.snapshot() == before
    *_, info = env.step(np.str_(R3.write_query(1, "Look.", "film")))
    assert info["parse_error"] is None


def test_a_reward_that_raises_moves_nothing():
    def short(question, trajectory):
        return 1 / 0

    env = begin(reward=short)
    before = env._episode.snapshot()
    with pytest.raises(RewardError, match="short raised ZeroDivisionError"):
        query(env, "film")
    assert env._episode.snapshot() == before


def test_a_retriever_that_raises_is_told_with_its_line():
    env = begin()

    def broken(queries, k):
        raise KeyError("film")

    env.stage.retriever.search = broken
    with pytest.raises(RetrievalError, match=r"failed with KeyError: 'film' \(line \d+ of "):
        query(env, "film")
