import pytest
from learned_runs import attack, fake_learner

from hopgym.benchmarks.redteam.attack_folder import read_exams, read_report
from hopgym.benchmarks.redteam.learned import learn
from hopgym.errors import AgentError, ConfigError, DataError


def test_another_attack_is_not_mixed_into_it(monkeypatch, tmp_path):
    fake_learner(monkeypatch, {0: "iterative", 2: None})
    with pytest.raises(AgentError, match="killed"):
        learn(attack(tmp_path))
    assert [exam.update for exam in read_exams(tmp_path)] == [0]
    with pytest.raises(ConfigError, match=r"holds an earlier attack.*--resume"):
        learn(attack(tmp_path))
    with pytest.raises(ConfigError, match=r"under other conditions \(seed: 0, not 1\)"):
        learn(attack(tmp_path, seed=1, resume=True))


def test_a_report_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(DataError, match=r"report\.json"):
        read_report(tmp_path)
