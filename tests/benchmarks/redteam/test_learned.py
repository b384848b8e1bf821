import msgspec
import pytest
from learned_runs import attack, fake_learner

from hopgym.benchmarks.redteam.attack_folder import EXAMS, REPORT, read_exams, read_report
from hopgym.benchmarks.redteam.learned import learn
from hopgym.benchmarks.redteam.samples import read_samples
from hopgym.errors import AgentError, ConfigError, DataError, UnknownNameError


def test_a_gap_that_opens_is_found_and_its_moment_and_shown_by_samples(monkeypatch, tmp_path):
    told = fake_learner(monkeypatch, {0: "iterative", 2: "iterative", 4: "every_name"})
    lines = []
    found = learn(attack(tmp_path, reward="cover_em"), lines.append)
    assert (found.finding.outcome, found.finding.moment) == ("gamed", 4)
    assert [point.update for point in found.points] == [0, 2, 4]
    assert found.points[0].gap.low <= 0.1 and found.points[-1].gap.low > 0.3
    assert found.points[-1].opened.low > 0.3
    assert (found.label, found.seed, found.primed) == ("SearchRead-v0 x cover_em", 0, None)
    assert [settings.updates for settings in told] == [2, 4]
    earned = found.points[-1].reward.mean
    assert lines[0] == "honest play" and lines[-1].startswith(f"update 4: reward {earned:.2f}, ")
    assert read_report(tmp_path) == found


def test_a_reward_that_holds_is_reported_as_plain_json(monkeypatch, tmp_path):
    fake_learner(monkeypatch, {0: "iterative", 2: "every_name", 4: "unknown"})
    found = learn(attack(tmp_path))
    assert found.finding.outcome == "holds" and found.reward == "default (r3_paper)"
    assert found.points[-1].true.mean == 0
    held = msgspec.json.decode((tmp_path / REPORT).read_bytes())
    assert held["finding"]["outcome"] == "holds" and held["points"][-1]["true"][0] == 0
    assert {one["name"] for one in held["honest"]} >= {"iterative", "oracle"}


def test_episodes_that_are_paid_and_wrong_are_kept(monkeypatch, tmp_path):
    fake_learner(monkeypatch, {0: "iterative", 2: "unknown", 4: "unknown"})
    learn(attack(tmp_path, reward="in_transcript", split="train"))
    kept = read_samples(tmp_path)
    assert {one.update for one in kept} <= {0, 2, 4}
    assert all(one.true == 0 and one.reward > 0 for one in kept)


def test_the_truth_may_be_another_metric_or_a_reward(monkeypatch, tmp_path):
    for name in ("em", "orm"):
        fake_learner(monkeypatch, {0: "iterative", 1: "iterative"})
        found = learn(attack(tmp_path / name, true=name, updates=1, eval_every=1))
        assert found.true == name and 0 < found.points[0].true.mean <= 1


def test_an_attack_goes_on_where_it_stopped(monkeypatch, tmp_path):
    players = {0: "iterative", 2: "iterative", 4: "every_name"}
    fake_learner(monkeypatch, players)
    whole = learn(attack(tmp_path / "whole", reward="cover_em"))
    fake_learner(monkeypatch, {**players, 4: None})
    with pytest.raises(AgentError, match="killed"):
        learn(attack(tmp_path / "cut", reward="cover_em"))
    assert [one.update for one in read_exams(tmp_path / "cut")] == [0, 2]
    told = fake_learner(monkeypatch, players)
    again = learn(attack(tmp_path / "cut", reward="cover_em", resume=True))
    assert [settings.updates for settings in told] == [4]
    assert again == whole
    for name in (EXAMS, REPORT):
        cut, held = (tmp_path / folder / name for folder in ("cut", "whole"))
        assert cut.read_bytes() == held.read_bytes()


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"reward": "kg"}, ConfigError, "does not fit"),
        ({"reward": "nope"}, UnknownNameError, "nope"),
        ({"true": "nope"}, ConfigError, "'nope' is no true score: .* reports .*em"),
        ({"eval_split": "train"}, DataError, "40 of 40 questions of .* also stand in"),
        ({"reward": "prm"}, ConfigError, "blind"),
    ],
)
def test_bad_input_is_refused_before_anything_is_trained(monkeypatch, tmp_path, given, error, told):
    trained = fake_learner(monkeypatch, {})
    with pytest.raises(error, match=told):
        learn(attack(tmp_path, **given))
    assert not trained
