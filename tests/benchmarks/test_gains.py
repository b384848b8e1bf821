import io

import pytest
from rich.console import Console
from tiny_llms import needs_llms

from hopgym.benchmarks import gains
from hopgym.benchmarks.gains import Change, Gain, Marks, gain_of, marks, tables, two_hop_chains
from hopgym.benchmarks.stats import Interval

needs_llms()
SMALL = "world?entities=300&hops=1-2&train=20&test=12&dev=12"


@pytest.mark.parametrize("env_id", ["hopgym/SearchRead-v0", "hopgym/DagSearch-v0"])
def test_marks_are_those_of_each_question(monkeypatch, env_id):
    monkeypatch.setattr(gains, "QUESTIONS", SMALL)
    found = marks("oracle", env_id, {"top_k": 2})
    assert len(found.em) == 12
    assert set(found.em.values()) == {1.0}
    assert found.reward.keys() == found.em.keys()
    assert min(found.reward.values()) > 0


def test_keywords_reach_the_environment_that_is_played(monkeypatch):
    monkeypatch.setattr(gains, "QUESTIONS", SMALL)
    with pytest.raises(gains.HopgymError, match="nonsense"):
        marks("oracle", "hopgym/SearchRead-v0", {"nonsense": 2})


def test_gains_are_of_the_same_questions(monkeypatch):
    monkeypatch.setattr(gains, "two_hop_chains", lambda: ["a", "b"])
    before = Marks({"a": 0.0, "b": 0.0, "c": 1.0, "d": 1.0}, dict.fromkeys("abcd", -1.0))
    after = Marks(
        {"d": 1.0, "c": 0.0, "b": 1.0, "a": 1.0}, {"d": 2.0, "c": 1.0, "b": 0.0, "a": 0.0}
    )
    gain = gain_of("ppo", 0, before, after)
    assert [each.mean for each in gain.em] == [0.5, 0.75, 0.25]
    assert [each.mean for each in gain.chains] == [0.0, 1.0, 1.0]
    assert [each.mean for each in gain.reward] == [-1.0, 0.75, 1.75]


def test_chains_take_two_searches():
    questions = {q.id: q for q in gains.make_questions(gains.QUESTIONS).questions("test")}
    found = [questions[id] for id in two_hop_chains()]
    assert len(found) == 150
    assert all(q.hops[1].needs == (0,) for q in found)


def test_the_tables_have_a_row_for_each_run_arm_by_arm():
    change = Change(*[Interval(0.5, 0.4, 0.6, 100)] * 3)
    made = [
        Gain(arm, seed, change, change, change) for seed in range(2) for arm in ("ppo", "shuffled")
    ]
    console = Console(file=io.StringIO(), width=120)
    for table in tables(made, "hopgym/SearchRead-v0"):
        console.print(table)
    shown = console.file.getvalue()
    assert shown.count("50.0 [40.0, 60.0]") == 5 * len(made)
    assert shown.count("0.500 [0.400, 0.600]") == 3 * len(made)
    arms = [line.split()[1] for line in shown.splitlines() if "│" in line and "0." in line]
    assert arms == 2 * ["ppo", "ppo", "shuffled", "shuffled"]
    assert "hopgym/SearchRead-v0: reward, held out" in shown
