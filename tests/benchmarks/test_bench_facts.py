"""Benchmarks of agents that select facts: records, rescoring, lazy sets, and who is left out."""

import gymnasium
import numpy as np
import pytest
from kg_playing import KG, WAYS, Lazy
from subgraphs import AUTHOR, AWKWARD, CHAIN, LIVES, question_set
from toy import ToyQuestions, ToyRetriever

from hopgym.agents import make_agent
from hopgym.benchmarks.bench import run_bench
from hopgym.benchmarks.ground import prepare
from hopgym.benchmarks.leaderboard import load_board
from hopgym.benchmarks.records import Facts
from hopgym.benchmarks.results import read_records
from hopgym.benchmarks.suites import Task
from hopgym.benchmarks.tables import console_tables, header, markdown
from hopgym.envs.datasets.loaded import LoadedQuestions
from hopgym.errors import ConfigError
from hopgym.rewards import make_reward
from hopgym.rewards.base import score_episode

SOUND = tuple(question for question in AWKWARD if question.id != "odd")
"""Half a surrogate pair has no form in UTF-8: it is kept as `?`."""
SET = question_set(*SOUND)
AGENTS = ("random", "ppr", "cosine", "oracle")
SHOWN = {"fact_f1", "answer_recall", "hit_at_1_exact", "f1_one_to_one"}


def task(name="facts", questions=SET, **env_kwargs):
    return Task(name=name, env_id=KG, questions=questions, split="train", env_kwargs=env_kwargs)


def search_task():
    kwargs = {"retriever": ToyRetriever()}
    return Task(name="search", env_id="hopgym/SearchRead-v0", questions=ToyQuestions(),
                split="train", env_kwargs=kwargs)  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_is_kept_is_scored_again_to_the_same_bit(tmp_path, way):
    keywords = {"top_k": 6, "max_steps": 5, **way}
    outcomes = run_bench([task(**keywords)], AGENTS, tmp_path)
    env = gymnasium.make(KG, questions=SET, **keywords)
    reward = make_reward("kg")
    for outcome in outcomes:
        records = read_records(outcome.path)
        assert len(records) == len(SOUND) and not outcome.errors
        for record in records.values():
            question = env.unwrapped.stage.by_id(record.question_id)
            scores = score_episode(reward, question, record.trajectory)
            kept = [step.reward_terms for step in record.trajectory.steps]
            assert [score.terms for score in scores] == kept
            assert record.reward == pytest.approx(sum(score.value for score in scores), abs=1e-12)


def test_records_hold_the_metrics_of_facts_and_answers(tmp_path):
    (outcome,) = run_bench([task()], ["oracle"], tmp_path)
    records = read_records(outcome.path)
    record = next(r for r in records.values() if r.question_id == "chain")
    assert set(record.metrics) > SHOWN and record.metrics["fact_f1"] == 1.0 and record.ceiling
    assert record.prediction == "c" and record.trajectory.steps[0].action == [AUTHOR, LIVES]
    assert record.trajectory.steps[0].parsed["facts"] == [0, 1]  # places
    assert record.answer_reachable is None and record.documents_reachable is None


class Numpy:
    """Gives NumPy's own numbers and arrays."""

    name = "numpy"
    fingerprint = "numpy"

    def reset(self, seed=None):
        pass

    def act(self, observations, infos):
        if infos[0]["action_mask"].size % 2:  # sequential
            return [np.int64(i["step"] or 256) if i["step"] < 2 else np.uint16(256) for i in infos]
        return [np.eye(256, dtype=np.bool_)[0] | np.eye(256, dtype=np.bool_)[200] for _ in infos]


@pytest.mark.parametrize(("mode", "action"), [("one_shot", [0, 200]), ("sequential", 256)])
def test_actions_of_numpy_are_kept_as_plain_numbers(tmp_path, mode, action):
    (outcome,) = run_bench([task(questions=question_set(CHAIN), mode=mode)], [Numpy()], tmp_path)
    (record,) = read_records(outcome.path).values()
    assert record.trajectory.steps[-1].action == action
    assert record.trajectory.steps[0].parse_error == (
        "masked_action" if mode == "one_shot" else None
    )


def test_of_a_lazy_set_only_what_is_played_is_completed(tmp_path):
    lazy = Lazy(SOUND)
    first = Task(name="lazy", env_id=KG, questions=lazy, split="train", episodes=4)
    ground = prepare(first)
    assert not lazy.completed and [q.id for q in ground.questions] == [q.id for q in SOUND[:4]]
    assert set(ground.facts.values()) == {Facts()} and len(ground.order) == len(SOUND)
    played = {question.id for question in SOUND[:4]}
    for agent in AGENTS:
        run_bench([first], [agent], tmp_path, num_envs=1)
        assert len(set(lazy.completed) - played) <= 1  # a lane begins with one
    whole = LoadedQuestions("lazy", {"train": SOUND})
    (again,) = run_bench([Task(name="whole", env_id=KG, questions=whole, split="train",
                               episodes=4)], ["oracle"], tmp_path)  # fmt: skip
    kept = [r.metrics for r in read_records(again.path).values()]
    assert kept == [r.metrics for r in read_records(tmp_path / "lazy--oracle.jsonl").values()]


def test_who_plays_something_else_is_left_out(tmp_path):
    outcomes = run_bench([search_task(), task()], ["iterative", "ppr", "oracle"], tmp_path)
    assert [(outcome.task, outcome.agent) for outcome in outcomes] == [
        ("search", "iterative"), ("facts", "ppr"), ("search", "oracle"), ("facts", "oracle"),
    ]  # fmt: skip
    with pytest.raises(ConfigError, match=r"'iterative' searches documents and answers in text, and"
                       r" these tasks are of selecting facts in select. Give other agents"):  # fmt: skip
        run_bench([task(observation="text")], ["iterative"], tmp_path)
    with pytest.raises(ConfigError, match=r"'cosine' selects facts.* these tasks are played in r3"):
        run_bench([search_task()], ["cosine"], tmp_path)


class OnlyR3(Numpy):
    """Knows one grammar; arrays are in none."""

    grammars = ("r3",)


@pytest.mark.parametrize("form", ["padded", "text"])
def test_who_reads_one_grammar_alone_does_not_read_arrays(tmp_path, form):
    with pytest.raises(ConfigError, match=r"'numpy' knows the grammar r3 alone.*selecting facts"):
        run_bench([task(observation=form)], [OnlyR3()], tmp_path)


def test_two_settings_of_an_agent_are_two_rows(tmp_path):
    run_bench([task()], ["ppr", "ppr?facts=1", make_agent("oracle")], tmp_path)
    (group,) = load_board([tmp_path]).groups
    assert sorted(row.agent for row in group.rows) == ["oracle", "ppr", "ppr?facts=1"]


def test_tables_show_them_and_rank_by_lists_of_answers(tmp_path):
    run_bench([task()], AGENTS, tmp_path)
    board = load_board([tmp_path])
    (group,) = board.groups
    assert group.ranked_by.name == "f1_one_to_one"
    titles = header(group)
    assert [title for title in titles if title in ("F1 1:1", "Hits@1", "Answer recall", "Fact F1")]
    assert titles.index("F1 1:1") < titles.index("Fact F1") and "Gold recall" not in titles
    assert group.rows[0].agent == "oracle" and group.rows[0].primary.mean < 1.0  # no way, no answer
    assert "F1 1:1" in markdown(board) and list(console_tables(board, 80))
