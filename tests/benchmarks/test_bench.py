import shutil
import sys

import pytest
from bench_tasks import WORLD, Counting, toy_task
from boards import results
from toy import QUESTIONS, ToyQuestions, ToyRetriever

from hopgym.benchmarks.bench import run_bench
from hopgym.benchmarks.leaderboard import load_board
from hopgym.benchmarks.progress import Silent
from hopgym.benchmarks.results import read_records
from hopgym.core import Question, Score
from hopgym.envs.grammars import make_grammar
from hopgym.errors import (
    ConfigError,
    DataError,
    ResultsError,
    RetrievalError,
    UnknownNameError,
)

R3 = make_grammar("r3")
TOTAL = 20


class StopAfter(Silent):
    """A user who presses Ctrl-C when so many episodes have ended."""

    def __init__(self, episodes):
        self.left = episodes

    def step(self, record):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def stop_after(episodes, tasks, agents, out, **kwargs):
    with pytest.raises(KeyboardInterrupt):
        run_bench(tasks, agents, out, reporter=StopAfter(episodes), **kwargs)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    run_bench([WORLD], ["iterative", "random"], folder)
    return results(folder)


def test_every_agent_plays_every_task_and_every_episode_is_kept(tmp_path):
    tasks = [toy_task(), toy_task(name="short", env_kwargs={"max_steps": 2})]
    outcomes = run_bench(tasks, [Counting(), "random"], tmp_path, suite="mine", command="typed")
    assert [(o.agent, o.task, o.kept, o.played, o.errors) for o in outcomes] == [
        (agent, task, 0, 6, 0) for agent in ("counting", "random") for task in ("toy", "short")
    ]
    assert sorted(o.path.name for o in outcomes) == sorted(p.name for p in tmp_path.iterdir())
    record, *_ = read_records(outcomes[1].path).values()
    assert record.env_kwargs == {"retriever": "ToyRetriever@toy", "max_steps": 2}
    assert (record.suite, record.command, record.questions) == ("mine", "typed", "toy")
    assert record.answer_reachable and record.documents_reachable


def test_every_line_has_the_fields_of_the_contract(undisturbed):
    contract = (
        "env_id agent question_id seed metrics reward reward_terms steps queries tokens latency_s "
        "error hopgym_version dataset_fingerprint retriever_fingerprint command"
    )
    for row in [row for rows in undisturbed.values() for row in rows]:
        assert set(contract.split()) <= set(row)
        assert row["dataset_fingerprint"] and row["retriever_fingerprint"]
        assert {"em", "f1"} <= set(row["metrics"]) and row["error"] is None
        assert row["reward"] == pytest.approx(sum(row["reward_terms"].values()))
        assert row["trajectory"]["transcript"] and row["steps"] == len(row["trajectory"]["steps"])


def test_lines_stand_in_the_order_of_the_questions(tmp_path):
    run_bench([toy_task()], ["random"], tmp_path)
    (rows,) = results(tmp_path).values()
    assert [(row["question_id"], row["seed"]) for row in rows] == [
        (question.id, seed) for question in QUESTIONS for seed in (0, 1, 2)
    ]


@pytest.mark.parametrize("num_envs", [1, 3])
def test_the_number_of_lanes_changes_no_result(tmp_path, undisturbed, num_envs):
    run_bench([WORLD], ["iterative", "random"], tmp_path, num_envs=num_envs)
    assert results(tmp_path) == undisturbed


@pytest.mark.parametrize("episodes", [1, 7, TOTAL, TOTAL + 1, 2 * TOTAL - 1])
def test_an_interrupted_run_goes_on_and_ends_like_an_undisturbed_one(
    tmp_path, undisturbed, episodes
):
    agents = ["iterative", "random"]
    stop_after(episodes, [WORLD], agents, tmp_path)
    kept = sum(map(len, results(tmp_path).values()))
    assert kept == episodes
    outcomes = run_bench([WORLD], agents, tmp_path)
    assert sum(o.kept for o in outcomes) == episodes
    assert sum(o.played for o in outcomes) == 2 * TOTAL - episodes
    assert results(tmp_path) == undisturbed


def test_what_was_played_is_not_played_again(tmp_path):
    first, second, third = Counting(), Counting(), Counting()
    stop_after(7, [WORLD], [first], tmp_path, num_envs=1)
    path = tmp_path / "world--counting.jsonl"
    lines = path.read_bytes().splitlines()
    assert len(lines) == 7
    run_bench([WORLD], [second], tmp_path, num_envs=1)
    assert sum(first.begun.values()) == 7 and sum(second.begun.values()) == TOTAL - 7
    assert set((first.begun + second.begun).values()) == {len(WORLD.seeds)}
    assert set(lines) <= set(path.read_bytes().splitlines())  # to the byte, times included
    sealed = path.read_bytes()
    (outcome,) = run_bench([WORLD], [third], tmp_path)
    assert (outcome.kept, outcome.played) == (TOTAL, 0) and not third.begun
    assert path.read_bytes() == sealed


def test_half_a_last_line_is_dropped_and_its_episode_played_again(tmp_path, undisturbed):
    stop_after(6, [WORLD], ["iterative"], tmp_path)
    path = tmp_path / "world--iterative.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    (outcome,) = run_bench([WORLD], ["iterative"], tmp_path)
    assert (outcome.kept, outcome.played) == (5, TOTAL - 5)
    assert results(tmp_path)[path.name] == undisturbed[path.name]


def test_a_damaged_line_in_the_middle_is_refused_and_nothing_changed(tmp_path):
    stop_after(6, [WORLD], ["iterative"], tmp_path)
    path = tmp_path / "world--iterative.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2][:50] + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(ResultsError, match=r"iterative\.jsonl:3: not a record .*Remove this line"):
        run_bench([WORLD], ["iterative"], tmp_path)
    assert path.read_bytes() == b"".join(lines)
    del lines[2]  # what the message says
    path.write_bytes(b"".join(lines))
    (outcome,) = run_bench([WORLD], ["iterative"], tmp_path)
    assert outcome.kept == 5


def test_other_settings_are_refused(tmp_path):
    run_bench([toy_task()], ["random"], tmp_path)
    before = results(tmp_path)
    with pytest.raises(ResultsError, match=r"other conditions \(max_steps: not set, not 3.*--out"):
        run_bench([toy_task(env_kwargs={"max_steps": 3})], ["random"], tmp_path)
    other = ToyRetriever()
    other.fingerprint = "other"
    with pytest.raises(ResultsError, match="retriever_fingerprint: 'toy', not 'other'"):
        run_bench([toy_task(other)], ["random"], tmp_path)
    with pytest.raises(ResultsError, match="suite: 'custom', not 'mine'"):
        run_bench([toy_task()], ["random"], tmp_path, suite="mine")
    retrained = Counting()
    retrained.name, retrained.fingerprint = "random", "later"
    with pytest.raises(ResultsError, match=r"not 'later'.*the agent itself has changed.*--fresh"):
        run_bench([toy_task()], [retrained], tmp_path)
    assert results(tmp_path) == before


def test_more_seeds_or_questions_only_add_to_what_there_is(tmp_path):
    run_bench([toy_task(seeds=(0,), episodes=1)], ["random"], tmp_path)
    (outcome,) = run_bench([toy_task()], ["random"], tmp_path)
    assert (outcome.kept, outcome.played) == (1, 5)
    (fewer,) = run_bench([toy_task(seeds=(1,))], ["random"], tmp_path)
    assert (fewer.kept, fewer.played) == (2, 0)
    assert len(results(tmp_path)["toy--random.jsonl"]) == 6


class Flaky(ToyRetriever):
    """Fails for the first question until it is mended."""

    def search(self, queries, k):
        if self.broken and any("Where" in query for query in queries):
            raise RetrievalError("the index is out of reach")
        self.broken, broken = False, self.broken
        try:
            return super().search(queries, k)
        finally:
            self.broken = broken


def test_failures_of_infrastructure_are_counted_apart_and_retried(tmp_path):
    ask = lambda o: (  # noqa: E731
        R3.write_answer(2, "K.", "Ada Orm")
        if "Step 1" in o
        else R3.write_query(1, "L.", o.partition(": ")[2])
    )
    ask.__name__ = "ask"
    retriever = Flaky()
    retriever.broken = True
    (outcome,) = run_bench([toy_task(retriever)], [ask], tmp_path / "a")
    assert (outcome.played, outcome.errors) == (6, 3)
    (row,) = load_board([tmp_path / "a"]).groups[0].rows
    assert (row.episodes, row.errors, row.questions) == (3, 3, 1)
    assert row.primary.mean == 1.0, "three failures are no zeros"
    failed = [r for r in read_records(outcome.path).values() if r.error]
    assert {r.error for r in failed} == {"RetrievalError: the index is out of reach"}
    assert all(r.metrics == {} and r.reward == 0.0 for r in failed)

    retriever.broken = False
    (again,) = run_bench([toy_task(retriever)], [ask], tmp_path / "a")
    assert (again.kept, again.played, again.errors) == (3, 3, 0)
    run_bench([toy_task(Flaky())], [ask], tmp_path / "b")
    assert results(tmp_path / "a") == results(tmp_path / "b")


def test_a_second_run_into_the_folder_is_refused_while_the_first_goes_on(tmp_path):
    class Second(Silent):
        refused = ""

        def step(self, record):
            if not self.refused:
                with pytest.raises(ResultsError, match=r"another run \(process \d+\)") as caught:
                    run_bench([toy_task()], ["random"], tmp_path)
                self.refused = str(caught.value)

    reporter = Second()
    (outcome,) = run_bench([toy_task()], ["random"], tmp_path, reporter=reporter)
    assert "Wait for it, or choose another --out" in reporter.refused
    assert outcome.played == 6 and len(results(tmp_path)["toy--random.jsonl"]) == 6


def test_what_cannot_be_played_is_one_clear_error(tmp_path):
    with pytest.raises(UnknownNameError, match=r"Unknown engine 'loacl'.*'local'"):
        run_bench([toy_task()], ["random"], tmp_path, engine="loacl")
    with pytest.raises(UnknownNameError, match=r"Unknown agent 'rnadom'.*'random'"):
        run_bench([toy_task()], ["rnadom"], tmp_path)
    assert not list(tmp_path.iterdir())


def from_(module, folder):
    return getattr(module, "__file__", None) == str(folder / "first.py")


@pytest.mark.parametrize("fresh", [False, True])
def test_another_agent_of_the_same_name_is_refused_and_loses_nothing(tmp_path, monkeypatch, fresh):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text(AGENT.format(name))
    (one,) = run_bench([toy_task()], ["a.py:play"], "o", command="hopgym bench --agents a.py:play")
    before = one.path.read_bytes()
    told = r"another agent called 'play': 'a.py:play', not 'b.py:play', played by: hopgym bench .*"
    with pytest.raises(ResultsError, match=told + "another name, .*another --out.*--fresh does"):
        run_bench([toy_task()], ["b.py:play"], "o", fresh=fresh)
    assert one.path.read_bytes() == before
    (same,) = run_bench([toy_task()], [f"{tmp_path}/a.py:play"], "o", fresh=fresh)
    assert same.kept == (0 if fresh else 6)


AGENT = "def play(observation):\n    return 'nothing to read{}'\n"


def test_an_edited_agent_is_not_continued_and_fresh_plays_it_anew(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "first.py").write_text(AGENT.format(""))
    (one,) = run_bench([toy_task()], ["first.py:play"], "o")
    before = one.path.read_bytes()
    (moved,) = run_bench([toy_task()], [shutil.copy("first.py", "moved.py") + ":play"], "o")
    assert (moved.kept, moved.played) == (6, 0), "where it lies changes nothing"
    (tmp_path / "first.py").write_text(AGENT.format("!"))
    monkeypatch.delitem(sys.modules, next(n for n, m in sys.modules.items() if from_(m, tmp_path)))
    with pytest.raises(ResultsError, match=r"agent itself has changed.*pass --fresh"):
        run_bench([toy_task()], ["first.py:play"], "o")
    assert one.path.read_bytes() == before
    (anew,) = run_bench([toy_task()], [f"{tmp_path}/first.py:play"], "o", fresh=True)
    assert (anew.kept, anew.played) == (0, 6)
    records = read_records(anew.path).values()
    assert len(records) == 6 and all(r.trajectory.steps[0].action.endswith("!") for r in records)


def test_fresh_results_take_the_place_of_old_ones_only_when_there_are_some(tmp_path):
    (old,) = run_bench([toy_task()], ["random"], tmp_path)
    before = old.path.read_bytes()
    flaky = toy_task(env_kwargs={"max_steps": 0})
    with pytest.raises(ConfigError, match="max_steps"):
        run_bench([flaky], ["random"], tmp_path, fresh=True)
    assert old.path.read_bytes() == before


def test_parts_given_as_objects_are_told_from_changed_ones(tmp_path):
    run_bench(
        [toy_task(env_kwargs={"reward": lambda q, t: Score(1.0)})], ["random"], tmp_path / "a"
    )
    (rows,) = results(tmp_path / "a").values()
    name, _, digest = rows[0]["env_kwargs"]["reward"].partition("@")
    assert "<lambda>" in name and len(digest) == 8


def test_answers_that_are_no_text_are_refused_before_anybody_plays(tmp_path):
    class Odd(ToyQuestions):
        def questions(self, split):
            return (*QUESTIONS, Question("q3", "When?", (1902,)))

    with pytest.raises(DataError, match=r"toy train: question 'q3' has the answers \(1902,\)"):
        run_bench([toy_task(questions=Odd())], ["random"], tmp_path)
    assert not list(tmp_path.iterdir())
