import pytest
from toy import ToyQuestions, ToyRetriever, toy_kwargs

from hopgym.agents.rollout import Job, rollout
from hopgym.benchmarks import plan_passing
from hopgym.benchmarks.plan_passing import ALL, DEPS, METRICS, OracleReader, main, measure, table
from hopgym.envs.datasets import make_questions
from hopgym.errors import ConfigError, HopgymError

WORLD = "world?entities=300&hops=2-3&kinds=chain,comparison&dev=40"


@pytest.fixture(scope="module")
def rows():
    return measure(WORLD, "dev", 40)


def test_there_is_a_row_for_each_slot_and_one_for_all(rows):
    slots = [(row.kind, row.hops, row.questions) for row in rows]
    assert slots == [
        ("chain", "2", 10),
        ("chain", "3", 10),
        ("comparison", "2", 10),
        ("comparison", "3", 10),
        (ALL, "", 40),
    ]
    for key in rows[-1].means:
        parts = [row.means[key] for row in rows[:-1]]
        assert rows[-1].means[key] == pytest.approx(sum(parts) / 4)


def test_handing_results_on_is_worth_most_in_chains(rows):
    chains, comparisons = rows[:2], rows[2:4]
    for row in chains:
        for metric in METRICS:
            assert row.means[metric, "substitute"] > row.means[metric, "order"] + 0.3
    for row in comparisons:  # their hops name all they ask for
        assert row.means["gold_recall", "substitute"] == row.means["gold_recall", "order"]


def test_its_answers_are_read_and_not_known():
    env = {"questions": WORLD, "split": "dev", "retriever": "empty"}
    jobs = [Job(question.id) for question in make_questions(WORLD).questions("dev")[:10]]
    for episode in rollout(plan_passing.ENV_ID, OracleReader(), jobs, env_kwargs=env):
        assert episode.trajectory.outcome == "answered" and episode.metrics["em"] == 0.0


def test_the_table_shows_every_figure(rows):
    laid = table(rows)
    assert laid.row_count == len(rows)
    assert len(laid.columns) == 3 + len(METRICS) * len(DEPS)
    assert list(laid.columns[3].cells)[-1] == f"{100 * rows[-1].means['gold_recall', DEPS[0]]:.1f}"


def test_what_is_known_of_no_question_is_left_blank(rows):
    unknown = rows[0]._replace(means=dict.fromkeys(rows[0].means))
    assert [list(column.cells) for column in table([unknown]).columns][3:] == [[""]] * 6


def test_the_command_prints_it(capsys):
    main(["--world", WORLD, "--split", "dev", "--questions", "8"])
    printed = capsys.readouterr().out
    assert "What the gold plan finds" in printed and "comparison" in printed and " 8 " in printed


def test_a_failed_episode_is_no_figure(monkeypatch):
    broken = ToyRetriever()
    broken.broken = True
    monkeypatch.setattr(plan_passing, "make_questions", lambda spec: ToyQuestions())
    monkeypatch.setattr(
        plan_passing,
        "rollout",
        lambda env, agent, jobs, *, env_kwargs, num_envs: plan_rollout(broken, agent, jobs),
    )
    with pytest.raises(HopgymError, match=r"Question q1 failed: .*the index is out of reach"):
        measure("toy", "train", 2)


def plan_rollout(retriever, agent, jobs):
    return rollout(
        plan_passing.ENV_ID, agent, jobs, env_kwargs=toy_kwargs(retriever=retriever, reward="f1")
    )


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_number_that_is_none_is_refused(number, capsys):
    with pytest.raises(SystemExit):
        main(["--questions", number])
    assert "--questions" in capsys.readouterr().err


def test_an_unknown_split_is_refused():
    with pytest.raises(ConfigError, match="no split 'tset'"):
        measure(WORLD, "tset", 5)
